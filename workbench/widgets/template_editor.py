"""The text of an email type as a person writes it: its subject and its body, with chips for the merge fields."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.domain.templates import Template
from workbench.errors import UsageError
from workbench.language import _, n_
from workbench.widgets.rich_text_words import rich_text_words
from workbench.widgets.view import STATIC, View, by_number

Changed = Callable[[], None]
KeepPicture = Callable[[str, bytes], str]
FindPicture = Callable[[str], tuple[str, bytes] | None]


class TemplateEditor(View):
    """The subject and the body of an email type; typing ``@`` offers the fields.

    A body that the visual editor would give back otherwise than it came (a designed page) is shown by its texts, the
    page round them left alone, or as HTML source; which one it is follows from the body and is kept nowhere. As long
    as nobody types, `subject` and `body` are what was shown, to the byte.

    Attributes
    ----------
    subject
        The subject as written now.
    body
        The body as written now: HTML with ``@CODE`` and Jinja2, as an email type holds it.
    """

    _esm = STATIC / "template_editor.js"
    _css = STATIC / "template_editor.css"

    def __init__(self, template: Template | None = None) -> None:
        super().__init__()
        self.subject = template.subject if template else ""
        self.body = template.html if template else ""
        self._number = 0
        self._callbacks: list[Changed] = []
        self._fields: list[dict[str, Any]] = []
        self._findings: list[dict[str, str]] = []
        self._keep_picture: KeepPicture | None = None
        self._find_picture: FindPicture | None = None
        self._views: list[str] = []
        self._to_write = False
        self.answers["open"] = self._opened
        self.answers["changed"] = self._changed
        self.answers["used"] = self._used
        self.answers["closed"] = self._closed
        self.answers["picture"] = self._picture
        self.answers["shown_picture"] = self._shown_picture

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the editor's words."""
        return {
            **rich_text_words(),
            "subject": _("Subject"),
            "body": _("Message"),
            "source": _("HTML source of the message"),
            **by_number("characters", lambda count: n_("{count} character", "{count} characters", count)),
            "codes": _("See the codes"),
            "to_source": _("Write the message as HTML"),
            "to_visual": _("Visual editor"),
            "to_passages": _("The texts alone"),
            "passage": _("Text {number}"),
            "preheader": _("Shown beside the subject in the list of messages"),
            "why_passages": _("This email type is a designed page: change its texts here, its look stays as it is."),
            "is_source": _("The message is shown as HTML."),
            "why_page": _(
                "This email type is a designed page: it is edited as HTML, so that nothing of its look is lost."
            ),
            "why_code": _("Conditions or loops stand round parts of this text: it is edited as HTML."),
            "why_look": _("The visual editor would lose part of this text's look: it is edited as HTML."),
            "lost": _("It would lose: {lost}."),
            "would_lose": _("Edit it in the visual editor all the same?"),
            "lose": _("Edit it there, and lose that"),
            "stay": _("Stay with HTML"),
            "findings": _("To be looked at"),
            **by_number(
                "to_look_at",
                lambda count: n_(
                    "{count} point to be looked at in the text", "{count} points to be looked at in the text", count
                ),
            ),
            "silent": _("The kernel does not answer: what you write stays here, and is told as soon as it does"),
        }

    def show(self, template: Template) -> None:
        """Show an email type's subject and body; undoing goes back to here and no further."""
        self.subject, self.body = template.subject, template.html
        self._findings = []
        self._to_write = False
        self._number += 1
        self.send({"kind": "shown", **self._text(), "findings": []})

    def on_change(self, call: Changed) -> None:
        """Call `call` a moment after somebody changed the text, in whichever view."""
        self._callbacks.append(call)

    def offer(self, fields: Iterable[Mapping[str, Any]]) -> None:
        """Offer fields to what is typed after ``@``.

        Parameters
        ----------
        fields
            ``code``, ``label``, ``category`` and ``example`` of each, the example being its value for the patient in
            sight; ``aliases`` where other codes mean the same; ``own`` where it tells of what the rows are.
        """
        offered = [
            {name: str(one.get(name, "")) for name in ("code", "label", "category", "example")}
            | {"aliases": [str(alias) for alias in one.get("aliases", ())], "own": bool(one.get("own"))}
            for one in fields
        ]
        if offered != self._fields:
            self._fields = offered
            self.send({"kind": "offered", "fields": offered})

    def begin(self) -> None:
        """Put the caret at the end of the message: somebody is about to write it."""
        self._to_write = True
        self.send({"kind": "begin"})

    def insert(self, code: str) -> None:
        """Put a field at the caret, in the subject or the body, wherever somebody wrote last."""
        self.send({"kind": "insert", "code": code, "view": self._views[-1] if self._views else ""})

    def say(self, findings: Iterable[Mapping[str, Any]]) -> None:
        """Show what is to be looked at: on the field it is about, and in a list that leads there.

        Parameters
        ----------
        findings
            ``zone`` (``subject`` or ``body``), ``code``, ``severity`` and ``message`` of each; ``field`` is the code of
            the field it is about, if any, and ``line`` the line of the body.
        """
        names = ("zone", "code", "severity", "message", "field", "line")
        said = [{name: str(one.get(name) or "") for name in names} for one in findings]
        if said != self._findings:
            self._findings = said
            self.send({"kind": "said", "findings": said})

    def on_picture(self, call: KeepPicture) -> None:
        """Have `call` keep each image that is put into the body: its file name and bytes; it returns its address."""
        self._keep_picture = call
        self.send({"kind": "pictures", "taken": True})

    def pictures_from(self, call: FindPicture) -> None:
        """Have `call` find the images that the body shows: its kind (``image/png``) and bytes by its address."""
        self._find_picture = call

    def _text(self) -> dict[str, Any]:
        return {"number": self._number, "subject": self.subject, "body": self.body}

    def _opened(self, message: Mapping[str, Any]) -> dict[str, Any]:
        # Among several views the one that somebody wrote in last comes last.
        self._views.insert(0, str(message.get("view", "")))
        taken = self._keep_picture is not None
        # A view that is made for the text to be written comes after it was asked for.
        begin, self._to_write = self._to_write, False
        return {**self._text(), "fields": self._fields, "findings": self._findings, "taken": taken, "begin": begin}

    def _changed(self, message: Mapping[str, Any]) -> None:
        # What was typed into another email type than the one shown now belongs to nobody here.
        if message["number"] != self._number:
            return
        written = (str(message["subject"]), str(message["body"]))
        if written == (self.subject, self.body):
            return
        self.subject, self.body = written
        self.send({"kind": "written", "view": message.get("view"), **self._text()})
        for call in self._callbacks:
            call()

    def _used(self, message: Mapping[str, Any]) -> None:
        self._to_write = False
        self._closed(message)
        self._views.append(str(message["view"]))

    def _closed(self, message: Mapping[str, Any]) -> None:
        self._views = [view for view in self._views if view != message["view"]]

    def _picture(self, message: Mapping[str, Any]) -> dict[str, str]:
        if self._keep_picture is None:
            raise UsageError(_("Images cannot be added here."))
        try:
            data = b64decode(str(message["data"]), validate=True)
        except NotBase64 as error:
            raise UsageError(_("The image could not be read.")) from error
        return {"src": self._keep_picture(str(message["name"]), data)}

    def _shown_picture(self, message: Mapping[str, Any]) -> tuple[dict[str, str], list[bytes]]:
        found = self._find_picture(str(message["src"])) if self._find_picture else None
        return ({"type": found[0]}, [found[1]]) if found else ({"type": ""}, [])
