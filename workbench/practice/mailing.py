"""One mailing, live: who it goes to, what was found, each message as it will arrive, and the sending."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import pandas as pd

from workbench.addresses import address_problem
from workbench.domain import departures
from workbench.domain.accounts import Account
from workbench.domain.deliveries import (
    OPEN,
    DeliveryStatus,
    NewDelivery,
    occasion_subject,
    sentence_of_reason,
)
from workbench.domain.departures import Timing, expiry
from workbench.domain.frames import FINDING_COLUMNS
from workbench.domain.letterheads import Letterhead
from workbench.domain.mailings import Counts, Forecast, MailingPlan, MailingProgress, Tally
from workbench.domain.messages import Address, Message, Rendered
from workbench.domain.questions import Question
from workbench.domain.summaries import MailingSummary
from workbench.domain.templates import Template
from workbench.errors import NotConfirmed, TemplateRefused, UsageError
from workbench.language import _, n_
from workbench.merging.preflight import doubt_about, unanswered_codes, unanswered_question
from workbench.practice.enclosing import record_health_files
from workbench.practice.identity import without_people
from workbench.practice.letterheads import Choices
from workbench.practice.offers import Offer, seal_of
from workbench.practice.overview import RowKey, overview_of
from workbench.practice.preparing import Prepared
from workbench.practice.questions import questions_of

if TYPE_CHECKING:
    from workbench.practice.practice import Practice
    from workbench.practice.screens import SendCell


TellRow = Callable[[NewDelivery, DeliveryStatus, str], None]

STALE = timedelta(minutes=5)
"""How long what was worked out may be looked at and sent before it is worked out again."""


class Mailing:
    """A mailing of one template to the subjects of a search, or to the rows of a table.

    Made by ``practice.mailing(...)``. Nothing is written to the ledger before `send`.
    """

    _worked_out_by: type[Prepared] = Prepared

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        choices: Choices | None = None,
        mailing_id: int | None = None,
        frozen: bool = False,
    ) -> None:
        self._practice = practice
        self._subjects = subjects
        self._prepared: Prepared | None = None
        self._frozen = frozen
        self._for_once = not template.revision and not frozen  # its text was written for it alone: it stands in no list
        self.template = template
        self.account = account
        self.plan = plan
        self.choices = choices or Choices()
        """What was chosen for this mailing alone: signature, options, further files."""
        self.id = mailing_id
        self.timing = Timing()
        """When it leaves once it is confirmed; see `leaves`."""
        self.checking: Callable[[int, int], None] | None = None
        """Told how many rows of a long list are checked, and of how many, whenever it is worked out."""

    @property
    def practice(self) -> Practice:
        """The practice it belongs to."""
        return self._practice

    @property
    def frozen(self) -> bool:
        """Whether it was taken from the ledger by its number: its rows are as they were confirmed."""
        return self._frozen

    def __repr__(self) -> str:
        name = self.id if self.id is not None else _("not queued yet")
        return f"<Mailing {name}: {self.template.path}>"

    # --- before anything leaves -----------------------------------------------------------------------

    def prepare(
        self,
        *,
        fresh: bool = True,
        again: bool | None = None,
        check: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> Prepared:
        """Work out recipients, values and findings against the stores as they are now.

        With ``fresh=False`` a former result is good enough, unless it is older than `STALE` or something was
        corrected, imported or objected to through this practice since. `again` works it out for those who already had
        it (``None``: as it was looked at last). With ``check=False`` nobody is rendered yet. `progress` is told how
        many messages are checked, and of how many.

        Raises
        ------
        UsageError
            For a mailing taken from the ledger by its number: its rows are frozen, and stand in the results.
        TemplateRefused
            When the email type cannot be compiled, or a file that goes with it is gone.
        """
        prepared = self._looked_at(fresh=fresh, again=again)
        if check:
            prepared.check(progress)
        return prepared

    def _looked_at(self, *, fresh: bool = False, again: bool | None = None) -> Prepared:
        """Return what is known now; the check, which renders everyone, is only done by whoever asks for it."""
        if self._frozen:
            raise UsageError(
                _("Mailing {number} is frozen as it was confirmed: its rows are in the results.").format(number=self.id)
            )
        now = self._practice.now()
        known = self._prepared
        if again is None:
            again = known is not None and known.again
        again = again and bool(self.template.group)  # only a group leaves something out that was told before
        if known is not None and (known.again != again or known.changes != self._practice.changes):
            known = None
        if fresh or known is None or now - known.at > STALE:
            self.account = self.account_now()
            self._prepared = known = self._newly_prepared(now=now, again=again)
        return known

    def _newly_prepared(self, *, now: datetime, again: bool) -> Prepared:
        """Begin to work it out, as it stands at a moment."""
        return self._worked_out_by(
            self._practice,
            self._subjects,
            self.template,
            self.account,
            self.plan,
            choices=self.choices,
            now=now,
            again=again,
        )

    def check(self) -> pd.DataFrame:
        """Render every message once and return the findings.

        Returns
        -------
        DataFrame
            Columns ``recipient severity code message``, all text; an ``error`` leaves its recipient out, and
            ``recipient`` is the ``recipient_id``, or ``""`` for what concerns everybody.

        Raises
        ------
        UsageError
            For a mailing taken from the ledger by its number.
        TemplateRefused
            When the email type cannot be compiled, or a file that goes with it is gone.

        Examples
        --------
        >>> findings = mailing.check()
        >>> set(findings["severity"]) <= {"error", "warning"}
        True
        """
        return self.prepare().checked.findings.loc[:, list(FINDING_COLUMNS)]

    def questions(self) -> list[Question]:
        """Return what the email type asks once for everybody: each with its label, its kind and what is proposed.

        Returns
        -------
        list of Question
            ``code label kind proposal answer``; ``kind`` is ``day``, ``year``, ``text`` or ``long_text``; ``answer``
            is what counts in this mailing. Give others with ``practice.mailing(…, values={"FERMDU": "2026-12-24"})``.

        Examples
        --------
        >>> mailing.questions()
        []
        """
        return questions_of(self.template, self.plan.values, self._practice)

    @property
    def recipients(self) -> pd.DataFrame:
        """One row an addressee and patient (``domain.frames.RECIPIENT_COLUMNS``); ``reason`` says who is left out."""
        worked_out = self.prepare(fresh=False)
        return worked_out.found.frame.assign(reason=worked_out.checked.reasons)

    @property
    def addressed(self) -> pd.DataFrame:
        """The same rows as `recipients`, as they are known before anyone is rendered."""
        return self._looked_at().found.frame

    @property
    def subjects(self) -> pd.DataFrame:
        """The rows looked for, with ``recipient_id`` and ``merged_with`` where one message speaks of several."""
        return self._looked_at().addressed.subjects

    def addressees(self) -> pd.DataFrame:
        """Tell of each row looked for who would be written to, without merging anything yet.

        Returns
        -------
        DataFrame
            Index ``subject_key``; columns ``recipient_id addressee_key patient_id recipient address reason problem
            hint``, all text. ``problem`` is the sentence of ``reason``, ``hint`` a doubt about the address.
        """
        found = self._looked_at().addressed
        keys = found.subjects.set_index("subject_key")["recipient_id"]
        known = found.frame.drop_duplicates("recipient_id").set_index("recipient_id")
        columns = ["addressee_key", "patient_id", "recipient", "address", "reason"]
        rows = known.reindex(keys)[columns].set_axis(keys.index, axis="index")
        reasons = {reason: sentence_of_reason(reason) if reason else "" for reason in rows["reason"].unique()}
        problems = rows["reason"].map(reasons)
        doubts = {domain: doubt_about(domain) for domain in rows["address"].str.rpartition("@")[2].unique()}
        hints = rows["address"].str.rpartition("@")[2].map(doubts).where(rows["reason"] == "", "")
        return rows.assign(recipient_id=keys, problem=problems, hint=hints)[
            ["recipient_id", *columns, "problem", "hint"]
        ]

    @property
    def is_checked(self) -> bool:
        """Whether its numbers are known without rendering everyone: it was queued, or checked lately."""
        return self.id is not None or self._looked_at().is_checked

    @property
    def found_codes(self) -> frozenset[str]:
        """The codes of what its check found; nothing as long as nobody checked it, and nobody is rendered to know."""
        looked_at = None if self._frozen else self._looked_at()
        if looked_at is None or not looked_at.is_checked:
            return frozenset()
        return frozenset(looked_at.checked.findings["code"].astype(str))

    def addressing(self) -> dict[str, int]:
        """Tell how many recipients can be written to (``""``), and how many cannot for which reason, unchecked yet."""
        counted = self._looked_at().addressed.frame["reason"].value_counts()
        return {str(reason): int(count) for reason, count in counted.items()}

    def overview(self) -> pd.DataFrame:
        """Tell of each recipient what a person has to do before anything leaves, everyone rendered once.

        Returns
        -------
        DataFrame
            Rows as `preview` counts them; columns ``recipient_id patient_id recipient standing note detail sent``.
            ``standing`` is a ``Standing``, ``note`` a word or two, ``detail`` the findings' sentences, a line each,
            ``sent`` whether the message was sent; all but the last are text. Its numbers are those of `forecast`:
            whoever has the message, from this mailing or another one, is left out.
        """
        worked_out = self.prepare(fresh=False)
        foretold: dict[RowKey, tuple[DeliveryStatus, str]] = {}

        def tell(row: NewDelivery, status: DeliveryStatus, reason: str) -> None:
            foretold[row.recipient_id, row.addressee_key, row.role] = status, reason

        self._foretold(worked_out, again=False, tell=tell)
        return overview_of(worked_out.found.frame, worked_out.checked, foretold)

    def fields(self) -> pd.DataFrame:
        """Return the merged values: one row a recipient, one column a field or table column the template uses.

        Returns
        -------
        DataFrame
            Index ``recipient_id``; the columns are codes (``RDVDATE PPRENOM …``) and hold texts as they are merged.

        Examples
        --------
        >>> "RDVDATE" in mailing.fields().columns
        True
        """
        worked_out = self._looked_at()
        keys = worked_out.found.frame["recipient_id"]
        return worked_out.fields.set_axis(pd.Index(keys, name="recipient_id"), axis="index")

    def preview(self, number: int = 0) -> Message:
        """Return the message of recipient `number` (from 0) exactly as it will leave.

        Returns
        -------
        Message
            With ``subject html text recipient attachments``; ``as_bytes()`` is the letter itself. Byte for byte what
            is sent, but for ``Date``, ``Message-ID`` and the boundary.

        Raises
        ------
        UsageError
            When there is no such recipient.

        Examples
        --------
        >>> message = mailing.preview(0)
        >>> message.as_bytes().startswith(b"Date: ")
        True
        """
        prepared, values = self._previewed(number)
        row = prepared.found.frame.iloc[number]
        # A row left out for its address is shown all the same: its message has nobody to go to.
        address = "" if address_problem(row["address"]) else row["address"]
        return prepared.press_for(str(row["language"])).message(
            values,
            Address(email=address, name=row["recipient"]),
            token=secrets.token_hex(16),
            date=self._practice.now(),
            language=row["language"],
            attachments=prepared.files[number],
        )

    def preview_marked(self, number: int = 0) -> tuple[Message, Rendered]:
        """Return the message of recipient `number` as `preview` does, and its parts with the merged values marked.

        The marked parts are for the screen only: ``displays.showing.shown(*mailing.preview_marked(0))``.

        Raises
        ------
        UsageError
            When there is no such recipient.
        """
        prepared, values = self._previewed(number)
        press = prepared.press_for(str(prepared.found.frame["language"].iat[number]))
        return self.preview(number), press.render_marked(values)

    def written_for(self, number: int = 0) -> Template:
        """Return the email type as recipient `number` (from 0) reads it: in a language of their own, its variant.

        Raises
        ------
        UsageError
            When there is no such recipient.
        """
        prepared, _values = self._previewed(number)
        return prepared.written_in(str(prepared.found.frame["language"].iat[number]))

    def _previewed(self, number: int) -> tuple[Prepared, dict[str, object]]:
        prepared = self._looked_at()
        if not 0 <= number < len(prepared.found.frame):
            raise UsageError(
                n_(
                    "There is no recipient {number}: the list has {count} row, counted from 0.",
                    "There is no recipient {number}: the list has {count} rows, counted from 0.",
                    len(prepared.found.frame),
                ).format(number=number, count=len(prepared.found.frame))
            )
        return prepared, {str(name): value for name, value in prepared.fields.iloc[number].items()}

    @property
    def counts(self) -> Counts:
        """The rows by where they stand in the ledger, or, before queueing, where they would."""
        return self.forecast() if self.id is None else self._practice.ledger.mailings.counts(self.id)

    def forecast(self, *, again: bool = False) -> Counts:
        """Return where the mailing would stand if it were confirmed now, before the first message leaves.

        ``pending`` is what would leave (what else of the mailing waits is not in it when the rows are a part of a
        search); whoever has it counts as sent, whoever another mailing tells as skipped.
        """
        return self.planned(again=again).counts

    def planned(self, *, again: bool = False) -> Tally:
        """Return the same as `forecast` with the reasons: of those who would not be written to, why not."""
        return self._foretold(self.prepare(fresh=False, again=again), again=again).planned

    def offer(
        self, *, again: bool = False, fresh: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Offer:
        """Return what a person would confirm now: the numbers, sealed with everyone and everything they stand for.

        `fresh` and `progress` as for `prepare`.

        Raises
        ------
        TemplateRefused
            When the email type holds a code that nobody knows.
        UsageError
            When it asks for a value that nobody gave.
        """
        prepared = self.prepare(fresh=fresh, again=again, progress=progress)
        self._refuse_blocked(prepared)
        account = self.account_now()
        foretold = self._foretold(prepared, again=again)
        return Offer(
            tally=foretold.tally,
            count=foretold.leaving,
            account=account,
            seal=seal_of(
                self._deliveries(prepared),
                foretold,
                self.template,
                account,
                letterhead=f"{prepared.letterhead.digest()} {self.choices.health_reason}",
            ),
            recipients=self._named(prepared),
            prepared=prepared,
        )

    def waiting_elsewhere(self, among: Collection[int]) -> frozenset[int]:
        """Return which mailings `among` these hold, in messages that wait, what this one would tell."""
        mailings = self._practice.ledger.mailings
        known: Iterable[tuple[str, str, str, str]] = () if self.id is None else mailings.duplicates(self.id)
        planned = (
            (occasion, row.addressee_key, row.role, row.channel)
            for row in self._planned_rows()
            for occasion in row.occasions
        )
        return mailings.waiting_to_tell(
            chain(known, planned), purpose=self.template.occasion_purpose, step=self.template.step, among=among
        )

    def _planned_rows(self) -> Iterable[NewDelivery]:
        """Give the rows as they were worked out last; none once they are queued."""
        return () if self._prepared is None else self._deliveries(self._prepared)

    def account_now(self) -> Account:
        """Return its account as it is kept now: the sending takes it from there, too."""
        return self._practice.accounts.get(self.account.name) or self.account

    def renew_template(self) -> bool:
        """Take the email type as it is kept now; tell whether that is another revision."""
        if self._for_once:
            return False
        kept = self._practice.templates.get(self.template.path)
        if kept is None or kept.revision == self.template.revision:
            return False
        self.template = self._practice.templates.as_it_leaves(kept)
        self._prepared = None
        return True

    def leaving(self, recipients: frozenset[tuple[str, str]] | None) -> list[int]:
        """Return the numbers of the open deliveries of these recipients (`Offer.recipients`); ``None``: of all."""
        if self.id is None:
            return []
        return self._practice.ledger.mailings.numbers(self.id, OPEN, recipients=recipients)

    def _foretold(self, prepared: Prepared, *, again: bool, tell: TellRow | None = None) -> Forecast:
        return self._practice.ledger.mailings.forecast(
            self.id,
            self._deliveries(prepared),
            purpose=self.template.occasion_purpose,
            step=self.template.step,
            again=again,
            complete=self._is_whole(),
            tell=tell,
        )

    def _named(self, prepared: Prepared) -> frozenset[tuple[str, str]] | None:
        """Return whom the rows of a part of a search name; nothing for a whole list, which is the mailing."""
        if self._is_whole():
            return None
        frame = prepared.found.frame
        return frozenset(zip(frame["recipient_id"].map(_text), frame["addressee_key"].map(_text), strict=True))

    # --- sending ----------------------------------------------------------------------------------------

    @overload
    def send(
        self,
        confirmed: Literal[True],
        *,
        connections: int | None = None,
        again: bool = False,
        progress: Callable[[MailingProgress], None] | None = None,
    ) -> pd.DataFrame: ...

    @overload
    def send(
        self,
        confirmed: Literal[False] = False,
        *,
        connections: int | None = None,
        again: bool = False,
        progress: Callable[[MailingProgress], None] | None = None,
    ) -> SendCell: ...

    def send(
        self,
        confirmed: bool = False,
        *,
        connections: int | None = None,
        again: bool = False,
        progress: Callable[[MailingProgress], None] | None = None,
    ) -> pd.DataFrame | SendCell:
        """Show the send cell; with ``confirmed=True``, queue the mailing and send what is due.

        The same mailing again sends only what is still open. Of a part of a search (rows taken out of its frame) it
        sends these rows alone: what else of the mailing waits goes on waiting.

        Parameters
        ----------
        confirmed
            A person has seen the numbers. Without it nothing leaves before the send cell was asked.
        connections
            How many connections at once; the account's own number by default.
        again
            Send on purpose to those who already had it; linked to the first sending.
        progress
            Called at most ten times a second; by default, what somebody looks at shows a bar.

        Returns
        -------
        DataFrame
            The results of this mailing, without recipients' names and addresses (see ``practice.results``).
        SendCell
            Without ``confirmed``: the live panel, already shown, with ``wait()``, ``results`` and ``status``.

        Raises
        ------
        NotConfirmed
            When nobody confirmed and nobody could click; it carries the number of messages.
        SendingStopped
            When the way out is closed; the rows stay pending and the same call goes on later.

        Examples
        --------
        >>> mailing.send()
        Traceback (most recent call last):
        workbench.errors.NotConfirmed: ... messages are ready. Confirm with send(confirmed=True).
        >>> results = mailing.send(confirmed=True)
        >>> again = mailing.send(confirmed=True)
        >>> results["status"].tolist() == again["status"].tolist()
        True
        """
        if confirmed and not again:
            self._refuse_unmeant()
        prepared = self.prepare(fresh=not confirmed, again=again)
        screens = self._practice.screens
        if not confirmed and screens.someone_can_click():
            return screens.send_cell(self, connections=connections, again=again)
        if not confirmed:
            count = self._foretold(prepared, again=again).leaving
            raise NotConfirmed(
                n_(
                    "{count} message is ready. Confirm with send(confirmed=True).",
                    "{count} messages are ready. Confirm with send(confirmed=True).",
                    count,
                ).format(count=count),
                count=count,
            )
        self._freeze(prepared, again=again)
        named = self._named(prepared)
        self._prepared = None  # the next look, or the next sending, meets the stores as they are then
        only = None if named is None else self.leaving(named)
        if progress is not None:
            return self._drained(only, connections=connections, progress=progress)
        with screens.sending_progress() as shown:
            try:
                return self._drained(only, connections=connections, progress=shown)
            finally:
                if shown is not None:
                    shown(MailingProgress.at_rest(self.counts))

    def leaves(self, *, undo_window: float = 0, within_hours: bool = False, approval: bool = False) -> Self:
        """Say when it leaves once it is confirmed, and return it; by default at once, at any hour.

        Parameters
        ----------
        undo_window
            Minutes for which it can still be taken back: ``practice.cancel(mailing.id)``, all or some of it.
        within_hours
            In the sending hours alone: the account's, else the practice's.
        approval
            Not before somebody released it: until then ``send`` and ``queue`` freeze it, and nothing more.

        Raises
        ------
        BadValue
            When the minutes are negative, or more than a day.
        UsageError
            When no sending hours are set.

        Examples
        --------
        >>> mailing.leaves(undo_window=10).timing.undo_window.total_seconds()
        600.0
        """
        hours = self._practice.sending_hours(self.account) if within_hours else ""
        if within_hours and not hours:
            raise UsageError(
                _(
                    'No sending hours are set. Write sending_hours = "08:00-20:00" into workbench.toml, or: '
                    "workbench account set {account} --hours 08:00-20:00"
                ).format(account=self.account.name)
            )
        self.timing = Timing(undo_window=departures.undo_window(undo_window), hours=hours, approval=approval)
        return self

    def timing_at_a_screen(self) -> Timing:
        """Return when it leaves once somebody confirms it at a screen: as `leaves` said, else as the practice does."""
        if self.timing != Timing():
            return self.timing
        practice = self._practice
        window = departures.undo_window(practice.settings.undo_minutes)
        return Timing(undo_window=window, hours=practice.sending_hours(self.account))

    def queue(self, *, again: bool = False, offer: Offer | None = None) -> int:
        """Freeze list, addresses, template revision and attachments in the ledger (P7); return the mailing's number.

        With an `offer`, what is frozen is what that offer was made of, whatever changed since.

        Raises
        ------
        TemplateRefused
            When the email type holds a code that nobody knows.
        UsageError
            When it asks for a value that nobody gave, or its text has changed since the offer was made.
        """
        if offer is not None and offer.prepared.template.digest() != self.template.digest():
            raise UsageError(
                _("The text has changed since these numbers were shown: read the new ones, then confirm again.")
            )
        return self._freeze(self.prepare(fresh=False, again=again) if offer is None else offer.prepared, again=again)

    def _freeze(self, prepared: Prepared, *, again: bool) -> int:
        self._refuse_blocked(prepared)
        return self._queue(self._deliveries(prepared), prepared.letterhead, again=again, complete=self._is_whole())

    def _queue(self, rows: Iterable[NewDelivery], letterhead: Letterhead, *, again: bool, complete: bool) -> int:
        practice = self._practice
        practice.ledger.guard.check(by=practice.user, now=practice.now())
        # What was kept of it before may have been emptied since, with the messages that had left.
        if self._for_once:
            self.template = practice.ledger.library.save_template(
                self.template, one_off=True, by=practice.user, now=practice.now()
            )
        record = practice.ledger.mailings.open_mailing(
            self.plan,
            template=self.template,
            account=self.account.name,
            hours=self.timing.hours,
            by=practice.user,
            now=practice.now(),
        )
        self.id = record.id  # also of a list whose queueing is cut off: what is written down of it is this mailing's
        if self.choices.health_reason:
            practice.ledger.acts.record(
                "health_data_allowed",
                f"mailing:{record.id}",
                by=practice.user,
                now=practice.now(),
                details={"reason": self.choices.health_reason},
            )
        record_health_files(practice, record.id, self.choices.health_files)
        practice.ledger.mailings.enqueue(
            record.id,
            rows,
            again=again,
            complete=complete,
            not_before=practice.now() + self.timing.undo_window if self.timing.undo_window else None,
            letterhead_id=practice.ledger.letterheads.keep(letterhead, now=practice.now()),
            approval=self.timing.approval,
            by=practice.user,
            now=practice.now(),
        )
        return record.id

    def resume(
        self,
        *,
        connections: int | None = None,
        progress: Callable[[MailingProgress], None] | None = None,
        results: bool = True,
    ) -> pd.DataFrame:
        """Send what is due of the mailing as it was frozen; `connections` and `progress` as for `send`.

        Returns
        -------
        DataFrame
            The results of this mailing, as `send` gives them; without rows unless its `results` are wanted.

        Raises
        ------
        UsageError
            When it is not queued yet.
        SendingStopped
            When the way out is closed; the rows stay pending and the same call goes on later.
        """
        if self.id is None:
            raise UsageError(_("This mailing is not queued yet."))
        return self._drained(None, connections=connections, progress=progress, results=results)

    def _drained(
        self,
        only: Sequence[int] | None,
        *,
        connections: int | None,
        progress: Callable[[MailingProgress], None] | None,
        results: bool = True,
    ) -> pd.DataFrame:
        if self.id is not None and not self.timing.approval:
            self._practice.drain(self.id, only=only, connections=connections, progress=progress)
        return self.results if results else without_people(self._practice.ledger.results.empty())

    def summary(self, *, planned: bool | None = None) -> MailingSummary:
        """Return the mailing in numbers: how many rows stand where and why, without anybody's name.

        With `planned` it is how they would stand were the mailing confirmed now, with what is to be read again; by
        default that is told until something is queued, and then where the mailing stands.
        """
        if self.id is not None and not planned:
            return MailingSummary.of(self._practice.ledger.mailings.standing(self.id, now=self._practice.now()).tally)
        prepared = self.prepare(fresh=False, again=False)
        findings = prepared.checked.findings
        warnings = findings["code"][findings["severity"] == "warning"].astype(str)
        return MailingSummary.of(self._foretold(prepared, again=False).planned, warnings=warnings, planned=True)

    def to_notebook(self, path: str | Path, *, replace: bool = False) -> Path:
        """Write this mailing as a notebook that runs by itself, and return where it stands.

        Its search keeps the parameters as they were given (« tomorrow » is tomorrow again each day); email type,
        account, role, channel and key are this mailing's. ``workbench run``, papermill and nbconvert execute it.

        Parameters
        ----------
        path
            Inside the workspace when it is relative; missing folders are made.
        replace
            Write over a file that is there.

        Raises
        ------
        UsageError
            When the rows are no whole search: a table, ticked rows, or a mailing taken from the ledger; or its
            text, files or a decision about health data are for this mailing alone.
        NotebookRefused
            When the file is there already.

        Examples
        --------
        >>> mailing.to_notebook("notebooks/rappel.ipynb").name
        'rappel.ipynb'
        """
        return self._practice.notebooks.write(self, path, replace=replace)

    def searched(self) -> tuple[Mapping[str, Any] | None, bool]:
        """Return the search that its rows come from as it was asked, nothing for a table; and whether they are all."""
        asked = self._subjects.attrs.get("workbench") if "subject_key" in self._subjects.columns else None
        return asked, self._is_whole()

    @property
    def results(self) -> pd.DataFrame:
        """The results frame of this mailing, without recipients' names and addresses."""
        if self.id is None:
            return without_people(self._practice.ledger.results.empty())
        return self._practice.results(self.id)

    def plot(self) -> Any:
        """Draw what became of this mailing's messages; see ``practice.plot``."""
        return self._practice.plot(self)

    # --- how it is queued --------------------------------------------------------------------------------

    def _refuse_unmeant(self) -> None:
        """Refuse what a confirmation without a screen may not mean: nothing here."""

    def _refuse_blocked(self, prepared: Prepared) -> None:
        for finding in prepared.press.compiled.blocking:
            raise TemplateRefused(
                _("« {template} » cannot be sent: {problem} Correct it, then send again; nothing was sent.").format(
                    template=self.template.path, problem=finding.message
                ),
                line=finding.line,
            )
        for code in unanswered_codes(prepared.fields, prepared.press.compiled):
            raise UsageError(unanswered_question(code).message)

    def _is_whole(self) -> bool:
        """Tell whether the rows are all that was found, or a table: a part of a search says nothing of the rest."""
        asked = self._subjects.attrs.get("workbench")
        return not asked or "subject_key" not in self._subjects.columns or asked.get("rows") == len(self._subjects)

    def _deliveries(self, prepared: Prepared) -> Iterator[NewDelivery]:
        """Give the rows as the ledger freezes them, one by one, from whole columns."""
        recipients = prepared.found.frame
        columns = [recipients[name].tolist() for name in _FROZEN]
        names = [str(name) for name in prepared.fields.columns]
        cells = [prepared.fields[name].tolist() for name in names]
        values = zip(*cells, strict=True) if names else repeat((), len(recipients))
        reasons = prepared.checked.reasons.tolist()
        patients = _patients_by_subject(prepared.found.subjects)
        zone = self._practice.calendar.zone
        spoken = {language: prepared.revision_for(language) for language in recipients["language"].unique()}
        rows = zip(*columns, strict=True)
        for row, subjects, merged, reason, files in zip(
            rows, recipients["subjects"].tolist(), values, reasons, prepared.files, strict=True
        ):
            about = {patients.get(occasion_subject(text), "") for text in subjects} if len(subjects) > 1 else set()
            frozen: dict[str, Any] = dict(zip(_FROZEN, map(_text, row), strict=True))
            yield NewDelivery(
                **frozen,
                reason=reason,
                patients=tuple(sorted(about - {"", _text(row[_FROZEN.index("patient_id")])})),
                occasions=tuple(subjects),
                values=dict(zip(names, merged, strict=True)),
                attachments=files,
                template_revision_id=spoken[row[_LANGUAGE]],
                expires_at=expiry(self.template.expires, subjects, now=prepared.at, zone=zone),
            )


_FROZEN = (
    "recipient_id", "addressee_key", "role", "channel", "recipient", "address", "language",
    "patient_id", "appointment_id", "invoice_id", "practitioner_id",
)  # fmt: skip


_LANGUAGE = _FROZEN.index("language")


def _patients_by_subject(subjects: pd.DataFrame) -> dict[str, str]:
    if not {"subject_key", "patient_id"}.issubset(subjects.columns):  # a table names no subjects
        return {}
    return dict(zip(subjects["subject_key"].map(_text), subjects["patient_id"].map(_text), strict=True))


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
