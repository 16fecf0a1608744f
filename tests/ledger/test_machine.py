"""The promises P1, P2 and P3 against every order of events: queueing, sending, crashes, second thoughts."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.ledger.world import BY, World, a_group, a_letter, a_row, outcome
from workbench.domain.deliveries import NewDelivery
from workbench.domain.mailings import MailingStatus
from workbench.errors import ForbiddenMove, JournalBroken
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger, open_ledger
from workbench.ledger.outbox import SqlOutbox
from workbench.ledger.senders import Sender
from workbench.ports import Claimed

NAMES = ("1", "2", "3", "4")
REASONS = ("", "", "no_address", "opted_out")
HOURS = ("09:00", "09:00", "10:30")  # sometimes an appointment is moved
INVOICES = ("F1", "F2", "F3")
DEBTOR = "5"
MAILBOXES = ("old", "old", "new")  # and sometimes an address is corrected


def any_told(places: tuple[int | None, ...]) -> bool:
    return any(place is not None for place in places)


class AliveSender:
    """A sender with what it believes it holds."""

    def __init__(self, sender: Sender, outbox: SqlOutbox, mailing_id: int) -> None:
        self.sender = sender
        self.outbox = outbox
        self.mailing_id = mailing_id
        self.claimed: dict[int, Claimed] = {}
        self.flying: set[int] = set()


class LedgerMachine(RuleBasedStateMachine):
    """Two mailings that speak of the same occasions, up to three senders, and a server that counts what it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-machine-"))
        self.ledger = self.opened()
        self.world = World(self.ledger)
        self.mailings = [self.world.open(key="a").id, self.world.open(key="b").id]
        self.alive: list[AliveSender] = []
        self.dead: list[AliveSender] = []
        self.ghosts: list[AliveSender] = []  # taken for dead, and still listening to the server
        self.rows = 0
        self.accepted: Counter[int] = Counter()  # what the server took, by delivery
        self.asked_again: Counter[int] = Counter()  # how often a person said « send this uncertain one again »

        self.on_purpose: Counter[str] = Counter()  # how often a person said « send again » of a recipient
        self.counted_as_sent: set[int] = set()
        self.objecting: set[str] = set()

    def opened(self) -> Ledger:
        raise NotImplementedError

    def teardown(self) -> None:
        for one in (*self.alive, *self.dead):
            one.sender.lock.release()
        self.ledger.close()
        shutil.rmtree(self.folder)

    # --- what people do -----------------------------------------------------------------------------------

    @rule(
        which=st.integers(0, 1),
        people=st.dictionaries(
            st.sampled_from(NAMES),
            st.tuples(st.sampled_from(REASONS), st.sampled_from(HOURS), st.sampled_from(MAILBOXES)),
            min_size=1,
        ),
        again=st.booleans(),
        complete=st.booleans(),
    )
    def queue(self, which: int, people: dict[str, tuple[str, str, str]], again: bool, complete: bool) -> None:
        mailing_id = self.mailings[which]
        rows = [
            a_row(
                name,
                reason=reason,
                told=f"A{name}@{hour}",
                occasions=[f"appointment:A{name}@2026-11-23T{hour}"],
                address=f"{mailbox}{name}@example.test",
            )
            for name, (reason, hour, mailbox) in people.items()
        ]
        self.queue_rows(mailing_id, rows, again=again, complete=complete)

    @rule(
        which=st.integers(0, 1),
        places=st.tuples(*[st.sampled_from((0, 0, 1, None))] * len(INVOICES)).filter(any_told),
        reasons=st.tuples(st.sampled_from(REASONS), st.sampled_from(REASONS)),
        again=st.sampled_from((False, False, True)),
        complete=st.booleans(),
    )
    def queue_groups(
        self, which: int, places: tuple[int | None, ...], reasons: tuple[str, str], again: bool, complete: bool
    ) -> None:
        """All that somebody owes, in one message or two; from one list to the next the groups grow and shrink."""
        rows = [
            a_group(
                *(number for number, at in zip(INVOICES, places, strict=True) if at == place),
                reason=reasons[place],
                of=DEBTOR,
            )
            for place in (0, 1)
            if place in places
        ]
        self.queue_rows(self.mailings[which], rows, again=again, complete=complete)

    def queue_rows(self, mailing_id: int, rows: list[NewDelivery], *, again: bool, complete: bool) -> None:
        if self.ledger.mailings.mailing(mailing_id).status is MailingStatus.CANCELLED and not again:
            with pytest.raises(ForbiddenMove):
                self.world.enqueue(mailing_id, rows)
            return
        before = {row.id: row for row in self.table()}
        report = self.world.enqueue(mailing_id, rows, again=again, complete=complete)
        assert report.added + report.reopened + report.refreshed + report.kept == len(rows)
        self.rows += report.added
        if again:
            self.on_purpose.update(row.recipient_id for row in rows)
        named = {row.recipient_id: row for row in rows}
        self.check_what_a_list_changes(mailing_id, named, before, complete=complete)
        self.check_that_nobody_is_lost(mailing_id, named)
        if not again:
            self.check_that_who_waits_now_has_something_new_to_tell(before)

    def check_what_a_list_changes(
        self,
        mailing_id: int,
        named: dict[str, NewDelivery],
        before: dict[int, sa.Row],  # type: ignore[type-arg]
        *,
        complete: bool,
    ) -> None:
        newest = {(row.mailing_id, row.recipient_id): row.id for row in sorted(self.table(), key=lambda row: row.again)}
        for row in self.table():
            old = before.get(row.id)
            if old is None:
                continue
            free = old.status in ("skipped", "failed", "cancelled") or (
                old.status == "pending" and old.sender_id is None
            )
            if row.mailing_id != mailing_id or not free:
                assert row == old
            if row.mailing_id == mailing_id and row.status == "pending" and row.sender_id is None:
                if newest[mailing_id, row.recipient_id] != row.id:
                    assert row == old  # an uncertain one of an earlier round, that a person lets leave again
                elif row.recipient_id in named:
                    assert row.address == named[row.recipient_id].address
                else:
                    assert not complete
            if row.reason == "superseded" and old.status != "cancelled":
                assert row.recipient_id not in named
                assert complete or row.patient_id in {one.patient_id for one in named.values()}

    def check_that_nobody_is_lost(self, mailing_id: int, named: dict[str, NewDelivery]) -> None:
        held = {text for texts in self.held().values() for text in texts}
        stands = {row.recipient_id: row.status for row in sorted(self.table(), key=lambda row: row.again)
                  if row.mailing_id == mailing_id}  # fmt: skip
        for recipient_id, row in named.items():
            if not row.reason and stands[recipient_id] not in ("failed", "cancelled"):
                assert held.issuperset(row.occasions)

    def check_that_who_waits_now_has_something_new_to_tell(self, before: dict[int, sa.Row]) -> None:  # type: ignore[type-arg]
        told = {
            text
            for number, texts in self.letters().items()
            if self.accepted[number] and not self.asked_again[number]
            for text in texts
        }
        for row in self.table():
            waited = row.id in before and before[row.id].status == "pending"
            if row.status == "pending" and not waited:
                assert not told.issuperset(self.letters()[row.id])

    @rule(which=st.integers(0, 1))
    def retry(self, which: int) -> None:
        if self.ledger.mailings.mailing(self.mailings[which]).status is not MailingStatus.CANCELLED:
            self.ledger.mailings.retry(self.mailings[which], by=BY, now=self.world.now)

    @rule(which=st.integers(0, 1), as_sent=st.booleans())
    def settle(self, which: int, as_sent: bool) -> None:
        if not as_sent and self.ledger.mailings.mailing(self.mailings[which]).status is MailingStatus.CANCELLED:
            return
        doubtful = self.doubtful(self.mailings[which])
        assert self.ledger.mailings.settle(self.mailings[which], as_sent=as_sent, by=BY, now=self.world.now) == len(
            doubtful
        )
        if as_sent:
            self.counted_as_sent |= doubtful
        else:
            self.asked_again.update(doubtful)

    @rule(which=st.integers(0, 1), really=st.sampled_from((False, False, False, True)))
    def cancel(self, which: int, really: bool) -> None:
        if not really:  # nothing comes after a cancelled mailing but « again »: seldom enough to see the rest
            return
        self.ledger.mailings.cancel(self.mailings[which], by=BY, now=self.world.now)

    @rule(name=st.sampled_from(NAMES))
    def opt_out_or_think_again(self, name: str) -> None:
        if name in self.objecting:
            assert self.ledger.opt_outs.withdraw(patient_id=name, by=BY, now=self.world.now)
        else:
            self.ledger.opt_outs.opt_out(patient_id=name, by=BY, now=self.world.now)
        self.objecting ^= {name}

    @rule(minutes=st.sampled_from((0, 1, 5)))
    def wait(self, minutes: int) -> None:
        self.world.later(minutes=minutes, seconds=1)

    # --- what senders do ----------------------------------------------------------------------------------

    @initialize()
    def queue_everybody(self) -> None:
        self.queue(which=0, people=dict.fromkeys(NAMES, ("", "09:00", "old")), again=False, complete=True)

    @precondition(lambda self: len(self.alive) < 3)
    @rule(which=st.sampled_from((0, 0, 1)), limit=st.integers(0, 3), leaving=st.booleans())
    def start(self, which: int, limit: int, leaving: bool) -> None:
        sender = self.world.sender()
        one = AliveSender(sender, self.ledger.outbox(self.mailings[which], sender), self.mailings[which])
        self.alive.append(one)
        if limit:
            self.take(one, limit)
        if leaving:
            self.let_go(one, list(one.claimed))

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), limit=st.integers(1, 3))
    def claim(self, data: st.DataObject, limit: int) -> None:
        self.take(data.draw(st.sampled_from(self.alive)), limit)

    def take(self, one: AliveSender, limit: int) -> None:
        for row in one.outbox.claim(limit, now=self.world.now):
            assert all(row.delivery_id not in other.claimed for other in self.alive)
            assert row.patient_id not in self.objecting
            one.claimed[row.delivery_id] = row

    @precondition(lambda self: any(one.claimed for one in self.alive))
    @rule(data=st.data())
    def announce(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.alive if one.claimed]))
        self.let_go(one, data.draw(st.lists(st.sampled_from(sorted(one.claimed)), min_size=1, unique=True)))

    def let_go(self, one: AliveSender, going: list[int]) -> None:
        one.outbox.turn([], [a_letter(one.claimed[number]) for number in going], now=self.world.now)
        for number in going:
            del one.claimed[number]
            one.flying.add(number)

    @precondition(lambda self: any(one.flying for one in self.alive))
    @rule(data=st.data(), status=st.sampled_from(("sent", "sent", "failed", "pending", "in_doubt")))
    def hear(self, data: st.DataObject, status: str) -> None:
        one = data.draw(st.sampled_from([one for one in self.alive if one.flying]))
        number = data.draw(st.sampled_from(sorted(one.flying)))
        if status == "sent" or (status == "in_doubt" and data.draw(st.booleans(), label="did it arrive?")):
            self.accepted[number] += 1
        one.outbox.turn([outcome(number, status, reason="smtp", retry_after=60)], [], now=self.world.now)
        one.flying.discard(number)

    @precondition(lambda self: any(one.claimed for one in self.alive))
    @rule(data=st.data(), status=st.sampled_from(("failed", "pending")))
    def be_refused_before_the_content(self, data: st.DataObject, status: str) -> None:
        one = data.draw(st.sampled_from([one for one in self.alive if one.claimed]))
        number = data.draw(st.sampled_from(sorted(one.claimed)))
        one.outbox.turn([outcome(number, status, reason="smtp", retry_after=60)], [], now=self.world.now)
        del one.claimed[number]

    @precondition(lambda self: any(one.claimed for one in self.alive))
    @rule(data=st.data(), status=st.sampled_from(("sent", "in_doubt")))
    def claim_to_have_sent_what_never_left(self, data: st.DataObject, status: str) -> None:
        one = data.draw(st.sampled_from([one for one in self.alive if one.claimed]))
        number = data.draw(st.sampled_from(sorted(one.claimed)))
        with pytest.raises(ForbiddenMove):
            one.outbox.turn([outcome(number, status)], [], now=self.world.now)

    @rule(
        which=st.integers(0, 1),
        answers=st.lists(
            st.sampled_from(("sent", "failed", "pending", "lost, arrived", "lost")), min_size=1, max_size=4
        ),
    )
    def send_some(self, which: int, answers: list[str]) -> None:
        with self.world.sender() as sender:
            one = AliveSender(sender, self.ledger.outbox(self.mailings[which], sender), self.mailings[which])
            self.take(one, len(answers))
            self.let_go(one, list(one.claimed))
            for number, answer in zip(sorted(one.flying), answers, strict=False):
                self.accepted[number] += answer in ("sent", "lost, arrived")
                status = "in_doubt" if answer.startswith("lost") else answer
                one.outbox.turn([outcome(number, status, reason="smtp", retry_after=60)], [], now=self.world.now)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.alive))
        one.outbox.release(list(one.claimed))
        for number in one.flying:
            one.outbox.turn([outcome(number, "in_doubt", reason="interrupted")], [], now=self.world.now)
            self.accepted[number] += data.draw(st.booleans(), label="did it arrive?")
        one.sender.close()
        self.alive.remove(one)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.alive))
        one.sender.lock.release()
        for number in one.flying:
            self.accepted[number] += data.draw(st.booleans(), label="did it arrive?")
        self.alive.remove(one)
        self.dead.append(one)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def be_taken_for_dead(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.alive))
        one.sender.lock.release()
        self.ledger.recover(self.world.now)
        for row in one.claimed.values():
            with pytest.raises(JournalBroken):
                one.outbox.turn([], [a_letter(row)], now=self.world.now)
        one.claimed.clear()
        self.alive.remove(one)
        self.ghosts.append(one)

    @precondition(lambda self: any(one.flying for one in self.ghosts))
    @rule(data=st.data(), status=st.sampled_from(("sent", "sent", "failed", "pending")))
    def hear_late(self, data: st.DataObject, status: str) -> None:
        one = data.draw(st.sampled_from([one for one in self.ghosts if one.flying]))
        number = data.draw(st.sampled_from(sorted(one.flying)))
        before = next(row for row in self.table() if row.id == number)
        one.outbox.turn([outcome(number, status, reason="smtp", retry_after=60)], [], now=self.world.now)
        one.flying.discard(number)
        self.accepted[number] += status == "sent"
        after = next(row for row in self.table() if row.id == number)
        if status == "sent" and before.status == "in_doubt" and before.sender_id == one.sender.id:
            assert after.status == "sent"  # nobody has decided meanwhile: the late word is the truth
        else:
            assert after == before
            if before.status == status and before.sender_id is None:
                return  # somebody had decided just that: nothing contradicts anything
            assert "late_outcome" in list(self.ledger.acts.acts(f"delivery:{number}")["what"])

    @precondition(lambda self: self.dead)
    @rule()
    def recover(self) -> None:
        flying = sum(len(one.flying) for one in self.dead)
        claimed = sum(len(one.claimed) for one in self.dead)
        recovered = self.ledger.recover(self.world.now)
        # Retry, settle and cancel may have recovered some of them before.
        assert recovered.in_doubt <= flying
        assert recovered.returned <= claimed
        for one in self.dead:
            for row in one.claimed.values():  # a sender that was only thought dead wakes up
                with pytest.raises(JournalBroken):
                    one.outbox.turn([], [a_letter(row)], now=self.world.now)
        self.dead.clear()

    # --- what must always be true ---------------------------------------------------------------------------

    @invariant()
    def nobody_got_a_delivery_twice_unless_a_person_said_so(self) -> None:
        for number, count in self.accepted.items():
            assert count <= 1 + self.asked_again[number]

    @invariant()
    def nobody_was_told_the_same_twice_by_two_mailings_or_rounds_unless_a_person_said_so(self) -> None:
        told: Counter[str] = Counter()
        allowed: Counter[str] = Counter()
        for row in self.table():
            told[row.recipient_id] += self.accepted[row.id]
            allowed[row.recipient_id] += self.asked_again[row.id]
        for recipient_id, count in told.items():
            assert count <= 1 + allowed[recipient_id] + self.on_purpose[recipient_id]

    @invariant()
    def a_row_says_what_became_of_it(self) -> None:
        for row in self.table():
            if row.status == "sent":
                assert self.accepted[row.id] >= 1 or row.id in self.counted_as_sent
            if row.status in ("pending", "skipped", "failed", "cancelled"):
                # What the server took is never shown as not sent, unless a person took the risk.
                assert self.accepted[row.id] <= self.asked_again[row.id]

    @invariant()
    def no_row_is_lost_and_the_counts_add_up(self) -> None:
        rows = self.table()
        assert len(rows) == self.rows
        assert len({(row.mailing_id, row.recipient_id, row.again) for row in rows}) == len(rows)
        for mailing_id in self.mailings:
            tally = self.ledger.mailings.tally(mailing_id)
            counts = self.ledger.mailings.counts(mailing_id)
            assert counts == tally.counts
            total = (
                tally.replaced
                + counts.sent
                + counts.failed
                + counts.in_doubt
                + counts.skipped
                + counts.pending
                + counts.cancelled
            )
            assert total == sum(row.mailing_id == mailing_id for row in rows)

    @invariant()
    def what_leaves_belongs_to_a_sender(self) -> None:
        holders = {one.sender.id for one in (*self.alive, *self.dead)}
        flying = set().union(*(one.flying for one in (*self.alive, *self.dead)))
        for row in self.table():
            if row.status == "sending":
                assert row.sender_id in holders
                assert row.id in flying

    @invariant()
    def occasions_are_held_by_those_who_may_have_told_them(self) -> None:
        held, letters = self.held(), self.letters()
        for row in self.table():
            tells = letters[row.id] if row.status in ("pending", "sending", "sent", "in_doubt") else []
            assert sorted(held.get(row.id, [])) == sorted(tells)

    @invariant()
    def a_mailing_is_finished_only_when_no_row_is_open(self) -> None:
        for mailing_id in self.mailings:
            record = self.ledger.mailings.mailing(mailing_id)
            if record.status is MailingStatus.FINISHED:
                assert self.ledger.mailings.counts(mailing_id).pending == 0

    @invariant()
    def in_a_cancelled_mailing_only_a_sender_may_still_hold_a_row(self) -> None:
        for row in self.table():
            if row.status == "pending" and row.sender_id is None:
                assert self.ledger.mailings.mailing(row.mailing_id).status is not MailingStatus.CANCELLED

    # --- helpers --------------------------------------------------------------------------------------------

    def table(self) -> list[sa.Row]:  # type: ignore[type-arg]
        with self.ledger.engine.connect() as connection:
            mine = schema.deliveries.c.practice_id == self.ledger.practice_id
            return list(connection.execute(sa.select(schema.deliveries).where(mine)))

    def held(self) -> dict[int, list[str]]:
        """The occasions that each delivery holds."""
        table = schema.occasions.c
        held: dict[int, list[str]] = {}
        with self.ledger.engine.connect() as connection:
            mine = table.practice_id == self.ledger.practice_id
            for number, text in connection.execute(sa.select(table.delivery_id, table.occasion).where(mine)):
                held.setdefault(number, []).append(text)
        return held

    def letters(self) -> dict[int, list[str]]:
        """The occasions that each delivery speaks of."""
        table = schema.letters.c
        with self.ledger.engine.connect() as connection:
            mine = table.practice_id == self.ledger.practice_id
            return {
                row[0]: row[1] for row in connection.execute(sa.select(table.delivery_id, table.occasions).where(mine))
            }

    def doubtful(self, mailing_id: int) -> set[int]:
        """The rows that a person may settle, those of dead senders included: they are recovered first."""
        lost = set().union(*(one.flying for one in self.dead))
        return {
            row.id
            for row in self.table()
            if row.mailing_id == mailing_id
            and (row.status == "in_doubt" or (row.status == "sending" and row.id in lost))
        }


def run(machine: type[LedgerMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_the_promises_hold_in_every_order_of_events(blank_ledger: Path) -> None:
    class Machine(LedgerMachine):
        def opened(self) -> Ledger:
            shutil.copy(blank_ledger, self.folder / "ledger.sqlite")
            url = f"sqlite:///{self.folder}/ledger.sqlite"
            ledger = open_ledger(url, practice_id="practice", locks=self.folder / "locks")
            # Nobody pulls the plug on this machine: thousands of commits need not reach the disk.
            sa.event.listen(ledger.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous = OFF"))
            ledger.engine.dispose()
            return ledger

    run(Machine, examples=30)


def test_the_promises_hold_on_postgresql_too(postgres_url: str) -> None:
    class Machine(LedgerMachine):
        def opened(self) -> Ledger:
            # One database for all: each history is a practice of its own.
            return open_ledger(postgres_url, practice_id=self.folder.name, locks=self.folder / "locks")

    run(Machine, examples=5)
