"""Work a mailing out against the stores as they are now: who is written to, with which values, and what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.addresses import address_key
from workbench.domain.accounts import Account
from workbench.domain.deliveries import EXPIRED
from workbench.domain.departures import BEFORE_THE_APPOINTMENT, has_begun
from workbench.domain.mailings import Finding, MailingPlan, Severity
from workbench.domain.objections import Objections
from workbench.domain.people import Role
from workbench.domain.questions import digest_of, told_apart_by
from workbench.domain.templates import Template
from workbench.language import _, n_
from workbench.merging.frames import fields_frame, leave_out_other_patients, load_sources, needed_columns
from workbench.merging.grouping import nothing_told
from workbench.merging.preflight import Checked, is_mssante, preflight, with_defaults
from workbench.merging.recipient_tables import occasion_digests, recipients_from_table
from workbench.merging.recipients import (
    MERGED_WITH,
    Recipients,
    colleague_of,
    invoice_of,
    recipients_from_subjects,
    with_objections,
)
from workbench.merging.table_identity import RepeatedRows
from workbench.practice.letters import LetterPress

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_LAST_STEP = 3
APPOINTMENTS = "appointments"
"""The search of appointments, those to come by default."""


def other_steps(subjects: pd.DataFrame, step: str) -> list[Finding]:
    """Warn of reminders that are not the next one: a first one to who had three, a second one without a first."""
    if not step.isdecimal() or "reminders_sent" not in subjects.columns:
        return []
    leads = subjects[subjects[MERGED_WITH] == ""]
    return [
        Finding(
            code="other_step",
            severity=Severity.WARNING,
            message=n_(
                "This is reminder no. {step}, and {n} reminder was sent about it so far.",
                "This is reminder no. {step}, and {n} reminders were sent about it so far.",
                int(sent),
            ).format(step=step, n=int(sent)),
            recipient=str(recipient),
        )
        for recipient, sent in zip(leads["recipient_id"], leads["reminders_sent"].fillna(0), strict=True)
        if min(int(sent) + 1, _LAST_STEP) != int(step)
    ]


def without_begun(found: Recipients, template: Template, *, searched: str, now: datetime, zone: ZoneInfo) -> Recipients:
    """Leave out whom a reminder would tell of an appointment that has begun, unless its author says otherwise.

    Of an email type without a purpose, and a search of appointments (`searched` is its name), it is a warning.
    """
    frame = found.frame
    told = template.purpose in BEFORE_THE_APPOINTMENT
    maybe = not template.purpose and searched == APPOINTMENTS
    if template.expires or not (told or maybe) or "subjects" not in frame.columns:
        return found
    late = pd.Series(
        [
            not reason and has_begun(subjects, now=now, zone=zone)
            for reason, subjects in zip(frame["reason"], frame["subjects"], strict=True)
        ],
        index=frame.index,
        dtype=bool,
    )
    if not late.any():
        return found
    if told:
        return replace(found, frame=frame.assign(reason=frame["reason"].mask(late, EXPIRED)))
    warnings = [
        Finding(
            code="appointment_begun",
            severity=Severity.WARNING,
            message=_("This appointment has begun or is over; does the message speak of it as one to come?"),
            recipient=key,
        )
        for key in frame["recipient_id"][late]
    ]
    return replace(found, findings=(*found.findings, *warnings))


class Shared:
    """What is read or made once for a mailing, however many parts its list has: objections and the press.

    Parameters
    ----------
    practice, template, account
        The mailing's.
    """

    def __init__(self, practice: Practice, template: Template, account: Account) -> None:
        self._practice = practice
        self._template = template
        self._account = account
        self._press: LetterPress | None = None

    @cached_property
    def objections(self) -> Objections:
        """Who objects as it stands now; every claimed batch asks again (P13)."""
        practice = self._practice
        return Objections.from_frame(
            pd.concat([practice.store.objections(), practice.ledger.opt_outs.objections()], ignore_index=True),
            selves=practice.store.selves,
            mailbox=address_key,
        )

    def told(self, occasions: Collection[str]) -> frozenset[tuple[str, str, str, str]]:
        """Return which of these occasions the purpose and step of the email type have told already, and to whom."""
        purpose, step = self._template.occasion_purpose, self._template.step
        return self._practice.ledger.last_messages.told_to(purpose, step, occasions=occasions)

    def press(self, columns: tuple[str, ...]) -> LetterPress:
        """Return what renders and writes this mailing's messages; `columns` are those of its table."""
        if self._press is None:
            self._press = self._practice.press(self._template, self._account, columns=columns)
        return self._press


class Prepared:
    """A mailing worked out at one moment; each step is done once, when it is first asked for.

    Who is written to comes first and cheaply, the merged values next; rendering everyone, which the check does
    (P6), is by far the longest and waits until somebody wants to know.
    """

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        now: datetime,
        again: bool = False,
        shared: Shared | None = None,
        first: int = 0,
        repeated: RepeatedRows | None = None,
    ) -> None:
        self._practice = practice
        self._subjects = subjects
        self._shared = shared or Shared(practice, template, account)
        # Of a part of a long table: how many rows come before, and which of all its rows repeat others.
        self._first = first
        self._repeated = repeated
        self._template = template
        self._account = account
        self._plan = plan
        self.again = again  # sent on purpose to those who had it: what was told before is told once more
        # One lock for every step: two threads that each wait for a step of the other would wait for ever.
        self._doing = threading.RLock()
        self._addressed: Recipients | None = None
        self._press: LetterPress | None = None
        self._merged: tuple[Recipients, pd.DataFrame] | None = None
        self._checked: Checked | None = None
        self.at = now
        self.changes = practice.changes

    @property
    def addressed(self) -> Recipients:
        """Who is written to, and who cannot be for want of an address, a guardian or consent."""
        if self._addressed is None:  # what is known is read without waiting for what is being done
            with self._doing:
                if self._addressed is None:
                    self._addressed = self._find()
        return self._addressed

    @property
    def press(self) -> LetterPress:
        """What renders and writes this mailing's messages."""
        if self._press is None:
            with self._doing:
                if self._press is None:
                    self._press = self._shared.press(tuple(self.addressed.values.columns))
        return self._press

    @property
    def _pair(self) -> tuple[Recipients, pd.DataFrame]:
        """Recipients and values that belong together: both are worked out at once, and once only."""
        if self._merged is None:
            with self._doing:
                if self._merged is None:
                    self._merged = self._merge()
        return self._merged

    def _merge(self) -> tuple[Recipients, pd.DataFrame]:
        practice, found, compiled = self._practice, self.addressed, self.press.compiled
        sources = load_sources(
            needed_columns(compiled.codes, practice.catalogue),
            found,
            columns=partial(practice.store.columns, today=practice.today),
            relations=practice.store.relations,
            now=self.at,
            zone=practice.calendar.zone,
        )
        found = leave_out_other_patients(found, sources, now=self.at, zone=practice.calendar.zone)
        fields = fields_frame(
            found,
            compiled.codes,
            practice.catalogue,
            sources,
            now=self.at,
            zone=practice.calendar.zone,
            user=practice.user,
            names=compiled.names,
            values=self._plan.values,
            step=self._template.step,
            adult_age=practice.settings.adult_age,
        )
        return occasion_digests(found, fields, catalogue=practice.catalogue), with_defaults(fields, compiled)

    @property
    def found(self) -> Recipients:
        """The recipients, as they are frozen at confirmation."""
        return self._pair[0]

    @property
    def fields(self) -> pd.DataFrame:
        """The merged values, default texts in the place of missing ones; rows as `found`."""
        return self._pair[1]

    @property
    def is_checked(self) -> bool:
        """Whether everyone was rendered already."""
        return self._checked is not None

    @property
    def checked(self) -> Checked:
        """Everyone rendered once, and what was found."""
        return self.check()

    def check(self, progress: Callable[[int, int], None] | None = None) -> Checked:
        """Render everyone once; `progress` is told how many are done, and of how many."""
        with self._doing:
            if self._checked is None:
                self._checked = preflight(
                    self.found,
                    self.fields,
                    self.press.compiled,
                    mime=self.press.mime,
                    now=self.at,
                    progress=progress,
                    merge_all=self.press.renderer.merge_all,
                )
            return self._checked

    def _find(self) -> Recipients:
        practice, plan, template = self._practice, self._plan, self._template
        objections = self._shared.objections
        if "subject_key" not in self._subjects.columns:
            found = recipients_from_table(
                self._subjects,
                channel=plan.channel,
                language=template.language,
                people=practice.store.people,
                today=practice.calendar.today(self.at),
                adult_age=practice.settings.adult_age,
                first=self._first,
                repeated=self._repeated,
            )
            willing = with_objections(found.frame, objections, channel=plan.channel, purpose=template.occasion_purpose)
            found = replace(found, frame=willing)
        else:
            keys = self._subjects["subject_key"].dropna().astype(str).unique()
            doctors = [one for one in map(colleague_of, keys) if one]
            patients = [one for one in self._subjects["patient_id"].dropna().unique().tolist() if one]
            bills = [one for one in map(invoice_of, keys) if one] if plan.role == Role.PAYER else []
            answering = Role.GUARDIAN if plan.role == Role.PATIENT else plan.role
            found = recipients_from_subjects(
                self._subjects,
                people=practice.store.people(patients),
                relations=practice.store.relations(patients, answering),
                role=plan.role,
                channel=plan.channel,
                now=self.at,
                zone=practice.calendar.zone,
                adult_age=practice.settings.adult_age,
                group=template.group,
                language=template.language,
                objections=objections,
                purpose=template.occasion_purpose,
                guardians=template.guardians,
                secure=is_mssante(self._account.email),
                colleagues=practice.store.colleagues(doctors) if doctors else None,
                told=told_apart_by(plan.values, practice.catalogue),
                answers=digest_of(plan.values),
                payers=practice.store.invoice_payers(bills) if bills else None,
                told_already=nothing_told if self.again else self._shared.told,
            )
        found = replace(found, findings=(*found.findings, *other_steps(found.subjects, template.step)))
        searched = str(self._subjects.attrs.get("workbench", {}).get("search", ""))
        return without_begun(found, template, searched=searched, now=self.at, zone=practice.calendar.zone)
