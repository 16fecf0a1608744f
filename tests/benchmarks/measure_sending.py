"""Measure how fast letters leave: messages a second and client CPU a message, with 10 connections on loopback.

``python tests/benchmarks/measure_sending.py [COUNT] [--bytes N] [--delay MS] [--sink HOST:PORT]``: three runs, the
transport alone with a journal that keeps nothing, the whole sender with an outbox in memory, and the whole sender
with the real ledger on SQLite (FULL sync). The letters are constant, so merging is not part of it. Without
``--sink`` the server is ``tests/servers/sink.py`` in a process of its own; Debian's ``smtp-sink`` is faster.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.fakes import ListQueue, MemoryOutbox  # noqa: E402
from workbench.domain.accounts import Account, Security  # noqa: E402
from workbench.domain.calendar import system_now  # noqa: E402
from workbench.domain.deliveries import DeliveryStatus, NewDelivery, Outcome  # noqa: E402
from workbench.domain.mailings import MailingPlan  # noqa: E402
from workbench.domain.messages import Letter  # noqa: E402
from workbench.domain.templates import Template  # noqa: E402
from workbench.ledger import open_ledger  # noqa: E402
from workbench.ports import Claimed  # noqa: E402
from workbench.sending.sender import send_pending  # noqa: E402
from workbench.transports.smtp import SmtpTransport  # noqa: E402


class NoJournal:
    """Counts, and keeps nothing."""

    stopping = False

    def __init__(self) -> None:
        self.sent = 0
        self.turns = 0

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        self.turns += 1
        self.sent += sum(result.status is DeliveryStatus.SENT for result in results)


def timed(name: str, count: int, work: Callable[[], int]) -> None:
    started, used = time.perf_counter(), time.process_time()
    sent = work()
    took, used = time.perf_counter() - started, time.process_time() - used
    assert sent == count, f"{sent} of {count} were sent"
    print(f"{name:32} {count / took:8.0f} messages/s   {1e6 * used / count:6.0f} µs of CPU a message")


def measure_ledger(
    folder: Path, count: int, transport: Callable[[], SmtpTransport], letter_of: Callable[[Claimed, datetime], Letter]
) -> None:
    now = system_now()
    with open_ledger(f"sqlite:///{folder}/ledger.db", practice_id="measure", locks=folder) as ledger:
        template = ledger.library.save_template(
            Template(label="measure", subject="measure", html="<p>measure</p>"), by="measure", now=now
        )
        account = Account(name="measure", email="practice@cabinet.example")
        ledger.library.save_account(account, by="measure", now=now)
        plan = MailingPlan(template=template.path, account="measure", role="patient", channel="email", key="measure")
        mailing = ledger.mailings.open_mailing(plan, template=template, account="measure", by="measure", now=now)
        rows = (
            NewDelivery(
                recipient_id=str(number),
                addressee_key=f"row:{number}",
                role="patient",
                channel="email",
                recipient="",
                address=f"patient{number}@example.test",
                language="fr",
                values={"PNOM": "Nom", "PPRENOM": "Prénom", "RDVDATE": "lundi 23 novembre 2026", "RDVHEURE": "8 h 40"},
            )
            for number in range(count)
        )
        ledger.mailings.enqueue(mailing.id, rows, by="measure", now=now)
        with ledger.start_sender(user="measure", now=system_now()) as sender:
            outbox = ledger.outbox(mailing.id, sender)
            timed("sender, ledger on SQLite", count, lambda: send_pending(outbox, transport(), letter_of).sent)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("count", nargs="?", type=int, default=20000)
    arguments.add_argument("--bytes", type=int, default=8000)
    arguments.add_argument("--delay", type=float, default=0.0)
    arguments.add_argument("--connections", type=int, default=10)
    arguments.add_argument("--sink")
    asked = arguments.parse_args()
    body = b"Subject: measure\r\n\r\n" + b"".join(b"%070d\r\n" % line for line in range(asked.bytes // 72))
    child = None
    if asked.sink:
        host, _colon, port = asked.sink.rpartition(":")
    else:
        child = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/servers/sink.py"), str(asked.delay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        host, port = "127.0.0.1", child.stdout.readline().strip()  # type: ignore[union-attr]
    account = Account(
        name="measure", email="practice@cabinet.example", host=host, port=int(port), security=Security.NONE
    )

    def letter(number: int) -> Letter:
        return Letter(number, account.email, f"patient{number}@example.test", body, digest="0" * 64)

    def letter_of(row: Claimed, _now: datetime) -> Letter:
        return letter(row.delivery_id)

    def transport() -> SmtpTransport:
        return SmtpTransport(account, connections=asked.connections)

    def alone() -> int:
        journal = NoJournal()
        transport().deliver(ListQueue([letter(number) for number in range(asked.count)]), journal)
        return journal.sent

    try:
        timed("transport alone", asked.count, alone)
        memory = MemoryOutbox(asked.count)
        timed(
            "sender, outbox in memory",
            asked.count,
            lambda: send_pending(memory, transport(), letter_of, now=memory.now).sent,
        )
        with tempfile.TemporaryDirectory() as folder:
            measure_ledger(Path(folder), asked.count, transport, letter_of)
    finally:
        if child is not None:
            child.communicate()


if __name__ == "__main__":
    main()
