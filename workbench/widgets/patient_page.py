"""One patient: the file, what was sent, and a new message, written, read and sent like any other."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

import pandas as pd
from ipywidgets import Box, DOMWidget, Layout, VBox

from workbench.domain.templates import Template
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _
from workbench.practice.examples import Example, examples_of
from workbench.practice.picturing import kept_picture, shown_picture
from workbench.practice.situation import Doing
from workbench.practice.unsaved_letters import UnsavedLetter
from workbench.widgets.background import Background, Overtaken
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.patient_attaching import PatientAttaching
from workbench.widgets.patient_name import PatientName
from workbench.widgets.patient_view import PatientView, born_words, name_of
from workbench.widgets.publipostage_options import PublipostageOptions
from workbench.widgets.publipostage_rows import accounts, email_types, no_message, shown_of
from workbench.widgets.send_panel import SendPanel
from workbench.widgets.template_editor import TemplateEditor
from workbench.widgets.template_picker import TemplatePicker

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice
    from workbench.widgets.page import Go

_NOTHING = Template(label="-", subject="", html="")


class PatientPage:
    """The page of one patient.

    Made by ``practice.patient_mail(...)``, and a page of the desk. What is written to one patient is kept as it is
    typed (``practice.unsaved_letters``), and is never sent about anybody else.

    Parameters
    ----------
    practice
        The practice whose patient it is.
    go
        The way to the other pages.
    patient_id
        Who is shown first; without it somebody is looked for.
    """

    def __init__(self, practice: Practice, go: Go | None = None, *, patient_id: str = "") -> None:
        self.practice = practice
        self._go = go
        self._written = UnsavedLetter()
        self._again = 0  # the delivery that is sent once more
        self._is_kept = False  # whether the ledger holds what is written
        self._letter: tuple[str, Mailing] | None = None  # the message worked out, and whom it is about
        self._trouble = ""
        self._taking = False
        self._met: tuple[str, str] = ("", "")
        self._background = Background()
        self._offering = threading.Lock()  # what is worked out beside is not offered once somebody else is shown
        self.patient = PatientView(practice, finds=go is None)
        self.name = PatientName()
        self.template = TemplatePicker(email_types(practice), accounts=accounts(practice))
        self.options = PublipostageOptions(practice, asks_of_files=True)
        self.attaching = PatientAttaching(practice)
        self.editor = TemplateEditor()
        self.preview = MessagePreview()
        self.preview.add_class("pw-preview-alone")
        self.preview.words = self.preview.words | {"empty": _("Here the message is shown as it will arrive.")}
        self.sending = SendPanel(self._worked_out)
        self.patient.on_tab(self._turned)
        self.patient.on_change(self._file_changed)
        self.patient.on_resend(self.resend)
        self.patient.on_begin(self._begin)
        self.patient.on_unsent(self._decided)
        self.template.on_change(self._template_chosen)
        self.options.on_change(self._changed)
        self.attaching.on_change(self._changed)
        self.editor.on_change(self._changed)
        self.editor.on_picture(partial(kept_picture, practice))
        self.editor.pictures_from(partial(shown_picture, practice))
        self.sending.dispatcher.on_change(self._sent)
        self._was_sent = False
        self._offer()
        self._turned(self.patient.tab)
        if patient_id:
            self.open(patient_id=patient_id)

    def __repr__(self) -> str:
        return "<PatientPage>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    @cached_property
    def view(self) -> DOMWidget:
        """The patient, and under it what is being written."""
        return VBox([self.patient, self._writing], layout=Layout(width="100%"))

    @cached_property
    def _writing(self) -> DOMWidget:
        left = VBox(
            [self.template, self.options, self.attaching, self.editor],
            layout=Layout(flex="1.4 1 460px", min_width="0"),
        )
        right = VBox([self.preview, self.sending], layout=Layout(flex="1 1 380px", min_width="0"))
        beside = Box(
            [left, right],
            layout=Layout(display="flex", flex_flow="row wrap", align_items="flex-start", grid_gap="16px"),
        )
        return VBox([self.name, beside], layout=Layout(width="100%", display="none"))

    # --- who is shown ------------------------------------------------------------------------------------------

    def open(self, *, patient_id: str = "", tab: str = "", template: str = "", **_what: object) -> None:
        """Show a patient; with `template`, a new message of this email type to them.

        Raises
        ------
        UnknownPatient
            When nobody has this number.
        UsageError
            When another message to this patient is being written.
        """
        self.template.offer(email_types(self.practice), accounts(self.practice))
        if patient_id:
            self.patient.show(patient_id, tab or ("write" if template else ""))
        known = self.practice.templates.called_now(template) if template else ""
        if known and self.patient.patient_id:
            self._begin(known)
        elif tab:
            self.patient.turn(tab)

    def resend(self, delivery_id: int) -> None:
        """Prepare a message of the history to be sent once more, on purpose; no text being written is thrown away."""
        if self._anything and self.text_is_changed:
            raise UsageError(_("A message is being written: send it, or empty its text first."))
        self._take(UnsavedLetter(), again=int(delivery_id))
        self.patient.turn("write")

    def _begin(self, template: str) -> None:
        """Begin a message of an email type; a text that was being written is not thrown away for it."""
        if not template and self._anything:
            self.patient.turn("write")
            return
        if template and self._anything and self.text_is_changed:
            raise UsageError(_("A message is being written: send it, or empty its text first."))
        self._take(UnsavedLetter(template=template))
        self.patient.turn("write")

    @property
    def text_is_changed(self) -> bool:
        """Whether the text was written otherwise than the email type has it."""
        base = self._base()
        return not self._was_sent and (self.editor.subject, self.editor.body) != (base.subject, base.html)

    def _turned(self, tab: str) -> None:
        """Follow who and what is looked at; what was being written to somebody else is put aside."""
        number = self.patient.patient_id
        if (number, tab) != self._met:
            before = self._met[0]
            self._met = (number, tab)
            if before != number:
                self._keep(before)
                self.attaching.show(number)
                self._offer()  # nobody reads here what the fields say of somebody else
                self._take_up(number)
                self._tell_name()
        self._writing.layout.display = "" if tab == "write" and number else "none"

    def _tell_name(self) -> None:
        if not self.patient.patient_id:
            return
        file = self.practice.patients.show(self.patient.patient_id)
        about = [
            born_words(file.get("birth_date"), self.practice),
            _("File no. {number}").format(number=self.patient.patient_id),
        ]
        self.name.show(name_of(file), " · ".join(part for part in about if part))

    # --- what is written ---------------------------------------------------------------------------------------

    @property
    def _anything(self) -> bool:
        """Whether something is written that would be a pity to lose."""
        now = self._now()
        return not self._was_sent and bool(
            now.template or now.subject or now.body or now.choices.get("files") or self.attaching.pieces
        )

    def _now(self) -> UnsavedLetter:
        base = self._base()
        return UnsavedLetter(
            template=self.template.chosen,
            account=self.template.account,
            subject=None if self.editor.subject == base.subject else self.editor.subject,
            body=None if self.editor.body == base.html else self.editor.body,
            values=dict(self.template.values),
            choices=self.options.kept() | self.attaching.kept(),
        )

    def _keep(self, number: str) -> None:
        """Keep what is written to a patient as it stands; an email type that was only chosen is chosen again."""
        if not number or self._again or self._was_sent:
            return
        letters, now = self.practice.unsaved_letters, self._now()
        try:
            if self.text_is_changed or now.values or any(now.choices.values()):
                letters.keep(number, now)
                self._is_kept = True
            elif self._is_kept:
                letters.forget(number)
                self._is_kept = False
        except WorkbenchError as refused:
            self.template.say(refused.sentence, bad=True)
            return
        self.patient.tell_unsent(self.practice.now() if self._is_kept else None)

    def _take_up(self, number: str) -> None:
        """Go on with what was being written to a patient, however long ago; with nothing where nothing was."""
        kept = self.practice.unsaved_letters.to(number) if number else None
        self._is_kept = kept is not None
        self._take(kept or UnsavedLetter())
        self.patient.tell_unsent(kept.saved_at if kept is not None else None)

    def _decided(self, resume: bool) -> None:
        """Show what is not sent yet, or give it up."""
        if resume:
            self.patient.turn("write")
            return
        self.practice.unsaved_letters.forget(self.patient.patient_id)
        self._take_up(self.patient.patient_id)

    def _take(self, written: UnsavedLetter, *, again: int = 0) -> None:
        """Begin with, or go on with, what is written, or with a delivery that is sent once more."""
        self._taking = True
        try:
            self._written, self._again = written, again
            self._was_sent = False
            account = written.account if written.account in self.practice.accounts else ""
            self.template.choose(written.template, account, values=written.values)
            self.options.take(written.choices)
            self.attaching.take(written.choices)
            base = self._base()
            self.editor.show(
                dataclasses.replace(
                    base,
                    subject=base.subject if written.subject is None else written.subject,
                    html=base.html if written.body is None else written.body,
                )
            )
            self.editor.layout.display = "none" if again else ""
            self.template.layout.display = "none" if again else ""
            self.attaching.layout.display = "none" if again else ""
        finally:
            self._taking = False
        self._work()

    def _base(self) -> Template:
        return self.practice.templates[self.template.chosen] if self.template.chosen else _NOTHING

    def _template_chosen(self) -> None:
        if self._taking:
            return
        former = self._written.template
        if self.template.chosen != former:
            base = self.practice.templates.get(former, _NOTHING)
            text = (self.editor.subject, self.editor.body)
            if not self._was_sent and any(text) and text != (base.subject, base.html):
                self.template.choose(former, self.template.account)
                raise UsageError(_("A message is being written: send it, or empty its text first."))
            self._written = UnsavedLetter(template=self.template.chosen)
            self.editor.show(self._base())
        self._changed()

    def _file_changed(self) -> None:
        """Follow a correction of the file; what has left stays sent, unless somebody did not get it."""
        self._tell_name()
        if not self._was_sent or self.sending.dispatcher.situation.counts.failed:
            self._changed()

    def _changed(self) -> None:
        if not self._taking:
            self._was_sent = False  # what is written after a message has left is another message
            self._keep(self.patient.patient_id)
            self._work()

    def _work(self) -> None:
        """Work the message out as it is written now, beside the kernel; a newer text overtakes this."""
        self._letter = None
        number = self.patient.patient_id

        def work(look: Callable[[], None]) -> None:
            try:
                letter = self._made(number)
                letter.prepare(fresh=False)
                overview = letter.overview()
                look()
                self._letter, self._trouble = (number, letter), ""
                self._show(letter, overview)
                look()
                if not self._again:
                    self.options.meet(
                        letter.template,
                        letter.account,
                        asks_health="health_data_on_plain_mail" in set(letter.recipients["reason"]),
                    )
                    self._offer(letter, number)
            except Overtaken:
                raise
            except WorkbenchError as error:
                self._show_trouble(error.sentence)
            except Exception as error:
                # Only the kind of error is named: its text could hold a patient's data (P12).
                kind = type(error).__name__
                self._show_trouble(_("Something unforeseen went wrong ({kind}).").format(kind=kind))

        self._background.do(work)
        self.sending.renew()

    def _made(self, number: str) -> Mailing:
        """Return the message as a mailing of its own."""
        if not number:
            raise UsageError(_("Choose a patient first."))
        if self._again:
            return self.practice.resending(self._again, health_reason=self.options.health_reason)
        base = self._base()
        subject, body = self.editor.subject, self.editor.body
        if self.template.chosen and not (subject.strip() and body.strip()):
            raise UsageError(_("The subject or the text is empty: write it, or choose the email type again."))
        letter = self.practice.write_to(
            number,
            template=base.path if self.template.chosen else None,
            subject="" if self.template.chosen and subject == base.subject else subject,
            html="" if self.template.chosen and body == base.html else body,
            account=self.template.account or None,
            values=self.template.values,
            pieces=self.attaching.pieces,
            **self.options.chosen,
        )
        letter.choices = dataclasses.replace(
            letter.choices,
            attachments=(*self.options.files, *letter.choices.attachments),
            health_files={**self.options.told, **letter.choices.health_files},
        )
        return letter

    def _worked_out(self) -> Mailing:
        self._background.wait()
        if self._letter is None or self._letter[0] != self.patient.patient_id:
            raise UsageError(self._trouble or _("The message is not ready yet."))
        if unanswered := self.options.unanswered() if not self._again else "":
            raise UsageError(_("Say first whether « {name} » holds health data.").format(name=unanswered))
        return self._letter[1]

    def _show(self, letter: Mailing, overview: pd.DataFrame) -> None:
        keys = overview["recipient_id"].tolist()
        rows = overview.rename(columns={"recipient": "name", "standing": "state"})
        self.preview.show(
            rows[["name", "state", "note", "detail"]], lambda number: shown_of(letter, number, keys[number])
        )
        if not self._again:
            self.template.ask(letter.questions())
        self.template.say("")
        self.sending.layout.display = None

    def _show_trouble(self, sentence: str) -> None:
        self._letter, self._trouble = None, sentence
        begun = bool(self.editor.subject or self.editor.body or self.template.chosen)
        self.template.say(sentence, bad=begun)
        # Whoever has written nothing yet did nothing wrong: what there is to do is said once.
        sends = self._was_sent or self.sending.dispatcher.situation.doing not in (Doing.NOTHING, Doing.COUNTING)
        self.sending.layout.display = None if begun or sends else "none"
        self.preview.show(pd.DataFrame(columns=["name", "state", "note", "detail"]), no_message)

    def _offer(self, letter: Mailing | None = None, number: str = "") -> None:
        """Offer the fields, with what each one says of this patient once the message to them is worked out."""
        example = next(iter(examples_of(letter).values()), Example()) if letter is not None else Example()
        fields = [
            {
                "code": one.code,
                "label": one.label,
                "category": one.category,
                "example": one.example if one.asked else example.values.get(one.code, ""),
            }
            for one in self.practice.fields.values()
        ]
        with self._offering:
            if letter is None or number == self.patient.patient_id:
                self.editor.offer(fields)

    def _sent(self) -> None:
        """Follow the sending: what was sent stands in the history, and is not kept as something to be written."""
        mailing = self.sending.mailing
        if mailing is None or mailing.id is None:
            return
        # A message may go on leaving while somebody writes to the next patient, or another one to the same.
        if not self._was_sent and self._letter is not None and mailing is self._letter[1]:
            self._was_sent = True
            self._is_kept = False
            with contextlib.suppress(WorkbenchError):  # the message leaves all the same
                self.practice.unsaved_letters.forget(self._letter[0])
            self.patient.tell_unsent(None)
        elif self.sending.dispatcher.situation.outdated and self.sending.dispatcher.situation.doing is Doing.NOTHING:
            self.sending.renew()  # it has left: the panel is about whoever is written to now
        self.patient.sent_more()
