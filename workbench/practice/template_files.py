"""Email types as files that can live in git: one at a time or the whole library, there and back without a difference.

A file has its attachments and images beside it, by the names that people know. Where two email types of one folder have
different files of one name, the second one's stand in a folder of its own: ``Label.files``.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.domain.pictures import PICTURE_URL, content_id
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, WorkbenchError
from workbench.language import _
from workbench.merging.render import compile_template
from workbench.merging.template_file import lines_before_body, template_from_file, template_to_text
from workbench.practice.picturing import put_back
from workbench.practice.template_shelf import Shelf

LARGEST_FILE = 5_000_000
"""Bytes of a template file; images may stand in its text."""

MOST_FILES = 2_000
"""Template files of one folder that are imported at once."""

_ENDING = ".html"
_OWN_FILES = ".files"
_LONGEST_NAME = 180
_UNSAFE = frozenset('<>:"|?*%')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote, and the template files there that are no email type's any more (it leaves them)."""

    files: tuple[Path, ...]
    others: tuple[Path, ...]


class TemplateFiles(Shelf):
    """Email types from and to files."""

    # --- in ---------------------------------------------------------------------------------------------

    def import_file(self, file: str | Path, *, reason: str = "") -> Template:
        """Read a template `file` (front matter and HTML) into the ledger; the same path makes a revision.

        Attached files and images are taken from beside the template file and kept by their SHA-256. `reason` says why,
        for whoever looks at the revisions later.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled; the line is named.

        Examples
        --------
        >>> from pathlib import Path
        >>> file = practice.templates.export_file("Rendez-vous/Rappel de rendez-vous", Path("rappel.html"))
        >>> practice.templates.import_file(file).revision
        1
        """
        return self._save(self._from_file(Path(file), folder=""), reason=reason)

    def import_text(self, text: str, *, path: str, beside: Path) -> Template:
        """Keep the `text` of a template file as the email type called `path`; the same path makes a revision.

        Its own lines may name it too, but only alike. Attached files and images are taken from the folder `beside`.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled, or calls itself otherwise; nothing was kept.

        Examples
        --------
        >>> practice.templates.import_text("<p>Bonjour @DAPPEL</p>", path="Essais/Bonjour", beside=practice.path).path
        'Essais/Bonjour'
        """
        folder, _slash, label = path.rpartition("/")
        template = template_from_file(text, name=label, folder=folder)
        if template.path != unicodedata.normalize("NFC", path):
            raise TemplateRefused(
                _("The email type is called « {path} » and « {own} » at once: keep one of the two.").format(
                    path=path, own=template.path
                )
            )
        return self._save(self._taken(text, template, beside), reason="")

    def import_files(self, files: Iterable[str | Path], *, reason: str = "") -> list[Template]:
        """Read template files, and all of a folder as `export_all` writes it, into the ledger: all of them or none.

        A file of a folder that names no folder of its own is of the folder it lies in.

        Raises
        ------
        TemplateRefused
            When one of them cannot be read or compiled, or two are the same email type; the file is named.

        Examples
        --------
        >>> exported = practice.templates.export_all("email types")
        >>> len(practice.templates.import_files(["email types"])) == len(practice.templates)
        True
        """
        read: dict[str, tuple[Path, Template]] = {}
        for file, folder in _all_files(map(Path, files)):
            try:
                template = self._from_file(file, folder=folder)
            except WorkbenchError as error:
                raise TemplateRefused(
                    _("« {file} »: {problem} Nothing was imported.").format(file=file, problem=error.sentence)
                ) from error
            if template.path in read:
                raise TemplateRefused(
                    _("« {file} » and « {other} » are the same email type, « {path} ». Nothing was imported.").format(
                        file=file, other=read[template.path][0], path=template.path
                    )
                )
            read[template.path] = (file, template)
        if not read:
            raise TemplateRefused(_("There is no template file (.html) here."))
        known = {path: self._with_main(template) for path, (_file, template) in read.items()}
        for path, (file, _template) in read.items():
            try:
                self._check_variant(known[path], known=known)
            except TemplateRefused as error:
                raise TemplateRefused(f"« {file} »: {error.sentence}") from error
        practice = self._practice
        saved = practice.ledger.library.save_templates(
            [*known.values()], by=practice.user, now=practice.now(), reason=reason
        )
        practice.changes += 1
        return saved

    def reset(self, path: str, *, reason: str = "") -> Template:
        """Let an email type say again what it said when it came with the workbench (F69), as a new revision.

        It keeps its name.

        Raises
        ------
        TemplateRefused
            When it did not come with the workbench.

        Examples
        --------
        >>> changed = practice.templates.change("Rendez-vous/Rappel de rendez-vous", subject="Demain")
        >>> practice.templates.reset("Rendez-vous/Rappel de rendez-vous").subject == changed.subject
        False
        """
        now = self[path]
        names = {one.template.path for one in self._practice.ledger.library.revisions(now.path)}
        for file in self._shipped():
            template = template_from_file(read_text(file), name=file.stem)
            if template.path in names:
                again = replace(template, label=now.label, folder=now.folder, purpose=template.occasion_purpose)
                return self._rewrite({now.path: again}, reason=reason or _("back to the text it came with"))[0]
        raise TemplateRefused(
            _(
                "« {path} » did not come with the workbench. Go back to a version of yours: "
                'workbench template revisions "{path}"'
            ).format(path=now.path)
        )

    def _from_file(self, file: Path, *, folder: str) -> Template:
        text = read_text(file)
        return self._taken(text, template_from_file(text, name=file.stem, folder=folder), files_beside(file))

    def _taken(self, text: str, template: Template, beside: Path) -> Template:
        """Return the email type that a template file's `text` holds as it is kept, its files taken in."""
        # Compiled first with the lines of the file, which are those that a refusal is to name.
        compile_template(numbered_as_in(text, template), self._practice.catalogue, columns=None)
        for name in template.attachments:
            # A template file comes from anywhere: it may not carry off another file of this computer.
            if Path(name).name != name or name in (".", "..") or (beside / name).is_symlink():
                raise TemplateRefused(
                    _("The attachment « {name} » must be a file beside the email type's own, named alone.").format(
                        name=name
                    )
                )
        kept = tuple(self._practice.attachments.keep(beside / name) for name in template.attachments)
        return self._with_main(self._whole(replace(template, attachments=kept), beside=beside))

    # --- out --------------------------------------------------------------------------------------------

    def text_of(self, template: Template) -> str:
        """Return the text of the template file of an email type, its files by the names that people know."""
        shown = {content_id(kept): _name_of(kept) for kept in template.pictures}
        html = PICTURE_URL.sub(lambda found: shown.get(found[1], found[0]), template.html)
        names = tuple(map(_name_of, template.attachments))
        return template_to_text(replace(template, html=html, pictures=(), attachments=names))

    def export_file(self, path: str, file: str | Path) -> Path:
        """Write an email type as a template file, with its attachments and images beside it.

        Raises
        ------
        TemplateRefused
            When one of its files is gone, or another file of its name lies there; nothing was written.
        """
        template, target = self[path], Path(file)
        files = self._attachments_of(template)
        for name, data in files.items():
            beside = target.parent / name
            if os.path.lexists(beside) and (beside.is_symlink() or beside.read_bytes() != data):
                raise TemplateRefused(
                    _("« {file} » exists already and is another file; nothing was exported.").format(file=beside)
                )
        for name, data in files.items():
            (target.parent / name).write_bytes(data)
        target.write_bytes(self._written(template, files, target.parent))
        return target

    def export_all(self, folder: str | Path) -> Exported:
        """Write every email type into a folder, each in the folder of its own: the same library gives the same bytes.

        Files that an export wrote are replaced when they differ; others are left alone.

        Raises
        ------
        TemplateRefused
            When a file of an email type is gone, or a link, a folder or a file that was never one of the practice's
            email types stands where a file is to be written; nothing was written.
        """
        target = Path(folder)
        with tempfile.TemporaryDirectory() as made:
            fresh = Path(made)
            written = {file.relative_to(fresh) for file in self._write_all(fresh)}
            files = sorted(file.relative_to(fresh) for file in fresh.rglob("*") if file.is_file())
            for name in files:
                _refuse_unwritable(target, name)
                self._refuse_foreign(target / name, (fresh / name).read_bytes())
            for name in files:
                data = (fresh / name).read_bytes()
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                if not (target / name).is_file() or (target / name).read_bytes() != data:
                    (target / name).write_bytes(data)
        there = {file.relative_to(target) for file, _folder in template_files_in(target)}
        return Exported(
            tuple(target / name for name in sorted(written)), tuple(target / name for name in sorted(there - written))
        )

    def _refuse_foreign(self, file: Path, data: bytes) -> None:
        """Raise when a file that is no export of ours, or was changed since, would be lost under an export."""
        if not file.is_file() or (there := file.read_bytes()) == data:
            return
        if file.suffix == _ENDING:
            ours = _path_in(file) in self
        else:
            ours = self._practice.attachments.kept_as(hashlib.sha256(there).hexdigest()) is not None
        if not ours:
            raise TemplateRefused(
                _("« {file} » exists already and is another file; nothing was exported.").format(file=file)
            )

    def _write_all(self, folder: Path) -> Iterator[Path]:
        taken: set[str] = set()
        places = []
        for path in self:
            template = self[path]
            home = folder / file_name(template.folder) if template.folder else folder
            stem = file_name(template.label)
            if _folded(home / stem) in taken:
                stem = f"{stem}~{_digest(path)}"
            taken.add(_folded(home / stem))
            places.append((template, home, stem, self._attachments_of(template)))
        claimed: dict[str, bytes | None] = {_folded(home / f"{stem}{_ENDING}"): None for _t, home, stem, _f in places}
        beside = []
        for _template, home, stem, files in places:
            wanted = {_folded(home / name): data for name, data in files.items()}
            clash = any(claimed.get(name, data) != data for name, data in wanted.items())
            claimed |= {} if clash else wanted
            place = home / f"{stem}{_OWN_FILES}" if clash else home
            place.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (place / name).write_bytes(data)
            beside.append(place)
        for (template, home, stem, files), place in zip(places, beside, strict=True):
            file = home / f"{stem}{_ENDING}"
            file.write_bytes(self._written(template, files, place))
            yield file

    def _attachments_of(self, template: Template) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for kept in template.attachments:
            attachment = self._practice.attachments.read(kept)
            if attachment is None:
                raise TemplateRefused(
                    _("The attachment « {name} » of « {path} » is gone.").format(
                        name=_name_of(kept), path=template.path
                    )
                )
            if found.setdefault(attachment.name, attachment.data) != attachment.data:
                raise TemplateRefused(
                    _("« {path} » has two different attachments called « {name} »: give one another name.").format(
                        path=template.path, name=attachment.name
                    )
                )
        return found

    def _written(self, template: Template, files: Iterable[str], beside: Path) -> bytes:
        """Return the bytes of a template file whose images are written `beside`."""
        html = put_back(self._practice, template.html, template.pictures, beside)
        return template_to_text(replace(template, html=html, pictures=(), attachments=tuple(files))).encode()


# --- files ----------------------------------------------------------------------------------------------


def files_beside(file: Path) -> Path:
    """Return the folder with the attachments and images of a template file: its own when it has one, else where it is.

    Examples
    --------
    >>> files_beside(Path("email types/Rappel.html")).name
    'email types'
    """
    own = file.parent / f"{file.stem}{_OWN_FILES}"
    return own if own.is_dir() and not own.is_symlink() else file.parent


def read_text(file: Path) -> str:
    """Return the text of a file of the practice; raises ``TemplateRefused`` when it is none, or far too long."""
    try:
        kind = file.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
            raise TemplateRefused(_("« {file} » is not a file.").format(file=file))
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise TemplateRefused(
            _("The file « {file} » cannot be read: {problem}.").format(
                file=file, problem=getattr(error, "strerror", None) or error
            )
        ) from error
    if len(data) > LARGEST_FILE:
        raise TemplateRefused(
            _("The file « {file} » is larger than {size} MB: no email type is.").format(
                file=file, size=LARGEST_FILE // 1_000_000
            )
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateRefused(_("The file « {file} » is not UTF-8 text.").format(file=file)) from error
    if "\0" in text:
        raise TemplateRefused(_("The file « {file} » is not UTF-8 text.").format(file=file))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _path_in(file: Path) -> str:
    """Return the path that a template file says; nothing where it is none of ours."""
    try:
        text = read_text(file)
        return template_from_file(text, name=file.stem).path if lines_before_body(text) else ""
    except TemplateRefused:
        return ""


def numbered_as_in(text: str, template: Template) -> Template:
    """Return an email type whose body's lines count as those of the file that it was read from; never to be sent."""
    return replace(template, html="\n" * lines_before_body(text) + template.html)


def _all_files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Give each template file named, and those of each folder named, with the folder that it is in by itself."""
    count = 0
    for path in paths:
        for found in template_files_in(path) if path.is_dir() else [(path, "")]:
            count += 1
            if count > MOST_FILES:
                raise TemplateRefused(
                    _("There are more than {count} template files; import fewer at a time.").format(count=MOST_FILES)
                )
            yield found


def template_files_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give the template files of a folder and of the folders in it, in order.

    Raises
    ------
    TemplateRefused
        When one of them is a link: it would carry off a file from elsewhere.
    """
    homes = [folder, *sorted(one for one in folder.iterdir() if one.is_dir() and not one.is_symlink())]
    for home in homes:
        if home != folder and (home.name.startswith(".") or home.name.endswith(_OWN_FILES)):
            continue
        for file in sorted(home.iterdir()):
            if file.suffix.lower() != _ENDING or file.name.startswith("."):
                continue
            if file.is_symlink() or not file.is_file():
                raise TemplateRefused(_("« {file} » is a link, or no file; it is not followed.").format(file=file))
            yield file, "" if home == folder else unicodedata.normalize("NFC", home.name)


def _refuse_unwritable(folder: Path, name: Path) -> None:
    """Raise when a link or a folder stands in the way of a file that is to be written below `folder`."""
    for part in (name, *name.parents[:-1]):
        place = folder / part
        wrong = place.is_dir() if part == name else os.path.lexists(place) and not place.is_dir()
        if place.is_symlink() or wrong:
            raise TemplateRefused(
                _("« {file} » is a link or a folder; nothing was exported. Take it away first.").format(file=place)
            )


def file_name(name: str) -> str:
    """Return what a label or folder is called as a file, on every system; what is spelled otherwise keeps its label."""
    safe = "".join("-" if sign in _UNSAFE else sign for sign in unicodedata.normalize("NFC", name)).rstrip(". ")
    if safe.startswith(".") or safe.partition(".")[0].casefold() in _RESERVED or not safe:
        safe = f"_{safe}"
    if safe.casefold().endswith((_OWN_FILES, _ENDING)):
        safe = f"{safe}_"
    if len(safe.encode()) > _LONGEST_NAME:
        safe = f"{safe.encode()[:_LONGEST_NAME].decode(errors='ignore').rstrip('. ')}~{_digest(name)}"
    return safe


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _name_of(kept: str) -> str:
    return kept.rpartition("/")[2]
