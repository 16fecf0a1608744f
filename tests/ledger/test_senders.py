from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.beside import next_line
from tests.ledger.world import BY, World, a_letter, outcome
from workbench.errors import DatabaseUnwritable
from workbench.ledger import schema
from workbench.ledger.senders import LEASE, Recovered

# A sender in a process of its own: claims, announces the letters it is told to, then says so and waits.
_SENDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.domain.messages import Letter
from workbench.ledger.ledger import open_ledger

folder, mailing, claimed, announced = sys.argv[1], *map(int, sys.argv[2:])
now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite", practice_id="practice", locks=Path(folder) / "locks")
sender = ledger.start_sender(user="child", now=now)
outbox = ledger.outbox(mailing, sender)
rows = outbox.claim(claimed, now=now)
outbox.turn([], [Letter(row.delivery_id, "a@b.test", row.address, b"x") for row in rows[:announced]], now=now)
print(*(row.delivery_id for row in rows), flush=True)
sys.stdin.read()
"""

# One that competes with others: claims three rows at a time until there are none, and says which it had.
_COMPETITOR = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from workbench.ledger.ledger import open_ledger

folder, mailing = sys.argv[1], int(sys.argv[2])
now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite", practice_id="practice", locks=Path(folder) / "locks")
sender = ledger.start_sender(user="child", now=now)
outbox = ledger.outbox(mailing, sender)
print("ready", flush=True)
sys.stdin.readline()
while rows := outbox.claim(3, now=now):
    print(*(row.delivery_id for row in rows), flush=True)
print("done", flush=True)
sys.stdin.read()
"""


def process(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def heard(child: subprocess.Popen[str]) -> list[int]:
    return [int(word) for word in next_line(child).split()]


def end(child: subprocess.Popen[str]) -> None:
    child.communicate(timeout=20)


def test_what_a_killed_sender_held_is_given_back_at_once(world: World, tmp_path: Path) -> None:
    number = world.queued(*"12345")
    child = process(_SENDER, tmp_path, number, 4, 2)
    rows = heard(child)
    assert world.ledger.recover(world.now) == Recovered()  # alive, however quiet
    child.send_signal(signal.SIGKILL)
    end(child)
    assert world.ledger.recover(world.now) == Recovered(returned=2, in_doubt=2)
    assert world.statuses(number) == {
        "1": "in_doubt interrupted", "2": "in_doubt interrupted", "3": "pending", "4": "pending", "5": "pending",
    }  # fmt: skip
    assert world.ledger.recover(world.now) == Recovered()
    assert world.send(number) == ["3", "4", "5"]
    assert len(rows) == 4
    assert list((tmp_path / "locks").iterdir()) == []


def test_two_processes_that_claim_at_once_never_get_the_same_row(world: World, tmp_path: Path) -> None:
    number = world.queued(*(str(name) for name in range(120)))
    children = [process(_COMPETITOR, tmp_path, number) for _place in range(2)]
    for child in children:
        assert next_line(child) == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    got = []
    for child in children:
        mine: list[int] = []
        while (line := next_line(child)) != "done\n":
            assert line, "it ended too early"
            mine += map(int, line.split())
        got.append(mine)
    for child in children:
        child.kill()
        end(child)
    assert sorted([*got[0], *got[1]]) == list(range(1, 121))
    assert world.ledger.recover(world.now).returned == 120


def test_a_sender_that_ends_gives_back_what_it_held(world: World, tmp_path: Path) -> None:
    number = world.queued("1", "2")
    with world.sender() as sender:
        outbox = world.outbox(number, sender)
        first, _second = outbox.claim(5, now=world.now)
        outbox.turn([], [a_letter(first)], now=world.now)
        assert [file.stat().st_mode & 0o777 for file in (tmp_path / "locks").iterdir()] == [0o600]
    assert world.statuses(number) == {"1": "in_doubt interrupted", "2": "pending"}
    assert list((tmp_path / "locks").iterdir()) == []
    sender.close()
    assert world.ledger.recover(world.now) == Recovered()


def test_a_late_answer_to_a_sender_taken_for_dead_is_believed(world: World) -> None:
    number = world.queued("1", "2")
    sender = world.sender()
    outbox = world.outbox(number, sender)
    first, second = outbox.claim(5, now=world.now)
    outbox.turn([], [a_letter(first), a_letter(second)], now=world.now)
    sender.lock.release()
    assert world.ledger.recover(world.now) == Recovered(in_doubt=2)
    world.ledger.mailings.settle(number, as_sent=True, delivery_ids=[2], by=BY, now=world.now)
    outbox.turn([outcome(first.delivery_id), outcome(second.delivery_id)], [], now=world.now)
    assert world.statuses(number) == {"1": "sent", "2": "sent interrupted"}
    assert list(world.ledger.acts.acts("delivery:2")["what"]) == []
    late = outcome(second.delivery_id, "failed")
    outbox.turn([late], [], now=world.now)
    assert list(world.ledger.acts.acts("delivery:2")["what"]) == ["late_outcome"]
    assert world.statuses(number)["2"] == "sent interrupted"


def test_another_hosts_sender_is_given_up_when_its_lease_is_over(world: World) -> None:
    number = world.queued("1", "2")
    sender = world.sender()
    outbox = world.outbox(number, sender)
    first, _second = outbox.claim(5, now=world.now)
    outbox.turn([], [a_letter(first)], now=world.now)
    table = schema.senders

    def seen(**ago: float) -> None:
        with world.ledger.engine.begin() as connection:
            connection.execute(
                table.update(), {"host": "elsewhere", "heartbeat_at": datetime.now(UTC) - timedelta(**ago)}
            )

    seen(minutes=LEASE.total_seconds() / 60 - 1)
    assert world.ledger.recover(world.now) == Recovered()
    seen(minutes=LEASE.total_seconds() / 60 + 1)
    assert world.ledger.recover(world.now) == Recovered(returned=1, in_doubt=1)
    sender.lock.release()


def test_a_working_sender_says_that_it_is_alive(world: World) -> None:
    number = world.queued("1", "2", "3")
    with world.sender() as sender:
        with world.ledger.engine.begin() as connection:
            connection.execute(schema.senders.update(), {"heartbeat_at": datetime(2020, 1, 1, tzinfo=UTC)})
        world.outbox(number, sender).claim(1, now=world.now)
        with world.ledger.engine.connect() as connection:
            beat = connection.execute(sa.select(schema.senders.c.heartbeat_at)).scalar_one()
    assert datetime.now(UTC) - beat < timedelta(minutes=1)


def test_a_sender_whose_ledger_is_gone_lets_the_first_trouble_be_heard(world: World) -> None:
    def read_only(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    def try_to_send() -> None:
        with world.sender():
            sa.event.listen(world.ledger.engine, "begin", read_only)
            raise KeyError("the first trouble")

    with pytest.raises(KeyError):
        try_to_send()
    sender_closed_alone = world.ledger.senders
    with pytest.raises(DatabaseUnwritable):
        sender_closed_alone.start(user=BY, now=world.now)
    sa.event.remove(world.ledger.engine, "begin", read_only)
    with world.ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = OFF")
    world.ledger.recover(world.now)
    with world.ledger.engine.connect() as connection:
        assert connection.execute(sa.select(schema.senders.c.ended_at)).scalar_one() is not None
