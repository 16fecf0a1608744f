"""Do what an occurrence of a job asks: search as of its day, make its mailing, send it or have it wait for a word.

Done once more after a crash it goes on with the same mailing, which says who is left: nobody gets it twice (8.3).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from workbench.domain.jobs import DAY_SCHEDULE, NOTEBOOK, PUNCTUAL, Job, OccurrenceRecord, OccurrenceState
from workbench.domain.mailings import MailingProgress, MailingStatus, Tally
from workbench.domain.runs import RunRecord, RunStatus
from workbench.errors import JournalBroken, SendingStopped, WorkbenchError, WorkspaceError
from workbench.practice.day_schedules import OPTIONS, own_template, schedules
from workbench.practice.parts import LongList

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice.mailing import Mailing
    from workbench.practice.practice import Practice

_S = OccurrenceState
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Told = Callable[[MailingProgress], None]
"""Who is told where a mailing stands."""

_OF_THE_OCCURRENCE = ("taken_up", "late_minutes", "alerts", "doubts_told", "found", "findings")
"""What a trace keeps when the work is gone on with."""


def rows_of(practice: Practice, job: Job, day: date) -> pd.DataFrame | LongList:
    """Return whom a job finds on a day: its relative dates count from it, and never from now."""
    if job.treatment == DAY_SCHEDULE:
        return practice.search(job.searched, today=day, **job.asked)
    return practice.found_in_parts(job.searched, today=day, **job.asked)


def days_of(practice: Practice, job: Job, day: date) -> dict[str, str]:
    """Return the real dates that a job searches on a day, by parameter; nothing of a notebook."""
    if job.treatment == NOTEBOOK:
        return {}
    search, asked = practice.meant_search(job.searched, job.asked)
    resolved = practice.store.resolve(search, asked, today=day)
    kinds = {one.name: one.kind for one in practice.searches()[search].parameters}
    return {name: value for name, value in resolved.items() if kinds.get(name) == "day"}


def mailing_of(practice: Practice, job: Job, rows: pd.DataFrame | LongList, *, key: str) -> Mailing:
    """Return the mailing of a job to what it found."""
    template = practice.templates[job.template] if job.template else own_template()
    if job.template and job.revision:
        book = practice.ledger.library
        template = book.revision(book.revision_id(template.path, job.revision))
    options: Mapping[str, bool] = {}
    if job.treatment == DAY_SCHEDULE and not isinstance(rows, LongList):
        rows, options = schedules(practice, rows), OPTIONS
    mailing = practice.mailing(
        rows, template, account=job.account or None, role=job.role or None, key=key, options=options
    )
    return mailing.leaves(within_hours=job.within_hours, approval=bool(job.approvers))


def _untold(_progress: MailingProgress) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class _Work:
    """What is known of the work so far, whatever ends it."""

    trace: dict[str, Any] = field(default_factory=dict)
    mailing_id: int | None = None


def execute(
    practice: Practice, record: OccurrenceRecord, *, progress: Callable[[MailingProgress], None] | None = None
) -> OccurrenceRecord:
    """Do the work of an occurrence that is ours, and return how it stands then.

    Parameters
    ----------
    progress
        Told where its mailing stands, now and then; nobody is by default.

    Raises
    ------
    KeyboardInterrupt
        When a person, or the system, asked to end: what was in flight is finished, and the rest is gone on with later.
    WorkspaceError, JournalBroken
        When the ledger cannot be written, or nothing may be sent from here; it is gone on with when that is mended.
    """
    book, runs = practice.ledger.occurrences, practice.ledger.runs
    begun = practice.now()
    work = _Work(trace={name: value for name, value in record.trace.items() if name in _OF_THE_OCCURRENCE})
    if begun - record.due_at > PUNCTUAL and record.mailing_id is None:
        work.trace["late_minutes"] = int((begun - record.due_at).total_seconds() // 60)
    state, reason = _S.FAILED, "unforeseen"
    try:
        if record.job.treatment == NOTEBOOK:
            state, reason = _run_notebook(practice, record, work)
        else:
            run = runs.start(notebook="", digest="", parameters={}, by=practice.user, now=begun, job_id=record.key)
            ended = RunStatus.FAILED
            try:
                book.note(record, run_id=run.id)
                with practice.ledger.mailings.within(run.id):
                    state, reason = _send(practice, record, work, progress or _untold)
                ended = RunStatus.DONE
            except KeyboardInterrupt:
                ended = RunStatus.INTERRUPTED
                raise
            finally:
                run.end(ended, now=practice.now())
    except KeyboardInterrupt:
        book.note(record, mailing_id=work.mailing_id)
        book.move(record, _S.INTERRUPTED, trace=work.trace, now=practice.now())
        raise
    except (WorkspaceError, JournalBroken):
        raise
    except SendingStopped as stopped:
        reason = stopped.reason
        work.trace["error"] = stopped.sentence
    except WorkbenchError as refused:
        reason = "refused_by_workbench"
        work.trace["error"] = refused.sentence
    except Exception as unforeseen:
        # Only the kind of error is kept: its text could hold a patient's data (P12).
        work.trace["error"] = type(unforeseen).__name__
    now = practice.now()
    until = None
    if state is _S.AWAITING_APPROVAL:
        # Gone on with, it may be released as long as before, and no longer.
        until = record.approve_until or record.job.approval_ends(now=now, zone=practice.calendar.zone)
    book.note(record, mailing_id=work.mailing_id)
    book.move(record, state, reason=reason, trace=work.trace, approve_until=until, now=now)
    return book.record(record.key, record.occurrence)


def _send(practice: Practice, record: OccurrenceRecord, work: _Work, progress: Told) -> tuple[OccurrenceState, str]:
    """Search, freeze and send; go on with a mailing that was frozen already."""
    job, day = record.job, record.planned.day
    practice.ledger.occurrences.note(record, parameters=days_of(practice, job, day))
    if record.mailing_id is not None:
        known = practice.ledger.mailings.mailing(record.mailing_id)
        if known.status is not MailingStatus.DRAFT:
            return _go_on(practice, known.id, known.status, work, progress)
    rows = rows_of(practice, job, day)
    work.trace["found"] = rows.rows if isinstance(rows, LongList) else len(rows)
    if not work.trace["found"]:
        work.trace["leaving"] = 0
        return _S.DONE, ""
    mailing = mailing_of(practice, job, rows, key=record.mailing_key)
    findings = mailing.check()
    work.trace["findings"] = dict(Counter(findings["code"].astype(str)))
    try:
        mailing.send(confirmed=True, progress=progress)
    finally:
        work.mailing_id = mailing.id
        _count(practice, work, mailing.id)
    return _standing(practice, work.mailing_id)


def _go_on(
    practice: Practice, number: int, status: MailingStatus, work: _Work, progress: Told
) -> tuple[OccurrenceState, str]:
    work.mailing_id = number
    try:
        if status not in (MailingStatus.AWAITING_APPROVAL, MailingStatus.CANCELLED, MailingStatus.PAUSED):
            practice.mailing_by_id(number).resume(progress=progress, results=False)
    finally:
        _count(practice, work, number)
    return _standing(practice, number)


def _standing(practice: Practice, number: int | None) -> tuple[OccurrenceState, str]:
    """Tell how the occurrence stands by how its mailing does."""
    status = None if number is None else practice.ledger.mailings.mailing(number).status
    if status is MailingStatus.AWAITING_APPROVAL:
        return _S.AWAITING_APPROVAL, ""
    return (_S.SKIPPED, "cancelled") if status is MailingStatus.CANCELLED else (_S.DONE, "")


def _count(practice: Practice, work: _Work, *numbers: int | None) -> None:
    """Note what of the mailings leaves, and what is left out and why."""
    made = [practice.ledger.mailings.tally(number) for number in numbers if number is not None]
    if not made:
        return
    tally = Tally.together(made)
    counts = tally.counts
    work.trace["leaving"] = counts.sent + counts.failed + counts.in_doubt + counts.pending
    work.trace["left_out"] = tally.of_list.of("skipped")


def _days_of_run(practice: Practice, run: RunRecord) -> dict[str, str]:
    """Return the first and the last day that a notebook's mailings searched; without any, those it was given."""
    asked: list[Mapping[str, object]] = [
        practice.ledger.mailings.mailing(number).parameters for number in run.mailings
    ] or [run.parameters]
    days = {name: [day for one in asked if _DAY.fullmatch(day := str(one.get(name, "")))] for name in ("start", "end")}
    chosen = {"start": min(days["start"], default=""), "end": max(days["end"], default="")}
    return {name: day for name, day in chosen.items() if day}


def _run_notebook(practice: Practice, record: OccurrenceRecord, work: _Work) -> tuple[OccurrenceState, str]:
    job = record.job
    run = practice.notebooks.run_of_job(
        practice,
        practice.path / job.notebook,
        parameters=dict(job.parameters),
        day=record.planned.day,
        job_id=job.key,
    )
    practice.ledger.occurrences.note(record, run_id=run.id, parameters=_days_of_run(practice, run))
    work.trace["mailings"] = list(run.mailings)
    if run.mailings:
        work.mailing_id = run.mailings[0]
        _count(practice, work, *run.mailings)
        # What the notebook searched is known by the rows of its lists alone.
        lists = Tally.together(practice.ledger.mailings.tally(number) for number in run.mailings).of_list
        work.trace["found"] = sum(lists.rows.values())
    if run.status is RunStatus.INTERRUPTED:
        raise KeyboardInterrupt
    if run.status is RunStatus.FAILED:
        work.trace["error"] = run.error
        return _S.FAILED, "notebook"
    return _S.DONE, ""
