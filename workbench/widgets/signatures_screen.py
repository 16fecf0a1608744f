"""The signatures (« Signatures »): what stands before and after the text of a message, round its one body marker."""

from __future__ import annotations

import io
import tempfile
import zipfile
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from workbench.displays.mail_html import safe_document
from workbench.domain.signatures import BODY_MARKER, Signature
from workbench.errors import TemplateChanged, TemplateRefused, UsageError
from workbench.language import _, n_
from workbench.practice.picturing import kept_picture, pictures_shown, shown_picture
from workbench.widgets.rich_text_words import rich_text_words
from workbench.widgets.view import STATIC, Answer, View

if TYPE_CHECKING:
    from workbench.practice import Practice

MOST_BYTES = 20_000_000
"""Bytes of the files that are taken in at once."""

NEW = "\n"
"""What the page calls the draft of a signature that has no name yet."""


class SignaturesScreen(View):
    """The signatures at left, the one that is looked at beside them, as it is written and as it looks.

    Parameters
    ----------
    practice
        The practice whose signatures these are.
    """

    _esm = STATIC / "signatures_screen.js"
    _css = STATIC / "signatures_screen.css"

    def __init__(self, practice: Practice) -> None:
        super().__init__()
        self._practice = practice
        self._drafts: dict[str, dict[str, str]] = {}
        self._told: dict[str, Signature] = {}  # as the page has them
        self._begun: dict[str, Signature | None] = {}  # what each draft was begun from
        self.answers.update(
            {
                "open": lambda _asked: self._state(),
                "look": self._look,
                "small": self._small,
                "draft": self._keep_draft,
                "save": self._save,
                "archive": self._archive,
                "import": self._import,
                "export": self._export,
                "picture": self._picture,
                "shown_picture": self._shown_picture,
            }
        )

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the screen's words."""
        return rich_text_words() | _labels()

    # --- what is shown -------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        signatures = self._practice.signatures
        self._told = dict(signatures)
        return {
            "signatures": [
                {"label": label, "html": signature.html, "used_by": signatures.used_by(label)}
                for label, signature in self._told.items()
            ],
            "fields": [
                {
                    "code": one.code,
                    "label": one.label,
                    "category": one.category,
                    "example": one.example,
                    "aliases": list(one.aliases),
                }
                for one in self._practice.fields.values()
            ],
            "drafts": self._drafts,
        }

    def _draft(self, asked: Mapping[str, Any]) -> Signature:
        """Return the signature as it is written."""
        label, html = str(asked.get("label", "")).strip(), str(asked["html"])
        kept = self._practice.signatures.get(str(asked.get("based_on") or label))
        pictures = pictures_shown(self._practice, html, kept.pictures if kept else ())
        return Signature(label=label or "–", html=html, pictures=pictures)

    def _look(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return how a draft looks, and what is found in it; nothing is kept."""
        draft, signatures = self._draft(asked), self._practice.signatures
        try:
            found = signatures.check(draft)
            screen = safe_document(signatures.shown(draft)).html
        except TemplateRefused as refused:
            return {"screen": "", "findings": [{"severity": "error", "message": refused.sentence}]}
        rows = found.loc[:, ["severity", "message"]].drop_duplicates().to_dict("records")
        return {
            "screen": screen,
            "findings": [{name: str(row[name]) for name in ("severity", "message")} for row in rows],
        }

    def _small(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return how a signature looks that is kept, for its place in the list."""
        return {"screen": safe_document(self._practice.signatures.shown(str(asked["label"]))).html}

    # --- what a person does --------------------------------------------------------------------------------

    def _keep_draft(self, asked: Mapping[str, Any]) -> None:
        """Keep what is being written, so that a page opened anew has it."""
        key = str(asked["key"])
        if asked.get("html") is None:
            self._forget(key)
        else:
            names = ("label", "html", "based_on")
            self._begun.setdefault(key, self._told.get(key))
            self._drafts[key] = {name: str(asked.get(name) or "") for name in names}

    def _save(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        label, signatures = str(asked.get("label", "")).strip(), self._practice.signatures
        if asked.get("new") and label in signatures:
            raise UsageError(_("There is already a signature « {name} »: choose another name.").format(name=label))
        if not label:
            raise UsageError(_("Give the signature a name: only the practice sees it (« Reception »)."))
        key, written = str(asked.get("key", label)), self._draft(asked)
        over = None if asked.get("new") else self._begun.get(key, self._told.get(label))
        try:
            saved = signatures.save(Signature(label=label, html=written.html, pictures=written.pictures), over=over)
        except TemplateChanged as changed:
            advice = self._way_out(key)
            self.send({"kind": "changed", "view": None})  # what the others saved is shown; what is written here stays
            raise TemplateChanged(f"{changed.sentence} {advice}".strip()) from changed
        self._forget(key)
        self._forget(saved.label)
        return self._changed(asked, saved.label)

    def _way_out(self, label: str) -> str:
        """Say what becomes of what is written in a signature that somebody else saved, or archived, meanwhile."""
        if label in self._practice.signatures:
            sentence = _("« {duplicate} » keeps what you wrote as a new signature, « {cancel} » shows the other.")
            return sentence.format(duplicate=_("Duplicate"), cancel=_("Undo my changes"))
        if label not in self._drafts or NEW in self._drafts:
            return ""
        self._drafts[NEW] = {**self._drafts[label], "label": label, "based_on": ""}
        self._forget(label)
        return _("What you wrote stands as a new signature: save it if it is still to be used.")

    def _forget(self, key: str) -> None:
        """Forget what was written and not saved."""
        self._drafts.pop(key, None)
        self._begun.pop(key, None)

    def _archive(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = str(asked["label"])
        self._practice.signatures.archive(name)
        self._forget(name)
        return self._changed(asked, "")

    def _import(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take signatures from files: each HTML file with the images beside it, or a zip of both."""
        named = [(str(name), _bytes(data)) for name, data in zip(asked["names"], asked["data"], strict=True)]
        if sum(len(data) for _name, data in named) > MOST_BYTES:
            raise UsageError(_("These files are too large for signatures."))
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            pages = [page for name, data in named for page in _laid_out(folder, name, data)]
            if not pages:
                raise UsageError(_("Choose the HTML file of a signature, with its images or in a zip."))
            taken = [self._practice.signatures.import_file(page).label for page in pages]
        told = n_("✓ {count} signature was imported.", "✓ {count} signatures were imported.", len(taken))
        return {**self._changed(asked, taken[0]), "sentence": told.format(count=len(taken))}

    def _export(self, asked: Mapping[str, Any]) -> Answer:
        """Return the file of a signature; with images, a zip of both."""
        name = str(asked["label"])
        stem = "".join(one if one.isalnum() or one in " -_" else "_" for one in name).strip() or "signature"
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            page = self._practice.signatures.export_file(name, folder / f"{stem}.html")
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            if files == [page]:
                return {"name": page.name, "type": "text/html"}, [page.read_bytes()]
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    archive.write(file, file.relative_to(folder).as_posix())
        return {"name": f"{stem}.zip", "type": "application/zip"}, [packed.getvalue()]

    def _picture(self, asked: Mapping[str, Any]) -> dict[str, str]:
        return {"src": kept_picture(self._practice, str(asked["name"]), _bytes(asked["data"]))}

    def _shown_picture(self, asked: Mapping[str, Any]) -> Answer:
        found = shown_picture(self._practice, str(asked["src"]))
        return ({"type": found[0]}, [found[1]]) if found else {"type": ""}

    def _changed(self, asked: Mapping[str, Any], label: str) -> dict[str, Any]:
        self.send({"kind": "changed", "view": asked.get("view")})
        return {"saved": label, **self._state()}


def _bytes(given: object) -> bytes:
    try:
        return b64decode(str(given), validate=True)
    except ValueError as error:
        raise UsageError(_("The file could not be read.")) from error


def _laid_out(folder: Path, name: str, data: bytes) -> list[Path]:
    """Write a file that was given into `folder`, a zip by its members; return the pages among them."""
    if not name.lower().endswith(".zip"):
        return _written(folder, name, data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if sum(one.file_size for one in members) > MOST_BYTES:
                raise UsageError(_("These files are too large for signatures."))
            return [page for one in members for page in _written(folder, one.filename, archive.read(one))]
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise UsageError(_("« {file} » is no zip that can be read.").format(file=name)) from error


def _written(folder: Path, name: str, data: bytes) -> list[Path]:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    safe = [part for part in parts if part not in ("..", ".", "/") and ":" not in part]
    if not safe:
        return []
    file = folder.joinpath(*safe)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return [file] if file.suffix.lower() in (".html", ".htm") else []


def _labels() -> dict[str, str]:
    return {
        "title": _("Signatures"),
        "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        "loading": _("The signatures are being read…"),
        "add": _("New signature"),
        "import": _("Import…"),
        "name": _("Name of the signature"),
        "name_hint": _("Only the practice sees it"),
        "before": _("Before the message (letterhead)"),
        "after": _("After the message (signature)"),
        "marker": _("The body of the message comes here"),
        "marker_hint": _("This mark ({marker}) stays where it is: write above it, below it, or both.").format(
            marker=BODY_MARKER
        ),
        "source": _("HTML source"),
        "whole": _("The whole signature as HTML, with the marker {marker} once").format(marker=BODY_MARKER),
        "to_source": _("Write this part as HTML"),
        "to_visual": _("Visual editor"),
        "would_lose": _("The visual editor would lose part of this text's look: it is edited as HTML."),
        "preview": _("As it looks, with examples"),
        "frame": _("The signature round a sample text"),
        "looking": _("Being shown…"),
        "not_shown": _("It cannot be shown yet."),
        "checked": _("✓ Nothing to be looked at."),
        "used_by": _("Used by: {users}"),
        "unused": _("Not used yet"),
        "modified": _("not saved"),
        "save": _("Save"),
        "cancel": _("Undo my changes"),
        "saved": _("✓ The signature « {name} » is saved."),
        "duplicate": _("Duplicate"),
        "copy_of": _("{name} (copy)"),
        "export": _("Export"),
        "archive": _("Archive…"),
        "archive_question": _("Archive « {name} »? It leaves the lists; what was sent with it stays."),
        "archive_yes": _("Archive"),
        "archived": _("✓ « {name} » is archived."),
        "back": _("Go back"),
        "new_title": _("New signature"),
        "none": _("There is no signature yet."),
    }
