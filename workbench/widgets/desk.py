"""Join the screens of a mailing to one practice: what is searched, ticked, corrected, read and sent.

The desk holds no rule. It hands the practice's answers to the screens and their gestures to the practice, and sees to
it that every screen speaks of the same list: the mailing of the rows that are ticked now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import format_date

from workbench.displays.freshness import freshness_sentence
from workbench.displays.search_columns import columns_shown
from workbench.displays.showing import ShownMessage, shown
from workbench.displays.words import heading
from workbench.domain.accounts import AccountKind
from workbench.domain.deliveries import Standing, standing_of, word_of_reason
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _, language, n_
from workbench.practice.searching import Searching, kind_of
from workbench.widgets.background import Background, Overtaken
from workbench.widgets.inbox import CaughtLetters, Inbox
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.recipient_table import Column, RecipientTable
from workbench.widgets.search_form import SearchForm
from workbench.widgets.send_panel import SendPanel
from workbench.widgets.template_picker import TemplatePicker

if TYPE_CHECKING:
    from workbench.practice import Mailing, Practice

AT_ONCE = 2_000
"""How many rows are worked out while a person waits for the click; longer lists are worked out beside it."""

_TOLD_EVERY = 2_500  # messages, of a long check


class Desk:
    """All screens of a mailing, joined: ``desk.search``, ``recipients``, ``template``, ``messages``, ``sending``.

    Made by ``practice.desk(...)``; shown alone, each in a cell of its own, or all together as ``desk``.

    Parameters
    ----------
    practice
        The practice whose patients are written to.
    letters
        What the mail catcher kept, for the test mailbox.
    search, parameters
        The search the desk opens with.
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
        self._addressees = pd.DataFrame()
        self._frame = pd.DataFrame()
        self._background = Background()
        self._addresses_due = True
        self._whole: Mailing | None = None  # of every row found, to know each one's addressee
        self._mailing: Mailing | None = None  # of the rows ticked
        self._overview = pd.DataFrame()
        meant, asked = Searching(practice).meant(search, parameters)
        self.search = SearchForm(
            practice.searches(),
            choices=practice.choices(),
            name=meant,
            values={name: str(value) for name, value in asked.items()},
            saved=_saved(practice),
        )
        self.recipients = RecipientTable()
        known = template if template in practice.templates else ""
        self.template = TemplatePicker(_email_types(practice), chosen=known, accounts=_accounts(practice))
        self.messages = MessagePreview()
        self.sending = SendPanel(self._worked_out)
        self.inbox = Inbox(letters, zone=str(practice.calendar.zone))
        self.search.on_change(self._search_again)
        self.template.on_change(self._list_changed)
        self.recipients.on_ticks(self._ticks_changed)
        self.recipients.on_active(self._show_message_of)
        self.recipients.on_correct(self._correct)
        self.recipients.on_opt_out(self._opt_out)
        self._search_again()

    def __repr__(self) -> str:
        return f"<Desk {self.practice.name}: {len(self._frame)}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for screen in (self.search, self.recipients, self.template, self.messages, self.sending):
            display(screen)  # type: ignore[no-untyped-call]

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

    def _search_again(self) -> None:
        with self._changed():
            try:
                frame = self.practice.search(self.search.name, **self.search.values)
            except WorkbenchError as error:
                # The list stays in sight as it was, but nobody may take it for what was asked: it is not offered.
                self._trouble = error.sentence
                self.search.say(error.sentence, bad=True)
                return
            self.search.say("")
            self.search.say_days(_days_of(frame))
            self._frame = frame
            fresh = freshness_sentence(frame.attrs["workbench"])
            self.recipients.show(frame, columns_of(frame), unit=_unit_of(frame), note=fresh)
            self._meet_list()

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
            self._trouble = ""
            try:
                yield
            finally:
                self.sending.renew()

    def _meet_list(self) -> None:
        """Meet another search or another email type: who is written to, and what each one reads."""
        self._whole = None
        try:
            self._whole = self._mailing_of(self._frame)
        except WorkbenchError as error:
            self._say_trouble(error.sentence)
            return
        self.template.ask(self._whole.questions())
        self.template.say("")
        self._work_out()

    def _mailing_of(self, frame: pd.DataFrame) -> Mailing:
        if not self.template.chosen:
            raise UsageError(_("Choose an email type: it says who receives it, and what each one reads."))
        if self._whole is not None and frame is self._frame:
            return self._whole
        return self.practice.mailing(
            frame, self.template.chosen, account=self.template.account or None, values=self.template.values
        )

    def _say_trouble(self, sentence: str) -> None:
        """Say what stands in the way, and show no message and no addressee of the list before."""
        self._trouble = sentence
        self._addressees = pd.DataFrame()
        if len(self._frame):
            self.recipients.address(_nobody_yet(self._frame, sentence))
        self.template.say(sentence, bad=True)
        self._overview = pd.DataFrame()
        self.messages.show(pd.DataFrame(columns=["name", "state", "note", "detail"]), _no_message)

    # --- what is worked out for the screens ----------------------------------------------------------------

    def _work_out(self, *, addresses: bool = True) -> None:
        """Tell every screen what the list means now: at once when it is short, else beside the kernel."""
        whole = self._whole
        if whole is None:
            return
        self._addresses_due = self._addresses_due or addresses
        short = len(self._frame) <= AT_ONCE

        def work(look: Callable[[], None]) -> None:
            try:
                if self._addresses_due:
                    found = whole.addressees()
                    look()
                    self._addressees = found
                    self.recipients.address(addresses_of(found))
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
        rows = overview.assign(name=name)
        keys = overview["recipient_id"].tolist()
        self.messages.show(
            rows[["name", "standing", "note", "detail"]].rename(columns={"standing": "state"}),
            lambda number: shown_of(mailing, number, keys[number]),
            total=len(rows),
        )

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

    def _correct(self, key: str, address: str) -> None:
        row = self._addressee(key)
        self.practice.patients.correct_address(row["patient_id"], row["addressee_key"], address.strip() or None)
        self._told_otherwise()

    def _opt_out(self, key: str, opted_out: bool) -> None:
        patient_id = self._addressee(key)["patient_id"]
        if opted_out:
            self.practice.opt_out(patient_id)
        elif not self.practice.withdraw_opt_out(patient_id):
            raise UsageError(
                _("This opt-out is not the file's own: it stands on the address, or in the practice's software.")
            )
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


def _nobody_yet(frame: pd.DataFrame, sentence: str) -> pd.DataFrame:
    """Return what the table shows while nobody knows who receives a message."""
    told = {"address": "", "receiver": "", "problem": "", "hint": "", "excluded": _("nobody yet"), "detail": sentence}
    return pd.DataFrame(told | {"opted_out": False}, index=frame["subject_key"].astype(str))


def _no_message(_number: int) -> ShownMessage:
    raise UsageError(_("The list is not ready yet."))


def addresses_of(found: pd.DataFrame) -> pd.DataFrame:
    """Return what the table shows of each row's addressee (``Mailing.addressees``); index ``subject_key``."""
    elsewhere = found["addressee_key"] != "patient:" + found["patient_id"]
    standings = {reason: standing_of(reason) for reason in found["reason"].unique()}
    words = found["reason"].map({reason: word_of_reason(reason) if reason else "" for reason in standings})
    standing = found["reason"].map(standings)
    # A row without anybody to write to invites nobody to type an address: there is no file to keep it in.
    nowhere = found["reason"].isin(["no_addressee", "no_correspondent", "unknown_patient"])
    return pd.DataFrame(
        {
            "address": found["address"],
            "receiver": ("→ " + found["recipient"]).where(elsewhere, ""),
            "problem": words.where((standing == Standing.TO_CORRECT) & ~nowhere, ""),
            "excluded": words.where((standing == Standing.EXCLUDED) | nowhere, ""),
            "detail": found["problem"],
            "hint": found["hint"],
            "opted_out": found["reason"] == "opted_out",
        }
    )


def shown_of(mailing: Mailing, number: int, recipient_id: str) -> ShownMessage:
    """Return the message of a recipient as it is shown, its merged values marked; never somebody else's."""
    if mailing.fields().index[number] != recipient_id:
        raise UsageError(_("The list has changed since: search again to read it."))
    return shown(*mailing.preview_marked(number))


def columns_of(frame: pd.DataFrame) -> list[Column]:
    """Return the columns of the recipients table that a search's frame can fill, in the order they are read."""
    return [
        Column(name=one.name, label=heading(one.name), kind=one.kind, width=one.width, hidden=one.hidden)
        for one in columns_shown(frame)
    ]


def _unit_of(frame: pd.DataFrame) -> Callable[[int], str]:
    """Return how a number of rows of a search reads."""
    kind = kind_of(frame)

    def unit(count: int) -> str:
        if kind == "appointment":
            words = n_("{count} appointment", "{count} appointments", count)
        elif kind == "invoice":
            words = n_("{count} invoice", "{count} invoices", count)
        elif kind == "quote":
            words = n_("{count} quote", "{count} quotes", count)
        elif kind == "recall":
            words = n_("{count} recall", "{count} recalls", count)
        elif kind == "correspondent":
            words = n_("{count} colleague", "{count} colleagues", count)
        elif kind == "plan":
            words = n_("{count} treatment plan", "{count} treatment plans", count)
        else:
            words = n_("{count} patient", "{count} patients", count)
        return words.format(count=count)

    return unit


def _days_of(frame: pd.DataFrame) -> str:
    """Say which days the list holds, so that « tomorrow » is never a guess."""
    if "starts_at" not in frame or not len(frame):
        return ""
    first, last = frame["starts_at"].min().date(), frame["starts_at"].max().date()
    if first == last:
        return format_date(first, "EEEE d MMMM", locale=language())
    return _("from {first} to {last}").format(
        first=format_date(first, "EEE d MMM", locale=language()), last=format_date(last, "EEE d MMM", locale=language())
    )


def _email_types(practice: Practice) -> list[tuple[str, str, str, str]]:
    return [
        (template.path, template.folder, template.label, template.subject) for template in practice.templates.values()
    ]


def _saved(practice: Practice) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the saved searches by name, each the search it is and its parameters."""
    saved = practice.saved_searches()
    asked = zip(saved["search"], saved["parameters"], strict=True)
    return dict(zip(saved["name"], asked, strict=True))


def _accounts(practice: Practice) -> list[tuple[str, str]]:
    """Return the accounts to choose from, the one used by default first."""
    try:
        first = practice.accounts.default().name
    except WorkbenchError:
        first = ""
    accounts = sorted(practice.accounts.values(), key=lambda account: account.name != first)
    return [
        (account.name, _("test box") if account.kind is AccountKind.CATCHER else f"{account.name} ({account.email})")
        for account in accounts
    ]
