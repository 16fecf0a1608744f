from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.ledger.world import BY, World, a_row
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import MailingStatus
from workbench.errors import ForbiddenMove
from workbench.ledger import schema


def rows_of(world: World, mailing_id: int) -> list[sa.Row[tuple[object, ...]]]:
    with world.ledger.engine.connect() as connection:
        return list(
            connection.execute(
                sa.select(schema.deliveries, schema.letters.c.content)
                .join_from(schema.deliveries, schema.letters)
                .where(schema.deliveries.c.mailing_id == mailing_id)
                .order_by(schema.deliveries.c.id)
            )
        )


def test_a_list_is_frozen_with_its_reasons(world: World) -> None:
    number = world.open().id
    report = world.enqueue(number, [a_row("1"), a_row("2", reason="no_address", address="")])
    assert (report.added, report.reopened, report.kept, report.duplicates, report.again) == (2, 0, 0, 0, 0)
    assert world.statuses(number) == {"1": "pending", "2": "skipped no_address"}
    assert world.ledger.mailings.mailing(number).status is MailingStatus.QUEUED


def test_queueing_the_same_list_twice_changes_nothing(world: World) -> None:
    number = world.queued("1", "2")
    before = rows_of(world, number)
    world.later(hours=1)
    report = world.enqueue(number, [a_row("1", values={"PNOM": "other"}), a_row("2", address="other@example.test")])
    assert (report.added, report.reopened, report.kept) == (0, 0, 2)
    assert rows_of(world, number) == before


def test_a_row_whose_reason_is_gone_waits_with_its_new_values(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("1", reason="no_address", address="", values={"PNOM": "old"})])
    assert world.ledger.mailings.mailing(number).status is MailingStatus.FINISHED
    newer = world.ledger.library.save_template(
        replace(world.template, subject="Rappel, corrigé"), by=BY, now=world.later(hours=1)
    )
    world.ledger.mailings.open_mailing(world.plan(), template=newer, account="cabinet", by=BY, now=world.now)
    report = world.enqueue(number, [a_row("1", values={"PNOM": "new"})])
    assert (report.added, report.reopened, report.kept) == (0, 1, 0)
    (row,) = rows_of(world, number)
    assert (row.status, row.reason, row.address, row.content) == ("pending", "", "p1@example.test", {"PNOM": "new"})
    assert world.ledger.library.revision(row.template_revision_id) == newer
    assert world.ledger.mailings.mailing(number).status is MailingStatus.QUEUED
    assert world.occasions() == {("appointment:A1@2026-11-23T09:00", 0)}


def test_a_row_left_out_takes_its_newest_reason(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("1", reason="no_address")])
    assert world.enqueue(number, [a_row("1", reason="invalid_address")]).kept == 1
    assert world.statuses(number) == {"1": "skipped invalid_address"}


def test_only_newly_found_rows_are_added_to_a_mailing_that_was_sent(world: World) -> None:
    number = world.queued("1", "2")
    world.send(number, {"2": "failed"})
    report = world.enqueue(number, [a_row("1"), a_row("2"), a_row("3")])
    assert (report.added, report.kept) == (1, 2)
    assert world.send(number) == ["3"]
    assert world.statuses(number) == {"1": "sent", "2": "failed", "3": "sent"}


def test_pending_rows_stay_when_the_new_list_does_not_name_them(world: World) -> None:
    number = world.queued("1", "2")
    world.enqueue(number, [a_row("2")])
    assert world.statuses(number) == {"1": "pending", "2": "pending"}


def test_a_guardian_added_since_replaces_the_row_nobody_could_receive(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("1", reason="no_addressee"), a_row("2", reason="no_address")])
    mother, father = (a_row("1", addressee=f"guardian:{who}") for who in ("G1", "G2"))
    world.enqueue(number, [mother, father, a_row("2", reason="no_address")])
    assert [(row.addressee_key, row.status, row.reason) for row in rows_of(world, number)] == [
        ("patient:1", "cancelled", "superseded"),
        ("patient:2", "skipped", "no_address"),
        ("guardian:G1", "pending", ""),
        ("guardian:G2", "pending", ""),
    ]


def test_two_addressees_far_apart_in_a_long_list_do_not_replace_each_other(world: World) -> None:
    number = world.open().id
    both = [a_row("1", addressee=f"guardian:{who}", reason="no_address") for who in ("G1", "G2")]
    between = [a_row(f"x{place}") for place in range(1200)]
    world.enqueue(number, [both[0], *between, both[1]])
    world.enqueue(number, [both[1], *between, both[0]])
    assert world.ledger.mailings.counts(number).skipped == 2
    assert world.ledger.mailings.counts(number).cancelled == 0


def test_a_row_named_twice_in_one_list_is_one_row(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("1", reason="no_address"), a_row("1", reason="no_address")])
    assert world.enqueue(number, [a_row("1"), a_row("1")]).reopened == 1
    assert world.statuses(number) == {"1": "pending"}
    assert len(rows_of(world, number)) == 1


def test_another_mailing_for_the_same_occasion_is_a_duplicate(world: World) -> None:
    first, second = world.queued("1", key="a"), world.open("b").id
    report = world.enqueue(second, [a_row("1"), a_row("2")])
    assert (report.added, report.duplicates) == (2, 1)
    assert world.statuses(second) == {"1": "skipped duplicate_occasion", "2": "pending"}
    assert world.send(first) == ["1"]
    assert world.enqueue(second, [a_row("1")]).duplicates == 1
    assert world.send(second) == ["2"]


def test_a_duplicate_leaves_once_the_first_one_has_failed(world: World) -> None:
    first, second = world.queued("1", key="a"), world.queued("1", key="b")
    world.send(first, {"1": "failed"})
    assert world.enqueue(second, [a_row("1")]).reopened == 1
    assert world.send(second) == ["1"]
    assert world.ledger.mailings.retry(first, by=BY, now=world.now) == 0
    assert world.statuses(first) == {"1": "skipped duplicate_occasion"}


def test_a_moved_appointment_a_second_guardian_and_another_step_are_new_occasions(world: World) -> None:
    world.send(world.queued("1", key="a"))
    moved = a_row("1", occasions=["appointment:A1@2026-11-24T10:00"])
    guardian = a_row("1", addressee="guardian:G2")
    assert world.enqueue(world.open("b").id, [moved, guardian]).duplicates == 0
    step = world.ledger.library.save_template(
        replace(world.template, label="J-1", step="J-1", purpose=world.template.path), by=BY, now=world.now
    )
    plan = replace(world.plan("c"), template=step.path)
    third = world.ledger.mailings.open_mailing(plan, template=step, account="cabinet", by=BY, now=world.now).id
    assert world.enqueue(third, [a_row("1")]).duplicates == 0


def test_a_message_that_also_tells_something_new_leaves(world: World) -> None:
    world.send(world.queued("1", key="a"))
    number = world.open("b").id
    told, new = "appointment:A1@2026-11-23T09:00", "appointment:A9@2026-11-23T11:00"
    assert world.enqueue(number, [a_row("1", occasions=[told, new, new])]).duplicates == 0
    assert world.send(number) == ["1"]
    assert world.occasions() == {(told, 0), (new, 0)}


def test_again_sends_a_new_round_linked_to_the_first(world: World) -> None:
    number = world.queued("1", "2")
    world.send(number, {"2": "failed"})
    report = world.enqueue(number, [a_row("1"), a_row("2"), a_row("3")], again=True)
    assert (report.added, report.again, report.duplicates) == (3, 1, 0)
    assert sorted(world.send(number)) == ["1", "2", "3"]
    first, second, *again = rows_of(world, number)
    assert [(row.again, row.previous_id, row.status) for row in again] == [
        (1, first.id, "sent"), (1, second.id, "sent"), (1, None, "sent"),
    ]  # fmt: skip
    assert ("appointment:A1@2026-11-23T09:00", 1) in world.occasions()


def test_again_with_open_rows_finishes_the_open_round(world: World) -> None:
    number = world.queued("1", "2")
    with world.sender() as sender:
        (row,) = world.outbox(number, sender).claim(1, now=world.now)
    assert row.patient_id == "1"
    assert world.enqueue(number, [a_row("1"), a_row("2")], again=True).again == 0
    assert world.send(number) == ["1", "2"]
    assert world.enqueue(number, [a_row("1")], again=True).again == 1
    assert world.enqueue(number, [a_row("1"), a_row("2")], again=True).again == 1
    assert world.send(number) == ["1", "2"]
    assert world.ledger.mailings.counts(number).sent == 4


def test_again_goes_past_what_another_mailing_told(world: World) -> None:
    world.send(world.queued("1", key="a"))
    second = world.queued("1", key="b")
    assert world.statuses(second) == {"1": "skipped duplicate_occasion"}
    world.enqueue(second, [a_row("1")], again=True)
    assert world.send(second) == ["1"]


def test_a_cancelled_mailing_is_only_sent_again_on_purpose(world: World) -> None:
    number = world.queued("1")
    world.ledger.mailings.cancel(number, by=BY, now=world.now)
    with pytest.raises(ForbiddenMove):
        world.enqueue(number, [a_row("1")])
    assert world.enqueue(number, [a_row("1")], again=True).added == 1
    assert world.send(number) == ["1"]


def test_values_that_json_cannot_hold_become_their_text(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("1", values={"a": float("nan"), "b": world.now, "c": [1, {"d": world.now.date()}]})])
    (row,) = rows_of(world, number)
    assert row.content == {"a": None, "b": "2026-11-22 08:00:00+00:00", "c": [1, {"d": "2026-11-22"}]}


def test_each_delivery_has_a_token_of_its_own(world: World) -> None:
    number = world.queued(*(str(name) for name in range(50)))
    assert len({row.token for row in rows_of(world, number)}) == 50


def test_a_long_list_is_never_held_whole(world: World) -> None:
    def rows(count: int) -> Iterator[NewDelivery]:
        return (a_row(str(name), values={"PNOM": "x" * 500 + str(name)}) for name in range(count))

    number = world.open().id
    world.enqueue(number, rows(600))
    tracemalloc.start()
    world.enqueue(world.open("long").id, rows(3000))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000  # 3,000 rows held whole are more than four
