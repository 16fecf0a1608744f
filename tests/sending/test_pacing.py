"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.sending.pacing import FIRST_CLAIM, LATER, Pace, next_claim, paced, retry_delay


def temporary(code: int | None = None) -> Outcome:
    reason = f"smtp_{code}" if code else "connection_lost"
    return Outcome(delivery_id=1, status=DeliveryStatus.PENDING, reason=reason, code=code)


def test_a_lost_connection_is_tried_at_once_then_after_5_and_30_seconds() -> None:
    assert [retry_delay(attempt, temporary()) for attempt in (1, 2, 3)] == [0, 5, 30]


def test_a_temporary_refusal_is_tried_after_10_seconds_then_1_5_and_15_minutes() -> None:
    assert [retry_delay(attempt, temporary(451)) for attempt in (1, 2, 3, 4)] == [10, 60, 300, 900]


@given(st.integers(1, 50), st.sampled_from([None, 421, 450, 451]))
def test_delays_never_shrink_and_never_exceed_an_hour(attempt: int, code: int | None) -> None:
    assert retry_delay(attempt, temporary(code)) <= retry_delay(attempt + 1, temporary(code)) <= LATER


def test_after_too_many_attempts_a_row_fails_and_keeps_the_servers_last_words() -> None:
    outcome = paced(temporary(451), attempt=8, pace=Pace())
    assert outcome.status is DeliveryStatus.FAILED
    assert outcome.reason == "too_many_attempts"
    assert outcome.code == 451
    assert paced(temporary(451), attempt=7, pace=Pace()).status is DeliveryStatus.PENDING


def test_what_is_decided_for_good_is_left_alone() -> None:
    for status in (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.IN_DOUBT):
        outcome = Outcome(delivery_id=1, status=status)
        assert paced(outcome, attempt=99, pace=Pace()) is outcome


def claim(last: int, **told: float) -> int:
    return next_claim(last, **{"in_hand": 0, "decided": 0, "seconds": 0.0, "pace": Pace(), **told})  # type: ignore[arg-type]


def test_the_first_claims_are_small_and_grow_as_the_connections_take_them() -> None:
    assert claim(0) == FIRST_CLAIM
    assert claim(2, in_hand=2) == 2
    assert claim(2, in_hand=16) == 16


def test_a_claim_is_a_second_of_work_at_the_pace_of_the_last_one() -> None:
    assert claim(40, decided=40, seconds=2.0) == 20
    assert claim(40, decided=40, seconds=0.8) == 50
    assert claim(40, decided=40, seconds=0.01) == 80  # but no more than twice as many
    assert claim(40, decided=1, seconds=60.0) == FIRST_CLAIM
    assert claim(400, decided=400, seconds=0.1) == 500


@given(st.integers(0, 500), st.integers(0, 100), st.integers(0, 1000), st.floats(-1e5, 1e5), st.integers(1, 500))
def test_a_claim_is_never_empty_nor_larger_than_allowed(
    last: int, in_hand: int, decided: int, seconds: float, most: int
) -> None:
    size = claim(last, in_hand=in_hand, decided=decided, seconds=seconds, pace=Pace(batch=most))
    assert 1 <= size <= most
