from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.ledger.world import BY, World, a_group, a_letter, a_row, outcome
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import MailingStatus
from workbench.errors import ForbiddenMove
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK


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
    report = world.enqueue(number, [a_row("1"), a_row("2")])
    assert (report.added, report.reopened, report.refreshed, report.kept) == (0, 0, 0, 2)
    assert rows_of(world, number) == before


def test_rows_that_wait_leave_as_their_recipients_are_today(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.send(number, {"2": "pending"})
    newer = world.ledger.library.save_template(
        replace(world.template, subject="Rappel, corrigé"), by=BY, now=world.later(seconds=10)
    )
    world.ledger.mailings.open_mailing(world.plan(), template=newer, account="cabinet", by=BY, now=world.now)
    moved = [a_row(name, address=f"new{name}@example.test", values={"PNOM": "new"}) for name in "123"]
    report = world.enqueue(number, moved)
    assert (report.refreshed, report.kept, report.added) == (1, 2, 0)
    sent, waiting, _sent = rows_of(world, number)
    assert (sent.address, sent.content) == ("p1@example.test", {"PNOM": "Nom 1"})
    assert (waiting.address, waiting.content, waiting.status) == ("new2@example.test", {"PNOM": "new"}, "pending")
    assert world.ledger.library.revision(waiting.template_revision_id) == newer
    assert world.send(number) == []  # it is tried again when the server said, not before
    world.later(minutes=1)
    assert world.send(number) == ["2"]


def test_a_row_in_a_senders_hands_stays_as_it_was_confirmed(world: World) -> None:
    number = world.queued("1", "2")
    with world.sender() as sender:
        outbox = world.outbox(number, sender)
        (first,) = outbox.claim(1, now=world.now)
        report = world.enqueue(number, [a_row(name, address="new@example.test") for name in "12"], complete=True)
        assert (report.refreshed, report.kept) == (1, 1)
        outbox.turn([], [a_letter(first)], now=world.now)
        assert world.enqueue(number, [], complete=True).superseded == 1
        outbox.turn([outcome(first.delivery_id)], [], now=world.now)
    assert [(row.address, row.status) for row in rows_of(world, number)] == [
        ("p1@example.test", "sent"),
        ("new@example.test", "cancelled"),
    ]


def test_a_row_that_waits_and_may_not_leave_any_more_is_left_out(world: World) -> None:
    number = world.queued("1", "2")
    world.enqueue(number, [a_row("1", reason="deceased"), a_row("2")])
    assert world.statuses(number) == {"1": "skipped deceased", "2": "pending"}
    assert world.occasions() == {("appointment:A2@2026-11-23T09:00", 0)}
    world.enqueue(number, [a_row("1"), a_row("2")])
    assert world.send(number) == ["1", "2"]


def test_a_waiting_row_that_speaks_of_something_else_asks_for_it_anew(world: World) -> None:
    world.send(world.queued("1", key="a"))
    number = world.open("b").id
    world.enqueue(number, [a_row("1", occasions=["row:1@aa"])])
    assert world.enqueue(number, [a_row("1", occasions=["row:1@bb"])]).refreshed == 1
    assert ("row:1@bb", 0) in world.occasions()
    assert ("row:1@aa", 0) not in world.occasions()
    assert world.enqueue(number, [a_row("1"), a_row("1", occasions=["row:1@cc"])]).duplicates == 1
    assert world.statuses(number) == {"1": "skipped duplicate_occasion"}
    assert world.occasions() == {("appointment:A1@2026-11-23T09:00", 0)}


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


def test_only_the_whole_search_cancels_the_waiting_rows_that_it_does_not_name(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.send(number, {"1": "pending", "2": "sent", "3": "failed"})
    assert world.enqueue(number, [a_row("9")], complete=False).superseded == 0
    assert world.enqueue(number, [a_row("9")], complete=True).superseded == 1
    assert world.statuses(number) == {"1": "cancelled superseded", "2": "sent", "3": "failed", "9": "pending"}
    world.enqueue(number, [a_row("1"), a_row("9")], complete=True)
    assert sorted(world.send(number)) == ["1", "9"]


def test_the_whole_search_cancels_in_a_mailing_longer_than_a_transaction(world: World) -> None:
    number = world.queued(*(str(name) for name in range(1200)))
    report = world.enqueue(number, [a_row(str(name)) for name in range(0, 1200, 2)], complete=True)
    assert (report.superseded, report.kept) == (600, 600)
    assert world.ledger.mailings.counts(number).pending == 600
    assert len(world.occasions()) == 600


AT_NINE, AT_TEN, NOON = "appointment:A1@2026-11-23T09:00", "appointment:A1@2026-11-23T10:00", "appointment:A3@T12:00"


def test_an_appointment_moved_on_the_day_is_told_by_the_same_command(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row(told="A1@09:00", occasions=[AT_NINE])], complete=True)
    world.send(number)
    assert world.enqueue(number, [a_row(told="A1@10:00", occasions=[AT_TEN])], complete=True).added == 1
    assert world.send(number) == ["1"]
    both = a_row(told="A1@10:00+A3@12:00", occasions=[AT_TEN, NOON])
    assert world.enqueue(number, [both], complete=True).added == 1
    assert world.send(number) == ["1"]
    assert world.enqueue(number, [both], complete=True).kept == 1
    assert world.send(number) == []


@pytest.mark.parametrize("address", ["p1@example.test", ""])
def test_an_appointment_moved_before_its_reminder_left_is_told_once_with_the_new_hour(
    world: World, address: str
) -> None:
    number = world.open().id
    reason = "" if address else "no_address"
    world.enqueue(number, [a_row(told="A1@09:00", occasions=[AT_NINE], address=address, reason=reason)])
    report = world.enqueue(number, [a_row(told="A1@10:00", occasions=[AT_TEN])])
    assert (report.added, report.superseded) == (1, 1)
    assert [(row.recipient_id, row.status, row.reason) for row in rows_of(world, number)] == [
        ("patient:1@2026-11-23:A1@09:00", "cancelled", "superseded"),
        ("patient:1@2026-11-23:A1@10:00", "pending", ""),
    ]
    assert world.occasions() == {(AT_TEN, 0)}
    # And moved back: what was replaced waits again, and replaces in its turn.
    back = world.enqueue(number, [a_row(told="A1@09:00", occasions=[AT_NINE])])
    assert (back.reopened, back.superseded) == (1, 1)
    assert world.send(number) == ["1"]
    assert world.occasions() == {(AT_NINE, 0)}


def test_an_appointment_cancelled_out_of_two_leaves_the_other_to_be_told(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row(told="A1@09:00+A3@12:00", occasions=[AT_NINE, NOON])])
    one = a_row(told="A1@09:00", occasions=[AT_NINE])
    # A part of the search does not say that the other appointment is gone: both are still told.
    assert world.enqueue(number, [one], complete=False).superseded == 0
    assert world.occasions() == {(AT_NINE, 0), (NOON, 0)}
    assert world.enqueue(number, [one], complete=True).superseded == 1
    assert world.occasions() == {(AT_NINE, 0)}
    assert world.send(number) == ["1"]


def test_two_guardians_who_take_turns_are_never_both_cancelled(world: World) -> None:
    number = world.open().id
    mother, father = "guardian:G1", "guardian:G2"
    world.enqueue(number, [a_row(addressee=mother, reason="no_address", address="")])
    world.enqueue(number, [a_row(addressee=father, reason="opted_out")])
    assert [row.status for row in rows_of(world, number)] == ["cancelled", "skipped"]
    report = world.enqueue(number, [a_row(addressee=mother)])
    assert (report.reopened, report.superseded) == (1, 1)
    assert [(row.addressee_key, row.status) for row in rows_of(world, number)] == [
        (mother, "pending"),
        (father, "cancelled"),
    ]
    assert world.send(number) == ["1"]


def test_a_row_cancelled_by_a_person_replaces_nobody(world: World) -> None:
    number = world.open().id
    mother, father = a_row(addressee="guardian:G1"), a_row(addressee="guardian:G2", reason="no_address")
    world.enqueue(number, [mother, father])
    with world.sender() as sender:
        outbox = world.outbox(number, sender)
        (held,) = outbox.claim(1, now=world.now)
        world.ledger.mailings.cancel(number, by=BY, now=world.now)
        outbox.release([held.delivery_id])
    world.ledger.mailings.set_status(number, MailingStatus.QUEUED, by=BY, now=world.now)
    assert world.enqueue(number, [mother]).superseded == 0
    assert [row.status for row in rows_of(world, number)] == ["cancelled", "skipped"]


def test_a_refused_address_that_was_corrected_is_tried_by_the_same_command(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.send(number, dict.fromkeys("123", "failed"))
    corrected = [a_row("1", address="good@example.test", values={"PNOM": "new"}), a_row("2"),
                 a_row("3", address="good3@example.test", reason="opted_out")]  # fmt: skip
    report = world.enqueue(number, corrected)
    assert (report.reopened, report.kept) == (1, 2)
    row = rows_of(world, number)[0]
    assert (row.status, row.reason, row.address, row.content) == ("pending", "", "good@example.test", {"PNOM": "new"})
    assert world.send(number) == ["1"]
    assert world.statuses(number) == {"1": "sent", "2": "failed", "3": "failed"}


def test_a_refused_row_stays_refused_when_another_mailing_told_it(world: World) -> None:
    first, second = world.queued("1", key="a"), world.open("b").id
    world.send(first, {"1": "failed"})
    world.enqueue(second, [a_row("1", address="good@example.test")])
    world.send(second)
    assert world.enqueue(first, [a_row("1", address="good@example.test")]).kept == 1
    assert world.statuses(first) == {"1": "failed"}


def test_a_round_sent_again_lets_nobody_else_past_what_was_told(world: World) -> None:
    first = world.queued("1", key="a")
    world.send(first)
    world.enqueue(first, [a_row("1"), a_row("3", reason="no_address")], again=True)
    world.send(first)
    second = world.queued("2", "3", key="b")
    world.send(second)
    report = world.enqueue(first, [a_row("1"), a_row("2"), a_row("3")])
    assert (report.added, report.duplicates, report.again) == (1, 2, 1)
    assert world.send(first) == []
    assert world.enqueue(first, [a_row("2")], again=True).duplicates == 0
    assert world.send(first) == ["2"]


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
    assert world.occasions() == {(told, 0), (told, 1), (new, 0)}


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("beyond_the_chunk", [False, True])
def test_a_group_that_grows_while_it_waits_is_told_once(world: World, complete: bool, beyond_the_chunk: bool) -> None:
    number = world.open().id
    world.enqueue(number, [a_group("F1"), a_group("F8", "F9", of="2")], complete=complete)
    others = [a_row(str(name), address="") for name in range(100, 100 + CHUNK * beyond_the_chunk)]
    grown = [a_group("F1", "F2"), *others, a_group("F8", of="2"), a_group("F9", of="2")]
    world.enqueue(number, grown, complete=complete)
    assert sorted(set(world.send(number)) - {row.patient_id for row in others}) == ["1", "2"]
    sent = {row.recipient_id for row in rows_of(world, number) if row.status == "sent"}
    assert sent >= {"invoice:F1+invoice:F2", "invoice:F8", "invoice:F9"}
    assert {row.reason for row in rows_of(world, number) if row.recipient_id.startswith("invoice:F8+")} == {
        "superseded"
    }
    another = world.open("another").id
    world.enqueue(another, [a_group("F1"), a_group("F2"), a_group("F8", of="2")])
    assert world.send(another) == []


def test_a_part_of_a_list_leaves_a_group_waiting_that_tells_more(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_group("F1", "F2")])
    assert world.enqueue(number, [a_group("F1")]).duplicates == 1
    assert [row.status for row in rows_of(world, number)] == ["pending", "skipped"]


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


def test_an_uncertain_row_let_go_again_is_not_cancelled_for_its_newer_round(world: World) -> None:
    number = world.queued("1")
    world.send(number, {"1": "in_doubt"})
    world.enqueue(number, [a_row("1")], again=True)
    world.ledger.mailings.settle(number, as_sent=False, by=BY, now=world.now)
    assert world.enqueue(number, [a_row("1")], complete=True).superseded == 0
    assert [row.status for row in rows_of(world, number)] == ["pending", "pending"]


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
