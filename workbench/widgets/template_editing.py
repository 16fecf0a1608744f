"""Writing an email type: the text, the fields to put into it, and the very message of a patient, beside one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from ipywidgets import Box, DOMWidget, Layout, VBox

from workbench.displays.showing import ShownMessage, shown
from workbench.domain.fields import DataClass
from workbench.domain.templates import Template
from workbench.errors import AccountError, TemplateRefused, WorkbenchError
from workbench.language import _
from workbench.practice.examples import (
    DRAFT_COLUMNS,
    Example,
    draft_findings,
    examples_of,
    sample_rows,
    tried_on,
)
from workbench.practice.picturing import kept_picture, pictures_shown, shown_picture
from workbench.practice.searching import kind_of
from workbench.widgets.background import Background, Overtaken
from workbench.widgets.field_picker import FieldPicker
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.saving_bar import SavingBar
from workbench.widgets.template_editor import TemplateEditor

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice

Changed = Callable[[], None]


_TELLS_OF = {
    "appointment": "rendez-vous",
    "invoice": "honoraires",
    "quote": "plan de traitement",
    "plan": "plan de traitement",
    "recall": "rappels",
    "correspondent": "correspondants",
    "patient": "patient",
}
"""The category of the fields that tell of what the rows of a search are."""


class TemplateEditing:
    """The text of an email type, its fields and its preview, joined; a page puts its own buttons round it.

    Parameters
    ----------
    practice
        The practice whose email type it is.
    alone
        Whether it stands alone, and has a foot of its own that saves it.

    The preview and the findings follow what is written, a moment after somebody stops. Nothing is kept before `save`.

    Attributes
    ----------
    editor, fields, preview
        The three screens.
    findings
        What is wrong or doubtful in the draft, with the columns of ``practice.examples.DRAFT_COLUMNS``.
    """

    def __init__(self, practice: Practice, *, alone: bool = False) -> None:
        self.practice = practice
        self._foot = SavingBar(self._saved_alone) if alone else None
        self.editor = TemplateEditor()
        self.fields = FieldPicker(practice.fields)
        self.preview = MessagePreview()
        self.preview.add_class("pw-preview-alone")
        self.findings = pd.DataFrame(columns=list(DRAFT_COLUMNS))
        self._template = Template(label="", subject="", html="")
        self._like: Mailing | None = None
        self._rows = pd.DataFrame()
        self._people: list[tuple[str, str]] = []  # who is previewed: recipient_id and name
        self._examples: dict[str, Example] = {}
        self._met = False  # whether the people and their examples are known
        self._callbacks: list[Changed] = []
        self._background = Background()
        self.editor.on_change(self._changed)
        self.editor.on_picture(partial(kept_picture, practice))
        self.editor.pictures_from(partial(shown_picture, practice))
        self.fields.on_choose(self.editor.insert)
        self.fields.on_fields(self._fields_changed)
        self.preview.on_position(lambda _position: self._offer())

    def __repr__(self) -> str:
        return f"<TemplateEditing {self._template.path}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    @cached_property
    def view(self) -> DOMWidget:
        """The text at left, the preview and the fields at right; one below the other where it is narrow."""
        beside = VBox([self.preview, self.fields], layout=Layout(flex="1 1 340px", min_width="0", width="auto"))
        self.editor.layout = Layout(flex="1.6 1 480px", min_width="0", width="auto")
        sides = Box(
            [self.editor, beside],
            layout=Layout(display="flex", flex_flow="row wrap", align_items="flex-start", grid_gap="16px"),
        )
        return sides if self._foot is None else VBox([sides, self._foot])

    # --- what a page says and asks -------------------------------------------------------------------------

    def edit(self, template: Template, sample: Mailing | None = None) -> None:
        """Show an email type's text to be written.

        Parameters
        ----------
        sample
            The mailing whose people are previewed, as it is meant to leave; without one the practice's next
            appointments, or invented patients where there are none.
        """
        self._template, self._like, self._met = template, sample, False
        self.findings = pd.DataFrame(columns=list(DRAFT_COLUMNS))
        self._offer()
        self.editor.show(template)
        self._work(here=False)

    @property
    def draft(self) -> Template:
        """The email type as it is written now; nothing of it is kept."""
        kept, html = self._template, self.editor.body
        if html == kept.html:
            return replace(kept, subject=self.editor.subject)
        # A text part of its own would go on saying what the message said before.
        shown_now = pictures_shown(self.practice, html, kept.pictures)
        return replace(kept, subject=self.editor.subject, html=html, text=None, pictures=shown_now)

    @property
    def changed(self) -> bool:
        """Whether something is written otherwise than it is kept."""
        return (self.editor.subject, self.editor.body) != (self._template.subject, self._template.html)

    def on_change(self, call: Changed) -> None:
        """Call `call` after each change of the text, and once what is found in it is known."""
        self._callbacks.append(call)

    def save(self, reason: str = "") -> Template:
        """Keep the draft as a new revision of its email type, and return it.

        Raises
        ------
        TemplateChanged
            When somebody else saved it meanwhile; nothing was written over.
        TemplateRefused
            When it cannot be used as it is written.
        """
        draft = self.draft
        saved = self.practice.templates.save(draft, reason=reason, over=self._template.revision)
        self.kept(saved, draft)
        return saved

    def kept(self, saved: Template, draft: Template) -> None:
        """Take note that a draft is kept as this revision; what was typed since then stays where it is typed."""
        self._template = saved
        # Images that stood in the text itself are kept beside it now.
        written = (draft.subject, draft.html)
        if written == (self.editor.subject, self.editor.body) and written != (saved.subject, saved.html):
            self.editor.show(saved)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the preview and the findings are those of what is written now; tell whether they are in time."""
        return self._background.wait(timeout)

    # --- what follows what is written ----------------------------------------------------------------------

    def _changed(self) -> None:
        if self._foot is not None:
            self._foot.show(changed=self.changed)
        for call in self._callbacks:
            call()
        self._work(here=False)

    def _saved_alone(self, reason: str) -> str:
        saved = self.save(reason)
        return _("✓ Saved, version {revision}").format(revision=saved.revision)

    def _fields_changed(self) -> None:
        self._met = False
        self._offer()
        self._work(here=False)

    def _work(self, *, here: bool) -> None:
        """Show the message of what is written now and say what is found in it; a newer text overtakes this."""
        draft = self.draft

        def work(look: Callable[[], None]) -> None:
            try:
                mailing = self._mailing_of(draft)
                look()
                self._show(draft, mailing)
                look()
                if not self._met:
                    self._examples = examples_of(mailing) if mailing is not None else {}
                    self._met = True
                    self._offer()
                findings = draft_findings(self.practice, draft, mailing)
            except Overtaken:
                raise
            except TemplateRefused:
                findings = draft_findings(self.practice, draft)
                self._show_trouble(draft)
            except WorkbenchError as error:
                findings = self.findings
                self._show_broken(error)
            look()
            self.findings = findings
            said = findings[["zone", "code", "severity", "message", "field"]].astype(str)
            self.editor.say([{str(name): text for name, text in row.items()} for row in said.to_dict("records")])
            for call in self._callbacks:
                call()

        self._background.do(work, here=here)

    def _mailing_of(self, draft: Template) -> Mailing | None:
        """Return the mailing of the draft to those who are previewed; nothing where there is nobody."""
        if not self._met:
            self._rows = sample_rows(self.practice, self._like)
        if self._rows.empty:
            return None
        try:
            return tried_on(self.practice, draft, self._rows, like=self._like)
        except AccountError:
            # Nobody said yet which account it leaves from: it is read with invented patients until then.
            return None

    def _show(self, draft: Template, mailing: Mailing | None) -> None:
        if mailing is None:
            self._show_invented(draft)
            return
        addressees = mailing.addressees().drop_duplicates("recipient_id")
        names = addressees["recipient"]
        if "patient" in self._rows:
            by_patient = self._rows.drop_duplicates("patient_id").set_index("patient_id")["patient"]
            names = addressees["patient_id"].map(by_patient).fillna(names)
        keys = mailing.fields().index
        told = dict(zip(addressees["recipient_id"], names, strict=True))
        self._people = [(str(key), str(told.get(key, ""))) for key in keys]
        self._list(lambda number: shown(*mailing.preview_marked(number)))

    def _show_invented(self, draft: Template) -> None:
        templates = self.practice.templates
        self._people = list(templates.samples().items())
        self._list(lambda number: shown(templates.tried(draft, self._people[number][0])))

    def _show_trouble(self, draft: Template) -> None:
        """Show why there is no message: the very sentence about what is written."""

        def refused(number: int) -> ShownMessage:
            mailing = self._mailing_of(draft)
            if mailing is None:
                return shown(self.practice.templates.tried(draft, self._people[number][0]))
            return shown(*mailing.preview_marked(number))

        self._list(refused)

    def _show_broken(self, error: WorkbenchError) -> None:
        def broken(_number: int) -> ShownMessage:
            raise error

        self._list(broken)

    def _list(self, shown_of: Callable[[int], ShownMessage]) -> None:
        people = self._people or [("", _("Preview"))]
        rows = pd.DataFrame({"name": [name for _key, name in people]}).assign(state="ready", note="", detail="")
        self.preview.show(rows, shown_of)
        self._name()

    # --- the values of whoever is in sight -----------------------------------------------------------------

    def _name(self) -> tuple[str, Example]:
        position = self.preview.position
        key, name = self._people[position] if 0 <= position < len(self._people) else ("", "")
        example = self._examples.get(key, Example())
        self.fields.show_person(name if self._examples else "", columns=example.columns, familiar=example.familiar)
        return key, example

    def _offer(self) -> None:
        """Offer the fields with what each says of whoever is in sight; an invented patient has the usual examples."""
        key, example = self._name()
        invented = key not in self._examples
        own = _TELLS_OF.get(kind_of(self._rows) if len(self._rows) else "appointment", "")
        offered: list[dict[str, Any]] = [
            {
                "code": one.code,
                "label": one.label,
                "category": one.category,
                "example": one.example if invented or one.asked else example.values.get(one.code, ""),
                "health": one.data_class is DataClass.HEALTH,
                "aliases": one.aliases,
                "search": " ".join(one.texts),
                "own": one.category == own,
            }
            for one in self.practice.fields.values()
        ]
        self.fields.offer(offered)
        self.editor.offer(offered)
