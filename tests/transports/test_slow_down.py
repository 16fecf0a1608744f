"""How many connections an account bears."""

from __future__ import annotations

from workbench.transports.slow_down import LONGEST_PAUSE, SlowDown


def test_a_request_to_slow_down_halves_the_connections_but_never_below_one() -> None:
    slow = SlowDown(10)
    limits = []
    for hour in range(6):
        slow.asked(hour * 3600.0)
        limits.append(slow.limit)
    assert limits == [5, 2, 1, 1, 1, 1]


def test_requests_that_arrive_during_the_pause_are_the_same_request() -> None:
    slow = SlowDown(8)
    for _connection in range(8):
        slow.asked(100.0)
    assert slow.limit == 4
    assert slow.paused(100.5)
    assert not slow.paused(101.0)


def test_pauses_grow_to_thirty_seconds_and_no_further() -> None:
    slow, now, pauses = SlowDown(4), 0.0, []
    for _request in range(8):
        slow.asked(now)
        pauses.append(slow.pause_left(now))
        now += slow.pause_left(now)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_twenty_successes_give_one_connection_back_up_to_what_was_asked_for() -> None:
    slow = SlowDown(3)
    slow.asked(0.0)
    assert slow.limit == 1
    for _success in range(19):
        slow.succeeded(10.0)
    assert slow.limit == 1
    slow.succeeded(10.0)
    assert slow.limit == 2
    for _success in range(100):
        slow.succeeded(10.0)
    assert slow.limit == 3


def test_a_success_after_the_pause_makes_the_next_pause_short_again() -> None:
    slow = SlowDown(4)
    slow.asked(0.0)
    slow.asked(10.0)
    assert slow.pause_left(10.0) == 2.0
    slow.succeeded(20.0)
    slow.asked(30.0)
    assert slow.pause_left(30.0) == 1.0


def test_a_server_that_takes_no_more_connections_sets_the_limit() -> None:
    slow = SlowDown(10)
    slow.full_at(3)
    assert slow.limit == 3
    slow.full_at(0)
    assert slow.limit == 1
