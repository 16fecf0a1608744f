"""A letter that became late while it waited in a connection does not leave, and the others do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.servers.chaos_smtp import ChaosServer
from tests.transports.conftest import account
from workbench.domain.deliveries import Outcome
from workbench.domain.messages import Letter
from workbench.transports.smtp import SmtpTransport


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 3])
def test_only_the_late_letter_stays(pipelining: bool, connections: int) -> None:
    letters = [a_letter(number) for number in range(1, 7)]
    letters[2] = replace(letters[2], leave_by=time.monotonic())
    letters[4] = replace(letters[4], leave_by=time.monotonic() + 60)
    journal = RecordingJournal()
    with ChaosServer(pipelining=pipelining) as server:
        SmtpTransport(account(server.port), connections=connections).deliver(ListQueue(letters), journal)
    assert journal.statuses() == {1: "sent", 2: "sent", 3: "pending", 4: "sent", 5: "sent", 6: "sent"}
    assert 3 not in journal.announced
    assert letters[2].recipient not in server.recipients


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_letter_that_becomes_late_while_it_is_announced_stays_and_nobody_wonders_about_it(pipelining: bool) -> None:
    letters = [a_letter(number) for number in range(1, 5)]
    letters[1] = replace(letters[1], leave_by=time.monotonic() + 1.0)

    def locked(_results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        if letters[1] in about_to_go:
            time.sleep(1.1)  # another process holds the ledger, or the next letter takes long to merge

    journal = RecordingJournal(on_turn=locked)
    with ChaosServer(pipelining=pipelining) as server:
        SmtpTransport(account(server.port), connections=1).deliver(ListQueue(letters), journal)
    assert 2 in journal.announced
    assert journal.statuses()[2] == "pending"
    assert letters[1].recipient not in server.recipients
    assert {number for number, status in journal.statuses().items() if status == "sent"} >= {1, 4}
