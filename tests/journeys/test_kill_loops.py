"""Senders killed at random moments, several at once, on both databases; the server's log is the witness (P1 to P3).

Short loops with fixed seeds; ``python -m tests.servers.kill_loop`` runs the long ones by hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import smtplib
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.journeys.running import last_json
from tests.servers.auditor import audit_workspace
from tests.servers.chaos_process import serving_chaos
from tests.servers.kill_loop import Office, kill_loop, open_office, verdict
from workbench.ledger import schema

COUNT = 300
SEND_IN_ONE_BATCH = 1.5
"""Seconds of work that a sender may have in its hands when somebody cancels the mailing, and a little."""


def acts_of(office: Office, what: str) -> list[Any]:
    """The journalled acts of a kind."""
    engine = sa.create_engine(f"sqlite:///{office.workspaces[0]}/ledger.sqlite")
    table = schema.acts.c
    with engine.connect() as connection:
        found = connection.execute(sa.select(table.by, table.at, table.details).where(table.what == what)).all()
    engine.dispose()
    return list(found)


def test_one_sender_killed_again_and_again(tmp_path: Path) -> None:
    with serving_chaos(tmp_path / "log", faults="lossy", seed=1, delay=0.02) as server:
        office = open_office(tmp_path / "office", server, recipients=COUNT)
        loop = kill_loop(office, server, kills=4, connections=4, seed=1)
        found = verdict(office, server, loop, connections=4)
    assert not found.broken, f"{found}\n{found.broken}"
    assert not loop.complaints
    assert loop.kills == 4
    assert found.statuses["sent"] > COUNT / 2


def test_the_same_command_five_times_at_once_and_two_of_them_killed(tmp_path: Path) -> None:
    with serving_chaos(tmp_path / "log", faults="lossy", seed=2, delay=0.05) as server:
        office = open_office(tmp_path / "office", server, recipients=COUNT)
        loop = kill_loop(office, server, kills=2, connections=2, senders=5, seed=2)
        found = verdict(office, server, loop, connections=2)
    assert not found.broken, f"{found}\n{found.broken}"
    assert not loop.complaints
    assert loop.kills == 2
    assert {status for status, _words in loop.ends} <= {0, 3}  # nobody who lives is disturbed by those who die


def test_two_mailings_of_the_same_occasions_at_once_tell_nobody_twice(tmp_path: Path) -> None:
    with serving_chaos(tmp_path / "log", delay=0.02) as server:
        office = open_office(tmp_path / "office", server, recipients=COUNT)
        commands = [office.words("--key", key, connections=3) for key in ("morning", "evening")]
        loop = kill_loop(office, server, kills=1, connections=3, senders=2, seed=5, commands=commands)
        found = verdict(office, server, loop, connections=3)
    assert not found.broken, f"{found}\n{found.broken}"
    assert not loop.complaints
    assert found.statuses["sent"] + found.statuses["in_doubt"] == COUNT
    assert found.statuses["skipped"] == COUNT  # each as a duplicate of the other mailing's


def test_what_a_dead_machine_held_is_sent_by_another_when_its_lease_is_over(tmp_path: Path, postgres_url: str) -> None:
    with serving_chaos(tmp_path / "log", faults="lossy", seed=3, delay=0.03) as server:
        office = open_office(tmp_path / "office", server, recipients=COUNT, ledger=postgres_url, hosts=2, lease=4)
        here, there = (office.start(*office.words(connections=3), host=host) for host in (0, 1))
        server.wait_for(COUNT // 3, seconds=120)
        os.killpg(there.pid, signal.SIGKILL)
        there.communicate(timeout=60)
        _out, words = here.communicate(timeout=300)
        assert here.returncode == 3, words  # one alone finished, and without being asked again
        found = audit_workspace(office.workspaces[0], server.log, kills=1, connections=3, expected=office.addresses)
    assert not found.broken, f"{found}\n{found.broken}"


def test_a_cancelled_mailing_ends_with_what_is_in_flight_and_says_so(tmp_path: Path) -> None:
    delay, connections = 0.1, 4
    with serving_chaos(tmp_path / "log", delay=delay) as server:
        office = open_office(tmp_path / "office", server, recipients=COUNT)
        sending = office.start(*office.words(connections=connections))
        server.wait_for(20, seconds=120)
        cancelled = office.run("mailings", "cancel", 1, "--user", "marc")
        accepted = server.count()
        assert cancelled.returncode == 0, cancelled.stderr
        out, words = sending.communicate(timeout=300)
        assert "Traceback" not in words
        counts = last_json_of(out)
        assert counts["sent"] == server.count() <= accepted + connections * (SEND_IN_ONE_BATCH / delay + 2)
        assert counts["pending"] == counts["in_doubt"] == 0
        for refused in (("mailings", "retry", 1), office.words()):
            done = office.run(*refused)
            assert done.returncode == 1
            assert "Mailing 1 was cancelled" in done.stderr
            assert server.count() == counts["sent"], refused
        found = audit_workspace(office.workspaces[0], server.log, expected=office.addresses)
    assert not found.broken, f"{found}\n{found.broken}"
    assert found.statuses["cancelled"] == COUNT - counts["sent"] > 0


def test_killed_while_people_settle_retry_and_cancel(tmp_path: Path) -> None:
    chance = random.Random(7)
    with serving_chaos(tmp_path / "log", faults="lossy", seed=7, most=3) as server:
        office = open_office(tmp_path / "office", server, recipients=COUNT)
        first = office.run(*office.words(connections=4))
        assert first.returncode == 3, first.stderr
        before = last_json(first)
        assert before["in_doubt"] >= 2
        assert before["failed"] >= 2
        kills = 0
        for words in (("settle", 1, "--resend"), ("retry", 1), ("settle", 1, "--resend"), ("retry", 1)):
            process = office.start("mailings", *words, "--json", "--user", "claire")
            time.sleep(chance.uniform(0.7, 1.6))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
            process.communicate(timeout=60)
        assert kills
        resumed = office.run("mailings", "resume", 1, "--json")
        assert resumed.returncode in (0, 3), resumed.stderr
        settled = office.run("mailings", "settle", 1, "--as-sent", "--user", "claire")
        assert settled.returncode == 0, settled.stderr
        found = audit_workspace(office.workspaces[0], server.log, kills=kills, connections=4, expected=office.addresses)
    assert not found.broken, f"{found}\n{found.broken}"
    assert found.statuses["in_doubt"] == 0
    assert {act.by for act in acts_of(office, "counted_as_sent")} == {"claire"}


def last_json_of(out: str) -> dict[str, int]:
    """The numbers on the last line of a command's output."""
    told = json.loads(out.splitlines()[-1])
    assert isinstance(told, dict)
    return told


# --- the witness and the judge themselves -----------------------------------------------------------------------


@pytest.fixture
def judged(tmp_path: Path) -> tuple[Office, Path]:
    """A small mailing that was sent, and its server's log."""
    with serving_chaos(tmp_path / "log") as server:
        office = open_office(tmp_path / "office", server, recipients=6)
        assert office.run(*office.words()).returncode == 0
    return office, tmp_path / "log"


def test_the_auditor_sees_each_kind_of_lie(judged: tuple[Office, Path]) -> None:
    office, log = judged
    workspace = office.workspaces[0]
    assert not audit_workspace(workspace, log, expected=office.addresses).broken
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    log.write_text("".join([*lines, lines[0]]), encoding="utf-8")
    assert len(audit_workspace(workspace, log).duplicates) == 2  # the delivery, and the address
    log.write_text("".join(lines[1:]), encoding="utf-8")
    assert "never arrived" in audit_workspace(workspace, log).false[0]
    log.write_text("".join(lines), encoding="utf-8")
    assert audit_workspace(workspace, log, expected=[*office.addresses, "p9@x.example"]).lost == ["p9@x.example"]
    for change, told in (
        ("status = 'failed'", "it arrived"),
        ("status = 'pending'", "it arrived"),
        ("digest = 'other'", "other bytes"),
        ("message_id = '<other@x>'", "nobody's"),
    ):
        engine = sa.create_engine(f"sqlite:///{workspace}/ledger.sqlite")
        with engine.begin() as connection:
            kept = dict(connection.exec_driver_sql("SELECT * FROM deliveries WHERE id = 1").mappings().one())
            connection.exec_driver_sql(f"UPDATE deliveries SET {change} WHERE id = 1")
        found = audit_workspace(workspace, log)
        assert any(told in one for one in found.false), change
        with engine.begin() as connection:
            connection.execute(
                sa.text(
                    "UPDATE deliveries SET status = :status, digest = :digest, message_id = :message_id WHERE id = 1"
                ),
                {name: kept[name] for name in ("status", "digest", "message_id")},
            )
        engine.dispose()
    engine = sa.create_engine(f"sqlite:///{workspace}/ledger.sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM occasions WHERE delivery_id = 2")
        connection.exec_driver_sql("UPDATE mailings SET status = 'sending'")
        connection.exec_driver_sql("UPDATE deliveries SET status = 'in_doubt' WHERE id = 3")
    engine.dispose()
    found = audit_workspace(workspace, log)
    assert len(found.untidy) == 2
    assert found.doubts > found.bound


def test_who_meets_which_fault_depends_on_the_seed_alone(tmp_path: Path) -> None:
    refused = []
    for order in (1, -1):
        with serving_chaos(tmp_path / f"log{order}", faults="lossy", seed=4) as server:
            for number in range(150)[::order]:
                with (
                    contextlib.suppress(smtplib.SMTPException, OSError),
                    smtplib.SMTP("127.0.0.1", server.port) as smtp,
                ):
                    smtp.sendmail("a@b.test", [f"p{number}@b.test"], b"Message-ID: <x@b.test>\r\n\r\nx\r\n")
            refused.append({event["to"] for event in server.events() if event["what"] == "refused"})
            assert server.count() > 130
    assert refused[0] == refused[1] != set()
