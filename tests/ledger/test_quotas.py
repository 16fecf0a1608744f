"""An account's limits hold over every sender, mailing and computer that shares the ledger, whenever each one looks."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.beside import at_once
from workbench.domain.limits import WINDOWS, Limits
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger
from workbench.ledger.quotas import KEPT, Quota
from workbench.ports import Departed

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def quota(ledger: Ledger, limits: Limits, account: str = "cabinet") -> Quota:
    """What a new sender sees of an account, on the clock that the test tells."""
    sender = ledger.senders.start(user="claire", now=START)
    return replace(ledger.quota(account, limits, sender), clock=lambda _connection, now: now)


def assert_within(left: list[datetime], limits: Limits) -> None:
    """No window, wherever it begins, holds more than its limit."""
    for name, window in WINDOWS.items():
        most = getattr(limits, name)
        for place, first in enumerate(sorted(left)):
            within = [moment for moment in sorted(left)[place:] if moment < first + window]
            assert not most or len(within) <= most, f"{len(within)} {name}"


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),  # which sender
        st.integers(1, 8),  # how many it wants
        st.floats(0, 1500),  # seconds until it looks
        st.lists(st.floats(0, 40), max_size=8),  # seconds after which each message leaves; the others never do
    ),
    min_size=1,
    max_size=25,
)
LIMITS = st.builds(Limits, per_minute=st.integers(0, 6), per_hour=st.integers(0, 12), per_day=st.integers(0, 20))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits=LIMITS, steps=STEPS)
def test_no_window_ever_holds_more_than_its_limit_with_two_senders(
    either_ledger: Ledger, limits: Limits, steps
) -> None:
    with either_ledger.engine.begin() as connection:
        connection.execute(schema.allowances.delete())
    senders = [quota(either_ledger, limits), quota(either_ledger, limits)]
    now, left = START, []
    open_until: list[list[tuple[Departed, datetime]]] = [[], []]
    for which, wanted, wait, delays in steps:
        now += timedelta(seconds=wait)
        done = [told for told, ends in open_until[which] if ends <= now]
        open_until[which] = [(told, ends) for told, ends in open_until[which] if ends > now]
        allowed = senders[which].take(wanted, done, now=now)
        assert 0 <= allowed.count <= wanted
        if not allowed.count:
            assert allowed.free_at is None or allowed.free_at > now
            continue
        leaving = [now + timedelta(seconds=delay) for delay in delays[: allowed.count]]
        left += leaving
        last = max(leaving, default=now)
        told = Departed(allowance_id=allowed.id, count=len(leaving), left_at=last if leaving else None)
        open_until[which].append((told, last))
    assert_within(left, limits)


def test_when_the_room_is_told_to_be_free_it_is(either_ledger: Ledger) -> None:
    mine = quota(either_ledger, Limits(per_minute=3))
    first = mine.take(10, now=START)
    assert first.count == 3
    assert mine.take(1, now=START).free_at is None  # they may leave at any moment
    later = START + timedelta(seconds=5)
    assert mine.free_at(now=later) == later
    blocked = mine.take(1, [Departed(allowance_id=first.id, count=3, left_at=later)], now=later)
    assert blocked.count == 0
    assert blocked.free_at == mine.free_at(now=later) == later + timedelta(seconds=61)
    assert mine.take(1, now=blocked.free_at).count == 1


def test_what_was_given_back_takes_no_room(either_ledger: Ledger) -> None:
    mine = quota(either_ledger, Limits(per_hour=4))
    first = mine.take(4, now=START)
    mine.settle([Departed(allowance_id=first.id, count=1, left_at=START)], now=START)
    second = mine.take(4, now=START)
    assert second.count == 3
    mine.settle([Departed(allowance_id=second.id, count=0)], now=START)
    assert mine.take(4, now=START).count == 3


def test_accounts_have_limits_of_their_own(either_ledger: Ledger) -> None:
    assert quota(either_ledger, Limits(per_minute=2)).take(5, now=START).count == 2
    assert quota(either_ledger, Limits(per_minute=2), account="other").take(5, now=START).count == 2


def test_what_a_sender_never_told_of_left_when_it_ended(either_ledger: Ledger) -> None:
    dying = quota(either_ledger, Limits(per_minute=2))
    dying.take(2, now=datetime.now(UTC))
    other = quota(either_ledger, Limits(per_minute=2))
    assert other.take(1, now=datetime.now(UTC)).free_at is None
    assert dying.sender is not None
    dying.sender.close()
    blocked = other.take(1, now=datetime.now(UTC))
    assert blocked.free_at is not None
    assert blocked.free_at - datetime.now(UTC) <= timedelta(seconds=61)
    assert other.take(1, now=datetime.now(UTC) + timedelta(seconds=62)).count == 1


def test_what_is_older_than_a_day_is_forgotten(either_ledger: Ledger) -> None:
    mine = quota(either_ledger, Limits(per_day=10))
    for hours in range(0, 60, 6):
        now = START + timedelta(hours=hours)
        allowed = mine.take(1, now=now)
        mine.settle([Departed(allowance_id=allowed.id, count=1, left_at=now)], now=now)
    with either_ledger.engine.connect() as connection:
        kept = connection.execute(schema.allowances.select()).all()
    assert 0 < len(kept) <= 6
    assert all(row.left_at >= START + timedelta(hours=54) - KEPT for row in kept)


def test_a_clock_that_was_put_back_by_a_day_stops_nobody_for_a_day(either_ledger: Ledger) -> None:
    mine = quota(either_ledger, Limits(per_minute=1))
    allowed = mine.take(1, now=START + timedelta(days=1))
    mine.settle([Departed(allowance_id=allowed.id, count=1, left_at=START + timedelta(days=1))], now=START)
    blocked = mine.take(1, now=START)
    assert blocked.free_at == START + timedelta(seconds=61)


def test_senders_that_ask_at_the_same_moment_share_the_room(either_ledger: Ledger) -> None:
    senders = [quota(either_ledger, Limits(per_hour=50)) for _one in range(4)]
    counts: list[int] = []
    begin = threading.Barrier(4, timeout=30)

    def ask(mine: Quota) -> None:
        begin.wait()
        counts.extend(mine.take(7, now=START).count for _time in range(5))

    at_once(*(partial(ask, mine) for mine in senders))
    assert sum(counts) == 50


def test_a_server_s_own_clock_is_told_in_the_caller_s_time(postgres_ledger: Ledger) -> None:
    mine = postgres_ledger.quota(
        "cabinet", Limits(per_minute=1), postgres_ledger.senders.start(user="claire", now=START)
    )
    skewed = datetime.now(UTC) - timedelta(hours=5)
    allowed = mine.take(1, now=skewed)
    blocked = mine.take(1, [Departed(allowance_id=allowed.id, count=1, left_at=skewed)], now=skewed)
    assert blocked.free_at is not None
    assert timedelta(seconds=55) < blocked.free_at - skewed <= timedelta(seconds=61)
