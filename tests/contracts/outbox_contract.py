"""What every outbox must keep; a test class inherits this and says how an outbox of some rows is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.ports import Claimed, Outbox

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def letter_of(row: Claimed) -> Letter:
    """The letter of a claimed row."""
    return Letter(row.delivery_id, "practice@cabinet.example", row.address, b"Subject: x\r\n\r\nBonjour\r\n")


class OutboxContract:
    """The tests; `outbox` is an outbox of five rows that are due, `status` tells where one of them stands."""

    @pytest.fixture
    def outbox(self) -> Outbox:
        """The outbox under test."""
        raise NotImplementedError

    def status(self, delivery_id: int) -> str:
        """Where a delivery stands."""
        raise NotImplementedError

    def test_rows_are_claimed_once_in_their_order(self, outbox: Outbox) -> None:
        first = outbox.claim(3, now=NOW)
        rest = outbox.claim(10, now=NOW)
        numbers = [row.delivery_id for row in (*first, *rest)]
        assert len(first) == 3
        assert len(numbers) == 5
        assert numbers == sorted(set(numbers))
        assert outbox.claim(10, now=NOW) == []

    def test_released_rows_can_be_claimed_again(self, outbox: Outbox) -> None:
        claimed = outbox.claim(5, now=NOW)
        outbox.release([row.delivery_id for row in claimed[1:3]])
        assert [row.delivery_id for row in outbox.claim(5, now=NOW)] == [row.delivery_id for row in claimed[1:3]]

    def test_a_letter_goes_through_sending_to_its_outcome(self, outbox: Outbox) -> None:
        row, *_others = outbox.claim(5, now=NOW)
        outbox.turn([], [letter_of(row)], now=NOW)
        assert self.status(row.delivery_id) == "sending"
        outbox.turn([Outcome(delivery_id=row.delivery_id, status=DeliveryStatus.SENT, code=250)], [], now=NOW)
        assert self.status(row.delivery_id) == "sent"

    def test_one_turn_may_hold_outcomes_and_the_letters_that_follow(self, outbox: Outbox) -> None:
        first, second, *_others = outbox.claim(5, now=NOW)
        outbox.turn([], [letter_of(first)], now=NOW)
        outcome = Outcome(delivery_id=first.delivery_id, status=DeliveryStatus.FAILED, reason="smtp_550", code=550)
        outbox.turn([outcome], [letter_of(second)], now=NOW)
        assert self.status(first.delivery_id) == "failed"
        assert self.status(second.delivery_id) == "sending"

    def test_a_row_to_try_again_is_due_at_its_time_and_counts_its_attempts(self, outbox: Outbox) -> None:
        row, *others = outbox.claim(5, now=NOW)
        outbox.turn([], [letter_of(row)], now=NOW)
        later = Outcome(delivery_id=row.delivery_id, status=DeliveryStatus.PENDING, reason="smtp_451", retry_after=60)
        outbox.turn([later], [], now=NOW)
        assert outbox.claim(5, now=NOW) == []
        assert outbox.next_due() == NOW + timedelta(seconds=60)
        (again,) = outbox.claim(5, now=NOW + timedelta(seconds=60))
        assert (again.delivery_id, again.attempts) == (row.delivery_id, 1)
        assert others

    def test_a_row_refused_before_its_content_left_needs_no_announcement(self, outbox: Outbox) -> None:
        row, *_others = outbox.claim(5, now=NOW)
        outbox.turn([Outcome(delivery_id=row.delivery_id, status=DeliveryStatus.FAILED, code=550)], [], now=NOW)
        assert self.status(row.delivery_id) == "failed"

    def test_nothing_is_due_once_every_row_is_held_or_decided(self, outbox: Outbox) -> None:
        assert outbox.next_due() is not None
        outbox.claim(5, now=NOW)
        assert outbox.next_due() is None
        assert outbox.held_elsewhere() == 0
