"""What the front desk asks every day is counted right, and looks at nothing but what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from tests.ledger.world import World, a_row
from workbench.databases import writing
from workbench.domain.mailings import MailingStatus
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger


@pytest.fixture
def world(either_ledger: Ledger) -> World:
    return World(either_ledger)


def set_status(world: World, patient: str, status: str) -> None:
    rows = schema.deliveries
    with writing(world.ledger.engine) as connection:
        connection.execute(rows.update().where(rows.c.patient_id == patient).values(status=status))


def test_what_failed_is_settled_by_the_next_try(world: World) -> None:
    first = world.queued("1", "2", "3", "")
    world.send(first, dict.fromkeys(("1", "2", "3", ""), "failed"))
    began = world.now
    world.later(hours=1)
    second = world.open("again").id
    world.enqueue(second, [a_row("1"), a_row("2", reason="no_address")])
    world.send(second, {})
    failed = world.ledger.results.failed(since=began)
    assert dict(zip(failed["patient_id"], failed["settled"], strict=True)) == {
        "1": True, "2": False, "3": False, "": False,
    }  # fmt: skip
    assert failed.drop(columns="settled").columns.tolist() == world.ledger.results.empty().columns.tolist()
    third = world.open("once more").id
    world.enqueue(third, [a_row("3"), a_row("")])
    world.send(third, {"3": "failed"})
    failed = world.ledger.results.failed(since=began)
    assert list(zip(failed["patient_id"], failed["settled"], strict=True)) == [
        ("1", True), ("2", False), ("3", True), ("", True), ("3", False),
    ]  # fmt: skip
    assert world.ledger.results.failed(since=began + timedelta(minutes=30))["patient_id"].tolist() == ["3"]
    assert world.ledger.results.failed(since=world.later(hours=1)).empty


def test_what_left_is_counted_by_its_account(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.send(number, {"3": "failed"})
    assert world.ledger.results.sent_by_account(since=world.now) == {"cabinet": 2}
    assert world.ledger.results.sent_by_account(since=world.later(seconds=1)) == {}


def test_what_waits_and_what_is_uncertain_is_counted_by_mailing(world: World) -> None:
    ended, waiting, held = world.queued("1", "2", key="a"), world.queued("3", "4", "5", key="b"), world.queued(key="c")
    world.enqueue(held, [a_row("6"), a_row("7"), a_row("8", reason="no_address")])
    world.send(ended)
    world.ledger.mailings.set_status(ended, MailingStatus.FINISHED, by="claire", now=world.now)
    assert ended not in world.ledger.mailings.unfinished()["mailing_id"].tolist()
    set_status(world, "1", "in_doubt")
    with world.sender() as sender:
        assert world.outbox(held, sender).claim(1, now=world.later(hours=1))
        told = world.ledger.mailings.unfinished().set_index("mailing_id")
    assert told.index.tolist() == [held, waiting, ended]
    assert told["pending"].tolist() == [2, 3, 0]
    assert told["in_doubt"].tolist() == [0, 0, 1]


def test_the_email_types_of_a_single_message_are_counted_by_mailing(world: World) -> None:
    world.queued("1", key="a")
    world.queued("1", "2", key="b")
    world.queued("3", key="c")
    assert world.ledger.mailings.sent_to_one(since=world.now) == {world.template.path: 2}
    assert world.ledger.mailings.sent_to_one(since=world.later(days=1)) == {}


def test_no_question_of_the_day_looks_at_every_delivery(world: World) -> None:
    ledger = world.ledger
    world.send(world.queued(*map(str, range(400))), {"2": "failed"})
    with writing(ledger.engine) as connection:
        connection.execute(sa.text("ANALYZE"))
    asked: list[tuple[str, object]] = []
    sa.event.listen(ledger.engine, "before_cursor_execute", lambda _c, _u, sql, given, *_: asked.append((sql, given)))
    ledger.results.failed(since=world.now)
    ledger.results.sent_by_account(since=world.now)
    ledger.mailings.unfinished()
    assert ledger.mailings.sent_to_one(since=world.now) == {}
    ledger.acts.of_kind("patient.called", since=world.now)
    ledger.last_messages.to_patients(["1", "2"])
    ledger.last_messages.told_how("appointment_reminder", "", occasions=["appointment:A1@2026-11-23T09:00"])
    ledger.last_messages.told_of(["appointment:A1", "appointment:A9"])
    plans = list(plans_of(ledger.engine, [one for one in asked if one[0].startswith("SELECT")]))
    assert any("ix_deliveries_failed" in line for line in plans)
    assert any("ix_acts_practice_id_what_id_at" in line for line in plans)
    assert any("ix_occasions_practice_id_occasion_delivery_id" in line and "<" in line for line in plans)
    large = ("deliveries", "acts", "occasions")
    assert [line for line in plans if line.startswith(tuple(f"SCAN {name}" for name in large))] == []
    assert [line for line in plans if any(f"Seq Scan on {name}" in line for name in large)] == []


def plans_of(engine: sa.Engine, asked: Sequence[tuple[str, object]]) -> Iterator[str]:
    """Give the lines of how each question is answered; a server that could go by an index goes by it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            for sql, given in asked:
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given):
                    yield row[3]
            return
        connection.exec_driver_sql("SET enable_seqscan = off")
        connection.exec_driver_sql("SET enable_bitmapscan = off")
        for sql, given in asked:
            lines = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}", given)]
            # What an index is asked stands on the line after its name.
            yield from (f"{line} {after}" for line, after in pairwise([*lines, ""]))
