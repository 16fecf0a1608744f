"""Send what is due of one queued mailing: its account, its way out, its letters, and where it stands after (8.5)."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from workbench.domain.calendar import Now
from workbench.domain.deliveries import OPEN
from workbench.domain.departures import NextDeparture, WaitingFor
from workbench.domain.jobs import OccurrenceState, job_of
from workbench.domain.mailings import Counts, MailingProgress, MailingStatus
from workbench.domain.messages import Letter
from workbench.domain.sending_hours import SendingHours
from workbench.errors import SendingStopped, WorkbenchError, WorkspaceError
from workbench.ports import Claimed, Outbox
from workbench.practice.erasing import tidy_after
from workbench.practice.letters import LetterPress, Postman
from workbench.sending.paced_outbox import PacedOutbox
from workbench.sending.sender import WAIT_LIMIT, LetterOf, Progress, SendReport, send_pending

if TYPE_CHECKING:
    from workbench.practice.accounts import TransportFactory
    from workbench.practice.practice import Practice

LOOK_AGAIN = 2.0
"""Seconds between two looks, while a long time is waited, at whether there is still something to wait for."""


def dispatch(
    practice: Practice,
    transport_of: TransportFactory,
    mailing_id: int,
    *,
    only: Sequence[int] | None,
    connections: int | None,
    progress: Callable[[MailingProgress], None] | None,
    stop: threading.Event | None,
) -> SendReport | None:
    """Drain the outbox of a mailing; see ``Practice.drain``."""
    mailings, library = practice.ledger.mailings, practice.ledger.library
    record = mailings.mailing(mailing_id)
    practice.ledger.recover(practice.now())
    before = mailings.counts(mailing_id)
    if not before.pending:
        _ended(practice, mailing_id)
        return None
    practice.ledger.guard.check(by=practice.user, now=practice.now())
    beside = 0
    if only is not None:
        beside = before.pending - len(set(only).intersection(mailings.numbers(mailing_id, OPEN)))
    account = practice.accounts[record.account]
    password = practice.accounts.password(account)
    practice.files_of(library.revision(record.template_revision_id))

    def press_of(revision: int, letterhead: int | None, columns: tuple[str, ...]) -> LetterPress:
        head = None if letterhead is None else practice.ledger.letterheads.letterhead(letterhead)
        return practice.press(library.revision(revision), account, columns=columns, letterhead=head, frozen=True)

    postman = Postman(press_of)
    mailings.set_status(mailing_id, MailingStatus.SENDING, by=practice.user, now=practice.now())
    opening, interrupting = _opening(practice, record.hours), stop is None
    stop = stop or threading.Event()
    try:
        with (
            practice.ledger.start_sender(user=practice.user, now=practice.now(), mailing_id=mailing_id) as sender,
            transport_of(account, password, connections) as transport,
            closing(postman),
        ):
            outbox = practice.ledger.outbox(
                mailing_id,
                sender,
                objections=practice.store.objections,
                selves=practice.store.selves,
                only=only,
            )
            quota = practice.ledger.quota(account.name, account.limits, sender) if account.limits else None
            paced = PacedOutbox(outbox, quota=quota, opening=opening, now=practice.now) if quota or opening else None
            with closing(paced) if paced is not None else nullcontext():
                report = send_pending(
                    paced or outbox,
                    transport,
                    _never_late(postman.letter),
                    expect=postman.expect,
                    now=practice.now,
                    sleep=_watching(paced or outbox, stop, practice.now),
                    progress=_of_the_mailing(practice, mailing_id, before, beside, paced, progress),
                    stop=stop,
                    wait_limit=WAIT_LIMIT if practice.patience is None else practice.patience,
                )
    except WorkbenchError as error:
        reason = error.reason if isinstance(error, SendingStopped) else "stopped"
        with contextlib.suppress(WorkspaceError):  # what stopped the sending is what its caller needs to hear
            mailings.set_status(mailing_id, MailingStatus.STOPPED, by=practice.user, now=practice.now(), reason=reason)
        raise
    _ended(practice, mailing_id)
    tidy_after(practice, mailing_id)
    if report.interrupted and interrupting:
        # The interrupt did its work: what was in flight is finished. Whoever called must know of it too.
        raise KeyboardInterrupt
    return report


def _ended(practice: Practice, mailing_id: int) -> None:
    """Say how a sending left its mailing, and that a job whose mailing had stopped is done once all of it has left.

    The job of a notebook stays failed: its mailing may have left since, but another cell may be what failed.
    """
    counts = practice.ledger.mailings.finish(mailing_id, by=practice.user, now=practice.now())
    if counts.pending or not job_of(practice.ledger.mailings.mailing(mailing_id).key):
        return
    book = practice.ledger.occurrences
    record = book.with_mailing(mailing_id)
    if record is not None and record.state is OccurrenceState.FAILED:
        book.move(record, OccurrenceState.DONE, trace={**record.trace, "made_up": True}, now=practice.now())


def next_departure(practice: Practice, mailing_id: int) -> NextDeparture | None:
    """Return when the next message may leave and why not now; see ``Practice.next_departure``."""
    found, now = practice.ledger.mailings.next_due(mailing_id), practice.now()
    if found is None:
        return None
    due, why = found
    at = max(due, now)
    record = practice.ledger.mailings.mailing(mailing_id)
    account = practice.accounts.get(record.account)
    if account is not None and account.limits:
        free_at = practice.ledger.quota(account.name, account.limits).free_at(now=now)
        at, why = (free_at, WaitingFor.LIMITS) if free_at > at else (at, why)
    opening = _opening(practice, record.hours)
    if opening is not None and (opens := opening(at)) > at:
        at, why = opens, WaitingFor.HOURS
    return NextDeparture(at=at.astimezone(practice.calendar.zone), waiting_for=why) if at > now else None


def _opening(practice: Practice, hours: str) -> Callable[[datetime], datetime] | None:
    """Return what tells from when on a message may leave, or nothing when it always may."""
    kept = SendingHours.parse(hours)
    return partial(kept.next_opening, calendar=practice.calendar) if kept else None


def _never_late(letter_of: LetterOf) -> LetterOf:
    """Let letters that come too late before long know until when they may leave."""

    def made(row: Claimed, now: datetime) -> Letter:
        letter = letter_of(row, now)
        if row.expires_at is None:
            return letter
        return replace(letter, leave_by=time.monotonic() + (row.expires_at - now).total_seconds())

    return made


def _watching(outbox: Outbox, stop: threading.Event, now: Now) -> Callable[[float], object]:
    """Return what waits, and no longer once somebody stopped, cancelled or hastened what is waited for."""

    def wait(seconds: float) -> None:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and not stop.wait(min(left, LOOK_AGAIN)):
            if left > LOOK_AGAIN and ((due := outbox.next_due()) is None or due <= now()):
                return

    return wait


def _why(practice: Practice, mailing_id: int, paced: PacedOutbox | None) -> WaitingFor:
    """Tell why nothing leaves while it is waited."""
    if paced is not None and paced.waiting_for:
        return paced.waiting_for
    due = practice.ledger.mailings.next_due(mailing_id)
    return WaitingFor.NOTHING if due is None else due[1]


def _of_the_mailing(
    practice: Practice,
    mailing_id: int,
    before: Counts,
    beside: int,
    paced: PacedOutbox | None,
    progress: Callable[[MailingProgress], None] | None,
) -> Callable[[Progress], None] | None:
    """Turn what one run says of itself into where the whole mailing stands."""
    if progress is None:
        return None

    known: tuple[datetime | None, WaitingFor] = (None, WaitingFor.NOTHING)
    base = before

    def tell(run: Progress) -> None:
        nonlocal known, base
        decided = run.sent + run.failed + run.in_doubt
        if run.waiting_until != known[0]:
            with contextlib.suppress(WorkspaceError):  # that it cannot be read is the sender's to meet and to tell
                why = WaitingFor.NOTHING if run.waiting_until is None else _why(practice, mailing_id, paced)
                # While it was waited, somebody may have taken rows back, or sent some from elsewhere.
                base = _without_run(practice.ledger.mailings.counts(mailing_id), run)
                known = (run.waiting_until, why)
        progress(
            MailingProgress(
                total=base.sent + base.failed + base.in_doubt + base.skipped + base.pending,
                sent=base.sent + run.sent,
                failed=base.failed + run.failed,
                in_doubt=base.in_doubt + run.in_doubt,
                skipped=base.skipped,
                pending=max(0, base.pending - decided),
                cancelled=base.cancelled,
                in_flight=run.in_flight,
                beside=beside,
                waiting_until=run.waiting_until.astimezone(practice.calendar.zone) if run.waiting_until else None,
                waiting_for=known[1],
                mailing_id=mailing_id,
            )
        )

    return tell


def _without_run(counts: Counts, run: Progress) -> Counts:
    """Return where a mailing would stand had this run decided nothing."""
    return Counts(
        sent=max(0, counts.sent - run.sent),
        failed=max(0, counts.failed - run.failed),
        in_doubt=max(0, counts.in_doubt - run.in_doubt),
        skipped=counts.skipped,
        pending=counts.pending + run.sent + run.failed + run.in_doubt,
        cancelled=counts.cancelled,
    )
