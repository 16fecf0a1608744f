"""Rows are given out at the pace of the limits and in the sending hours; nothing else of the outbox changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contracts.outbox_contract import NOW, OutboxContract
from tests.fakes import Clock, MemoryOutbox, a_letter
from workbench.domain.calendar import PracticeCalendar
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.departures import WaitingFor
from workbench.domain.limits import Limits
from workbench.domain.messages import Letter
from workbench.domain.sending_hours import SendingHours
from workbench.ports import Allowance, Claimed, Departed
from workbench.sending.paced_outbox import PacedOutbox
from workbench.sending.pacing import Pace
from workbench.sending.sender import SendReport, send_pending
from workbench.transports.memory import MemoryTransport

S = DeliveryStatus


class MemoryQuota:
    """The limits of one account, in memory."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.allowed: dict[int, tuple[datetime | None, int]] = {}
        self.takes = 0

    def take(self, wanted: int, departed: Sequence[Departed] = (), *, now: datetime) -> Allowance:
        self.takes += 1
        self.settle(departed, now=now)
        room = self.limits.room(list(self.allowed.values()), wanted=wanted, now=now)
        number = self.takes
        if room.count:
            self.allowed[number] = (None, room.count)
        return Allowance(id=number, count=room.count, free_at=room.free_at)

    def settle(self, departed: Sequence[Departed], *, now: datetime) -> None:
        for told in departed:
            self.allowed[told.allowance_id] = (told.left_at, told.count)
            if not told.count:
                del self.allowed[told.allowance_id]

    def free_at(self, *, now: datetime) -> datetime:
        return self.limits.room(list(self.allowed.values()), wanted=1, now=now).free_at or now


class TestAPacedOutbox(OutboxContract):
    @pytest.fixture
    def outbox(self) -> PacedOutbox:
        self.inner = MemoryOutbox(5, now=lambda: NOW)
        return PacedOutbox(
            self.inner, quota=MemoryQuota(Limits(per_minute=1000)), opening=lambda moment: moment, now=lambda: NOW
        )

    def status(self, delivery_id: int) -> str:
        return self.inner.status[delivery_id]


class Noting(MemoryOutbox):
    """Notes when each letter left."""

    def __init__(self, count: int, clock: Clock) -> None:
        super().__init__(count, now=clock.now)
        self.left: list[datetime] = []

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter], *, now: datetime, **beside: Any) -> None:
        super().turn(results, about_to_go, now=now, **beside)
        self.left += [now] * len(about_to_go)


def clock_at(*moment: int) -> Clock:
    """A clock that stands at a moment of UTC."""
    clock = Clock()
    clock.instant = datetime(*moment, tzinfo=UTC)  # type: ignore[misc]
    return clock


def letter_of(row: Claimed, _now: datetime) -> Letter:
    return a_letter(row.delivery_id)


def run(outbox: PacedOutbox, clock: Clock, *, wait_limit: float = 900.0) -> SendReport:
    report = send_pending(
        outbox, MemoryTransport(), letter_of, pace=Pace(batch=50, progress_every=0.01), now=clock.now,
        sleep=clock.sleep, wait_limit=wait_limit,
    )  # fmt: skip
    outbox.close()
    return report


def paced(outbox: MemoryOutbox, clock: Clock, *, limits: Limits | None = None, hours: str = "") -> PacedOutbox:
    calendar = PracticeCalendar()
    return PacedOutbox(
        outbox,
        quota=MemoryQuota(limits) if limits else None,
        opening=(lambda moment: SendingHours.parse(hours).next_opening(moment, calendar)) if hours else None,
        now=clock.now,
    )


def test_a_limit_a_minute_is_waited_for_and_never_broken() -> None:
    clock = Clock()
    outbox = Noting(25, clock)
    report = run(paced(outbox, clock, limits=Limits(per_minute=10)), clock)
    assert report.sent == 25
    assert clock.slept == [61, 61]
    assert [outbox.left.count(moment) for moment in sorted(set(outbox.left))] == [10, 10, 5]


def test_what_a_day_does_not_allow_is_left_for_later_and_says_when() -> None:
    clock = Clock()
    outbox, began = Noting(25, clock), clock.now()
    held = paced(outbox, clock, limits=Limits(per_day=20))
    report = run(held, clock)
    assert report.sent == 20
    assert clock.slept == []
    assert report.next_due == began + timedelta(days=1, seconds=1)
    assert held.waiting_for is WaitingFor.LIMITS
    assert outbox.count(S.PENDING) == 5
    assert outbox.held == set()


def test_a_long_wait_for_a_limit_ends_after_fifteen_minutes() -> None:
    clock = Clock()
    outbox = Noting(100, clock)
    report = run(paced(outbox, clock, limits=Limits(per_minute=2)), clock)
    assert sum(clock.slept) <= 900
    assert report.sent == 2 * (900 // 61 + 1)
    assert report.next_due is not None


def test_attempts_that_fail_count_and_rows_given_back_do_not() -> None:
    clock = Clock()
    inner = MemoryOutbox(4, now=clock.now)
    held = paced(inner, clock, limits=Limits(per_minute=3))
    rows = held.claim(4, now=clock.now())
    assert len(rows) == 3
    held.turn([Outcome(delivery_id=1, status=S.FAILED, code=550)], [], now=clock.now())
    held.release([2, 3])
    assert [row.delivery_id for row in held.claim(4, now=clock.now())] == [2, 3]


def test_nothing_is_asked_of_the_limits_when_nothing_is_due() -> None:
    clock = Clock()
    inner = MemoryOutbox(1, now=clock.now)
    inner.due[1] = clock.now() + timedelta(minutes=5)
    quota = MemoryQuota(Limits(per_minute=1))
    held = PacedOutbox(inner, quota=quota, opening=None, now=clock.now)
    assert held.claim(5, now=clock.now()) == []
    assert quota.takes == 0


def test_outside_the_hours_rows_wait_for_the_opening() -> None:
    clock = clock_at(2026, 11, 23, 6, 55)  # 07:55 in Paris
    outbox = Noting(3, clock)
    report = run(paced(outbox, clock, hours="08:00-20:00"), clock)
    assert report.sent == 3
    assert clock.slept == [300]


def test_hours_that_are_far_off_are_left_for_later() -> None:
    clock = clock_at(2026, 11, 23, 20, 0)
    outbox = Noting(3, clock)
    held = paced(outbox, clock, hours="08:00-20:00")
    report = run(held, clock)
    assert (report.sent, clock.slept) == (0, [])
    assert report.next_due == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert held.waiting_for is WaitingFor.HOURS


def test_the_evening_stops_a_sending_that_its_limit_has_slowed_down() -> None:
    clock = clock_at(2026, 11, 23, 18, 58, 30)  # 19:58:30 in Paris
    outbox = Noting(10, clock)
    report = run(paced(outbox, clock, limits=Limits(per_minute=2), hours="08:00-20:00"), clock)
    assert report.sent == 4
    assert max(outbox.left) < datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert report.next_due == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_a_turn_that_waited_for_the_disk_counts_from_when_its_letters_could_leave() -> None:
    clock = Clock()

    class Slow(MemoryOutbox):
        def turn(
            self, results: Sequence[Outcome], about_to_go: Sequence[Letter], *, now: datetime, **beside: Any
        ) -> None:
            clock.sleep(12)
            super().turn(results, about_to_go, now=now, **beside)

    outbox = paced(Slow(4, now=clock.now), clock, limits=Limits(per_minute=2))
    rows = outbox.claim(4, now=clock.now())
    outbox.turn([], [a_letter(row.delivery_id) for row in rows], now=clock.now())
    left = clock.now()
    assert outbox.claim(1, now=left) == []
    due = outbox.next_due()
    assert due is not None
    assert due - left > timedelta(minutes=1)
