"""Conduct the sending of one mailing for a person at a screen: offer, confirm, watch, pause, go on, cancel (8.9).

Work is done in a thread of its own, one thing at a time, so that a screen answers meanwhile. What stands is read from
the ledger, which other screens and other processes share; only what is being done at this moment is remembered here.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from workbench.domain.mailings import Counts, MailingProgress, MailingStanding, MailingStatus
from workbench.errors import WorkbenchError
from workbench.language import _
from workbench.practice.offers import Offer

if TYPE_CHECKING:
    from workbench.practice.mailing import Mailing

LAST_WORDS = 4.0
"""Seconds that a program which ends gives to what is in flight; JupyterLab waits five before it kills a kernel."""

PACE_SECONDS = 20.0
"""Over how long the pace is measured that the time left is told by."""

OPEN_STATUSES = (MailingStatus.QUEUED, MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.STOPPED)
"""Statuses of a mailing that a person may go on with when rows are still open."""


class Doing(StrEnum):
    """What a dispatcher is at."""

    NOTHING = ""
    COUNTING = "counting"
    CHECKING = "checking"  # what was confirmed is worked out once more; nothing leaves yet
    SENDING = "sending"
    PAUSING = "pausing"
    CANCELLING = "cancelling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a mailing is, for a screen.

    `offer` is what may be confirmed now; `standing` what the ledger holds, once it was queued; `progress` and
    `seconds_left` are set while something is being sent from here. `changed` says that a confirmation was not taken,
    since what it stood for has changed; `outdated` that the list is another one by now.
    """

    doing: Doing = Doing.NOTHING
    mailing: Mailing | None = None
    offer: Offer | None = None
    standing: MailingStanding | None = None
    progress: MailingProgress | None = None
    seconds_left: float | None = None
    next_due: datetime | None = None
    error: str = ""
    changed: bool = False
    outdated: bool = False

    @property
    def counts(self) -> Counts:
        """The rows of the mailing that was queued."""
        return self.standing.tally.counts if self.standing is not None else Counts()

    @property
    def elsewhere(self) -> bool:
        """Whether somebody else is sending it: another screen, the command line, another machine."""
        return self.doing is Doing.NOTHING and self.standing is not None and self.standing.at_work

    @property
    def may_resume(self) -> bool:
        """Whether open rows wait for somebody to go on."""
        return (
            self.doing is Doing.NOTHING
            and not self.elsewhere
            and self.standing is not None
            and self.standing.record.status in OPEN_STATUSES
            and self.counts.pending > 0
        )


class Dispatcher:
    """The sending of one mailing, or of whichever mailing `mailing_of` gives when nothing is being sent.

    Every gesture says what its person had seen: the seal of an offer, or a number of rows. When that is not so any
    more, nothing is done and the new numbers are shown. Each returns at once; `on_change` hears what becomes of it.

    Parameters
    ----------
    mailing_of
        Gives the mailing, whenever its numbers are worked out.
    connections, again
        As for ``Mailing.send``.
    clock
        Counts seconds, for the time left.
    """

    def __init__(
        self,
        mailing_of: Callable[[], Mailing],
        *,
        connections: int | None = None,
        again: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mailing_of = mailing_of
        self._connections = connections
        self._again = again
        self._clock = clock
        self._calls: list[Callable[[], None]] = []
        self._moved = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._asked = 0  # how often new numbers were asked for
        self._counted = 0  # which of these askings the numbers being worked out answer
        self._confirmed = 0  # how many sendings were begun here
        self._situation = Situation()
        self._pace: deque[tuple[float, int]] = deque()

    def on_change(self, call: Callable[[], None]) -> None:
        """Call back, from any thread, whenever the situation has changed."""
        self._calls.append(call)

    @property
    def situation(self) -> Situation:
        """Where the mailing is."""
        return self._situation

    @property
    def mailing(self) -> Mailing | None:
        """The mailing that the situation is about; nothing before its numbers were first worked out."""
        return self._situation.mailing

    # --- gestures -------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Work the numbers out again; what is being sent goes on as it was confirmed."""
        with self._moved:
            self._asked += 1
            if self._situation.doing not in (Doing.NOTHING, Doing.COUNTING):
                self._set(outdated=True)
                return
            if self._situation.doing is Doing.NOTHING:
                self._begin(Doing.COUNTING, self._count)

    def look(self) -> None:
        """Read again from the ledger where the mailing stands; other screens and processes may have moved it."""
        with self._moved:
            mailing, before = self._situation.mailing, self._situation
            if before.doing is not Doing.NOTHING or mailing is None:
                return
        number = mailing.id if mailing.frozen else mailing.practice.ledger.mailings.id_of(mailing.plan)
        if number is None:
            return
        known, mailing.id = mailing.id, number
        standing = mailing.practice.ledger.mailings.standing(number, now=mailing.practice.now())
        with self._moved:
            if self._situation is not before or standing == before.standing:
                return
            self._set(standing=standing)
            if (known is None or before.offer is not None) and not standing.at_work:
                # Somebody sent the same mailing elsewhere: who is left to write to is another number now.
                self._begin(Doing.COUNTING, self._count)

    def confirm(self, seal: str) -> None:
        """Send what the offer of this seal stands for; with another seal nothing happens."""
        with self._moved:
            offer = self._situation.offer
            if self._idle and offer is not None and offer.seal == seal and offer.count:
                self._begin(Doing.CHECKING, lambda: self._send(offer))

    def resume(self, count: int) -> None:
        """Go on with the rows that wait, as they were frozen, when `count` of them do."""
        self._decide(lambda counts: counts.pending, count, lambda _mailing_id: None)

    def pause(self) -> None:
        """Finish what is in flight, and stop until somebody goes on."""
        self._halt(Doing.PAUSING)

    def cancel(self) -> None:
        """Finish what is in flight, and let nothing else of the mailing leave."""
        self._halt(Doing.CANCELLING)

    def retry(self, count: int) -> None:
        """Try the rows that failed again, when `count` of them did."""
        mailing = self._situation.mailing
        if mailing is not None:
            self._decide(lambda counts: counts.failed, count, mailing.practice.retry)

    def settle(self, count: int, *, as_sent: bool) -> None:
        """Count the uncertain rows as sent, or send them again, when there are `count` of them."""
        mailing = self._situation.mailing
        if mailing is not None:
            settle = mailing.practice.settle
            self._decide(
                lambda counts: counts.in_doubt, count, lambda number: settle(number, as_sent=as_sent), drain=not as_sent
            )

    @property
    def begun(self) -> bool:
        """Whether a sending was begun here."""
        return self._confirmed > 0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until a sending that was begun here has ended (or paused); tell whether it has."""
        with self._moved:
            return self._moved.wait_for(lambda: self.begun and self._idle, timeout)

    def settled(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being done; tell whether nothing is."""
        with self._moved:
            return self._moved.wait_for(lambda: self._idle, timeout)

    # --- one thing at a time --------------------------------------------------------------------------------

    @property
    def _idle(self) -> bool:
        return self._situation.doing is Doing.NOTHING

    def _begin(self, doing: Doing, work: Callable[[], None]) -> None:
        """Do one thing in a thread; called while the lock is held and nothing is being done."""
        self._set(doing=doing, error="", changed=False)
        self._thread = threading.Thread(target=self._work, args=(work,), name="workbench-dispatcher", daemon=True)
        self._thread.start()

    def _work(self, work: Callable[[], None]) -> None:
        while True:
            error = ""
            try:
                work()
            except WorkbenchError as refused:
                error = refused.sentence
            except Exception as unforeseen:
                # Only the kind of error is named: its text could hold a patient's data (P12).
                error = _("Something unforeseen went wrong ({kind}).").format(kind=type(unforeseen).__name__)
            with self._moved:
                if self._situation.doing is Doing.COUNTING and self._counted != self._asked:
                    continue  # the list was renewed before this one was ready: its numbers are nobody's
                self._set(doing=Doing.NOTHING, progress=None, seconds_left=None, error=error)
                return

    def _set(self, **changes: Any) -> None:
        with self._moved:
            self._situation = replace(self._situation, **changes)
            self._moved.notify_all()
        for call in self._calls:
            call()

    # --- what is done ---------------------------------------------------------------------------------------

    def _count(self) -> None:
        self._counted = self._asked
        self._set(offer=None)
        mailing = self._mailing_of()
        self._set(mailing=mailing, standing=self._standing(mailing))
        offer = None if mailing.frozen else mailing.offer(again=self._again)
        with self._moved:
            if self._counted == self._asked:
                self._set(offer=offer, outdated=False)

    def _send(self, offer: Offer) -> None:
        mailing = self._situation.mailing
        assert mailing is not None  # noqa: S101 - an offer is one of a mailing
        now = mailing.offer(again=self._again, fresh=True)
        if now.seal != offer.seal:
            self._set(offer=now, standing=self._standing(mailing), changed=True)
            return
        number = mailing.queue(again=self._again, offer=now)
        self._drain(mailing, number)

    def _decide(
        self,
        rows_of: Callable[[Counts], int],
        count: int,
        decide: Callable[[int], object],
        *,
        drain: bool = True,
    ) -> None:
        """Do what a person decided about `count` rows, if they are still as many, and send what waits after it."""

        def work() -> None:
            mailing = self._situation.mailing
            standing = self._standing(mailing) if mailing is not None else None
            if mailing is None or mailing.id is None or standing is None:
                return
            if rows_of(standing.tally.counts) != count or standing.at_work:
                self._set(standing=standing, changed=True)
                return
            decide(mailing.id)
            if drain:
                self._drain(mailing, mailing.id)
            else:
                self._set(standing=self._standing(mailing), offer=None)

        with self._moved:
            if self._idle and count > 0:
                self._begin(Doing.CHECKING, work)

    def _drain(self, mailing: Mailing, number: int) -> None:
        stop = self._stop = threading.Event()
        self._pace.clear()
        with self._moved:
            self._confirmed += 1
            self._set(doing=Doing.SENDING, offer=None, standing=self._standing(mailing), next_due=None)
        atexit.register(self._last_words)
        mailing.practice.ending.append(self._last_words)
        try:
            report = mailing.practice.drain(number, connections=self._connections, progress=self._tell, stop=stop)
            if report is not None and not report.interrupted:
                self._set(next_due=report.next_due)
        finally:
            atexit.unregister(self._last_words)
            mailing.practice.ending.remove(self._last_words)
            self._hold(mailing, number, self._situation.doing)
            self._set(standing=self._standing(mailing))

    def _halt(self, how: Doing) -> None:
        with self._moved:
            situation = self._situation
            if situation.doing in (Doing.SENDING, Doing.PAUSING):
                self._set(doing=how)
                self._stop.set()
                return
            mailing = situation.mailing
            if not self._idle or mailing is None or mailing.id is None:
                return
            number = mailing.id

            def work() -> None:
                self._hold(mailing, number, how)
                self._set(standing=self._standing(mailing), offer=None)

            self._begin(how, work)

    def _hold(self, mailing: Mailing, number: int, how: Doing) -> None:
        """Write in the ledger that a person paused or cancelled the rest; a mailing without a rest has ended."""
        practice = mailing.practice
        standing = self._standing(mailing)
        if standing is None or not standing.tally.counts.pending:
            return
        if how is Doing.CANCELLING:
            practice.cancel(number)
        elif how is Doing.PAUSING and standing.record.status in (MailingStatus.QUEUED, MailingStatus.SENDING):
            practice.pause(number)

    def _standing(self, mailing: Mailing) -> MailingStanding | None:
        if mailing.id is None:
            return None
        return mailing.practice.ledger.mailings.standing(mailing.id, now=mailing.practice.now())

    # --- while it is sent -----------------------------------------------------------------------------------

    def _tell(self, progress: MailingProgress) -> None:
        self._pace.append((self._clock(), progress.total - progress.pending))
        while len(self._pace) > 2 and self._pace[-1][0] - self._pace[0][0] > PACE_SECONDS:
            self._pace.popleft()
        self._set(progress=progress, seconds_left=self._seconds_left(progress.pending))

    def _seconds_left(self, pending: int) -> float | None:
        """Guess from the pace of late; nothing while too little is known."""
        (began, before), (now, done) = self._pace[0], self._pace[-1]
        if done - before < 3 or now - began < 1.0:
            return None
        return pending * (now - began) / (done - before)

    def _last_words(self) -> None:
        """Let what is in flight end when the practice or the program does, so that nobody has to wonder about it."""
        thread = self._thread
        self._stop.set()
        if thread is not None:
            thread.join(LAST_WORDS)
