"""Join the screens of a mailing to one list: what is searched, ticked, corrected, read and sent.

It holds no rule. It hands the practice's answers to the screens and their gestures to the practice, and sees to it
that every screen speaks of the same list: the mailing of the rows that are ticked now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.displays.freshness import freshness_sentence
from workbench.domain.templates import Template
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _
from workbench.practice.screens import first_asked
from workbench.practice.searching import Searching
from workbench.widgets.background import Background, Overtaken
from workbench.widgets.inbox import CaughtLetters, Inbox
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.publipostage_rows import (
    accounts,
    addresses_told,
    columns_of,
    days_of,
    email_types,
    held_words,
    mended_by,
    no_message,
    nobody_yet,
    saved,
    shown_of,
    unit_of,
)
from workbench.widgets.recipient_table import RecipientTable
from workbench.widgets.saved_searches import keep_searches
from workbench.widgets.search_form import SearchForm
from workbench.widgets.send_panel import SendPanel
from workbench.widgets.table_service import serve_table
from workbench.widgets.template_picker import TemplatePicker

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice

AT_ONCE = 2_000
"""How many rows are worked out while a person waits for the click; longer lists are worked out beside it."""

_TOLD_EVERY = 2_500  # messages, of a long check


class ListScreens:
    """The screens of one list and of the mailing to who is ticked in it.

    Parameters
    ----------
    practice
        The practice whose patients are written to.
    letters
        What the mail catcher kept, for the test mailbox.
    search, parameters
        The search it opens with.
    template
        The path of the email type it opens with; a person chooses one when there is none of this name.
    """

    def __init__(
        self,
        practice: Practice,
        letters: CaughtLetters,
        *,
        search: str = "appointments",
        template: str = "",
        **parameters: object,
    ) -> None:
        self.practice = practice
        self._making = threading.Lock()  # the send cell asks for the mailing from a thread of its own
        self._changing = threading.RLock()
        self._version = 0  # of the list: searched, chosen, ticked
        self._trouble = ""  # why there is no list to send
        self._given: pd.DataFrame | None = None  # rows that another page brought, in the place of a search
        self._key = ""  # of a mailing to rows of another one
        self._found_again: Mailing | None = None  # a mailing of before, as it was confirmed
        self._proposed = ""  # the email type that the search proposes
        self._texts: dict[str, Template] = {}  # with their text changed for this mailing alone, by the email type
        self._addressees = pd.DataFrame()
        self._usual: pd.DataFrame | None = None  # the rows whose usual addressees are shown
        self._frame = pd.DataFrame()
        self._background = Background()
        self._addresses_due = True
        self._met_changes = practice.changes  # what the addresses of the list were worked out after
        self._whole: Mailing | None = None  # of every row found, to know each one's addressee
        self._mailing: Mailing | None = None  # of the rows ticked
        self._overview = pd.DataFrame()
        meant, asked = Searching(practice).meant(search, parameters)
        self.search = SearchForm(
            practice.searches(),
            choices=practice.choices(),
            name=meant,
            values={name: str(value) for name, value in asked.items()},
            saved=saved(practice),
            opens={name: first_asked(name) for name in practice.searches()},
        )
        self.recipients = RecipientTable()
        known = practice.templates.called_now(template) if template else ""
        self.template = TemplatePicker(email_types(practice), chosen=known, accounts=accounts(practice))
        self.messages = MessagePreview()
        self.sending = SendPanel(self._worked_out)
        self.inbox = Inbox(letters, zone=str(practice.calendar.zone))
        keep_searches(self.search, practice)
        self.search.on_change(self._search_asked)
        self.template.on_change(self._template_chosen)
        self.recipients.on_ticks(self._ticks_changed)
        self.recipients.on_active(self._show_message_of)
        self.recipients.on_correct(self._correct)
        self.recipients.on_opt_out(self._opt_out)
        self.messages.on_correct(self._correct_recipient)
        self.messages.on_complete(self._complete_recipient)
        serve_table(self.recipients, practice, ticked=lambda: self.frame, told=lambda: self._search_again(keep=True))
        self._search_again()

    # --- what a notebook asks ------------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that are ticked, one row a subject; all of them when nothing was unticked."""
        if len(self._frame) == 0:
            return self._frame
        ticked = self.recipients.ticked
        if len(ticked) == len(self._frame):
            return self._frame
        return self._frame[self._frame["subject_key"].isin(set(ticked))]

    @property
    def mailing(self) -> Mailing:
        """The mailing of the rows ticked and the email type chosen now."""
        with self._making:
            if self._mailing is None:
                self._mailing = self._mailing_of(self.frame)
            return self._mailing

    def speaks_of(self, mailing: Mailing) -> bool:
        """Whether a mailing is the one of what is ticked and chosen now; none is made to find out."""
        return mailing is self._mailing

    # --- what is looked for --------------------------------------------------------------------------------

    def _search_asked(self) -> None:
        self._given, self._key = None, ""
        self._search_again()

    def _search_again(self, *, keep: bool = False) -> None:
        with self._changed():
            try:
                frame = self._rows()
            except WorkbenchError as error:
                # The list stays in sight as it was, but nobody may take it for what was asked: it is not offered.
                self._trouble = error.sentence
                self.search.say(error.sentence, bad=True)
                return
            self.search.say("" if self._given is None else held_words(len(frame)))
            self.search.say_days(days_of(frame))
            self._frame = frame
            fresh = freshness_sentence(frame.attrs["workbench"]) if "workbench" in frame.attrs else ""
            kind = str(frame.attrs.get("workbench", {}).get("search", ""))
            today = self.practice.today
            self.recipients.show(
                frame, columns_of(frame), unit=unit_of(frame), note=fresh, kind=kind, keep=keep, today=today
            )
            if not keep:
                self._propose()
                self.messages.go_to(0)  # other people: nobody is being read yet
            self._meet_list()

    def _rows(self) -> pd.DataFrame:
        """Return the rows that were brought here, else those that are searched for."""
        if self._given is not None:
            return self._given
        return self.practice.search(self.search.name, **self.search.values)

    def _propose(self) -> None:
        """Choose the email type that the search proposes, unless a person chose one."""
        if self.template.chosen not in ("", self._proposed):
            return
        proposed = self.practice.templates.default_for(self._frame)
        if proposed is not None:
            self._proposed = proposed.path
            self.template.choose(proposed.path)

    @property
    def _written(self) -> Template | None:
        """The email type chosen with its text changed for this mailing alone; nothing where nobody changed it."""
        return self._texts.get(self.template.chosen)

    @_written.setter
    def _written(self, changed: Template | None) -> None:
        if changed is None:
            self._texts.pop(self.template.chosen, None)
        else:
            self._texts[self.template.chosen] = changed

    def _template_chosen(self) -> None:
        self._list_changed()

    def _list_changed(self) -> None:
        with self._changed():
            self._meet_list()

    def _ticks_changed(self) -> None:
        with self._changed():
            if self._whole is None:
                self._meet_list()
            else:
                self._work_out(addresses=False)

    @contextmanager
    def _changed(self) -> Iterator[None]:
        """Let nobody confirm the numbers of the list before: the new ones are told when this is over."""
        with self._changing:
            self._version += 1
            with self._making:
                self._mailing = None
            self._trouble, self._found_again = "", None
            try:
                yield
            finally:
                self.sending.renew()
                self._moved()

    def _moved(self) -> None:
        """Be told that the list is another one, or means something else."""

    def _meet_list(self) -> None:
        """Meet another search or another email type: who is written to, and what each one reads."""
        self._whole = None
        try:
            self._whole = self._mailing_of(self._frame)
        except WorkbenchError as error:
            self._say_trouble(error.sentence)
            self._address_as_usual()
            return
        self.template.ask(self._whole.questions())
        self.template.say("")
        self.messages.wait()
        with self._making:
            # A thread that still worked on the list before may have asked for the mailing while this one was chosen.
            self._mailing = None
        self._work_out()

    def _address_as_usual(self, *, anew: bool = False) -> None:
        """Show who is written to as a rule while no email type says it: an address can be corrected already."""
        if self.template.chosen or not len(self._frame):
            self._usual = None
            return
        if self._usual is self._frame and not anew:
            return  # whoever only ticks moves no row
        frame = self._usual = self._frame

        def work(look: Callable[[], None]) -> None:
            try:
                found = self.practice.addressees(frame)
            except WorkbenchError as error:
                self.recipients.address(nobody_yet(frame, error.sentence))
                return
            look()
            self._addressees = found
            self.recipients.address(addresses_told(self.practice, found))

        self._background.do(work, here=len(frame) <= AT_ONCE)

    def _mailing_of(self, frame: pd.DataFrame) -> Mailing:
        if not self.template.chosen:
            raise UsageError(_("Choose an email type: it says who receives it, and what each one reads."))
        if self._whole is not None and frame is self._frame:
            return self._whole
        return self.practice.mailing(
            frame,
            self._written or self.template.chosen,
            account=self.template.account or None,
            values=self.template.values,
            key=self._key,
            **self._chosen(),
        )

    def _chosen(self) -> dict[str, Any]:
        """Return what else was chosen for this mailing alone, as ``practice.mailing`` takes it."""
        return {}

    def _say_trouble(self, sentence: str) -> None:
        """Say what stands in the way, and show no message and no addressee of the list before."""
        self._trouble = sentence
        if self.template.chosen:
            self._addressees = pd.DataFrame()
            if len(self._frame):
                self.recipients.address(nobody_yet(self._frame, sentence))
        # Nobody has to choose before it is time to: that is asked, and blamed on nobody.
        self.template.say(sentence, bad=bool(self.template.chosen))
        self._overview = pd.DataFrame()
        self.messages.show(pd.DataFrame(columns=["name", "state", "note", "detail"]), no_message)
        self._moved()

    # --- what is worked out for the screens ----------------------------------------------------------------

    def _work_out(self, *, addresses: bool = True) -> None:
        """Tell every screen what the list means now: at once when it is short, else beside the kernel."""
        whole = self._whole
        if whole is None:
            return
        self._addresses_due = self._addresses_due or addresses
        if addresses:
            self._met_changes = self.practice.changes
        short = len(self._frame) <= AT_ONCE

        def work(look: Callable[[], None]) -> None:
            try:
                if self._addresses_due:
                    found = whole.addressees()
                    look()
                    self._addressees = found
                    self.recipients.address(addresses_told(self.practice, found))
                    self._addresses_due = False
                self._read(look, told=not short)
            except WorkbenchError as error:
                self._say_trouble(error.sentence)
            except Overtaken:
                raise
            except Exception as error:
                # Only the kind of error is named: its text could hold a patient's data (P12).
                kind = type(error).__name__
                self._say_trouble(_("Something unforeseen went wrong ({kind}).").format(kind=kind))

        # Somebody who ticks goes on ticking: only the last list is worked out to its end.
        self._background.do(work, here=short and addresses)

    def _read(self, look: Callable[[], None], *, told: bool) -> None:
        def progress(done: int, of: int) -> None:
            look()
            if told and done % _TOLD_EVERY == 0:
                self.template.say(_("Checked: {done} of {of} messages").format(done=done, of=of))

        mailing = self.mailing
        mailing.prepare(fresh=False, progress=progress)
        overview = mailing.overview()
        look()
        self.template.say("")
        self._overview = overview
        name = overview["recipient"]
        if "patient" in self._frame:
            names = self._frame.drop_duplicates("patient_id").set_index("patient_id")["patient"]
            name = overview["patient_id"].map(names).fillna(name)
        rows = overview.assign(name=name).rename(columns={"standing": "state", "recipient_id": "key"})
        keys = overview["recipient_id"].tolist()
        self.messages.show(
            rows[["name", "state", "note", "detail", "key", "sent"]].join(mended_by(self._addressees, rows)),
            lambda number: shown_of(mailing, number, keys[number]),
            total=len(rows),
        )
        self._was_checked()

    def _was_checked(self) -> None:
        """Be told that every message of the list was checked, maybe in a thread."""

    def _worked_out(self) -> Mailing:
        """Return the mailing of what is ticked and chosen now, once everything about it is known."""
        while True:
            with self._changing:
                version = self._version
            self._background.wait()
            with self._changing:
                if version != self._version:
                    continue
                if self._trouble:
                    raise UsageError(self._trouble)
                return self.mailing

    def _show_message_of(self, key: str) -> None:
        if key not in self._addressees.index or not len(self._overview):
            return
        recipient = self._addressees.at[key, "recipient_id"]
        places = self._overview.index[self._overview["recipient_id"] == recipient]
        if len(places):
            self.messages.go_to(int(places[0]))

    # --- what a person changes in a row --------------------------------------------------------------------

    def _correct_recipient(self, recipient_id: str, address: str) -> None:
        self._correct(self._row_about(recipient_id), address)

    def _complete_recipient(self, recipient_id: str) -> None:
        self.recipients.open_file(self._row_about(recipient_id))

    def _row_about(self, recipient_id: str) -> str:
        """Return the key of the first row that the message of a recipient tells of."""
        found = self._addressees
        rows = found.index[found["recipient_id"] == recipient_id] if len(found) else found.index
        if not len(rows):
            raise UsageError(_("The list is not ready yet."))
        return str(rows[0])

    def _correct(self, key: str, address: str) -> None:
        row = self._addressee(key)
        self.practice.patients.correct_address(row["patient_id"], row["addressee_key"], address.strip() or None)
        self._told_otherwise()

    def _opt_out(self, key: str, opted_out: bool) -> None:
        patient_id = self._addressee(key)["patient_id"]
        if opted_out:
            self.practice.opt_out(patient_id, source="desk")
        else:
            self.practice.patients.write_again(patient_id)
        self._told_otherwise()

    def _addressee(self, key: str) -> dict[Any, Any]:
        """Return who receives the message of a row, as the table shows it."""
        if key not in self._addressees.index:
            raise UsageError(_("The list is not ready yet."))
        return self._addressees.loc[key].to_dict()

    def _told_otherwise(self) -> None:
        """Meet what was just written in a file: a family's other rows may have changed with this one."""
        with self._changed():
            self._work_out()
            if self._whole is None:
                self._address_as_usual(anew=True)
