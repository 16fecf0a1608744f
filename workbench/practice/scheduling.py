"""The scheduler: what is due is done once, what was missed as each job says, what waits leaves when it may (P14)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from workbench.domain.jobs import PUNCTUAL, RESTORED, Job, OccurrenceRecord, OccurrenceState, decided
from workbench.domain.mailings import MailingStatus
from workbench.domain.recurrence import Occurrence, key_of
from workbench.errors import JournalBroken, WorkbenchError, WorkspaceError
from workbench.practice.alerting import Alerts
from workbench.practice.executing import execute

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

LONGEST_SLEEP = 30.0
"""Seconds: nobody waits longer for a job that was just made, or for a message that may leave now."""

AGAIN_AFTER = timedelta(minutes=10)
"""After so long a mailing that the network stopped is tried again."""

_OF_THE_NETWORK = ("network", "greeting_refused")
"""Why a mailing stopped that may go on by itself; a refused password is for a person to mend."""

_S = OccurrenceState


def this_machine() -> str:
    """Return the name by which a job is given to this machine alone; ``WORKBENCH_HOST`` names it otherwise."""
    return os.environ.get("WORKBENCH_HOST") or socket.gethostname()


@dataclass(slots=True, kw_only=True)
class Pass:
    """What one pass of the scheduler did."""

    done: list[OccurrenceRecord] = field(default_factory=list)
    left_out: int = 0
    drained: list[int] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    @property
    def mailings(self) -> list[int]:
        """The mailings that it made or went on with, each once."""
        made = [one.mailing_id for one in self.done if one.mailing_id is not None]
        return list(dict.fromkeys([*made, *self.drained]))


class Scheduler:
    """Looks after what is done by itself, one pass at a time.

    Parameters
    ----------
    tell
        Told a sentence about whatever is done, for whoever looks on.
    """

    def __init__(self, practice: Practice, *, tell: Callable[[OccurrenceRecord], object] | None = None) -> None:
        self._practice = practice
        self._tell = tell or (lambda _record: None)
        # What may leave later leaves with a later pass: no other job waits for that.
        practice.patience = LONGEST_SLEEP
        self._alerts = Alerts(practice)
        self._began: float | None = None
        self._at_work_since = 0.0

    def tick(self) -> Pass:
        """Do what is due now: what dead schedulers began, what came round, what may leave, what nobody released.

        Raises
        ------
        NotArmed
            When the workspace was restored, moved or copied, and nobody re-armed it.
        KeyboardInterrupt
            When somebody asked to end; what was in flight is finished, and the next pass goes on.
        """
        practice, began = self._practice, time.monotonic()
        self._at_work_since = began if self._began is None else self._began
        self._began = began
        practice.forget_calendar()
        practice.ledger.guard.check(by=practice.user, now=practice.now())
        practice.ledger.recover(practice.now())
        practice.ledger.runs.recover(practice.now())
        made = Pass()
        self._recover(made)
        for key in practice.ledger.jobs.all():
            self._attempt(made, partial(self._look_after, key, made))
        self._attempt(made, partial(self._time_out, made))
        for number in self._waiting():
            self._attempt(made, partial(self._drain, number, made))
        return made

    def seconds_to_next(self) -> float:
        """Return how long nothing is due, at most `LONGEST_SLEEP`."""
        now = self._practice.now()
        due = [one.at for job in self._practice.ledger.jobs.all().values() if (one := self._next(job, now)) is not None]
        return min([LONGEST_SLEEP, *(max(0.0, (at - now).total_seconds()) for at in due)])

    # --- what is due ------------------------------------------------------------------------------------------

    def _next(self, job: Job, now: datetime) -> Occurrence | None:
        if not _is_ours(job):
            return None
        calendar = self._practice.calendar
        wall = now.astimezone(calendar.zone).replace(tzinfo=None, second=0, microsecond=0) - timedelta(hours=2)
        return next((one for one in job.recurrence.after(wall, calendar) if one.at > now), None)

    def _recover(self, made: Pass) -> None:
        practice, book = self._practice, self._practice.ledger.occurrences
        unsure = practice.ledger.guard.unsure_until()
        with book.owner() as owner, book.beating(owner):
            for record in book.take_over(owner, machine=this_machine()):
                if unsure is not None and record.started_at <= unsure:
                    book.move(record, _S.SKIPPED, reason=RESTORED, trace=record.trace, now=practice.now())
                    made.left_out += 1
                else:
                    self._attempt(made, partial(self._execute, record, made))

    def _look_after(self, key: str, made: Pass) -> None:
        practice, book = self._practice, self._practice.ledger.occurrences
        # As it is now: another job may have been at work for long, and somebody switched this one off meanwhile.
        job = practice.ledger.jobs.job(key)
        if job is None or not _is_ours(job):
            return
        now = practice.now()
        # While it was at work it was not away: nothing counts as missed for that. A machine asleep counts no time here.
        allowance = PUNCTUAL + timedelta(seconds=time.monotonic() - self._at_work_since)
        due = list(due_now(practice, job, now=now))
        # What a restored ledger does not know may have been done before it was restored, and is done by nobody twice.
        unsure = practice.ledger.guard.unsure_until()
        lost = [] if unsure is None else [one for one in due if one.at <= unsure]
        rest = decided(job, due[len(lost) :], now=now, calendar=practice.calendar, allowance=allowance)
        # In their order: whoever is killed in between has done or left out all up to one of them, and the rest is due.
        for left_out, some in groupby([*((one, RESTORED) for one in lost), *rest], key=lambda one: bool(one[1])):
            if left_out:
                if practice.ledger.jobs.job(key) != job:
                    return  # the next pass does what is still asked
                made.left_out += book.leave_out(job, some, now=practice.now())
                continue
            for occurrence, _none in some:
                if practice.ledger.jobs.job(key) != job:
                    return
                with book.owner() as owner, book.beating(owner):
                    record = book.claim(owner, job, occurrence, now=practice.now())
                    if record is not None:
                        self._execute(record, made)

    def _execute(self, record: OccurrenceRecord, made: Pass) -> None:
        done = execute(self._practice, record)
        made.done.append(done)
        self._tell(done)
        self._alerts.after(done)

    # --- what waits -------------------------------------------------------------------------------------------

    def _time_out(self, made: Pass) -> None:
        practice, book = self._practice, self._practice.ledger.occurrences
        now = practice.now()
        for record in book.in_state(_S.AWAITING_APPROVAL):
            if record.mailing_id is not None and self._decided_elsewhere(record, made):
                continue
            if not record.is_over(now) or record.mailing_id is None:
                self._alerts.after(record)  # whoever prepared it may have been cut off before that
                continue
            with book.owner() as owner:
                taken = book.take(owner, record)
                if taken is not None:
                    practice.ledger.mailings.cancel(record.mailing_id, by=practice.user, now=now, reason="not_approved")
                    book.move(taken, _S.SKIPPED, reason="not_approved", trace=record.trace, now=now)
                    ended = book.record(record.key, record.occurrence)
                    made.done.append(ended)
                    self._tell(ended)
                    self._alerts.after(ended)

    def _decided_elsewhere(self, record: OccurrenceRecord, made: Pass) -> bool:
        """Follow a mailing that was cancelled, or has ended, without a word about its occurrence."""
        assert record.mailing_id is not None  # noqa: S101 - whoever waits has one
        status = self._practice.ledger.mailings.mailing(record.mailing_id).status
        if status is MailingStatus.AWAITING_APPROVAL:
            return False
        cancelled = status is MailingStatus.CANCELLED
        state, reason = (_S.SKIPPED, "cancelled") if cancelled else (_S.DONE, "")
        book = self._practice.ledger.occurrences
        if book.move(record, state, reason=reason, trace=record.trace, now=self._practice.now()):
            made.done.append(book.record(record.key, record.occurrence))
        return True

    def _waiting(self) -> Iterator[int]:
        """Give the mailings of which something may leave now, and that nobody is sending."""
        practice = self._practice
        open_ones = practice.ledger.mailings.unfinished().sort_values("mailing_id")
        for number in open_ones[open_ones["pending"] > 0]["mailing_id"].tolist():
            # As it is now: the one before may have taken long, and somebody paused or cancelled this one meanwhile.
            record, now = practice.ledger.mailings.mailing(number), practice.now()
            status = record.status
            if status is MailingStatus.STOPPED:
                if record.reason not in _OF_THE_NETWORK:
                    continue
                if now - practice.ledger.mailings.moves(number)[-1][0] < AGAIN_AFTER:
                    continue
            elif status not in (MailingStatus.QUEUED, MailingStatus.SENDING):
                continue
            if practice.ledger.mailings.standing(number, now=now).at_work:
                continue
            if practice.next_departure(number) is None:
                yield int(number)

    def _drain(self, number: int, made: Pass) -> None:
        practice, book = self._practice, self._practice.ledger.occurrences
        stopped = ""
        try:
            practice.drain(number, progress=lambda _progress: None)
            made.drained.append(number)
        except (WorkspaceError, JournalBroken):
            raise
        except WorkbenchError as error:
            stopped = error.sentence
            made.troubles.append(stopped)
        if (record := book.with_mailing(number)) is not None:
            self._alerts.after(record, stopped=stopped)

    def _attempt(self, made: Pass, work: Callable[[], object]) -> None:
        """Do one thing; what goes wrong with it keeps nothing else from being done."""
        try:
            work()
        except WorkbenchError as error:
            made.troubles.append(error.sentence)


def _is_ours(job: Job) -> bool:
    """Tell whether a job is to be done, and on this machine."""
    return job.active and job.host in ("", this_machine())


def due_now(practice: Practice, job: Job, *, now: datetime) -> Iterator[Occurrence]:
    """Give the occurrences of a job whose time has come and that nobody has taken, the earliest first.

    They count from the latest one that has a row, on the practice's wall clock, and never from before the job was
    set as it is. What a clock that once stood too late has written for days to come does not count.
    """
    calendar = practice.calendar
    shown = now.astimezone(calendar.zone).replace(tzinfo=None)
    last = practice.ledger.occurrences.last(job.key, until=key_of(shown))
    after = datetime.fromisoformat(last) if last else None
    since = job.since
    if since is not None:
        begun = since.astimezone(calendar.zone).replace(tzinfo=None) - timedelta(hours=2)
        after = begun if after is None or begun > after else after
    for occurrence in job.recurrence.due(after=after, now=now, calendar=calendar):
        if since is None or occurrence.at >= since:
            yield occurrence
