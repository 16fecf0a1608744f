from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.contracts.outbox_contract import NOW, OutboxContract
from tests.fakes import MemoryOutbox
from tests.ledger.world import BY, World, a_letter, a_row, outcome
from workbench.domain.deliveries import OPEN, DeliveryStatus, Outcome
from workbench.domain.mailings import MailingStatus
from workbench.errors import ForbiddenMove, JournalBroken
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger
from workbench.ledger.senders import Sender
from workbench.ports import Outbox


@pytest.fixture
def sender(world: World) -> Iterator[Sender]:
    with world.sender() as started:
        yield started


class TestSqlOutbox(OutboxContract):
    @pytest.fixture
    def outbox(self, world: World, sender: Sender) -> Outbox:
        assert world.now == NOW
        self.ledger = world.ledger
        return world.outbox(world.queued("1", "2", "3", "4", "5"), sender)

    def status(self, delivery_id: int) -> str:
        return self.ledger.results.sent_letter(delivery_id).status


class TestSqlOutboxOnPostgresql(OutboxContract):
    @pytest.fixture
    def outbox(self, postgres_ledger: Ledger) -> Iterator[Outbox]:
        self.ledger = postgres_ledger
        world = World(self.ledger)
        with world.sender() as sender:
            yield world.outbox(world.queued("1", "2", "3", "4", "5"), sender)

    def status(self, delivery_id: int) -> str:
        return self.ledger.results.sent_letter(delivery_id).status


class TestOutboxOfAPart(OutboxContract):
    @pytest.fixture
    def outbox(self, world: World, sender: Sender) -> Outbox:
        self.ledger = world.ledger
        number = world.queued("1", "2", "3", "4", "5")
        part = world.ledger.mailings.numbers(number, OPEN)
        world.enqueue(number, [a_row("6")])
        return world.ledger.outbox(number, sender, only=part)

    def status(self, delivery_id: int) -> str:
        return self.ledger.results.sent_letter(delivery_id).status


class TestOutboxOfAPartOnPostgresql(OutboxContract):
    @pytest.fixture
    def outbox(self, postgres_ledger: Ledger) -> Iterator[Outbox]:
        self.ledger = postgres_ledger
        world = World(self.ledger)
        number = world.queued("1", "2", "3", "4", "5")
        part = self.ledger.mailings.numbers(number, OPEN)
        world.enqueue(number, [a_row("6")])
        with world.sender() as sender:
            yield self.ledger.outbox(number, sender, only=part)

    def status(self, delivery_id: int) -> str:
        return self.ledger.results.sent_letter(delivery_id).status


class TestMemoryOutbox(OutboxContract):
    @pytest.fixture
    def outbox(self) -> Outbox:
        self.made = MemoryOutbox(5, now=lambda: NOW)
        return self.made

    def status(self, delivery_id: int) -> str:
        return self.made.status[delivery_id]


def row_of(ledger: Ledger, delivery_id: int) -> sa.Row[tuple[object, ...]]:
    with ledger.engine.connect() as connection:
        return connection.execute(sa.select(schema.deliveries).where(schema.deliveries.c.id == delivery_id)).one()


def test_a_claimed_row_carries_what_was_frozen(world: World, sender: Sender) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("7", values={"PNOM": "Lefèvre", "@LISTE": ["a", "b"], "AGE": 41, "VIDE": None})])
    (row,) = world.outbox(number, sender).claim(5, now=world.now)
    assert row.values == {"PNOM": "Lefèvre", "@LISTE": ["a", "b"], "AGE": 41, "VIDE": None}
    assert (row.address, row.recipient, row.patient_id, row.language) == ("p7@example.test", "Patient 7", "7", "fr")
    assert row.purpose == world.template.path
    assert len(bytes.fromhex(row.token)) == 16
    assert not [secret for secret in ("p7@", "Patient 7", "'7'", row.token, "Lef") if secret in repr(row)]
    assert world.ledger.library.revision(row.template_revision_id) == world.template


def test_what_left_can_be_proved(world: World, sender: Sender) -> None:
    outbox = world.outbox(world.queued("1", "2"), sender)
    first, second = outbox.claim(5, now=world.now)
    dated = datetime(2026, 11, 22, 7, 59, 58, tzinfo=UTC)
    plain = a_letter(first)
    proved = type(plain)(2, "a@example.test", "b@example.test", b"x", message_id="<x@y>", dated=dated, digest="ab" * 32)
    outbox.turn([], [plain, proved], now=world.now)
    one, two = (world.ledger.results.sent_letter(row.delivery_id) for row in (first, second))
    assert one.digest == hashlib.sha256(plain.content).hexdigest()
    assert one.dated_at == one.sending_at == world.now
    assert one.message_id == f"<{first.token}@example.test>"
    assert one.values == first.values
    assert (two.digest, two.dated_at, two.sending_at) == ("ab" * 32, dated, world.now)


def test_sent_cannot_follow_a_row_that_was_never_announced(world: World, sender: Sender) -> None:
    outbox = world.outbox(world.queued("1", "2"), sender)
    row, other = outbox.claim(5, now=world.now)
    outbox.turn([], [a_letter(other)], now=world.now)
    for status in ("sent", "in_doubt"):
        with pytest.raises(ForbiddenMove):
            outbox.turn([outcome(other.delivery_id), outcome(row.delivery_id, status)], [], now=world.now)
    assert row_of(world.ledger, row.delivery_id).status == "pending"
    assert row_of(world.ledger, other.delivery_id).status == "sending"


def test_a_row_of_another_sender_cannot_be_announced_and_the_outcomes_are_kept(world: World, sender: Sender) -> None:
    number = world.queued("1", "2")
    mine = world.outbox(number, sender)
    first, second = mine.claim(5, now=world.now)
    mine.turn([], [a_letter(first)], now=world.now)
    mine.release([second.delivery_id])
    with world.sender() as other:
        world.outbox(number, other).claim(5, now=world.now)
        assert mine.held_elsewhere() == 1
        with pytest.raises(JournalBroken):
            mine.turn([outcome(first.delivery_id)], [a_letter(second)], now=world.now)
    assert row_of(world.ledger, first.delivery_id).status == "sent"
    assert row_of(world.ledger, second.delivery_id).status == "pending"


def test_the_servers_words_are_kept_but_not_for_ever(world: World, sender: Sender) -> None:
    outbox = world.outbox(world.queued("1"), sender)
    (row,) = outbox.claim(1, now=world.now)
    refusal = outcome(row.delivery_id, "failed", reason="smtp_550")
    outbox.turn([type(refusal)(delivery_id=row.delivery_id, status=refusal.status, code=550, reply="x" * 9000)], [],
                now=world.now)  # fmt: skip
    kept = row_of(world.ledger, row.delivery_id)
    assert (kept.smtp_code, kept.smtp_reply, kept.attempts, kept.decided_at) == (550, "x" * 500, 1, world.now)


def test_an_opt_out_given_after_queueing_still_wins(world: World, sender: Sender) -> None:
    number = world.queued("1", "2", "3", "4")
    outs = world.ledger.opt_outs
    outs.opt_out(patient_id="1", by=BY, now=world.now)
    outs.opt_out(address="P2@EXAMPLE.test", by=BY, now=world.now)
    outs.opt_out(patient_id="3", channel="sms", by=BY, now=world.now)
    outs.opt_out(patient_id="4", purpose="another purpose", by=BY, now=world.now)
    outbox = world.outbox(number, sender)
    assert [row.patient_id for row in outbox.claim(1, now=world.now)] == ["3"]
    outs.opt_out(patient_id="4", purpose=world.template.path, by=BY, now=world.now)
    assert outbox.claim(9, now=world.now) == []
    assert world.statuses(number) == {
        "1": "skipped opted_out", "2": "skipped opted_out", "3": "pending", "4": "skipped opted_out",
    }  # fmt: skip
    assert world.occasions() == {("appointment:A3@2026-11-23T09:00", 0)}


def test_the_stores_own_objections_are_read_again_as_batches_are_claimed(world: World, sender: Sender) -> None:
    number = world.queued("1", "2", "3")
    rows = [("1", "", "email", "", "no_consent")]

    def of_store() -> pd.DataFrame:
        return pd.DataFrame(rows, columns=["patient_id", "address", "channel", "purpose", "reason"], dtype="string")

    outbox = world.ledger.outbox(number, sender, objections=of_store)
    assert [row.patient_id for row in outbox.claim(1, now=world.now)] == ["2"]
    rows.append(("", "p3@example.test", "", "", "opted_out"))
    world.later(seconds=2)
    assert outbox.claim(5, now=world.now) == []
    assert world.statuses(number) == {"1": "skipped no_consent", "2": "pending", "3": "skipped opted_out"}


def test_rows_without_consent_are_matched_by_patient_only(world: World, sender: Sender) -> None:
    number = world.queued("1")
    frame = pd.DataFrame(
        [("9", "p1@example.test", "email", "", "no_consent")],
        columns=["patient_id", "address", "channel", "purpose", "reason"], dtype="string",
    )  # fmt: skip
    assert len(world.ledger.outbox(number, sender, objections=lambda: frame).claim(5, now=world.now)) == 1


@pytest.mark.parametrize("status", [MailingStatus.PAUSED, MailingStatus.CANCELLED])
def test_a_paused_or_cancelled_mailing_gives_no_row(world: World, sender: Sender, status: MailingStatus) -> None:
    number = world.queued("1")
    world.ledger.mailings.set_status(number, status, by=BY, now=world.now)
    outbox = world.outbox(number, sender)
    assert outbox.claim(5, now=world.now) == []
    assert outbox.next_due() is None


def test_a_failed_row_frees_its_occasion_and_one_in_doubt_keeps_it(world: World) -> None:
    number = world.queued("1", "2", "3")
    assert world.send(number, {"1": "failed", "2": "in_doubt"}) == ["1", "2", "3"]
    assert {occasion[:14] for occasion, _again in world.occasions()} == {"appointment:A2", "appointment:A3"}


def test_when_the_disk_is_full_nothing_is_announced(world: World, sender: Sender) -> None:
    number = world.open().id
    world.enqueue(number, [a_row(str(name)) for name in range(300)])
    outbox = world.outbox(number, sender)
    claimed = outbox.claim(300, now=world.now)

    def fill_the_disk(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes it as « not one page more »

    sa.event.listen(world.ledger.engine, "begin", fill_the_disk)
    broken_at, why, last = 0, "", None
    for row in claimed:
        try:
            # A long reply to the letter before needs room on the disk.
            said = Outcome(delivery_id=last, status=DeliveryStatus.SENT, reply="é" * 500) if last else None
            outbox.turn([said] if said else [], [a_letter(row)], now=world.now)
        except JournalBroken as error:
            broken_at, why = row.delivery_id, str(error)
            break
        last = row.delivery_id
    sa.event.remove(world.ledger.engine, "begin", fill_the_disk)
    with world.ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert "full" in why
    assert last is not None
    assert broken_at > last
    assert row_of(world.ledger, broken_at).status == "pending"
    assert row_of(world.ledger, last).status == "sending"


def test_an_error_of_the_ledger_shows_no_value_of_a_patient(
    world: World, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outbox = world.outbox(world.queued("1"), sender)
    (row,) = outbox.claim(1, now=world.now)
    with world.ledger.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME COLUMN smtp_reply TO elsewhere")
    with pytest.raises(JournalBroken) as caught:
        outbox.turn([outcome(row.delivery_id, "failed", reason="Lefèvre")], [], now=world.now)
    told = str(caught.value) + str(caught.value.__cause__) + caplog.text
    assert "Lefèvre" not in told
    assert "p1@example.test" not in told


def test_of_a_part_nobody_else_is_taken_and_all_of_it_is(world: World, sender: Sender) -> None:
    number = world.open().id
    world.enqueue(number, [a_row(str(name)) for name in range(1300)])
    everyone = world.ledger.mailings.numbers(number, OPEN)
    part = everyone[::2]
    outbox = world.ledger.outbox(number, sender, only=part)
    taken: list[int] = []
    while claimed := outbox.claim(70, now=world.now):
        taken += [row.delivery_id for row in claimed]
    assert sorted(taken) == part
    assert outbox.next_due() is None
    assert world.outbox(number, sender).next_due() is not None


def test_of_a_part_what_is_put_off_is_waited_for_and_taken_when_it_is_due(world: World, sender: Sender) -> None:
    number = world.queued("1", "2", "3")
    first, *_others = world.ledger.mailings.numbers(number, OPEN)
    outbox = world.ledger.outbox(number, sender, only=[first])
    (row,) = outbox.claim(5, now=world.now)
    outbox.turn([], [a_letter(row)], now=world.now)
    outbox.turn([outcome(first, "pending", retry_after=60)], [], now=world.now)
    assert outbox.claim(5, now=world.now) == []
    assert outbox.next_due() == world.now + timedelta(seconds=60)
    assert [row.delivery_id for row in outbox.claim(5, now=world.later(seconds=60))] == [first]


def test_of_a_part_only_its_own_rows_in_other_hands_are_waited_for(world: World, sender: Sender) -> None:
    number = world.queued("1", "2", "3")
    first, second, _third = world.ledger.mailings.numbers(number, OPEN)
    with world.sender() as other:
        world.ledger.outbox(number, other, only=[second]).claim(5, now=world.now)
        assert world.ledger.outbox(number, sender, only=[first]).held_elsewhere() == 0
        assert world.ledger.outbox(number, sender, only=[first, second]).held_elsewhere() == 1


def test_the_deliveries_of_a_recipient_are_known_by_addressee_too(world: World) -> None:
    number = world.open().id
    world.enqueue(number, [a_row("1"), a_row("1", addressee="guardian:9", occasions=[])])
    mother = {("patient:1@2026-11-23", "guardian:9")}
    assert len(world.ledger.mailings.numbers(number, OPEN)) == 2
    assert len(world.ledger.mailings.numbers(number, OPEN, recipients=mother)) == 1
    assert world.ledger.mailings.numbers(number, OPEN, recipients=set()) == []
