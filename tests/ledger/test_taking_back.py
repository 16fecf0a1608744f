"""What was confirmed waits for its undo window, and is taken back whole or row by row."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from tests.ledger.world import BY, World, a_letter, a_row, outcome
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import MailingStatus
from workbench.ledger import schema

WINDOW = timedelta(minutes=10)


def queued(world: World, *names: str) -> int:
    number = world.open().id
    world.ledger.mailings.enqueue(
        number, [a_row(name) for name in names], not_before=world.now + WINDOW, by=BY, now=world.now
    )
    return number


def ids(world: World, number: int, *names: str) -> list[int]:
    frame = world.ledger.results.results(number)
    return frame[frame["patient_id"].isin(names)]["delivery_id"].tolist()


def held_occasions(world: World) -> set[str]:
    with world.ledger.engine.connect() as connection:
        return set(connection.execute(sa.select(schema.occasions.c.occasion)).scalars())


def test_nothing_leaves_within_the_window_and_everything_after(world: World) -> None:
    number = queued(world, "1", "2")
    outbox = world.outbox(number, world.sender())
    assert world.ledger.mailings.next_due(number) == (world.now + WINDOW, WaitingFor.UNDO)
    assert outbox.claim(5, now=world.later(minutes=9, seconds=59)) == []
    assert len(outbox.claim(5, now=world.later(seconds=1))) == 2


def test_all_of_it_is_taken_back_by_one_who_is_named(world: World) -> None:
    number = queued(world, "1", "2")
    assert world.ledger.mailings.cancel(number, by="dr-ferrand", now=world.later(minutes=5)) == 2
    assert held_occasions(world) == set()
    when, who, _old, new, _reason = world.ledger.mailings.moves(number)[-1]
    assert (when, who, new) == (world.now, "dr-ferrand", "cancelled")
    assert world.outbox(number, world.sender()).claim(5, now=world.later(hours=1)) == []


def test_one_row_is_taken_back_and_the_others_leave(world: World) -> None:
    number = queued(world, "1", "2", "3")
    (one,) = ids(world, number, "2")
    assert world.ledger.mailings.cancel(number, delivery_ids=[one, one], by="claire", now=world.now) == 1
    assert held_occasions(world) == {"appointment:A1@2026-11-23T09:00", "appointment:A3@2026-11-23T09:00"}
    with world.ledger.engine.connect() as connection:
        acts = connection.execute(schema.acts.select().where(schema.acts.c.what == "deliveries_cancelled")).all()
    assert [(act.by, act.object, act.details) for act in acts] == [
        ("claire", f"mailing:{number}", {"deliveries": [one]})
    ]
    assert world.ledger.mailings.mailing(number).status is MailingStatus.QUEUED
    rows = world.outbox(number, world.sender()).claim(5, now=world.later(minutes=10))
    assert [row.patient_id for row in rows] == ["1", "3"]


def test_a_mailing_whose_last_row_was_taken_back_has_ended(world: World) -> None:
    number = queued(world, "1")
    world.ledger.mailings.cancel(number, delivery_ids=ids(world, number, "1"), by=BY, now=world.now)
    assert world.ledger.mailings.mailing(number).status is MailingStatus.FINISHED
    assert world.ledger.mailings.next_due(number) is None


def test_what_a_sender_has_or_what_has_left_cannot_be_taken_back(world: World) -> None:
    number = queued(world, "1", "2")
    outbox = world.outbox(number, world.sender())
    first, second = outbox.claim(5, now=world.later(minutes=10))
    outbox.turn([], [a_letter(first)], now=world.now)
    outbox.turn([outcome(first.delivery_id)], [], now=world.now)
    chosen = [first.delivery_id, second.delivery_id]
    assert world.ledger.mailings.cancel(number, delivery_ids=chosen, by=BY, now=world.now) == 0


def test_rows_of_another_mailing_are_not_touched(world: World) -> None:
    number, other = queued(world, "1"), world.queued("8", key="other")
    assert world.ledger.mailings.cancel(number, delivery_ids=ids(world, other, "8"), by=BY, now=world.now) == 0
    assert world.ledger.mailings.counts(other).pending == 1


def test_a_list_confirmed_once_more_in_the_window_does_not_leave_earlier_nor_later(world: World) -> None:
    number = queued(world, "1")
    due = world.now + WINDOW
    world.later(minutes=5)
    world.ledger.mailings.enqueue(number, [a_row("1", values={"PNOM": "New"})], by=BY, now=world.now)
    assert world.ledger.mailings.next_due(number) == (due, WaitingFor.UNDO)


def test_a_mailing_keeps_the_hours_it_was_last_confirmed_with(world: World) -> None:
    def confirmed(hours: str) -> str:
        mailing = world.ledger.mailings.open_mailing(
            world.plan(), template=world.template, account="cabinet", hours=hours, by=BY, now=world.now
        )
        return world.ledger.mailings.mailing(mailing.id).hours

    assert confirmed("08:00-20:00") == "08:00-20:00"
    assert confirmed("") == ""
