"""A letter that became late while it waited in a connection does not leave, and the others do."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.servers.chaos_smtp import ChaosServer
from tests.transports.conftest import account
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
