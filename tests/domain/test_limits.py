"""How many messages may leave now, given when others left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workbench.domain.limits import MARGIN, Limits, Room

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def ago(**delta: float) -> datetime:
    return NOW - timedelta(**delta)


def test_without_limits_everything_wanted_may_leave() -> None:
    assert not Limits()
    assert Limits().room([(ago(seconds=1), 10_000)], wanted=500, now=NOW) == Room(count=500)


def test_what_left_within_the_window_takes_room_and_what_left_before_does_not() -> None:
    limits = Limits(per_minute=10)
    assert limits.room([(ago(seconds=30), 4), (ago(seconds=90), 9)], wanted=50, now=NOW) == Room(count=6)
    assert limits.room([(ago(seconds=30), 4)], wanted=2, now=NOW) == Room(count=2)


def test_a_full_window_says_when_the_first_of_it_is_a_minute_old() -> None:
    room = Limits(per_minute=10).room([(ago(seconds=50), 4), (ago(seconds=20), 6)], wanted=5, now=NOW)
    assert room == Room(count=0, free_at=ago(seconds=50) + timedelta(minutes=1) + MARGIN)
    assert (
        Limits(per_minute=10).room([(ago(seconds=50), 4), (ago(seconds=20), 6)], wanted=5, now=room.free_at).count == 4
    )


def test_the_longest_wait_of_several_limits_counts() -> None:
    room = Limits(per_minute=5, per_hour=10).room([(ago(minutes=40), 6), (ago(seconds=10), 5)], wanted=1, now=NOW)
    assert room.free_at == ago(minutes=40) + timedelta(hours=1) + MARGIN


def test_what_may_leave_at_any_moment_counts_until_it_is_known_when_it_left() -> None:
    assert Limits(per_minute=10).room([(None, 7)], wanted=50, now=NOW) == Room(count=3)
    assert Limits(per_minute=10).room([(None, 10)], wanted=50, now=NOW) == Room(count=0, free_at=None)
    assert Limits(per_minute=10).room([(None, 12), (ago(seconds=5), 3)], wanted=1, now=NOW).free_at is None
