"""Conduct the sending of one mailing for a person at a screen: offer, confirm, watch, pause, go on, cancel (8.9).

Work is done in a thread of its own, one thing at a time, so that a screen answers meanwhile. What stands is read from
the ledger, which other screens and other processes share; only what is being done at this moment is remembered here.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workbench.domain.accounts import Account
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.departures import NextDeparture, Timing, WaitingFor, undo_window
from workbench.domain.mailings import MailingProgress, MailingStanding, MailingStatus
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _
from workbench.practice.offers import Offer, seal_of_standing
from workbench.practice.retrying import Retrial, retrial_of
from workbench.practice.situation import Doing, Situation

if TYPE_CHECKING:
    from workbench.practice.mailing import Mailing

LAST_WORDS = 4.0
"""Seconds that a program which ends gives to what is in flight; JupyterLab waits five before it kills a kernel."""

PACE_SECONDS = 20.0
"""Over how long the pace is measured that the time left is told by."""


class Dispatcher:
    """The sending of one mailing, or of whichever mailing `mailing_of` gives when nothing is being sent.

    Every gesture says what its person had seen: the seal of an offer, or of the situation. When that is not so any
    more, nothing is done and the new numbers are shown. Each returns at once; `on_change` hears what becomes of it.
    Once the practice is closed, nothing is queued or sent any more.

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
        self._ended = False  # the practice or the program ends
        self._asked = 0  # how often new numbers were asked for
        self._counted = 0  # which of these askings the numbers being worked out answer
        self._withdrawn = -1  # which of these askings no numbers are offered for: the list is being changed
        self._confirmed = 0  # how many sendings were begun here
        self._undo_window: timedelta | None = None  # as a person chose it here
        self._situation = Situation()
        self._known_retrial: tuple[object, Retrial] = (None, Retrial())  # and what it was worked out of
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

    def withdraw(self) -> None:
        """Take back what is offered: what it was made of is being changed, and `renew` offers what becomes of it."""
        with self._moved:
            self._withdrawn = self._asked
            if self._situation.offer is not None or not self._situation.outdated:
                self._set(offer=None, outdated=True)

    def look(self) -> None:
        """Read again from the ledger where the mailing stands; other screens and processes may have moved it."""
        with self._moved:
            mailing, before = self._situation.mailing, self._situation
            if before.doing is not Doing.NOTHING or mailing is None:
                return
        if self._ended or mailing.practice.closed:
            return
        known = mailing.id
        if not mailing.frozen:
            mailing.id = mailing.practice.ledger.mailings.id_of(mailing.plan)
        standing, account = self._standing(mailing)
        retrial = self._retrial(mailing, standing)
        open_rows = standing is not None and standing.tally.counts.pending > 0
        departure = mailing.practice.next_departure(mailing.id) if open_rows and mailing.id is not None else None
        with self._moved:
            if self._situation is not before:
                return
            if (standing, account) == (before.standing, before.account):
                if (departure, retrial) != (before.departure, before.retrial):
                    self._set(retrial=retrial, **_told(departure))
                return
            # Somebody sent the same mailing elsewhere, or its account is another one: the offer is not true any more.
            anew = (known is None or before.offer is not None) and not (standing is not None and standing.at_work)
            offer = None if anew else before.offer
            self._set(standing=standing, account=account, retrial=retrial, offer=offer, **_told(departure))
            if anew:
                self._begin(Doing.COUNTING, self._count)

    def choose_undo_window(self, minutes: float) -> None:
        """Let what is offered be taken back for so long once it is confirmed; it is sealed with the offer.

        Raises
        ------
        BadValue
            When the minutes are negative, or more than a day.
        """
        window = undo_window(minutes)
        with self._moved:
            if self._idle and self._situation.offer is not None:
                self._undo_window = window
                self._set(timing=replace(self._situation.timing, undo_window=window))
            else:
                self._set()  # what was confirmed leaves as it was confirmed

    def confirm(self, seal: str) -> None:
        """Send what the offer of this seal (`Situation.offer_seal`) stands for.

        With the seal of what was offered before nothing is sent, and the situation says that it has `changed`.
        """
        with self._moved:
            situation, offer, timing = self._situation, self._situation.offer, self._situation.timing
            if self._idle and offer is not None and situation.offer_seal == seal and offer.count:
                self._begin(Doing.CHECKING, lambda: self._send(offer, timing))
            elif situation.doing is Doing.COUNTING or (self._idle and (situation.outdated or offer is not None)):
                # A second click on what is sent already is none of these: it says nothing.
                self._set(changed=situation.offer_seal != seal)

    def resume(self, seal: str) -> None:
        """Go on with all rows that wait, as they were frozen, when the situation is still the one of this seal."""
        self._decide(seal, lambda mailing, number: self._drain(mailing, number))

    def pause(self, seal: str | None = None) -> None:
        """Finish what is in flight, and stop until somebody goes on; without a seal, whatever is being sent."""
        self._halt(Doing.PAUSING, seal)

    def cancel(self, seal: str) -> None:
        """Finish what is in flight, and let nothing else of the mailing leave."""
        self._halt(Doing.CANCELLING, seal)

    def take_back(self, seal: str, delivery: int) -> None:
        """Let one message that waits not leave; the others go on."""
        with self._moved:
            situation = self._situation
            mailing = situation.mailing
            # Each gesture is about what was seen: the rows are this mailing's, and one that left meanwhile has left.
            if mailing is None or mailing.id is None or seal != situation.seal or not situation.may_be_taken_back:
                self._set()
                return
        try:
            mailing.practice.cancel(mailing.id, deliveries=[delivery])
        except WorkbenchError as refused:
            self._set(error=refused.sentence)
            return
        with self._moved:
            self._show(mailing)
            if self._situation.progress is not None:
                self._set(progress=self._known(self._situation.progress))
        if self._idle:
            self._wait_of(mailing)

    def retry(self, seal: str, *, deliveries: Collection[int] | None = None) -> None:
        """Try the rows that failed again, or of them these alone, and no other."""

        def again(mailing: Mailing, number: int) -> None:
            failed = self._chosen(mailing, number, DeliveryStatus.FAILED, deliveries)
            if failed is not None:
                mailing.practice.retry(number, deliveries=failed)
                self._drain(mailing, number, only=failed)

        self._decide(seal, again)

    def settle(self, seal: str, *, as_sent: bool, deliveries: Collection[int] | None = None) -> None:
        """Count the uncertain rows, or of them these alone, as sent, or send them again, and no other."""

        def decided(mailing: Mailing, number: int) -> None:
            doubtful = self._chosen(mailing, number, DeliveryStatus.IN_DOUBT, deliveries)
            if doubtful is None:
                return
            mailing.practice.settle(number, as_sent=as_sent, deliveries=doubtful)
            if as_sent:
                self._show(mailing, offer=None)
            else:
                self._drain(mailing, number, only=doubtful)

        self._decide(seal, decided)

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

    def checked(self, timeout: float | None = None) -> bool:
        """Wait until what a person decided was looked at, and is done, begun or refused; tell whether it was."""
        with self._moved:
            return self._moved.wait_for(lambda: self._situation.doing is not Doing.CHECKING, timeout)

    # --- one thing at a time --------------------------------------------------------------------------------

    @property
    def _idle(self) -> bool:
        return self._situation.doing is Doing.NOTHING

    def _begin(self, doing: Doing, work: Callable[[], None]) -> None:
        """Do one thing in a thread; called while the lock is held and nothing is being done."""
        if self._ended:
            return
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
        self._set(offer=None, gone_before=None)
        try:
            mailing = self._mailing_of()
        except WorkbenchError:
            # There is none: what became of the one before is not told under another's name.
            withdrawn = self._withdrawn == self._counted
            self._set(mailing=None, standing=None, account=None, retrial=Retrial(), outdated=withdrawn, **_told(None))
            raise
        with self._ended_first(mailing):
            self._show(mailing, mailing=mailing)
            offer = None if mailing.frozen else self._offered(mailing)
            with self._moved:
                if self._counted == self._asked:
                    withdrawn = self._withdrawn == self._counted
                    self._set(offer=None if withdrawn else offer, outdated=withdrawn, timing=self._timing_of(mailing))
            self._wait_of(mailing)

    def _timing_of(self, mailing: Mailing) -> Timing:
        timing = mailing.timing_at_a_screen()
        return timing if self._undo_window is None else replace(timing, undo_window=self._undo_window)

    def _offered(self, mailing: Mailing, *, fresh: bool = False) -> Offer:
        def checked(_done: int, _of: int) -> None:
            self._refuse_end(mailing)  # a long list is not checked to its end for nobody

        return mailing.offer(again=self._again, fresh=fresh, progress=checked)

    def _send(self, offer: Offer, timing: Timing) -> None:
        mailing = self._situation.mailing
        assert mailing is not None  # noqa: S101 - an offer is one of a mailing
        with self._ended_first(mailing):
            mailing.renew_template()  # the seal is over its revision
            now = self._offered(mailing, fresh=True)
            if now.seal != offer.seal:
                self._show(mailing, offer=now, changed=True)
                return
            self._refuse_end(mailing)
            mailing.timing = timing
            number = mailing.queue(again=self._again, offer=now)
            rows = mailing.leaving(now.recipients)
            if len(rows) != now.count or mailing.account_now() != now.account or mailing.renew_template():
                # Somebody else moved it between the last look and the queueing.
                self._show(mailing, offer=self._offered(mailing), changed=True)
                return
            self._drain(mailing, number, only=None if now.recipients is None else rows)

    def _decide(self, seal: str, decide: Callable[[Mailing, int], None]) -> None:
        """Do what a person decided about the rows that were queued, if they still stand as the seal says."""

        def work() -> None:
            mailing = self._situation.mailing
            if mailing is None or mailing.id is None:
                return
            with self._ended_first(mailing):
                if self._stands(mailing, seal, at_rest=True):
                    decide(mailing, mailing.id)

        with self._moved:
            if self._idle:
                self._begin(Doing.CHECKING, work)

    def _stands(self, mailing: Mailing, seal: str, *, at_rest: bool = False) -> bool:
        """Tell whether the mailing still stands as the seal says, `at_rest` if asked; else show how it does."""
        standing, account = self._standing(mailing)
        retrial = self._retrial(mailing, standing, fresh=at_rest)
        if standing is not None and not (at_rest and standing.at_work):
            self._set(standing=standing, account=account, retrial=retrial)
            if seal == seal_of_standing(standing, account, retrial, moving=standing.at_work):
                return True
        self._set(standing=standing, account=account, retrial=retrial, changed=True)
        return False

    def _chosen(
        self, mailing: Mailing, number: int, status: DeliveryStatus, deliveries: Collection[int] | None
    ) -> list[int] | None:
        """Return the rows that a person decided about; nothing when they are not those that were seen any more."""
        standing = mailing.practice.ledger.mailings.numbers(number, (status,))
        seen = getattr(self._situation.counts, status)
        if len(standing) == seen and (deliveries is None or {*deliveries} <= {*standing}):
            return standing if deliveries is None else sorted({*deliveries})
        self._show(mailing, changed=True)
        return None

    def _drain(self, mailing: Mailing, number: int, *, only: Sequence[int] | None = None) -> None:
        stop = self._stop = threading.Event()
        self._refuse_end(mailing)  # whoever ends it from here on sets this stop
        self._pace.clear()
        with self._moved:
            self._confirmed += 1
            self._set(gone_before=None, **_told(None))
            self._show(mailing, doing=Doing.SENDING, offer=None)
        try:
            report = mailing.practice.drain(
                number, only=only, connections=self._connections, progress=self._tell, stop=stop
            )
            if report is not None and not report.interrupted:
                self._wait_of(mailing)
        finally:
            self._hold(mailing, number, self._situation.doing)
            self._show(mailing)

    def _wait_of(self, mailing: Mailing) -> None:
        """Take note of when the next message of a queued mailing leaves, and why not now."""
        self._set(**_told(None if mailing.id is None else mailing.practice.next_departure(mailing.id)))

    def _halt(self, how: Doing, seal: str | None) -> None:
        with self._moved:
            situation = self._situation
            if situation.doing in (Doing.SENDING, Doing.PAUSING):
                if seal is None or seal == situation.seal:
                    self._set(doing=how, gone_before=situation.gone if how is Doing.CANCELLING else None)
                    self._stop.set()
                else:
                    self._set()  # the page speaks of another mailing: it is told again of this one
                return
            mailing = situation.mailing
            if not self._idle or mailing is None or mailing.id is None:
                return
            number = mailing.id

            def work() -> None:
                with self._ended_first(mailing):
                    if seal is None or self._stands(mailing, seal):
                        gone = situation.gone if how is Doing.CANCELLING else None
                        self._hold(mailing, number, how)
                        self._show(mailing, offer=None, gone_before=gone)

            self._begin(how, work)

    def _hold(self, mailing: Mailing, number: int, how: Doing) -> None:
        """Write in the ledger that a person paused or cancelled the rest; a mailing without a rest has ended."""
        practice = mailing.practice
        standing, _account = self._standing(mailing)
        if standing is None or not standing.tally.counts.pending:
            return
        if how is Doing.CANCELLING:
            practice.cancel(number)
        elif how is Doing.PAUSING and standing.record.status in (MailingStatus.QUEUED, MailingStatus.SENDING):
            practice.pause(number)

    def _standing(self, mailing: Mailing) -> tuple[MailingStanding | None, Account]:
        """Return how the mailing stands in the ledger, and where it leaves from, both as they are now."""
        account = mailing.account_now()
        if mailing.id is None:
            return None, account
        return mailing.practice.ledger.mailings.standing(mailing.id, now=mailing.practice.now()), account

    def _show(self, mailing: Mailing, /, **changes: Any) -> None:
        standing, account = self._standing(mailing)
        self._set(standing=standing, account=account, retrial=self._retrial(mailing, standing), **changes)

    def _retrial(self, mailing: Mailing, standing: MailingStanding | None, *, fresh: bool = False) -> Retrial:
        """Return where the failed messages would go; `fresh`, also where another program corrected an address."""
        if mailing.id is None or standing is None or not standing.tally.counts.failed:
            self._known_retrial = (None, Retrial())
            return Retrial()
        at = (mailing.id, sorted(standing.tally.rows.items()), mailing.practice.changes)
        if fresh or at != self._known_retrial[0]:
            self._known_retrial = (at, retrial_of(mailing.practice, mailing.id))
        return self._known_retrial[1]

    # --- while it is sent -----------------------------------------------------------------------------------

    def _tell(self, progress: MailingProgress) -> None:
        with self._moved:  # nothing is taken back between the look and the word
            progress = self._known(progress)
            self._pace.append((self._clock(), progress.total - progress.pending))
            while len(self._pace) > 2 and self._pace[-1][0] - self._pace[0][0] > PACE_SECONDS:
                self._pace.popleft()
            self._set(progress=progress, seconds_left=self._seconds_left(progress.pending - progress.beside))

    def _known(self, progress: MailingProgress) -> MailingProgress:
        """Return a progress without the rows that were taken back since the sending read its list."""
        late = max(0, self._situation.counts.cancelled - progress.cancelled)
        gone = min(late, progress.pending)
        return replace(
            progress, pending=progress.pending - gone, total=progress.total - gone, cancelled=progress.cancelled + late
        )

    def _seconds_left(self, pending: int) -> float | None:
        """Guess from the pace of late; nothing while too little is known."""
        (began, before), (now, done) = self._pace[0], self._pace[-1]
        if done - before < 3 or now - began < 1.0:
            return None
        return pending * (now - began) / (done - before)

    # --- the end --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _ended_first(self, mailing: Mailing) -> Iterator[None]:
        """Have the practice, and the program, end what is done meanwhile before they end themselves."""
        atexit.register(self._last_words)
        mailing.practice.ending.append(self._end)
        try:
            self._refuse_end(mailing)
            yield
        finally:
            mailing.practice.ending.remove(self._end)
            atexit.unregister(self._last_words)

    def _refuse_end(self, mailing: Mailing) -> None:
        if self._ended or mailing.practice.closed:
            raise UsageError(_("The practice was closed meanwhile: nothing else leaves."))

    def _end(self, timeout: float | None = None) -> None:
        """Let what is in flight end, and nothing else begin, so that nobody has to wonder about it."""
        self._ended = True
        self._stop.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _last_words(self) -> None:
        self._end(LAST_WORDS)


def _told(departure: NextDeparture | None) -> dict[str, Any]:
    """Return what a situation says of when the next message leaves."""
    if departure is None:
        return {"next_due": None, "waiting_for": WaitingFor.NOTHING}
    return {"next_due": departure.at, "waiting_for": departure.waiting_for}
