"""The numbers of the fine print (DESIGN 5), each on a clock of ours: what slows whom down, by how much, how long."""

from __future__ import annotations

import socket

import pytest

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.transports.conftest import account
from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.errors import NetworkDown
from workbench.sending.pacing import Pace, paced, retry_delay
from workbench.transports.slow_down import LONGEST_PAUSE, SlowDown
from workbench.transports.smtp import BACK_OFF, SmtpTransport
from workbench.transports.smtp_connection import Patience
from workbench.transports.smtp_protocol import Reply


def reply(text: str) -> Reply:
    return Reply(code=int(text[:3]), lines=(text[4:],))


@pytest.mark.parametrize(
    "text",
    ["421 closing", "421 4.2.1 closing", "450 4.7.0 rate", "451 4.7.0 rate", "452 4.3.1 no disk", "451 try later"],
)
def test_421_and_4_7_0_slow_the_account_down(text: str) -> None:
    assert reply(text).slows_account


@pytest.mark.parametrize(
    "text", ["450 4.2.0 grey", "450 4.2.1 busy", "452 4.2.2 full", "451 4.1.8 bad", "550 4.7.0 no"]
)
def test_4_2_x_concerns_its_recipient_alone(text: str) -> None:
    assert not reply(text).slows_account


def test_each_request_halves_the_connections_down_to_one_and_pauses_thirty_seconds_at_most() -> None:
    slow, now, limits, pauses = SlowDown(10), 0.0, [], []
    for _time in range(8):
        slow.asked(now)
        limits.append(slow.limit)
        pauses.append(slow.pause_left(now))
        now += slow.pause_left(now)
    assert limits == [5, 2, 1, 1, 1, 1, 1, 1]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert LONGEST_PAUSE == 30


def test_twenty_successes_give_one_connection_back() -> None:
    slow = SlowDown(3)
    slow.asked(0.0)
    now = slow.pause_left(0.0)
    grown = [slow.limit]
    for _letter in range(60):
        slow.succeeded(now)
        grown.append(slow.limit)
    assert (grown[0], grown[19], grown[20], grown[39], grown[40], grown[60]) == (1, 1, 2, 2, 3, 3)


def outcome(code: int | None) -> Outcome:
    reason = "connection_lost" if code is None else f"smtp_{code}"
    return Outcome(delivery_id=1, status=DeliveryStatus.PENDING, reason=reason, code=code)


@pytest.mark.parametrize("code", [450, 451, 452, 421])
def test_a_4xx_is_tried_again_after_10_seconds_then_1_5_and_15_minutes(code: int) -> None:
    assert [retry_delay(attempt, outcome(code)) for attempt in range(1, 5)] == [10, 60, 300, 900]
    assert paced(outcome(code), attempt=2, pace=Pace()).retry_after == 60


def test_a_connection_lost_before_the_dot_is_tried_at_once_then_after_5_and_30_seconds() -> None:
    assert [retry_delay(attempt, outcome(None)) for attempt in range(1, 4)] == [0, 5, 30]


def test_two_minutes_without_any_connection_stop_the_mailing() -> None:
    assert Patience().network == 120
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    now, asked = 0.0, 0

    def clock() -> float:
        nonlocal now, asked
        now, asked = now + 0.5, asked + 1
        return now

    journal = RecordingJournal()
    with pytest.raises(NetworkDown):
        SmtpTransport(account(port), clock=clock).deliver(ListQueue([a_letter()]), journal)
    assert 120 <= now <= 120 + BACK_OFF[-1] + 5
    assert journal.turns == []
