from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.ledger.world import BY, World, a_letter, a_row, outcome
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import Counts, MailingStatus
from workbench.errors import ForbiddenMove, KeyTaken, QueueingCutOff, UnknownMailing, UnknownTemplate
from workbench.ledger.ledger import Ledger
from workbench.ledger.overview import MAILING_COLUMNS


def test_the_same_identity_is_the_same_mailing(world: World) -> None:
    first, again, other = world.open(), world.open(), world.open(start="2026-11-24")
    assert first.created
    assert not again.created
    assert first.id == again.id != other.id
    assert world.ledger.mailings.id_of(world.plan()) == first.id
    assert world.ledger.mailings.id_of(world.plan(start="2026-12-01")) is None


def test_a_key_names_one_template_account_and_search(world: World) -> None:
    world.open("rappels")
    other = world.ledger.library.save_template(replace(world.template, label="Autre"), by=BY, now=world.now)
    for plan in (
        replace(world.plan("rappels"), template=other.path),
        replace(world.plan("rappels"), account="another"),
        replace(world.plan("rappels"), parameters={"start": "2026-12-24"}),
        replace(world.plan("rappels"), search="", parameters={}, table_digest="ab"),
    ):
        with pytest.raises(KeyTaken, match="rappels"):
            world.ledger.mailings.open_mailing(plan, template=other, account="cabinet", by=BY, now=world.now)
        with pytest.raises(KeyTaken):
            world.ledger.mailings.id_of(plan)


def test_a_table_named_by_a_key_may_be_corrected(world: World) -> None:
    plan = replace(world.plan("tableau"), search="", parameters={}, table_digest="aa")
    opened = world.ledger.mailings.open_mailing(plan, template=world.template, account="cabinet", by=BY, now=world.now)
    assert world.ledger.mailings.id_of(replace(plan, table_digest="bb")) == opened.id


def test_a_revision_that_was_not_saved_cannot_be_frozen(world: World) -> None:
    with pytest.raises(UnknownTemplate):
        world.ledger.mailings.open_mailing(
            world.plan(), template=replace(world.template, revision=9), account="cabinet", by=BY, now=world.now
        )


def test_each_move_is_journalled_with_who_and_when(world: World) -> None:
    number = world.queued("1")
    mailings = world.ledger.mailings
    mailings.set_status(number, MailingStatus.SENDING, by="paul", now=world.later(minutes=1))
    mailings.set_status(number, MailingStatus.STOPPED, by="paul", now=world.later(minutes=1), reason="login_refused")
    assert mailings.mailing(number).reason == "login_refused"
    assert [(by, old, new, reason) for _at, by, old, new, reason in mailings.moves(number)] == [
        (BY, "", "draft", ""),
        (BY, "draft", "queued", ""),
        ("paul", "queued", "sending", ""),
        ("paul", "sending", "stopped", "login_refused"),
    ]


def test_an_illegal_move_is_refused(world: World) -> None:
    number = world.open().id
    with pytest.raises(ForbiddenMove):
        world.ledger.mailings.set_status(number, MailingStatus.SENDING, by=BY, now=world.now)
    with pytest.raises(UnknownMailing):
        world.ledger.mailings.set_status(99, MailingStatus.SENDING, by=BY, now=world.now)


def test_a_sending_that_stops_does_not_undo_a_pause(world: World) -> None:
    number = world.queued("1")
    world.ledger.mailings.set_status(number, MailingStatus.PAUSED, by=BY, now=world.now)
    world.ledger.mailings.set_status(number, MailingStatus.STOPPED, by=BY, now=world.now)
    assert world.ledger.mailings.mailing(number).status is MailingStatus.PAUSED


def test_a_mailing_is_finished_when_no_row_is_open(world: World) -> None:
    number = world.queued("1", "2")
    mailings = world.ledger.mailings
    mailings.set_status(number, MailingStatus.SENDING, by=BY, now=world.now)
    world.send(number, {"2": "pending"})
    assert mailings.finish(number, by=BY, now=world.now) == Counts(sent=1, pending=1)
    assert mailings.mailing(number).status is MailingStatus.QUEUED
    world.later(minutes=2)
    world.send(number)
    assert mailings.finish(number, by=BY, now=world.now) == Counts(sent=2)
    assert mailings.mailing(number).status is MailingStatus.FINISHED


def test_cancelling_keeps_what_was_sent_and_frees_the_rest(world: World) -> None:
    number = world.open("a").id
    world.enqueue(number, [a_row("1"), a_row("2"), a_row("3", reason="no_address")])
    world.send(number, {"2": "pending"})
    assert world.ledger.mailings.cancel(number, by=BY, now=world.now) == 1
    assert world.ledger.mailings.counts(number) == Counts(sent=1, skipped=1, cancelled=1)
    assert world.enqueue(world.open("b").id, [a_row("2")]).duplicates == 0


def test_rows_in_a_senders_hands_are_cancelled_when_given_back(world: World) -> None:
    number = world.queued("1", "2")
    with world.sender() as sender:
        outbox = world.outbox(number, sender)
        first, second = outbox.claim(5, now=world.now)
        outbox.turn([], [a_letter(first)], now=world.now)
        assert world.ledger.mailings.cancel(number, by=BY, now=world.now) == 0
        outbox.release([second.delivery_id])
    assert world.statuses(number) == {"1": "in_doubt interrupted", "2": "cancelled"}
    assert world.occasions() == {("appointment:A1@2026-11-23T09:00", 0)}


def test_what_is_refused_for_now_after_its_mailing_was_cancelled_is_not_tried_again(world: World) -> None:
    number = world.queued("1")
    with world.sender() as sender:
        outbox = world.outbox(number, sender)
        (row,) = outbox.claim(1, now=world.now)
        outbox.turn([], [a_letter(row)], now=world.now)
        world.ledger.mailings.cancel(number, by=BY, now=world.now)
        outbox.turn([outcome(row.delivery_id, "pending", retry_after=60)], [], now=world.now)
    assert world.statuses(number) == {"1": "cancelled"}
    assert world.occasions() == set()


def test_failed_rows_wait_again_when_a_person_asks(world: World) -> None:
    number = world.queued("1", "2")
    world.send(number, {"1": "failed"})
    world.ledger.mailings.finish(number, by=BY, now=world.now)
    assert world.ledger.mailings.retry(number, by="paul", now=world.now) == 1
    assert world.ledger.mailings.mailing(number).status is MailingStatus.QUEUED
    assert world.send(number) == ["1"]
    acts = world.ledger.acts.acts(f"mailing:{number}")
    assert list(acts["what"]) == ["mailing_queued", "retry"]
    assert acts["details"].iloc[1] == {"deliveries": [1]}


def test_of_the_failed_rows_those_alone_wait_again_that_a_person_named(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.send(number, {"1": "failed", "2": "failed"})
    assert world.ledger.mailings.retry(number, delivery_ids=[2, 3, 99], by=BY, now=world.now) == 1
    assert world.send(number) == ["2"]
    assert world.statuses(number) == {"1": "failed", "2": "sent", "3": "sent"}


def test_a_row_refused_when_sent_again_waits_unless_somebody_was_told_since(world: World) -> None:
    number = world.queued("1", "2", key="a")
    world.send(number)
    world.enqueue(number, [a_row("1"), a_row("2")], again=True)
    world.send(number, {"1": "failed", "2": "failed"})
    other = world.open("b").id
    world.enqueue(other, [a_row("2")], again=True)
    world.send(other)
    assert world.ledger.mailings.retry(number, by=BY, now=world.now) == 1
    assert world.send(number) == ["1"]
    assert world.statuses(number) == {"1": "sent", "2": "skipped duplicate_occasion"}


def test_a_mailing_whose_queueing_was_cut_off_says_how_to_go_on(world: World) -> None:
    def cut_off() -> Iterator[NewDelivery]:
        yield from (a_row(str(name)) for name in range(600))
        raise KeyboardInterrupt

    number = world.open().id
    with pytest.raises(KeyboardInterrupt):
        world.enqueue(number, cut_off())
    assert world.ledger.mailings.counts(number).pending == 500
    with pytest.raises(QueueingCutOff, match=f"mailing {number}.*same « send » command"):
        world.ledger.mailings.set_status(number, MailingStatus.SENDING, by=BY, now=world.now)
    assert world.enqueue(number, [a_row(str(name)) for name in range(600)]).added == 100
    assert len(world.send(number)) == 600


def test_uncertain_rows_are_settled_by_a_person(world: World) -> None:
    number = world.queued("1", "2", "3")
    world.send(number, dict.fromkeys("123", "in_doubt"))
    mailings = world.ledger.mailings
    assert mailings.counts(number) == Counts(in_doubt=3)
    assert mailings.settle(number, as_sent=True, delivery_ids=[2, 99], by=BY, now=world.now) == 1
    assert mailings.settle(number, as_sent=False, delivery_ids=[1], by=BY, now=world.now) == 1
    assert mailings.counts(number) == Counts(sent=1, in_doubt=1, pending=1)
    assert world.send(number) == ["1"]
    assert mailings.settle(number, as_sent=True, by=BY, now=world.now) == 1
    assert mailings.counts(number) == Counts(sent=3)
    acts = world.ledger.acts.acts(f"mailing:{number}")
    assert list(acts["what"]) == ["mailing_queued", "counted_as_sent", "send_again", "counted_as_sent"]


def test_nothing_of_a_cancelled_mailing_is_retried_or_sent_again(world: World) -> None:
    number = world.queued("1")
    world.send(number, {"1": "in_doubt"})
    world.ledger.mailings.cancel(number, by=BY, now=world.now)
    with pytest.raises(ForbiddenMove):
        world.ledger.mailings.settle(number, as_sent=False, by=BY, now=world.now)
    with pytest.raises(ForbiddenMove):
        world.ledger.mailings.retry(number, by=BY, now=world.now)
    assert world.ledger.mailings.settle(number, as_sent=True, by=BY, now=world.now) == 1


def test_the_list_of_mailings_has_its_columns_and_counts(world: World) -> None:
    assert list(world.ledger.mailings.mailings().columns) == list(MAILING_COLUMNS)
    first, second = world.queued("1", "2", key="a"), world.queued("3", key="b")
    world.send(first, {"2": "failed"})
    frame = world.ledger.mailings.mailings().set_index("mailing_id")
    assert list(frame.index) == [second, first]
    assert dict(frame.loc[first, ["sent", "failed", "pending"]]) == {"sent": 1, "failed": 1, "pending": 0}
    assert str(frame["opened_at"].dtype).endswith("UTC]")


def test_the_latest_mailing_is_the_one_queued_last(world: World) -> None:
    assert world.ledger.mailings.latest() is None
    first, second = world.queued("1", key="a"), world.queued("2", key="b")
    assert world.ledger.mailings.latest() == second
    world.enqueue(first, [a_row("3")])
    assert world.ledger.mailings.latest() == first
    # What the practice wrote to itself is none that somebody asks for.
    world.queued("4", key="alert:rappels:2026-11-22T12:00:failed")
    world.queued("5", key="trial:0123[5]")
    assert world.ledger.mailings.latest() == first


def test_practices_that_share_a_database_do_not_see_each_other(world: World) -> None:
    number = world.queued("1")
    other = World(Ledger(world.ledger.engine, practice_id="another", locks=world.ledger.senders._locks))
    with pytest.raises(UnknownMailing):
        other.ledger.mailings.mailing(number)
    assert other.ledger.mailings.latest() is None
    mine = other.queued("1")
    assert other.statuses(mine) == {"1": "pending"}
    assert len(other.ledger.results.history("1")) == 1
