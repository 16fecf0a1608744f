"""A late message is never sent: it is left out as it would leave, and frees what it was to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.ledger.world import World, a_letter, a_row, outcome
from workbench.domain.deliveries import NewDelivery
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger


@pytest.fixture
def world(either_ledger: Ledger) -> World:
    """The small practice on either database."""
    return World(either_ledger)


def due_until(name: str, moment: datetime | None, **told: object) -> NewDelivery:
    """A row that comes too late after a moment."""
    return replace(a_row(name, **told), expires_at=moment)  # type: ignore[arg-type]


def states(world: World, number: int) -> dict[str, tuple[str, str]]:
    frame = world.ledger.results.results(number)
    rows = zip(frame["patient_id"], frame["status"], frame["reason"], strict=True)
    return {patient: (str(status), str(reason)) for patient, status, reason in rows}


def occasions(world: World) -> int:
    with world.ledger.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(schema.occasions)).scalar_one()


def test_what_is_late_when_it_is_claimed_is_skipped_and_frees_its_occasions(world: World) -> None:
    number = world.open().id
    soon = world.now + timedelta(minutes=30)
    world.enqueue(number, [due_until("1", soon), due_until("2", None), due_until("3", soon + timedelta(hours=1))])
    assert occasions(world) == 3
    world.later(minutes=30)
    outbox = world.outbox(number, world.sender())
    assert [row.patient_id for row in outbox.claim(10, now=world.now)] == ["2", "3"]
    assert states(world, number)["1"] == ("skipped", "expired")
    assert occasions(world) == 2


def test_a_paused_mailing_that_is_taken_up_two_days_later_sends_only_what_is_not_late(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [due_until(str(name), world.now + timedelta(hours=name)) for name in range(1, 60, 10)])
    world.later(days=2)
    outbox = world.outbox(number, world.sender())
    assert [row.patient_id for row in outbox.claim(500, now=world.now)] == ["51"]
    assert sum(state == ("skipped", "expired") for state in states(world, number).values()) == 5
    assert outbox.next_due() is None


def test_a_greylisted_row_that_becomes_late_meanwhile_is_not_tried_again(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [due_until("1", world.now + timedelta(minutes=10))])
    outbox = world.outbox(number, world.sender())
    (row,) = outbox.claim(5, now=world.now)
    outbox.turn([], [a_letter(row)], now=world.now)
    outbox.turn([outcome(row.delivery_id, "pending", retry_after=900)], [], now=world.now)
    assert outbox.claim(5, now=world.later(minutes=15)) == []
    assert states(world, number)["1"] == ("skipped", "expired")
    assert outbox.next_due() is None


def test_all_due_rows_late_at_once_do_not_hide_those_behind_them(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [due_until(str(name), world.now + timedelta(minutes=1)) for name in range(5)])
    world.later(minutes=2)
    world.enqueue(number, [due_until("9", world.now + timedelta(hours=1))])
    outbox = world.outbox(number, world.sender())
    assert [row.patient_id for row in outbox.claim(2, now=world.now)] == ["9"]


def test_the_same_list_confirmed_again_does_not_send_late_what_was_left_out_as_late(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [due_until("1", world.now + timedelta(minutes=5))])
    world.later(minutes=6)
    outbox = world.outbox(number, world.sender())
    outbox.claim(5, now=world.now)
    past = due_until("1", None)  # confirmed now, it is an appointment of the past
    assert world.ledger.mailings.forecast(number, [past], purpose="Rendez-vous/Rappel", step="").leaving == 0
    world.enqueue(number, [past])
    assert outbox.claim(5, now=world.now) == []
    moved = due_until("1", world.now + timedelta(hours=2), occasions=["appointment:A1@2026-11-23T15:00"])
    world.enqueue(number, [moved])
    assert [row.patient_id for row in outbox.claim(5, now=world.now)] == ["1"]


def test_what_was_left_out_as_late_may_be_told_by_another_mailing(world: World) -> None:
    first = world.open().id
    world.enqueue(first, [due_until("1", world.now + timedelta(minutes=5))])
    second = world.open(key="second").id
    world.enqueue(second, [due_until("1", world.now + timedelta(hours=5))])
    assert states(world, second)["1"] == ("skipped", "duplicate_occasion")
    world.later(minutes=6)
    world.outbox(first, world.sender()).claim(5, now=world.now)
    world.enqueue(second, [due_until("1", world.now + timedelta(hours=5))])
    assert states(world, second)["1"][0] == "pending"
