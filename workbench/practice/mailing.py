"""One mailing, live: who it goes to, what was found, each message as it will arrive, and the sending."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

import pandas as pd

from workbench.addresses import address_key, address_problem
from workbench.domain.accounts import Account
from workbench.domain.deliveries import NewDelivery
from workbench.domain.frames import FINDING_COLUMNS, IDENTITY_COLUMNS
from workbench.domain.mailings import Counts, MailingPlan, MailingProgress
from workbench.domain.messages import Address, Message
from workbench.domain.objections import Objections
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.errors import NotConfirmed, TemplateRefused, UsageError
from workbench.language import _, n_
from workbench.merging.frames import fields_frame, load_sources, needed_columns
from workbench.merging.preflight import Checked, preflight
from workbench.merging.recipient_tables import occasion_digests, recipients_from_table
from workbench.merging.recipients import Recipients, recipients_from_subjects, with_objections
from workbench.practice.letters import LetterPress

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A mailing worked out against the stores as they are now: everyone rendered once (P6)."""

    found: Recipients
    fields: pd.DataFrame
    checked: Checked
    press: LetterPress
    at: datetime
    changes: int


STALE = timedelta(minutes=5)
"""How long what was worked out may be looked at and sent before it is worked out again."""


class Mailing:
    """A mailing of one template to the subjects of a search, or to the rows of a table.

    Made by ``practice.mailing(...)``. Nothing is written to the ledger before `send`.
    """

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        mailing_id: int | None = None,
        frozen: bool = False,
    ) -> None:
        self._practice = practice
        self._subjects = subjects
        self._prepared: Prepared | None = None
        self._frozen = frozen
        self.template = template
        self.account = account
        self.plan = plan
        self.id = mailing_id

    def __repr__(self) -> str:
        name = self.id if self.id is not None else _("not queued yet")
        return f"<Mailing {name}: {self.template.path}>"

    # --- before anything leaves -----------------------------------------------------------------------

    def prepare(self, *, fresh: bool = True) -> Prepared:
        """Work out recipients, values and findings against the stores as they are now.

        With ``fresh=False`` a former result is good enough, unless it is older than `STALE` or something was
        corrected, imported or objected to through this practice since.

        Raises
        ------
        UsageError
            For a mailing taken from the ledger by its number: its rows are frozen, and stand in the results.
        TemplateRefused
            When the email type cannot be compiled, or a file that goes with it is gone.
        """
        if self._frozen:
            raise UsageError(
                _("Mailing {number} is frozen as it was confirmed: its rows are in the results.").format(number=self.id)
            )
        now = self._practice.now()
        known = self._prepared
        if fresh or known is None or known.changes != self._practice.changes or now - known.at > STALE:
            self._prepared = known = self._worked_out(now)
        return known

    def check(self) -> pd.DataFrame:
        """Render every message once and return the findings.

        Returns
        -------
        DataFrame
            Columns ``recipient severity code message``; an ``error`` leaves its recipient out.
        """
        return self.prepare().checked.findings.loc[:, list(FINDING_COLUMNS)]

    @property
    def recipients(self) -> pd.DataFrame:
        """One row an addressee and patient (``domain.frames.RECIPIENT_COLUMNS``); ``reason`` says who is left out."""
        prepared = self.prepare(fresh=False)
        return prepared.found.frame.assign(reason=prepared.checked.reasons)

    @property
    def subjects(self) -> pd.DataFrame:
        """The rows looked for, with ``recipient_id`` and ``merged_with`` where one message speaks of several."""
        return self.prepare(fresh=False).found.subjects

    def fields(self) -> pd.DataFrame:
        """Return the merged values: one row a recipient, one column a field or table column the template uses."""
        prepared = self.prepare(fresh=False)
        keys = prepared.found.frame["recipient_id"]
        return prepared.fields.set_axis(pd.Index(keys, name="recipient_id"), axis="index")

    def preview(self, number: int = 0) -> Message:
        """Return the message of recipient `number` (from 0) exactly as it will leave.

        Raises
        ------
        UsageError
            When there is no such recipient.
        """
        prepared = self.prepare(fresh=False)
        if not 0 <= number < len(prepared.found.frame):
            raise UsageError(
                n_(
                    "There is no recipient {number}: the list has {count} row, counted from 0.",
                    "There is no recipient {number}: the list has {count} rows, counted from 0.",
                    len(prepared.found.frame),
                ).format(number=number, count=len(prepared.found.frame))
            )
        row = prepared.found.frame.iloc[number]
        values = {str(name): value for name, value in prepared.fields.iloc[number].items()}
        # A row left out for its address is shown all the same: its message has nobody to go to.
        address = "" if address_problem(row["address"]) else row["address"]
        return prepared.press.message(
            values,
            Address(email=address, name=row["recipient"]),
            token=secrets.token_hex(16),
            date=self._practice.now(),
            language=row["language"],
        )

    @property
    def counts(self) -> Counts:
        """The rows by where they stand in the ledger, or, before queueing, where they would."""
        return self.forecast() if self.id is None else self._practice.ledger.mailings.counts(self.id)

    def forecast(self, *, again: bool = False) -> Counts:
        """Return where the mailing would stand if it were confirmed now, before the first message leaves.

        ``pending`` is what would leave; whoever has it counts as sent, whoever another mailing tells as skipped.
        """
        return self._practice.ledger.mailings.forecast(
            self.id,
            self._deliveries(self.prepare(fresh=False)),
            purpose=self.template.occasion_purpose,
            step=self.template.step,
            again=again,
        )

    # --- sending ----------------------------------------------------------------------------------------

    def send(
        self,
        confirmed: bool = False,
        *,
        connections: int | None = None,
        again: bool = False,
        progress: Callable[[MailingProgress], None] | None = None,
    ) -> pd.DataFrame:
        """Queue the mailing and send what is due; the same mailing again sends only what is still open.

        Parameters
        ----------
        confirmed
            A person has seen the numbers. Without it nothing leaves.
        connections
            How many connections at once; the account's own number by default.
        again
            Send on purpose to those who already had it; linked to the first sending.
        progress
            Called at most ten times a second.

        Returns
        -------
        DataFrame
            The results of this mailing, without recipients' names and addresses (see ``practice.results``).

        Raises
        ------
        NotConfirmed
            When nobody confirmed; it carries the number of messages.
        SendingStopped
            When the way out is closed; the rows stay pending and the same call goes on later.
        """
        self.prepare(fresh=not confirmed)
        if not confirmed:
            count = self.forecast(again=again).pending
            raise NotConfirmed(
                n_(
                    "{count} message is ready. Confirm with send(confirmed=True).",
                    "{count} messages are ready. Confirm with send(confirmed=True).",
                    count,
                ).format(count=count),
                count=count,
            )
        self.queue(again=again)
        self._prepared = None  # the next look, or the next sending, meets the stores as they are then
        return self.resume(connections=connections, progress=progress)

    def queue(self, *, again: bool = False) -> int:
        """Freeze list, addresses, template revision and attachments in the ledger (P7); return the mailing's number.

        Raises
        ------
        TemplateRefused
            When the email type holds a code that nobody knows.
        """
        practice = self._practice
        prepared = self.prepare(fresh=False)
        for finding in prepared.press.compiled.blocking:
            raise TemplateRefused(
                _("« {template} » cannot be sent: {problem} Correct it, then send again; nothing was sent.").format(
                    template=self.template.path, problem=finding.message
                ),
                line=finding.line,
            )
        record = practice.ledger.mailings.open_mailing(
            self.plan,
            template=self.template,
            account=self.account.name,
            by=practice.user,
            now=practice.now(),
        )
        practice.ledger.mailings.enqueue(
            record.id,
            self._deliveries(prepared),
            again=again,
            complete=self._is_whole(),
            by=practice.user,
            now=practice.now(),
        )
        self.id = record.id
        return record.id

    def resume(
        self, *, connections: int | None = None, progress: Callable[[MailingProgress], None] | None = None
    ) -> pd.DataFrame:
        """Send what is due of the mailing as it was frozen."""
        if self.id is None:
            raise UsageError(_("This mailing is not queued yet."))
        self._practice.drain(self.id, connections=connections, progress=progress)
        return self.results

    @property
    def results(self) -> pd.DataFrame:
        """The results frame of this mailing, without recipients' names and addresses."""
        if self.id is None:
            return self._practice.ledger.results.empty().drop(columns=list(IDENTITY_COLUMNS))
        return self._practice.results(self.id)

    # --- how it is worked out ---------------------------------------------------------------------------

    def _worked_out(self, now: datetime) -> Prepared:
        practice = self._practice
        objections = Objections.from_frame(
            pd.concat([practice.store.objections(), practice.ledger.opt_outs.objections()], ignore_index=True),
            selves=practice.store.selves,
            mailbox=address_key,
        )
        found = self._found(now, objections)
        willing = with_objections(
            found.frame, objections, channel=self.plan.channel, purpose=self.template.occasion_purpose
        )
        found = replace(found, frame=willing)
        press = practice.press(self.template, self.account, columns=tuple(found.values.columns))
        sources = load_sources(
            needed_columns(press.compiled.codes, practice.catalogue),
            found,
            columns=partial(practice.store.columns, today=practice.today),
            relations=practice.store.relations,
        )
        fields = fields_frame(
            found,
            press.compiled.codes,
            practice.catalogue,
            sources,
            now=now,
            zone=practice.calendar.zone,
            user=practice.user,
            names=press.compiled.names,
            adult_age=practice.settings.adult_age,
        )
        found = occasion_digests(found, fields, catalogue=practice.catalogue)
        checked = preflight(found, fields, press.compiled, mime=press.mime, now=now)
        return Prepared(
            found=found, fields=checked.fields, checked=checked, press=press, at=now, changes=practice.changes
        )

    def _is_whole(self) -> bool:
        """Tell whether the rows are all that was found, or a table: a part of a search says nothing of the rest."""
        asked = self._subjects.attrs.get("workbench")
        return not asked or "subject_key" not in self._subjects.columns or asked.get("rows") == len(self._subjects)

    def _found(self, now: datetime, objections: Objections) -> Recipients:
        practice = self._practice
        if "subject_key" not in self._subjects.columns:
            return recipients_from_table(
                self._subjects,
                channel=self.plan.channel,
                language=self.template.language,
                people=practice.store.people,
                today=practice.calendar.today(now),
                adult_age=practice.settings.adult_age,
            )
        patients = self._subjects["patient_id"].dropna().unique().tolist()
        answering = Role.GUARDIAN if self.plan.role == Role.PATIENT else self.plan.role
        return recipients_from_subjects(
            self._subjects,
            people=practice.store.people(patients),
            relations=practice.store.relations(patients, answering),
            role=self.plan.role,
            channel=self.plan.channel,
            now=now,
            zone=practice.calendar.zone,
            adult_age=practice.settings.adult_age,
            group=self.template.group,
            language=self.template.language,
            objections=objections,
            purpose=self.template.occasion_purpose,
        )

    def _deliveries(self, prepared: Prepared) -> Iterator[NewDelivery]:
        """Give the rows as the ledger freezes them, one by one, from whole columns."""
        recipients = prepared.found.frame
        columns = [recipients[name].tolist() for name in _FROZEN]
        names = [str(name) for name in prepared.fields.columns]
        cells = [prepared.fields[name].tolist() for name in names]
        values = zip(*cells, strict=True) if names else repeat((), len(recipients))
        reasons = prepared.checked.reasons.tolist()
        for row, subjects, merged, reason in zip(
            zip(*columns, strict=True), recipients["subjects"].tolist(), values, reasons, strict=True
        ):
            yield NewDelivery(
                **{name: _text(value) for name, value in zip(_FROZEN, row, strict=True)},
                reason=reason,
                occasions=tuple(subjects),
                values=dict(zip(names, merged, strict=True)),
                attachments=self.template.attachments,
            )


_FROZEN = (
    "recipient_id", "addressee_key", "role", "channel", "recipient", "address", "language",
    "patient_id", "appointment_id", "invoice_id", "practitioner_id",
)  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
