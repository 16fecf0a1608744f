"""Send the pending deliveries of an outbox through a transport until none is open, or nothing more may be done now."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event, Thread
from types import FrameType

from workbench.domain.calendar import Now, system_now
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.errors import JournalBroken, SenderFailed, SendingStopped, WorkbenchError, WorkspaceError
from workbench.language import _
from workbench.ports import Claimed, Outbox, Transport
from workbench.sending.pacing import Pace, next_claim, paced

WAIT_LIMIT = 15 * 60.0
"""Seconds that `send_pending` waits in all for rows that are not due yet (8.5)."""

ELSEWHERE = 1.0
"""Seconds between two looks at rows that are due, but that another sender holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a sending is: deliveries decided in this run, and what it is doing.

    `retrying` counts temporary refusals so far, `in_flight` letters whose content has left and whose reply is awaited;
    `waiting_until` is set while nothing is due before then.
    """

    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    retrying: int = 0
    in_flight: int = 0
    waiting_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What one run did. The mailing's own counts come from the ledger, not from here.

    `next_due` is when the earliest row that is still open may be tried, for the sentence about later rows;
    `interrupted` says that a person asked it to stop.
    """

    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    retrying: int = 0
    interrupted: bool = False
    next_due: datetime | None = None


A_FEW = 2
"""Letters merged at once while answers are waited for: as long as they take others come, and no longer."""

LetterOf = Callable[[Claimed, datetime], Letter]
"""Makes the letter of a claimed row, dated now; raises a ``WorkbenchError`` when that row cannot be merged."""

_NOT_OF_A_ROW = (MemoryError, OSError, SenderFailed, JournalBroken, WorkspaceError)
"""Raised while one row is merged, but about the machine or the ledger: they stop the sending and fail nobody."""


def send_pending(
    outbox: Outbox,
    transport: Transport,
    letter_of: LetterOf,
    *,
    expect: Callable[[Sequence[Claimed]], object] | None = None,
    pace: Pace | None = None,
    now: Now = system_now,
    sleep: Callable[[float], object] | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
    wait_limit: float = WAIT_LIMIT,
) -> SendReport:
    """Send every open row of `outbox` that becomes due within `wait_limit` seconds of waiting.

    The work is done in a thread of its own, so that an interrupt (Ctrl-C, the kernel's stop button) or `stop`
    finishes what is in flight, gives the rest back, and returns; the same call later goes on. A second
    interrupt leaves at once, like a kill. `progress` is called from the calling thread; an error of it stops the
    sending as an interrupt does, and is raised then. `expect` is told of the rows that `letter_of` will be asked for,
    in their order, so that they can be merged ahead.

    No row is left « sending » when it ends: what was in flight when something unforeseen happened is in doubt.

    Raises
    ------
    SendingStopped
        The server or the network ended it (its leaves say how); the rows stay pending.
    JournalBroken
        The ledger could not be written; nothing left since.
    SenderFailed
        Anything unforeseen, with its cause.
    """
    stop = stop or Event()
    run = _Run(outbox, transport, letter_of, expect, pace or Pace(), now, sleep or stop.wait, stop, wait_limit)
    thread = Thread(target=run.work, name="workbench-sender", daemon=True)
    shown: Progress | None = None
    with _interrupts_stop(stop):
        thread.start()
        try:
            while thread.is_alive():
                thread.join(run.pace.progress_every)
                if progress is not None and run.progress() != shown:
                    shown = run.progress()
                    progress(shown)
        except BaseException as error:
            stop.set()
            if isinstance(error, Exception):  # whoever is told failed, not the sending: it ends in order
                thread.join()
            raise
    if progress is not None and run.progress() != shown:
        progress(run.progress())
    if run.error is not None:
        raise run.error
    return run.report()


@contextlib.contextmanager
def _interrupts_stop(stop: Event) -> Iterator[None]:
    """Let the first interrupt ask to stop, and only the second one raise; in the main thread, where they arrive.

    A request to end (SIGTERM) counts as one when the program answers it; left to the system, it ends the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def asked(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    answered = [number for number, handler in before.items() if callable(handler)]
    for number in answered:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number in answered:
            signal.signal(number, before[number])


class _Run:
    """One call of `send_pending`; it is the transport's queue and its journal at once."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        letter_of: LetterOf,
        expect: Callable[[Sequence[Claimed]], object] | None,
        pace: Pace,
        now: Now,
        sleep: Callable[[float], object],
        stop: Event,
        wait_limit: float,
    ) -> None:
        self.pace = pace
        self.error: BaseException | None = None
        self._outbox = outbox
        self._transport = transport
        self._letter_of = letter_of
        self._expect = expect
        self._now = now
        self._sleep = sleep
        self._stop = stop
        self._wait_limit = wait_limit
        self._claimed: deque[Claimed] = deque()  # ours, not yet merged
        self._ready: deque[Letter] = deque()  # merged, not yet given to the transport
        self._taken: dict[int, Claimed] = {}  # merged or given to the transport, without an outcome yet
        self._announced: set[int] = set()  # of these, the ones whose content may have left
        self._announcing: set[int] = set()  # being announced; only non-empty when that failed
        self._unwritten: list[Outcome] = []  # known, but not durable yet
        self._trouble: Exception | None = None  # what went wrong while a letter was being fetched
        self._decided = dict.fromkeys(
            (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.IN_DOUBT, DeliveryStatus.PENDING), 0
        )
        self._claim_size = 0  # how many rows were asked for last
        self._claimed_at: datetime | None = None  # when
        self._decided_then = 0  # how many had been decided by then
        self._waiting_until: datetime | None = None
        self._next_due: datetime | None = None

    # --- what the calling thread sees ----------------------------------------------------------------------

    def progress(self) -> Progress:
        """Return where the run is."""
        return Progress(
            sent=self._decided[DeliveryStatus.SENT],
            failed=self._decided[DeliveryStatus.FAILED],
            in_doubt=self._decided[DeliveryStatus.IN_DOUBT],
            retrying=self._decided[DeliveryStatus.PENDING],
            in_flight=len(self._announced),
            waiting_until=self._waiting_until,
        )

    def report(self) -> SendReport:
        """Return what the run did."""
        return SendReport(
            sent=self._decided[DeliveryStatus.SENT],
            failed=self._decided[DeliveryStatus.FAILED],
            in_doubt=self._decided[DeliveryStatus.IN_DOUBT],
            retrying=self._decided[DeliveryStatus.PENDING],
            interrupted=self._stop.is_set(),
            next_due=self._next_due,
        )

    # --- the sender's thread -------------------------------------------------------------------------------

    def work(self) -> None:
        """Deliver and wait, in turn; whatever happens, settle what was begun and keep the error for the caller."""
        try:
            self._deliver_all()
        except (SendingStopped, JournalBroken, SenderFailed, WorkspaceError) as stopped:
            self.error = stopped
        except BaseException as error:
            failure = SenderFailed(
                _("The sending ended on something unforeseen ({error}). Send again to go on.").format(
                    error=type(error).__name__
                )
            )
            failure.__cause__ = error
            self.error = failure
        try:
            self._settle()
        except Exception as error:
            self.error = self.error or error

    def _deliver_all(self) -> None:
        waited = 0.0
        while not self._stop.is_set():
            if self._claim():
                self._transport.deliver(self, self)
                self._settle()
                if self._trouble is not None:
                    raise self._trouble
                continue
            self._next_due = self._outbox.next_due()
            if self._next_due is not None:
                # At least a moment: a due row that was not given to us is changing hands.
                seconds = max(ELSEWHERE, (self._next_due - self._now()).total_seconds())
            elif self._outbox.held_elsewhere():
                seconds = ELSEWHERE
            else:
                return
            if seconds <= ELSEWHERE:
                # Another sender has the rest, or what the limits allow; what it leaves, should it die, becomes ours.
                self._outbox.recover(now=self._now())
            if waited + seconds > self._wait_limit:
                return
            waited += seconds
            self._waiting_until = self._next_due
            self._sleep(seconds)
            self._waiting_until = None
        self._next_due = self._outbox.next_due()

    def _claim(self) -> bool:
        """Have claimed rows at hand; tell whether there are any."""
        if not self._claimed and not self._stop.is_set():
            now = self._now()
            decided = sum(self._decided.values())
            self._claim_size = next_claim(
                self._claim_size,
                in_hand=len(self._taken),
                decided=decided - self._decided_then,
                seconds=(now - self._claimed_at).total_seconds() if self._claimed_at is not None else 0.0,
                pace=self.pace,
            )
            self._claimed_at, self._decided_then = now, decided
            self._claimed.extend(self._outbox.claim(self._claim_size, now=now))
            if self._expect is not None:
                self._expect(self._claimed)
        return bool(self._claimed)

    def _settle(self) -> None:
        """Write what is known, mark in doubt what may have left, give back the rest."""
        last = [
            Outcome(delivery_id=delivery_id, status=DeliveryStatus.IN_DOUBT, reason="interrupted")
            for delivery_id in sorted(self._announced - {outcome.delivery_id for outcome in self._unwritten})
        ]
        # A turn that failed may have been written all the same; its contents never left.
        last += [
            Outcome(delivery_id=delivery_id, status=DeliveryStatus.PENDING, reason="connection_lost")
            for delivery_id in sorted(self._announcing)
        ]
        kept_back = [row.delivery_id for row in self._claimed]
        kept_back += [number for number in self._taken if number not in self._announced | self._announcing]
        kept_back = [number for number in kept_back if number not in {o.delivery_id for o in self._unwritten}]
        self._announcing = set()
        try:
            if last or self._unwritten:
                self._write(last, ())
        finally:
            self._claimed.clear()
            self._ready.clear()
            self._taken.clear()
            self._announced.clear()
            if kept_back:
                self._outbox.release(kept_back)

    # --- the transport's queue -----------------------------------------------------------------------------

    def take(self) -> Letter | None:
        """Return the next letter, merged just now, or nothing when there is none now."""
        try:
            while not self.stopping:
                if self._ready:
                    return self._ready.popleft()
                if not self._claim():
                    return None
                self._merge_next()
        except Exception as error:
            # What is in flight is finished first, then it is raised.
            self._trouble = error
        return None

    def prepare(self, most: int) -> None:
        """Have a few more letters ready, of those that were claimed, up to so many."""
        self._merge_ahead(min(most, len(self._ready) + A_FEW))

    def _merge_ahead(self, count: int) -> None:
        """Have so many letters ready, of those that were claimed."""
        try:
            while len(self._ready) < count and self._claimed and not self.stopping:
                self._merge_next()
        except Exception as error:
            self._trouble = error

    def _merge_next(self) -> None:
        row = self._claimed.popleft()
        self._taken[row.delivery_id] = row
        letter = self._merged(row)
        if letter is not None:
            self._ready.append(letter)

    def _merged(self, row: Claimed) -> Letter | None:
        try:
            return self._letter_of(row, self._now())
        except _NOT_OF_A_ROW:
            raise
        except Exception as error:
            if self._stop.is_set():
                return None  # an interrupt may have reached what merges, too: nobody is failed for it
            # This row cannot be merged; the others go on. Python's own words could quote a patient's value (P12).
            told = error.sentence if isinstance(error, WorkbenchError) else type(error).__name__
            self._unwritten.append(
                Outcome(
                    delivery_id=row.delivery_id,
                    status=DeliveryStatus.FAILED,
                    reason=f"render_error:{told}"[:500],
                )
            )
            return None

    # --- the transport's journal ---------------------------------------------------------------------------

    @property
    def stopping(self) -> bool:
        """Whether the transport should finish what is in flight, take no more, and return."""
        return self._stop.is_set() or self._trouble is not None

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        """Record outcomes and the letters whose content is about to leave; returns once that is durable."""
        for letter in about_to_go:
            if letter.delivery_id not in self._taken or letter.delivery_id in self._announced:
                raise SenderFailed(_("Delivery {number} was about to leave twice.").format(number=letter.delivery_id))
        outcomes = []
        for result in results:
            row = self._taken.get(result.delivery_id)
            attempt = row.attempts + 1 if row is not None else 1
            outcomes.append(paced(result, attempt=attempt, pace=self.pace))
        self._write(outcomes, about_to_go)

    def _write(self, outcomes: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        going = {letter.delivery_id for letter in about_to_go}
        self._unwritten.extend(outcomes)
        written = self._unwritten[:]  # merging ahead may add to them meanwhile
        self._announcing = going
        # The last outcomes of all are written without the help of another thread: none may be had any more.
        ahead = partial(self._merge_ahead, len(going)) if going and self._claimed and not self.stopping else None
        self._outbox.turn(written, about_to_go, now=self._now(), meanwhile=ahead)
        self._announced |= going
        self._announcing = set()
        del self._unwritten[: len(written)]
        for outcome in written:
            self._announced.discard(outcome.delivery_id)
            self._taken.pop(outcome.delivery_id, None)
            self._decided[outcome.status] += 1
