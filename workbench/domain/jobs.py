"""A job (« traitement automatique »): what is sent by itself, to whom, when, who must agree, what if it was missed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.fields import folded
from workbench.domain.recurrence import Occurrence, Recurrence, instant_of, read_time
from workbench.errors import BadValue, ForbiddenMove
from workbench.language import _, marked

JOB_KEY = "job:"
"""The key of a mailing that a job makes begins so; the job's key and the occurrence follow."""

BY_HAND = "hand:"
"""The occurrence begins so that a person asked for, and no schedule."""

PUNCTUAL = timedelta(minutes=15)
"""Nobody calls it missed when it is done so much later."""

DAY_SCHEDULE = "day_schedule"
"""The treatment that writes to the practitioners, and not about one patient each."""

NOTEBOOK, SEARCH = "notebook", "search"
"""The treatments that are no ready-made one: a notebook, and a search of one's own."""

LONGEST_TITLE = 100
_APART = re.compile(r"[^a-z0-9]+")
_HOURS = re.compile(r"(\d{1,4})\s*h")


class Missed(StrEnum):
    """What becomes of occurrences whose time passed while no scheduler was running."""

    EACH = "each"
    LATEST = "latest"
    SKIP = "skip"


class OccurrenceState(StrEnum):
    """Where one occurrence of a job stands."""

    RUNNING = "running"
    AWAITING_APPROVAL = "awaiting_approval"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"


S = OccurrenceState
_ALLOWED: Mapping[OccurrenceState, frozenset[OccurrenceState]] = {
    S.RUNNING: frozenset({S.AWAITING_APPROVAL, S.DONE, S.FAILED, S.SKIPPED, S.INTERRUPTED}),
    S.AWAITING_APPROVAL: frozenset({S.RUNNING, S.DONE, S.FAILED, S.SKIPPED}),
    S.INTERRUPTED: frozenset({S.RUNNING}),
    S.FAILED: frozenset({S.RUNNING, S.DONE}),
    S.DONE: frozenset(),
    S.SKIPPED: frozenset(),
}


def check_occurrence_move(old: OccurrenceState, new: OccurrenceState) -> None:
    """Raise `ForbiddenMove` unless `new` may follow `old`."""
    if new not in _ALLOWED[old]:
        raise ForbiddenMove(_("An occurrence that is « {old} » cannot become « {new} ».").format(old=old, new=new))


RESTORED = "restored"
"""Why an occurrence is left out that came round before somebody let a restored workspace send again."""

REASONS = {
    "missed": marked("the scheduler was not running at its time, and missed ones are left out"),
    "coalesced": marked("a later one was due as well, and only the latest is done"),
    "too_late": marked("it came too late: its limit had passed"),
    "closed_day": marked("the practice was closed that day"),
    "refused": marked("it was refused"),
    "not_approved": marked("nobody released it in time"),
    "cancelled": marked("its mailing was cancelled"),
    RESTORED: marked("it may have been done before: the ledger was restored from an older copy"),
}
"""Why an occurrence was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A ready-made treatment: what it searches, relative to the day of each occurrence."""

    name: str
    label: str
    search: str
    parameters: Mapping[str, str]


TREATMENTS: Mapping[str, Treatment] = {
    one.name: one
    for one in (
        Treatment(
            name="missed",
            label=marked("Missed appointments"),
            search="missed",
            parameters={"start": "J-1", "end": "J-1", "exclude_upcoming": "yes", "exclude_returned": "yes"},
        ),
        Treatment(
            name="appointments",
            label=marked("Reminders of the next open day"),
            search="appointments",
            # Every day up to the next open one: what is on a Monday is told on the Friday, or the Saturday (8.13).
            parameters={"start": "J+1", "end": "J+1 open", "state": "upcoming"},
        ),
        Treatment(
            name="birthdays",
            label=marked("Birthdays of the day"),
            search="birthdays",
            parameters={"start": "J", "end": "J"},
        ),
        Treatment(
            name="recall",
            label=marked("Recalls for a check-up"),
            search="recall",
            parameters={"end": "J", "exclude_returned": "yes"},
        ),
        Treatment(name="unpaid", label=marked("Unpaid invoices"), search="unpaid", parameters={}),
        Treatment(
            name=DAY_SCHEDULE,
            label=marked("Day schedule to each practitioner"),
            search="appointments",
            parameters={"start": "J", "end": "J", "state": "upcoming"},
        ),
    )
}
"""The ready-made treatments, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job, as somebody set it; `check` says what cannot be.

    `parameters` are the search's as they were given: « J-1 » counts from the day of each occurrence, whenever the work
    is done. `revision` pins one revision of the email type, 0 follows the latest. `host` is the only machine that may
    run it, empty for any. `late_until` says until when a missed occurrence is made up for: a time of its day (20:00),
    a number of hours (6 h), or no limit. Mailings of a job with `approvers` leave when one of them releases them, at
    the latest at `approve_by`. `told` gets the alerts. `since` is when it was made, switched on or its recurrence
    changed: nothing before counts.
    """

    key: str
    title: str
    treatment: str
    recurrence: Recurrence
    search: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    revision: int = 0
    account: str = ""
    role: str = ""
    notebook: str = ""
    active: bool = True
    host: str = ""
    missed: Missed = Missed.LATEST
    late_until: str = ""
    approvers: tuple[str, ...] = ()
    approve_by: str = ""
    within_hours: bool = False
    not_on_closed_days: bool = False
    told: str = ""
    number: int = 0
    since: datetime | None = None
    saved_at: datetime | None = None
    saved_by: str = ""

    def check(self) -> None:
        """Raise `BadValue` with a sentence when the job cannot be as it is."""
        if not self.title.strip() or len(self.title) > LONGEST_TITLE or not self.title.isprintable():
            raise BadValue(_("A job has a title of 1 to {count} characters, on one line.").format(count=LONGEST_TITLE))
        known = [*TREATMENTS, SEARCH, NOTEBOOK]
        if self.treatment not in known:
            raise BadValue(
                _("« {text} » is no treatment; there is: {known}.").format(text=self.treatment, known=", ".join(known))
            )
        if (self.treatment == NOTEBOOK) != bool(self.notebook):
            raise BadValue(_("A notebook belongs to the treatment « notebook », and to no other."))
        if self.treatment == NOTEBOOK and (self.template or self.search):
            raise BadValue(_("What a notebook searches and sends stands in the notebook itself."))
        if self.treatment == NOTEBOOK and self.within_hours:
            raise BadValue(_("The sending hours of what a notebook sends stand in the notebook itself."))
        if self.treatment == SEARCH and not self.search:
            raise BadValue(_("Say which search finds whom to write to."))
        if self.treatment == NOTEBOOK and self.approvers:
            raise BadValue(_("What a notebook sends cannot wait for an approver: choose a treatment or a search."))
        if self.treatment == DAY_SCHEDULE and self.role:
            raise BadValue(_("The day schedule goes to the practitioners: no other role receives it."))
        if self.approve_by and not self.approvers:
            raise BadValue(_("A time to release it by needs somebody who may: name an approver."))
        if self.approve_by:
            read_time(self.approve_by)
        late_limit(self.late_until)

    @property
    def needs_template(self) -> bool:
        """Whether somebody must say which email type it is written with."""
        return self.treatment not in (NOTEBOOK, DAY_SCHEDULE)

    @property
    def searched(self) -> str:
        """The name of the search that it asks; nothing of a notebook."""
        treatment = TREATMENTS.get(self.treatment)
        return treatment.search if treatment else self.search

    @property
    def asked(self) -> Mapping[str, str]:
        """The parameters that it asks with: the treatment's own, and what was given in their place."""
        treatment = TREATMENTS.get(self.treatment)
        given = {**(treatment.parameters if treatment else {}), **self.parameters}
        return {name: value for name, value in given.items() if value != ""}

    @property
    def label(self) -> str:
        """What its treatment is called."""
        treatment = TREATMENTS.get(self.treatment)
        return _(treatment.label) if treatment else self.search or self.notebook

    def is_too_late(self, occurrence: Occurrence, *, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether the limit has passed until when an occurrence is made up for."""
        limit = late_limit(self.late_until)
        if limit is None:
            return False
        if isinstance(limit, timedelta):
            return now > occurrence.at + limit
        ends = datetime.combine(occurrence.day, limit)
        return now > instant_of(ends if ends > occurrence.wall else ends + timedelta(days=1), zone)

    def approval_ends(self, *, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return until when what was prepared now may be released; nothing without a limit."""
        if not self.approve_by:
            return None
        wall = now.astimezone(zone).replace(tzinfo=None)
        ends = datetime.combine(wall.date(), read_time(self.approve_by))
        return instant_of(ends if ends > wall else ends + timedelta(days=1), zone)

    def to_dict(self) -> dict[str, Any]:
        """Return what somebody set as plain values."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return plain | {
            "recurrence": self.recurrence.to_dict(),
            "parameters": dict(self.parameters),
            "missed": self.missed.value,
            "approvers": list(self.approvers),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], **kept: Any) -> Self:
        """Return the job that `to_dict` told, with what is `kept` beside it."""
        return cls(
            **{name: values[name] for name in _PLAIN},
            recurrence=Recurrence.from_dict(values["recurrence"]),
            parameters=values["parameters"],
            missed=Missed(values["missed"]),
            approvers=tuple(values["approvers"]),
            **kept,
        )

    def changed(self, **changes: Any) -> Self:
        """Return the job with other values, checked.

        Raises
        ------
        BadValue
            When it cannot be so.
        """
        made = replace(self, **changes)
        made.check()
        return made


_PLAIN = (
    "key", "title", "treatment", "search", "template", "revision", "account", "role", "notebook", "host", "late_until",
    "approve_by", "within_hours", "not_on_closed_days", "told",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceRecord:
    """One occurrence of a job as the ledger holds it.

    `job` is the job as it was then. `parameters` are the days that were searched; `asked_by` is who asked for it by
    hand, empty for the schedule. `trace` holds numbers and reasons, never a name or an address.
    """

    key: str
    occurrence: str
    job: Job
    state: OccurrenceState
    reason: str
    due_at: datetime
    asked_by: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    mailing_id: int | None = None
    run_id: str = ""
    host: str = ""
    owner: str = ""
    started_at: datetime
    ended_at: datetime | None = None
    approve_until: datetime | None = None
    trace: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mailings(self) -> tuple[int, ...]:
        """The mailings that it made: a notebook may make several, and `mailing_id` is the first of them."""
        one = () if self.mailing_id is None else (self.mailing_id,)
        return tuple(dict.fromkeys([*one, *self.trace.get("mailings", ())]))

    @property
    def planned(self) -> Occurrence:
        """The occurrence itself; of one by hand, the moment it was asked for."""
        wall = datetime.fromisoformat(self.occurrence.removeprefix(BY_HAND))
        return Occurrence(wall, self.due_at.astimezone(UTC))

    def may_be_released_by(self, user: str) -> bool:
        """Tell whether a person is one of its approvers, without regard to accents and case."""
        return folded(user) in {folded(name) for name in self.job.approvers}

    def is_over(self, now: datetime) -> bool:
        """Tell whether the time has passed until which what waits may be released."""
        return self.approve_until is not None and now > self.approve_until

    @property
    def mailing_key(self) -> str:
        """The key of the mailing that it makes: the same however often it is gone on with (8.3)."""
        return mailing_key(self.key, self.occurrence)


def mailing_key(job: str, occurrence: str) -> str:
    """Return the key of the mailing that an occurrence of a job makes."""
    return f"{JOB_KEY}{job}:{occurrence}"


def job_of(key: str) -> str:
    """Return the job whose mailing has this key; nothing for a mailing that no job made."""
    return key.split(":", 2)[1] if key.startswith(JOB_KEY) and key.count(":") >= 2 else ""


def key_for(title: str, taken: Sequence[str] = ()) -> str:
    """Return the key of a new job: its title in small plain letters, with a number where another has it."""
    words = _APART.sub("-", folded(title)).strip("-")[:60].strip("-") or "job"
    number, key = 1, words
    while key in taken:
        number += 1
        key = f"{words}-{number}"
    return key


def late_limit(text: str) -> Any:
    """Read until when a missed occurrence is made up for: a time of day, a number of hours, or nothing.

    Raises
    ------
    BadValue
        When it is none of them.
    """
    words = text.strip().lower()
    if not words:
        return None
    hours = _HOURS.fullmatch(words)
    if hours and ":" not in words:
        return timedelta(hours=int(hours[1]))
    return read_time(words)


def decided(
    job: Job,
    due: Sequence[Occurrence],
    *,
    now: datetime,
    calendar: PracticeCalendar,
    allowance: timedelta = PUNCTUAL,
) -> list[tuple[Occurrence, str]]:
    """Decide of the occurrences that are due, in order, why each is left out (`REASONS`); "" for what is done now.

    Parameters
    ----------
    due
        Those that nobody has taken yet, the earliest first.
    allowance
        How late one may be and not count as missed.
    """
    late = [now - one.at > allowance for one in due]
    told = []
    for place, occurrence in enumerate(due):
        reason = ""
        if job.not_on_closed_days and not calendar.is_open(occurrence.day):
            reason = "closed_day"
        elif job.missed is Missed.SKIP and late[place]:
            reason = "missed"
        elif late[place] and job.is_too_late(occurrence, now=now, zone=calendar.zone):
            reason = "too_late"
        told.append((occurrence, reason))
    if job.missed is Missed.EACH:
        return told
    done = [place for place, (_one, reason) in enumerate(told) if not reason]
    for place in done[:-1]:
        told[place] = (told[place][0], "coalesced")
    return told
