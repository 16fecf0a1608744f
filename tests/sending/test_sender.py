"""Pending deliveries out, outcomes back: every row ends decided or free, whatever happens on the way."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import Clock, MemoryOutbox, a_letter
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.errors import JournalBroken, LoginRefused, SenderFailed, TemplateRefused
from workbench.ports import Claimed, Journal, Queue
from workbench.sending.pacing import Pace
from workbench.sending.sender import Progress, SendReport, send_pending
from workbench.transports.memory import MemoryTransport

S = DeliveryStatus


def letter_of(row: Claimed, _now: datetime) -> Letter:
    return a_letter(row.delivery_id)


class Scripted:
    """A transport that does to each attempt what the script says, some letters in flight at once."""

    def __init__(self, script: Callable[[int, int], str | None], *, in_flight: int = 3) -> None:
        self.script = script
        self.in_flight = in_flight
        self.tries: dict[int, int] = {}
        self.left: list[int] = []
        self.calls = 0

    def deliver(self, queue: Queue, journal: Journal) -> None:
        self.calls += 1
        results: list[Outcome] = []
        while not journal.stopping:
            going: list[Letter] = []
            while len(going) < self.in_flight and (letter := queue.take()) is not None:
                number = letter.delivery_id
                self.tries[number] = self.tries.get(number, 0) + 1
                deed = self.script(number, self.tries[number])
                if deed == "stop":
                    raise LoginRefused("no")
                if deed == "crash":
                    raise RuntimeError("unforeseen")
                if deed in ("connection", "451", "550"):
                    results.append(self.outcome(number, deed))
                else:
                    going.append(letter)
            journal.turn(results, going)
            results = []
            for letter in going:
                number = letter.delivery_id
                self.left.append(number)
                deed = self.script(number, self.tries[number])
                if deed == "crash-after":
                    raise RuntimeError("unforeseen")
                if deed != "silent":
                    results.append(self.outcome(number, deed or "sent"))
            if not going and not results:
                return
        if results:
            journal.turn(results, [])

    def outcome(self, number: int, deed: str) -> Outcome:
        if deed == "connection":
            return Outcome(delivery_id=number, status=S.PENDING, reason="connection_lost")
        if deed.isdigit():
            status = S.PENDING if deed[0] == "4" else S.FAILED
            return Outcome(delivery_id=number, status=status, reason=f"smtp_{deed}", code=int(deed))
        return Outcome(delivery_id=number, status=S(deed))


def run(outbox: MemoryOutbox, transport: object, clock: Clock, **options: object) -> SendReport:
    known = {"pace": Pace(batch=5, progress_every=0.01), "letter_of": letter_of, **options}
    return send_pending(outbox, transport, known.pop("letter_of"), now=clock.now, sleep=clock.sleep, **known)


def test_everybody_is_sent_to_once_whatever_the_batches() -> None:
    outbox, clock, transport = MemoryOutbox(23), Clock(), MemoryTransport()
    report = run(outbox, transport, clock)
    assert report == SendReport(sent=23)
    assert [letter.delivery_id for letter in transport.letters] == list(range(1, 24))
    assert outbox.count(S.SENT) == 23
    assert outbox.held == set()
    assert clock.slept == []


def test_results_and_the_next_announcement_share_a_commit() -> None:
    outbox = MemoryOutbox(20)
    run(outbox, MemoryTransport(), Clock())
    assert outbox.commits == 21


def test_a_lost_connection_is_tried_again_at_once_then_later() -> None:
    outbox, clock = MemoryOutbox(1), Clock()
    transport = Scripted(lambda _number, attempt: "connection" if attempt <= 3 else None)
    report = run(outbox, transport, clock)
    assert report.sent == 1
    assert report.retrying == 3
    assert clock.slept == [5, 30]


def test_a_temporary_refusal_waits_10_seconds_then_1_and_5_minutes_and_the_rest_is_left_for_later() -> None:
    outbox, clock = MemoryOutbox(4), Clock()
    transport = Scripted(lambda number, _attempt: "451" if number == 2 else None)
    report = run(outbox, transport, clock)
    assert clock.slept == [10, 60, 300]
    assert report.sent == 3
    assert report.next_due == outbox.due[2]
    assert outbox.status[2] is S.PENDING
    assert outbox.attempts[2] == 4
    assert outbox.held == set()


def test_a_row_is_given_up_after_its_attempts() -> None:
    outbox, clock = MemoryOutbox(2), Clock()
    transport = Scripted(lambda number, _attempt: "451" if number == 2 else None)
    report = run(outbox, transport, clock, wait_limit=1e9)
    assert report.failed == 1
    assert outbox.reasons[2] == "too_many_attempts"
    assert outbox.attempts[2] == 8


def test_a_refusal_for_good_and_a_doubt_are_never_tried_again() -> None:
    outbox = MemoryOutbox(5)
    transport = Scripted(lambda number, _attempt: {2: "550", 4: "in_doubt"}.get(number))
    report = run(outbox, transport, Clock())
    assert (report.sent, report.failed, report.in_doubt) == (3, 1, 1)
    assert transport.tries[2] == transport.tries[4] == 1


def test_a_row_that_cannot_be_merged_fails_alone() -> None:
    def picky(row: Claimed, now: datetime) -> Letter:
        if row.delivery_id in (3, 6):
            raise TemplateRefused("line 2 asks for a name that is unknown", line=2)
        return letter_of(row, now)

    outbox, transport = MemoryOutbox(6), MemoryTransport()
    report = run(outbox, transport, Clock(), letter_of=picky)
    assert (report.sent, report.failed) == (4, 2)
    assert outbox.reasons[3] == "render_error:line 2 asks for a name that is unknown"
    assert [letter.delivery_id for letter in transport.letters] == [1, 2, 4, 5]


def test_when_no_row_can_be_merged_all_fail_and_nothing_leaves() -> None:
    def refuse(row: Claimed, now: datetime) -> Letter:
        raise TemplateRefused("no")

    outbox, transport = MemoryOutbox(12), MemoryTransport()
    report = run(outbox, transport, Clock(), letter_of=refuse)
    assert report.failed == 12
    assert transport.letters == []


def assert_nothing_hangs(outbox: MemoryOutbox) -> None:
    assert outbox.count(S.SENDING) == 0
    assert outbox.held == set()


def test_something_unforeseen_leaves_doubts_only_where_content_had_left() -> None:
    outbox = MemoryOutbox(20)
    transport = Scripted(lambda number, _attempt: "crash-after" if number == 8 else None)
    with pytest.raises(SenderFailed) as caught:
        run(outbox, transport, Clock())
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert_nothing_hangs(outbox)
    assert outbox.count(S.SENT) == 6
    assert outbox.count(S.IN_DOUBT) == 3  # 7, 8 and 9 were announced together
    assert {outbox.reasons[number] for number in (7, 8, 9)} == {"interrupted"}
    assert outbox.count(S.PENDING) == 11


@pytest.mark.parametrize("trouble", [MemoryError, OSError, JournalBroken])
def test_trouble_of_the_machine_while_merging_finishes_what_is_in_flight_and_fails_nobody(trouble) -> None:
    def breaks(row: Claimed, now: datetime) -> Letter:
        if row.delivery_id == 9:
            raise trouble
        return letter_of(row, now)

    outbox = MemoryOutbox(20)
    with pytest.raises((SenderFailed, JournalBroken)):
        run(outbox, Scripted(lambda _number, _attempt: None), Clock(), letter_of=breaks)
    assert_nothing_hangs(outbox)
    assert outbox.count(S.SENT) == 8
    assert outbox.count(S.IN_DOUBT) == outbox.count(S.FAILED) == 0


@pytest.mark.parametrize("error", [ValueError, ZeroDivisionError, RecursionError, UnicodeEncodeError])
def test_whatever_goes_wrong_with_one_row_fails_it_alone_and_is_told_without_its_words(error) -> None:
    def breaks(row: Claimed, now: datetime) -> Letter:
        if row.delivery_id == 4:
            raise error(*(("utf-8", "Martin", 0, 1, "x") if error is UnicodeEncodeError else ("Martin",)))
        return letter_of(row, now)

    outbox, transport = MemoryOutbox(9), MemoryTransport()
    report = run(outbox, transport, Clock(), letter_of=breaks)
    assert (report.sent, report.failed) == (8, 1)
    assert outbox.reasons[4] == f"render_error:{error.__name__}"
    assert_nothing_hangs(outbox)


class Slow:
    """A transport with one letter at a time in hand and the next beside it, so many seconds a letter."""

    def __init__(self, clock: Clock, seconds: float, *, at: Callable[[int], None] = lambda _number: None) -> None:
        self.clock = clock
        self.seconds = seconds
        self.at = at
        self.left: list[int] = []

    def deliver(self, queue: Queue, journal: Journal) -> None:
        results: list[Outcome] = []
        following = queue.take()
        while (letter := following) is not None:
            following = None if journal.stopping else queue.take()
            journal.turn(results, [letter])
            self.left.append(letter.delivery_id)
            self.at(letter.delivery_id)
            self.clock.instant += timedelta(seconds=self.seconds)
            results = [Outcome(delivery_id=letter.delivery_id, status=S.SENT)]
        journal.turn(results, [])


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.25])
def test_no_more_than_about_a_second_of_work_is_claimed(seconds: float) -> None:
    clock = Clock()
    outbox = MemoryOutbox(300, now=clock.now)
    held: list[int] = []
    transport = Slow(clock, seconds, at=lambda _number: held.append(len(outbox.held)))
    report = send_pending(outbox, transport, letter_of, now=clock.now, sleep=clock.sleep)
    assert report.sent == 300
    assert max(held) <= 1.2 / seconds + 3
    assert max(held) >= 0.8 / seconds


def test_a_fast_server_is_given_large_claims() -> None:
    outbox, clock = MemoryOutbox(3000), Clock()
    asked: list[int] = []

    class Asked(MemoryOutbox):
        def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
            asked.append(limit)
            return super().claim(limit, now=now)

    outbox = Asked(3000)
    run(outbox, MemoryTransport(), clock, pace=Pace(progress_every=0.01))
    assert max(asked) == 500
    assert len(asked) < 25


def test_a_stopped_account_gives_the_rows_back_and_says_which_stop_it_was() -> None:
    outbox = MemoryOutbox(20)
    with pytest.raises(LoginRefused):
        run(outbox, Scripted(lambda number, _attempt: "stop" if number == 7 else None), Clock())
    assert_nothing_hangs(outbox)
    assert outbox.count(S.FAILED) == 0
    assert outbox.count(S.SENT) + outbox.count(S.PENDING) + outbox.count(S.IN_DOUBT) == 20
    assert outbox.count(S.PENDING) == 14


def test_a_transport_that_forgets_to_say_what_became_of_a_letter_leaves_a_doubt() -> None:
    outbox = MemoryOutbox(6)
    report = run(outbox, Scripted(lambda number, _attempt: "silent" if number == 4 else None), Clock())
    assert (report.sent, report.in_doubt) == (5, 1)
    assert outbox.status[4] is S.IN_DOUBT


def test_a_journal_that_breaks_stops_everything() -> None:
    outbox = MemoryOutbox(20)

    class BreaksAtThree(MemoryOutbox):
        def turn(
            self, results: Sequence[Outcome], about_to_go: Sequence[Letter], *, now: datetime, **beside: Any
        ) -> None:
            if 2 <= self.commits < 100:
                self.commits += 100  # and can be written again afterwards
                raise JournalBroken("the disk is full")
            super().turn(results, about_to_go, now=now, **beside)

    outbox = BreaksAtThree(20)
    transport = Scripted(lambda _number, _attempt: None)
    with pytest.raises(JournalBroken):
        run(outbox, transport, Clock())
    assert_nothing_hangs(outbox)
    assert transport.left == [1, 2, 3, 4, 5, 6]
    # What had been learnt before it broke is still written once it can be.
    assert [number for number, status in outbox.status.items() if status is S.SENT] == [1, 2, 3, 4, 5, 6]
    assert outbox.count(S.PENDING) == 14


def test_a_journal_that_stays_broken_is_said_as_such() -> None:
    outbox = MemoryOutbox(5)
    outbox.broken = True
    transport = MemoryTransport()
    with pytest.raises(JournalBroken):
        run(outbox, transport, Clock())
    assert transport.letters == []


def test_a_transport_that_announces_a_letter_twice_is_stopped() -> None:
    class Twice:
        def deliver(self, queue: Queue, journal: Journal) -> None:
            letter = queue.take()
            assert letter is not None
            journal.turn([], [letter])
            journal.turn([], [letter])

    outbox = MemoryOutbox(3)
    with pytest.raises(SenderFailed):
        run(outbox, Twice(), Clock())
    assert_nothing_hangs(outbox)


def test_a_request_to_stop_gives_the_rest_back_and_the_next_call_goes_on() -> None:
    stop, outbox, clock = Event(), MemoryOutbox(30), Clock()
    first = Scripted(lambda number, _attempt: stop.set() if number == 10 else None)
    report = run(outbox, first, clock, stop=stop)
    assert report.interrupted
    assert 0 < report.sent < 30
    assert_nothing_hangs(outbox)
    second = Scripted(lambda _number, _attempt: None)
    run(outbox, second, clock)
    assert sorted(first.left + second.left) == list(range(1, 31))


def test_an_interrupt_of_the_person_finishes_what_is_in_flight() -> None:
    outbox, clock, interrupted, stop = MemoryOutbox(30), Clock(), Event(), Event()

    def script(number: int, _attempt: int) -> None:
        if number == 10 and not interrupted.is_set():
            interrupted.set()
            _thread.interrupt_main()
            stop.wait(60)  # however busy the machine: the calling thread has heard it

    report = run(outbox, Scripted(script), clock, stop=stop)
    assert report.interrupted
    assert outbox.count(S.IN_DOUBT) == 0
    assert_nothing_hangs(outbox)
    assert not any("sender" in thread.name for thread in threading.enumerate())


def test_a_stop_during_the_wait_ends_the_wait() -> None:
    stop, outbox, clock = Event(), MemoryOutbox(1), Clock()

    class Impatient(Clock):
        def sleep(self, seconds: float) -> None:
            stop.set()

    clock = Impatient()
    report = run(outbox, Scripted(lambda _number, _attempt: "451"), clock, stop=stop)
    assert report.interrupted
    assert report.next_due == outbox.due[1]


def test_rows_in_another_senders_hands_are_waited_for_and_taken_when_it_dies() -> None:
    outbox, transport = MemoryOutbox(6), MemoryTransport()
    outbox.elsewhere = {5, 6}

    class Dying(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 3:
                outbox.dying = {5, 6}

    clock = Dying()
    report = run(outbox, transport, clock)
    assert report.sent == 6
    assert clock.slept == [1, 1, 1, 1]


def test_rows_another_sender_never_gives_back_are_left_after_the_wait() -> None:
    outbox, clock = MemoryOutbox(6), Clock()
    outbox.elsewhere = {5, 6}
    report = run(outbox, MemoryTransport(), clock, wait_limit=20)
    assert report.sent == 4
    assert sum(clock.slept) == 20


def test_progress_is_told_from_the_callers_thread_and_ends_with_the_truth() -> None:
    seen: list[tuple[Progress, str]] = []
    run(
        MemoryOutbox(50),
        MemoryTransport(),
        Clock(),
        progress=lambda progress: seen.append((progress, threading.current_thread().name)),
    )
    assert {name for _progress, name in seen} == {threading.current_thread().name}
    assert seen[-1][0] == Progress(sent=50)


def test_whoever_cannot_be_told_stops_the_sending_in_order_and_fails_nobody() -> None:
    outbox, told, stop = MemoryOutbox(60), Event(), Event()

    def tell(_progress: Progress) -> None:
        told.set()
        raise BrokenPipeError("nobody reads it any more")

    def script(number: int, _attempt: int) -> None:
        if number == 10:
            told.wait(60)
            stop.wait(5)

    transport = Scripted(script)
    with pytest.raises(BrokenPipeError):
        run(outbox, transport, Clock(), progress=tell, stop=stop)
    assert not any("sender" in thread.name for thread in threading.enumerate())
    assert_nothing_hangs(outbox)
    assert 0 < outbox.count(S.SENT) == len(transport.left) < 60
    assert outbox.count(S.SENT) + outbox.count(S.PENDING) == 60


def test_the_last_outcomes_are_written_without_another_thread() -> None:
    class Watching(MemoryOutbox):
        def turn(
            self, results: Sequence[Outcome], about_to_go: Sequence[Letter], *, now: datetime, **beside: Any
        ) -> None:
            assert about_to_go or beside["meanwhile"] is None
            super().turn(results, about_to_go, now=now, **beside)

    outbox = Watching(7)
    assert run(outbox, Scripted(lambda _number, _attempt: None), Clock()).sent == 7


deeds = st.sampled_from(
    [None, None, None, "451", "550", "connection", "in_doubt", "crash", "crash-after", "stop", "silent"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(deeds, min_size=1, max_size=25), st.integers(1, 4), st.integers(1, 7))
def test_whatever_happens_nobody_is_written_to_twice_and_nobody_is_lost(
    script: list[str | None], in_flight: int, batch: int
) -> None:
    outbox, clock = MemoryOutbox(len(script)), Clock()
    transport = Scripted(lambda number, attempt: script[number - 1] if attempt == 1 else None, in_flight=in_flight)
    for _run in range(len(script) + 1):
        try:
            run(outbox, transport, clock, pace=Pace(batch=batch, progress_every=0.001))
        except (LoginRefused, SenderFailed):
            assert_nothing_hangs(outbox)
            continue
        break
    assert_nothing_hangs(outbox)
    assert len(transport.left) == len(set(transport.left))
    # What left is sent or in doubt; what is said to be sent has left.
    sent = {number for number, status in outbox.status.items() if status is S.SENT}
    doubts = {number for number, status in outbox.status.items() if status is S.IN_DOUBT}
    assert sent <= set(transport.left) <= sent | doubts
    assert outbox.count(S.PENDING) == 0


def test_when_others_hold_what_the_limits_allow_the_dead_among_them_are_looked_for() -> None:
    class Spoken(MemoryOutbox):
        """Gives no due row out before it was looked for the dead, as an outbox whose limits a dead sender holds."""

        def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
            return super().claim(limit, now=now) if self.recovered else []

    outbox, clock = Spoken(3), Clock()
    report = run(outbox, MemoryTransport(), clock)
    assert report.sent == 3
    assert clock.slept == [1]
