"""The library of email types: their folders, what each says and for whom, its revisions, its check, its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
from babel.dates import format_datetime

from workbench.displays.showing import ShownMessage, shown
from workbench.displays.subjects import as_read
from workbench.displays.words import status_words
from workbench.domain.templates import Template
from workbench.errors import TemplateChanged, TemplateRefused
from workbench.language import LANGUAGES, _, language, n_
from workbench.widgets.reading import message_content, reading_labels, source_content
from workbench.widgets.template_settings import LANGUAGE_WORDS, said_settings, searches_called, settings_form, summary
from workbench.widgets.template_uploads import Uploads
from workbench.widgets.template_words import library_words
from workbench.widgets.view import STATIC, Answer, View

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_USUAL_SAMPLE = "woman"
_STATES = {"error": "bad", "warning": "doubt"}


class TemplateLibrary(View):
    """The email types of a practice in their folders, and every gesture on them.

    Parameters
    ----------
    practice
        Whose email types they are.
    """

    _esm = STATIC / "templates_page.js"
    _css = STATIC / "templates_page.css"

    def __init__(self, practice: Practice) -> None:
        super().__init__()
        self._practice = practice
        self._templates = practice.templates
        self._uploads = Uploads(practice)
        self._counts: dict[tuple[str, int], dict[str, int]] = {}
        self._seen: tuple[tuple[str, str, int], ShownMessage] | None = None
        self._editing: Editing | None = None
        self._use: Callable[[str], None] | None = None
        self.chosen = ""
        self.answers.update(
            open=self._answer_open,
            find=lambda asked: {"paths": self._templates.find(str(asked["words"]))},
            count=self._answer_count,
            read=self._answer_read,
            preview=self._answer_preview,
            source=lambda asked: source_content(self._shown(asked)),
            findings=self._answer_findings,
            revisions=self._answer_revisions,
            compare=self._answer_compare,
            settings=self._answer_settings,
            starters=self._answer_starters,
            export=self._answer_export,
            upload=self._uploads.receive,
            convert=self._answer_convert,
            use=self._answer_use,
        )
        for kind, write in {
            "begin": self._begin, "duplicate": self._duplicate, "translate": self._translate, "rename": self._rename,
            "move": self._move, "rename_folder": self._rename_folder, "archive": self._archive,
            "unarchive": self._unarchive, "restore": self._restore, "reset": self._reset, "change": self._change,
            "take_in": self._take_in, "keep": self._keep,
        }.items():  # fmt: skip
            self.answers[kind] = self._writing(write)
        for kind, edit in (("edit", "begin"), ("save", "save"), ("leave", "leave"), ("take_theirs", "take_theirs")):
            self.answers[kind] = self._while_editing(edit)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the library."""
        return reading_labels() | library_words()

    def edited_with(self, editing: Editing) -> None:
        """Offer to write the texts too, with what somebody joins to the library for that."""
        self._editing = editing

    def used_by(self, use: Callable[[str], None]) -> None:
        """Offer to use an email type elsewhere: `use` is called with its path."""
        self._use = use

    def show(self, path: str) -> None:
        """Show an email type, in every view."""
        self.chosen = self._templates[path].path
        self.send({"kind": "changed", "chosen": self.chosen, "view": ""})

    def look_again(self) -> None:
        """Have every view read the library as it stands now."""
        self.send({"kind": "changed", "chosen": "", "view": ""})

    def say(self, **message: Any) -> None:
        """Tell every view something about what is being written."""
        self.send({"kind": "editing", **message})

    # --- what is looked at ----------------------------------------------------------------------------------

    def _shelf(self) -> dict[str, Any]:
        called = searches_called(self._practice)
        unsaved = self._templates.unsaved_texts() if self._editing else {}
        frames = {archived: self._templates.to_frame(archived=archived) for archived in (False, True)}
        return {
            "templates": [
                self._row(row, called)
                | {"unsaved": self.told(unsaved[row["path"]].saved_at) if row["path"] in unsaved else ""}
                for row in frames[False].to_dict("records")
            ],
            "archived": [self._row(row, called) for row in frames[True].to_dict("records")],
        }

    def _row(self, row: Mapping[Any, Any], called: Mapping[str, str]) -> dict[str, Any]:
        known = ("path", "folder", "label", "language", "variant_of", "saved_by", "variants")
        return {name: row[name] for name in known} | {
            "subject": as_read(row["subject"]),
            "revision": int(row["revision"]),
            "saved_at": self.told(row["saved_at"]),
            "searches": [called.get(name, name) for name in row["searches"]],
        }

    def told(self, at: datetime | pd.Timestamp) -> str:
        """Return a moment as it is told, by the clock of the practice."""
        return format_datetime(at, "short", tzinfo=self._practice.calendar.zone, locale=language())

    def _answer_open(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._shelf() | {
            "chosen": self.chosen,
            "samples": [[name, called] for name, called in self._templates.samples().items()],
            "languages": [[name, _(LANGUAGE_WORDS[name])] for name in LANGUAGES],
            "writes": self._editing is not None,
            "uses": self._use is not None,
            "editing": self._editing.state() if self._editing else {},
        }

    def _answer_count(self, asked: Mapping[str, Any]) -> dict[str, int]:
        path, revision = str(asked["path"]), int(asked["revision"])
        if (path, revision) not in self._counts:
            self._checked(path, revision)
        return self._counts[path, revision]

    def _checked(self, path: str, revision: int) -> pd.DataFrame:
        found = self._templates.check(path)
        severities = found["severity"].astype(str)
        self._counts[path, revision] = {name: int((severities == name).sum()) for name in _STATES}
        return found

    def _answer_read(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        template = self._templates[str(asked["path"])]
        self.chosen = template.path
        main = template.variant_of or template.path
        return {
            "path": template.path,
            "main": main,
            "languages": [[name, one.path] for name, one in self._templates.variants(main).items()],
            "summary": summary(self._practice, template),
            "purpose": template.occasion_purpose,
            "sharing": self._templates.sharing_purpose(template.path),
            "subject": template.subject,
        }

    def _answer_preview(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"message": message_content(self._shown(asked))}

    def _shown(self, asked: Mapping[str, Any]) -> ShownMessage:
        path, sample = str(asked["path"]), str(asked.get("sample") or _USUAL_SAMPLE)
        number = int(asked.get("revision") or 0)
        template = self._templates.revision(path, number) if number else self._templates[path]
        key = (f"{path}/{template.revision}/{self._practice.changes}", sample, number)
        if self._seen is None or self._seen[0] != key:
            self._seen = (key, shown(self._templates.tried(template, sample)))
        return self._seen[1]

    def _answer_findings(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        path = str(asked["path"])
        revision = self._templates[path].revision
        found = self._checked(path, revision)
        samples = self._templates.samples()
        return {
            "findings": [
                {
                    "severity": str(one.severity),
                    "state": _STATES.get(str(one.severity), "none"),
                    "word": status_words(str(one.severity)),
                    "message": str(one.message),
                    "where": _where(one.line),
                    "who": samples.get(str(one.recipient), ""),
                }
                for one in found.itertuples()
            ],
            "counts": self._counts[path, revision],
        }

    def _answer_revisions(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        kept = self._templates.revisions(str(asked["path"]))
        names = ("revision", "saved_by", "changes", "reason", "path")
        return {
            "revisions": [
                {name: row[name] for name in names} | {"saved_at": self.told(row["saved_at"])}
                for row in kept.to_dict("records")
            ]
        }

    def _answer_compare(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        path, before, after = str(asked["path"]), int(asked["before"]), int(asked["after"])
        old, new = self._templates.revision(path, before), self._templates.revision(path, after)
        return comparison(self._practice, old, new) | {"lines": [*self._templates.diff(path, before, after).lines[2:]]}

    def _answer_settings(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        template = self._templates[str(asked["path"])]
        return {"revision": template.revision, "groups": settings_form(self._practice, template)}

    def _answer_starters(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        found = self._templates.starters().values()
        return {"starters": [{"path": one.path, "subject": as_read(one.subject)} for one in found]}

    def _answer_export(self, asked: Mapping[str, Any]) -> Answer:
        name, content = self._templates.packed(str(asked.get("path", "")))
        return {"name": name}, [content]

    def _answer_convert(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._uploads.converted(str(asked["id"]), dict(asked.get("mapping") or {}))

    def _answer_use(self, asked: Mapping[str, Any]) -> None:
        if self._use is not None:
            self._use(self._templates[str(asked["path"])].path)

    # --- what is written ------------------------------------------------------------------------------------

    def _writing(self, write: Callable[[Mapping[str, Any]], tuple[str, str]]) -> Callable[[Mapping[str, Any]], Answer]:
        def answer(asked: Mapping[str, Any]) -> Answer:
            try:
                self.chosen, said = write(asked)
            except TemplateChanged as changed:
                return {"overtaken": changed.sentence}
            self.send({"kind": "changed", "chosen": "", "view": asked.get("view")})
            return self._shelf() | {"chosen": self.chosen, "said": said}

        return answer

    def _begin(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        made = self._templates.begin(_path(asked), like=str(asked.get("like", "")))
        return _kept(made)

    def _duplicate(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        made = self._templates.duplicate(str(asked["path"]), _path(asked))
        path, said = _kept(made)
        others = self._templates.sharing_purpose(path)
        if not others:
            return path, said
        sentence = _("It is for the same as « {path} »: whoever was told by one of them is not told by the other.")
        return path, f"{said} {sentence.format(path=others[0])}"

    def _translate(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        return _kept(self._templates.translate(str(asked["path"]), str(asked["language"]), str(asked["label"])))

    def _rename(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        old = self._templates[str(asked["path"])]
        return _renamed(old, self._templates.rename(old.path, str(asked["label"])))

    def _move(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        old = self._templates[str(asked["path"])]
        return _renamed(old, self._templates.move(old.path, str(asked["folder"]).strip()))

    def _rename_folder(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        new = str(asked["new"]).strip()
        moved = self._templates.rename_folder(str(asked["folder"]), new)
        said = n_(
            "{count} email type is in « {folder} » now.", "{count} email types are in « {folder} » now.", len(moved)
        )
        return "", said.format(count=len(moved), folder=new)

    def _archive(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        path = str(asked["path"])
        searches = self._templates.searches_of(path)
        gone = self._templates.archive(path, reason=str(asked.get("reason", "")))
        said = [_("« {path} » is archived.").format(path=one) for one in gone]
        said += [_("The search « {search} » proposes none until it is back.").format(search=one) for one in searches]
        return "", " ".join(said)

    def _unarchive(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        back = self._templates.unarchive(str(asked["path"]))
        return back[0], " ".join(_("« {path} » is back.").format(path=one) for one in back)

    def _restore(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        return _kept(
            self._templates.restore(str(asked["path"]), int(asked["number"]), reason=str(asked.get("reason", "")))
        )

    def _reset(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        return _kept(self._templates.reset(str(asked["path"])))

    def _change(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        path, fields = str(asked["path"]), dict(asked["settings"])
        settings = said_settings(fields, self._uploads.attached)
        template = self._templates[path]
        if settings:
            template = self._templates.change(
                path, reason=str(asked.get("reason", "")), over=int(asked["over"]), **settings
            )
        if "searches" in fields:
            mine, wanted = set(self._templates.searches_of(path)), set(map(str, fields["searches"]))
            for search in sorted(mine - wanted):
                self._templates.not_for(path, search)
            for search in sorted(wanted - mine):
                self._templates.use_for(path, search)
        return _kept(template)

    def _take_in(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        kept = self._uploads.taken_in(str(asked["id"]), reason=str(asked.get("reason", "")))
        said = n_("{count} email type was imported.", "{count} email types were imported.", len(kept))
        return kept[0].path if len(kept) == 1 else "", said.format(count=len(kept))

    def _keep(self, asked: Mapping[str, Any]) -> tuple[str, str]:
        kept = self._uploads.kept(
            str(asked["id"]), _path(asked), dict(asked.get("mapping") or {}), bool(asked.get("keep_unknown"))
        )
        return _kept(kept)

    # --- what is being written ------------------------------------------------------------------------------

    def _while_editing(self, name: str) -> Callable[[Mapping[str, Any]], Answer]:
        def answer(asked: Mapping[str, Any]) -> Answer:
            if self._editing is None:
                raise TemplateRefused(_("The text is not written here."))
            given = {key: value for key, value in asked.items() if key not in ("kind", "request", "view")}
            answered: Answer = getattr(self._editing, name)(**given)
            return answered

        return answer


class Editing(Protocol):
    """What a library asks of whoever shows the text of an email type to be written; see ``templates_page``."""

    def state(self) -> dict[str, Any]:
        """Return what is being written: ``path label revision dirty …``; nothing when nobody writes."""
        ...


def comparison(practice: Practice, old: Template, new: Template) -> dict[str, Any]:
    """Return what two states of an email type say differently, as a page takes it."""
    changes = practice.templates.compare(old, new)
    return {
        "changes": [{"called": change.called, "pieces": [list(piece) for piece in change.pieces]} for change in changes]
    }


def _path(asked: Mapping[str, Any]) -> str:
    folder, label = str(asked.get("folder", "")).strip(), str(asked["label"]).strip()
    return f"{folder}/{label}" if folder else f"/{label}"


def _kept(template: Template) -> tuple[str, str]:
    said = _("« {path} »: version {revision} is kept.").format(path=template.path, revision=template.revision)
    return template.path, said


def _renamed(old: Template, new: Template) -> tuple[str, str]:
    if old.path == new.path:
        return new.path, _("« {path} » is called so already.").format(path=new.path)
    said = _("« {old} » is called « {new} » now.").format(old=old.path, new=new.path)
    stays = _("What was sent with it stays what it is, and nobody is told twice.")
    return new.path, f"{said} {stays}"


def _where(line: object) -> str:
    return "" if pd.isna(line) else _("line {line}").format(line=line)  # type: ignore[call-overload]
