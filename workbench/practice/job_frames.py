"""Jobs as frames: which there are, when they come round next and what they search then, what they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.jobs import NOTEBOOK, REASONS, Job, OccurrenceRecord, OccurrenceState
from workbench.domain.mailings import Counts, Tally
from workbench.domain.recurrence import Occurrence
from workbench.language import _
from workbench.practice.alerting import STOPPED, Alerts
from workbench.practice.executing import days_of

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_COUNTED = ("sent", "failed", "in_doubt", "skipped", "pending")

JOB_COLUMNS = {
    "job": "string", "title": "string", "active": "bool", "treatment": "string", "recurrence": "string",
    "template": "string", "account": "string", "host": "string", "missed": "string", "approvers": "string",
    "next_at": "moment", "last_at": "moment", "last_state": "string", "last_reason": "string", "waiting": "Int64",
}  # fmt: skip

NEXT_COLUMNS = {"occurrence": "string", "at": "moment", "start": "string", "end": "string", "note": "string"}

LOG_COLUMNS = {
    "job": "string", "occurrence": "string", "state": "string", "reason": "string", "why": "string",
    "asked_by": "string", "due_at": "moment", "started_at": "moment", "ended_at": "moment", "approve_until": "moment",
    "late": "Int64", "start": "string", "end": "string", "mailing_id": "Int64", "run_id": "string", "found": "Int64",
    **dict.fromkeys(_COUNTED, "Int64"), "error": "string", "alerts": "string",
    "left_out": "string", "findings": "string", "sent_before": "Int64",
}  # fmt: skip


def upcoming(practice: Practice, job: Job) -> Iterator[Occurrence]:
    """Give the occurrences of a job that are to come."""
    calendar, now = practice.calendar, practice.now()
    before = now.astimezone(calendar.zone).replace(tzinfo=None, second=0, microsecond=0) - timedelta(hours=2)
    return (one for one in job.recurrence.after(before, calendar) if one.at > now)


def jobs_frame(practice: Practice) -> pd.DataFrame:
    """Return one row a job; see ``Jobs.frame``."""
    book = practice.ledger.occurrences
    waiting = [one.key for one in book.in_state(OccurrenceState.AWAITING_APPROVAL)]
    rows = []
    for job in practice.ledger.jobs.all().values():
        following = next(upcoming(practice, job), None) if job.active else None
        last = next(iter(book.of(job.key, limit=1)), None)
        rows.append(
            {
                "job": job.key,
                "title": job.title,
                "active": job.active,
                "treatment": job.treatment,
                "recurrence": job.recurrence.sentence,
                "template": job.template,
                "account": job.account,
                "host": job.host,
                "missed": job.missed.value,
                "approvers": ", ".join(job.approvers),
                "next_at": following.at if following else None,
                "last_at": last.started_at if last else None,
                "last_state": last.state.value if last else "",
                "last_reason": last.reason if last else "",
                "waiting": waiting.count(job.key),
            }
        )
    return typed(rows, JOB_COLUMNS, practice)


def next_frame(practice: Practice, job: Job, count: int) -> pd.DataFrame:
    """Return one row an occurrence to come; see ``Jobs.next``."""
    rows = []
    for one in islice(upcoming(practice, job), count):
        days = days_of(practice, job, one.day)
        told = {"start": days.get("start", ""), "end": days.get("end", "")}
        rows.append({"occurrence": one.key, "at": one.at, **told, "note": _note(practice, job, one, days)})
    return typed(rows, NEXT_COLUMNS, practice)


def _note(practice: Practice, job: Job, one: Occurrence, days: Mapping[str, str]) -> str:
    """Return what is to be known of an occurrence before it comes."""
    calendar, notes = practice.calendar, []
    if not calendar.is_open(one.day):
        left_out = _("the practice is closed: nothing is done")
        notes.append(left_out if job.not_on_closed_days else _("the practice is closed, it runs all the same"))
    first, last = (days.get(name, "") for name in ("start", "end"))
    if first and last and not _any_open(practice, date.fromisoformat(first), date.fromisoformat(last)):
        notes.append(_("closed on the days searched"))
    if one.at.astimezone(calendar.zone).replace(tzinfo=None) != one.wall:
        notes.append(_("this hour does not exist on that day: at the next one there is"))
    elif one.wall.hour == 2:
        notes.append(_("between 2 and 3 the clocks change twice a year: another hour is safer"))
    return "; ".join(notes)


def _any_open(practice: Practice, first: date, last: date) -> bool:
    days = (first + timedelta(days=place) for place in range(min(31, (last - first).days + 1)))
    return any(practice.calendar.is_open(day) for day in days)


def log_frame(practice: Practice, records: Sequence[OccurrenceRecord]) -> pd.DataFrame:
    """Return one row an occurrence; see ``Jobs.log``."""
    return typed([_told(practice, record) for record in records], LOG_COLUMNS, practice)


def _told(practice: Practice, record: OccurrenceRecord) -> dict[str, Any]:
    trace = record.trace
    tally = _tally_of(practice, record)
    own, before = _of_run(practice, record, tally.counts)
    counts = own if record.mailings else Counts() if "found" in trace else None
    alerts = Alerts(practice).standing(record)
    return {
        "job": record.key,
        "occurrence": record.occurrence,
        "state": record.state.value,
        "reason": record.reason,
        "why": _(REASONS[record.reason]) if record.reason in REASONS else "",
        "asked_by": record.asked_by,
        "due_at": record.due_at,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "approve_until": record.approve_until,
        "late": trace.get("late_minutes"),
        "start": record.parameters.get("start", ""),
        "end": record.parameters.get("end", ""),
        "mailing_id": record.mailing_id,
        "run_id": record.run_id,
        "found": trace.get("found"),
        **{name: getattr(counts, name) if counts else None for name in _COUNTED},
        "error": _trouble(record, waits=bool(counts and counts.pending)),
        "alerts": ", ".join(f"{kind} {how}".strip() for kind, how in alerts.items()),
        "left_out": _coded(tally.of_list.of("skipped")),
        "findings": _coded(trace.get("findings", {})),
        "sent_before": before if counts else None,
    }


def _trouble(record: OccurrenceRecord, *, waits: bool) -> str:
    """Return what went wrong, said to be over where all has left since."""
    error = record.trace.get("error") or (record.trace.get(STOPPED, "") if waits else "")
    if error and record.trace.get("made_up") and record.state is OccurrenceState.DONE:
        return _("Over since: {error}").format(error=error)
    return str(error)


def counts_of_run(practice: Practice, record: OccurrenceRecord) -> tuple[Counts, int]:
    """Return the numbers of an occurrence as they stand now, and how many of its messages had left before it began.

    A notebook goes on with the mailing that it finds: what left outside its run is none of what it sent.
    """
    return _of_run(practice, record, _tally_of(practice, record).counts)


def _tally_of(practice: Practice, record: OccurrenceRecord) -> Tally:
    return Tally.together(map(practice.ledger.mailings.tally, record.mailings))


def _of_run(practice: Practice, record: OccurrenceRecord, counts: Counts) -> tuple[Counts, int]:
    if record.job.treatment != NOTEBOOK or not record.run_id or not record.mailings:
        return counts, 0
    run = practice.ledger.runs.run(record.run_id)
    sent, before = practice.ledger.mailings.sent_of_run(record.mailings, run)
    return replace(counts, sent=sent), before


def _coded(counts: Mapping[str, int]) -> str:
    """Return codes with how many there are of each, the most frequent first; a code tells what, and never whose."""
    told: Counter[str] = Counter()
    for reason, count in counts.items():
        told[reason.partition(":")[0]] += count
    return ", ".join(f"{code} {count}" for code, count in sorted(told.items(), key=lambda one: (-one[1], one[0])))


def typed(rows: list[dict[str, Any]], columns: Mapping[str, str], practice: Practice) -> pd.DataFrame:
    """Return rows as a frame with these columns and kinds; a moment is one of the practice's zone."""
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
    for name, kind in columns.items():
        if kind == "moment":
            moments = pd.to_datetime(frame[name], utc=True)
            frame[name] = moments.astype(pd.DatetimeTZDtype("us", practice.calendar.zone))
    return frame.astype({name: kind for name, kind in columns.items() if kind != "moment"})
