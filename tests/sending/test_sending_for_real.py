"""The real sender, ledger and SMTP against a server that fails at random, kills and a second sender: nobody twice."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.smtp_sink import serving
from tests.sending.conftest import BY, open_test_ledger, queue_mailing
from tests.sending.sending_child import SENDER, letter_of
from tests.servers.chaos_smtp import ChaosServer, Fault
from workbench.domain.accounts import Account, Security
from workbench.ledger import Ledger
from workbench.sending.sender import send_pending
from workbench.transports.smtp import SmtpTransport
from workbench.transports.smtp_connection import Patience

CHILD = Path(__file__).with_name("sending_child.py")
COUNT = 150


class Hurrying:
    """Real time, but sleeping only moves the clock."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


def addresses(ledger: Ledger, mailing: int) -> dict[str, set[str]]:
    """The addresses of a mailing by where they stand."""
    frame = ledger.results.results(mailing)
    found: dict[str, set[str]] = {}
    for address, status in zip(frame["address"], frame["status"].astype(str), strict=True):
        found.setdefault(status, set()).add(address)
    return found


def assert_true_report(server: ChaosServer, ledger: Ledger, mailing: int) -> dict[str, set[str]]:
    """Nobody twice, nobody lost, « sent » only what arrived, and what arrived is sent or in doubt."""
    stand = addresses(ledger, mailing)
    arrived = Counter(server.recipients)
    assert not {address: times for address, times in arrived.items() if times > 1}
    assert stand.get("sent", set()) <= set(arrived)
    assert set(arrived) <= stand.get("sent", set()) | stand.get("in_doubt", set())
    assert "sending" not in stand
    return stand


def random_faults(seed: int) -> list[Fault]:
    chance = random.Random(seed)
    deeds = [
        ("mail", "drop", ""),
        ("rcpt", "reset", ""),
        ("data", "drop", ""),
        ("content", "drop", ""),
        ("dot", "drop", ""),
        ("dot", "reset", "keep"),
        ("mail", "reply", "451 4.2.0 later"),
        ("rcpt", "reply", "450 4.2.1 busy"),
        ("rcpt", "reply", "550 5.1.1 nobody"),
        ("dot", "reply", "451 4.2.0 later"),
        ("dot", "reply", "554 5.7.1 no"),
        ("dot", "trickle", ""),
        ("rcpt", "twice", ""),
        ("mail", "reply", "nonsense"),
        ("connect", "drop", ""),
    ]
    return [
        Fault(at=at, do=do, text="" if text == "keep" else text, keep=text == "keep", after=chance.randrange(60))
        for at, do, text in chance.sample(deeds, 10)
    ]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_among_random_faults_the_report_is_true(ledger: Ledger, seed: int, pipelining: bool) -> None:
    mailing = queue_mailing(ledger, COUNT)
    clock = Hurrying()
    with ChaosServer(faults=random_faults(seed), pipelining=pipelining) as server:
        account = Account(
            name="reception", email=SENDER, host="127.0.0.1", port=server.port, security=Security.NONE, timeout=6.0
        )
        with ledger.start_sender(user=BY, now=clock.now()) as sender:
            send_pending(
                ledger.outbox(mailing, sender),
                SmtpTransport(account, connections=4, patience=Patience(after_dot=6.0)),
                letter_of,
                now=clock.now,
                sleep=clock.sleep,
                wait_limit=10000,
            )
    stand = assert_true_report(server, ledger, mailing)
    assert "pending" not in stand
    # A letter this small has left whole before the server drops it in the middle.
    lost_replies = sum(fault.at in ("content", "dot") and fault.do in ("drop", "reset") for fault in server.faults)
    said_twice = sum(fault.do == "twice" for fault in server.faults)
    assert len(stand.get("in_doubt", ())) <= lost_replies + said_twice
    assert len(stand["sent"]) >= COUNT - 10


@pytest.mark.parametrize("connections", [1, 6])
def test_kills_at_any_moment_double_nobody_and_leave_at_most_a_doubt_a_connection(
    tmp_path: Path, connections: int
) -> None:
    with open_test_ledger(tmp_path) as ledger:
        mailing = queue_mailing(ledger, 2000)
    with ChaosServer() as server:
        command = [sys.executable, str(CHILD), str(tmp_path), str(mailing), str(server.port), str(connections)]
        kills = 0
        for _kill in range(3):
            before = len(server.kept)
            child = subprocess.Popen(command)
            while len(server.kept) < before + 40 and child.poll() is None:
                time.sleep(0.002)
            if child.poll() is None:
                child.kill()
                kills += 1
            child.wait(60)
        assert subprocess.run(command, timeout=120).returncode == 0
    with open_test_ledger(tmp_path) as ledger:
        stand = assert_true_report(server, ledger, mailing)
    assert kills == 3
    assert "pending" not in stand
    assert len(stand.get("in_doubt", ())) <= kills * connections
    assert len(stand["sent"]) >= 2000 - kills * connections


def test_two_senders_at_once_share_the_work(tmp_path: Path) -> None:
    with open_test_ledger(tmp_path) as ledger:
        mailing = queue_mailing(ledger, 600)
    with ChaosServer() as server:
        command = [sys.executable, str(CHILD), str(tmp_path), str(mailing), str(server.port), "2"]
        children = [subprocess.Popen(command) for _sender in range(2)]
        assert [child.wait(60) for child in children] == [0, 0]
    with open_test_ledger(tmp_path) as ledger:
        stand = assert_true_report(server, ledger, mailing)
    assert len(stand["sent"]) == 600


def test_a_sender_that_waits_for_another_takes_over_when_that_one_is_killed(tmp_path: Path) -> None:
    with open_test_ledger(tmp_path) as ledger:
        mailing = queue_mailing(ledger, 100)
    with ChaosServer(faults=[Fault(at="dot", do="hang", after=20)], pipelining=False) as server:
        command = [sys.executable, str(CHILD), str(tmp_path), str(mailing), str(server.port), "1"]
        first = subprocess.Popen(command)
        last = time.monotonic() + 60
        while len(server.kept) < 20:
            assert first.poll() is None
            assert time.monotonic() < last
            time.sleep(0.01)
        second = subprocess.Popen(command)
        time.sleep(2.0)
        assert second.poll() is None  # it waits: every row is in the first one's hands
        first.kill()
        first.wait(60)
        assert second.wait(30) == 0
    with open_test_ledger(tmp_path) as ledger:
        stand = assert_true_report(server, ledger, mailing)
    assert {status: len(who) for status, who in stand.items()} == {"sent": 99, "in_doubt": 1}


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("deed", ["opt-out", "cancel"])
def test_an_opt_out_or_a_cancellation_in_the_middle_counts_within_about_a_second(
    ledger: Ledger, tmp_path: Path, deed: str, connections: int
) -> None:
    count, delay = 14 * connections, 0.2
    mailing = queue_mailing(ledger, count)
    last = f"patient{count}@example.test"
    with serving(tmp_path / "sink", delay=delay) as sink:
        account = Account(name="reception", email=SENDER, host="127.0.0.1", port=sink.port, security=Security.NONE)
        arrived: list[int] = []

        def act() -> None:
            sink.wait_for(3 * connections)
            with open_test_ledger(tmp_path) as another:
                now = datetime.now(UTC)
                if deed == "cancel":
                    another.mailings.cancel(mailing, by=BY, now=now)
                else:
                    another.opt_outs.opt_out(
                        patient_id="", address=last, channel="email", purpose="", source="phone", by=BY, now=now
                    )
            arrived.append(sink.count())

        acting = threading.Thread(target=act, daemon=True)
        acting.start()
        with ledger.start_sender(user=BY, now=datetime.now(UTC)) as sender:
            transport = SmtpTransport(account, connections=connections)
            send_pending(ledger.outbox(mailing, sender), transport, letter_of)
        acting.join(60)
        assert not acting.is_alive()
        stand = addresses(ledger, mailing)
        assert sink.count() == len(stand["sent"])
        if deed == "cancel":
            # A second of work, and what the connections had in hand.
            assert sink.count() <= arrived[0] + connections * (1.2 / delay + 3)
            assert len(stand["cancelled"]) == count - sink.count() > 0
        else:
            assert stand["skipped"] == {last}
            assert sink.addresses()[last] == 0
            assert sink.count() == count - 1
