"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.sending.pacing import LATER, Pace, paced, retry_delay


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
