"""What two people and a sender do in the same instant, on a shared PostgreSQL: nothing of a cancelled mailing waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.ledger.world import BY, World, a_letter, a_row, outcome
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.mailings import MailingStatus
from workbench.domain.runs import RunStatus
from workbench.errors import ForbiddenMove, JournalBroken
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK
from workbench.ledger.ledger import Ledger, open_ledger
from workbench.ledger.senders import HOST_VARIABLE, Recovered
from workbench.ports import Claimed


@pytest.fixture
def shared(postgres_ledger: Ledger) -> World:
    """A practice whose ledger several machines share."""
    return World(postgres_ledger)


@pytest.fixture
def other(shared: World, postgres_ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """The same ledger, as another machine has it open."""
    with open_ledger(postgres_ledger_url, practice_id="practice", locks=tmp_path / "other locks") as ledger:
        yield ledger


@contextmanager
def meanwhile(engine: sa.Engine, act: Callable[[], object], *, before: str) -> Iterator[None]:
    """Do something beside the engine's work just `before` a statement, or its « commit »; whoever must wait, waits."""
    acting: list[threading.Thread] = []

    def now() -> None:
        if not acting:
            acting.append(threading.Thread(target=act))
            acting[0].start()
            acting[0].join(0.6)

    def executing(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if before in statement:
            now()

    def committing(_connection: object) -> None:
        now()

    event, hook = ("commit", committing) if before == "commit" else ("before_cursor_execute", executing)
    sa.event.listen(engine, event, hook)
    try:
        yield
    finally:
        sa.event.remove(engine, event, hook)
    assert acting, "the instant never came"
    acting[0].join(20)
    assert not acting[0].is_alive()


def a_cancellation(other: Ledger, number: int, world: World) -> Callable[[], object]:
    return lambda: other.mailings.cancel(number, by="marc", now=world.now)


def stand(world: World, number: int) -> tuple[MailingStatus, dict[str, str]]:
    """Where a mailing and its rows stand; its moves lead there."""
    moves = world.ledger.mailings.moves(number)
    status = world.ledger.mailings.mailing(number).status
    assert [old for _at, _by, old, _new, _reason in moves] == ["", *(move[3] for move in moves[:-1])]
    assert moves[-1][3] == status
    return status, world.statuses(number)


def test_rows_given_back_while_their_mailing_is_cancelled_are_cancelled(shared: World, other: Ledger) -> None:
    number = shared.queued("1", "2")
    with shared.sender() as sender:
        outbox = shared.outbox(number, sender)
        rows = [row.delivery_id for row in outbox.claim(5, now=shared.now)]
        with meanwhile(shared.ledger.engine, a_cancellation(other, number, shared), before="commit"):
            outbox.release(rows)
    assert stand(shared, number) == (MailingStatus.CANCELLED, {"1": "cancelled", "2": "cancelled"})
    assert shared.occasions() == set()


def test_a_row_refused_for_a_while_is_not_tried_again_when_its_mailing_is_cancelled_at_that_instant(
    shared: World, other: Ledger
) -> None:
    number = shared.queued("1")
    with shared.sender() as sender:
        outbox = shared.outbox(number, sender)
        (row,) = outbox.claim(5, now=shared.now)
        outbox.turn([], [a_letter(row)], now=shared.now)
        with meanwhile(shared.ledger.engine, a_cancellation(other, number, shared), before="commit"):
            outbox.turn([outcome(row.delivery_id, "pending", retry_after=60)], [], now=shared.now)
    status, rows = stand(shared, number)
    assert status is MailingStatus.CANCELLED
    assert rows["1"].startswith("cancelled")


@pytest.mark.parametrize("rows_left", [True, False])
def test_a_sending_that_ends_does_not_take_a_cancellation_back(shared: World, other: Ledger, rows_left: bool) -> None:
    number = shared.queued("1", "2")
    shared.ledger.mailings.set_status(number, MailingStatus.SENDING, by=BY, now=shared.now)
    if not rows_left:
        shared.send(number)
    with meanwhile(shared.ledger.engine, a_cancellation(other, number, shared), before="UPDATE mailings"):
        shared.ledger.mailings.finish(number, by=BY, now=shared.now)
    status, _rows = stand(shared, number)
    assert status is MailingStatus.CANCELLED


def test_a_doubt_settled_while_its_mailing_is_cancelled_does_not_wait_for_ever(shared: World, other: Ledger) -> None:
    number = shared.queued("1")
    shared.send(number, {"1": "in_doubt"})
    with meanwhile(shared.ledger.engine, a_cancellation(other, number, shared), before="UPDATE deliveries"):
        shared.ledger.mailings.settle(number, as_sent=False, by=BY, now=shared.now)
    assert stand(shared, number) == (MailingStatus.CANCELLED, {"1": "cancelled"})


def test_a_doubt_that_a_late_answer_ends_is_not_settled_over_it(shared: World, other: Ledger) -> None:
    number = shared.queued("1")
    ghost = other.start_sender(user=BY, now=shared.now)
    outbox = other.outbox(number, ghost)
    (row,) = outbox.claim(1, now=shared.now)
    outbox.turn([], [a_letter(row)], now=shared.now)
    ghost.lock.release()
    assert other.recover(shared.now) == Recovered(in_doubt=1)

    def answer() -> None:
        outbox.turn([outcome(row.delivery_id)], [], now=shared.now)

    with meanwhile(shared.ledger.engine, answer, before="UPDATE deliveries"):
        assert shared.ledger.mailings.settle(number, as_sent=False, by=BY, now=shared.now) == 1
    # The person was first, and the answer is kept beside it: nothing was overwritten in silence.
    assert shared.statuses(number) == {"1": "pending"}
    assert list(shared.ledger.acts.acts(f"delivery:{row.delivery_id}")["what"]) == ["late_outcome"]


def test_two_people_who_settle_the_same_doubt_at_once_decide_it_once(shared: World, other: Ledger) -> None:
    number = shared.queued("1", "2")
    shared.send(number, {"1": "in_doubt", "2": "in_doubt"})
    counts = []

    def as_sent() -> None:
        counts.append(other.mailings.settle(number, as_sent=True, by="marc", now=shared.now))

    with meanwhile(shared.ledger.engine, as_sent, before="UPDATE deliveries"):
        assert shared.ledger.mailings.settle(number, as_sent=False, by=BY, now=shared.now) == 2
    assert counts == [0]
    assert shared.statuses(number) == {"1": "pending", "2": "pending"}


def test_failures_retried_while_their_mailing_is_cancelled_do_not_wait_for_ever(shared: World, other: Ledger) -> None:
    number = shared.queued("1")
    shared.send(number, {"1": "failed"})
    with meanwhile(shared.ledger.engine, a_cancellation(other, number, shared), before="UPDATE deliveries"):
        shared.ledger.mailings.retry(number, by=BY, now=shared.now)
    status, rows = stand(shared, number)
    assert status is MailingStatus.CANCELLED
    assert rows["1"].startswith("cancelled")


def test_one_message_taken_back_while_the_whole_mailing_is_cancelled_locks_nobody_out(
    shared: World, other: Ledger
) -> None:
    number = shared.queued("1", "2", "3")
    (first, *_others) = shared.ledger.mailings.numbers(number, [DeliveryStatus.PENDING])
    with meanwhile(shared.ledger.engine, a_cancellation(other, number, shared), before="UPDATE deliveries"):
        assert shared.ledger.mailings.cancel(number, delivery_ids=[first], by=BY, now=shared.now) == 1
    assert stand(shared, number) == (MailingStatus.CANCELLED, dict.fromkeys("123", "cancelled"))


def test_a_mailing_cancelled_while_its_list_is_queued_stays_cancelled(world: World) -> None:
    number = world.open().id

    def rows() -> Iterator[object]:
        for place in range(2 * CHUNK + 200):
            if place == CHUNK + 200:
                world.ledger.mailings.cancel(number, by="marc", now=world.now)
            yield a_row(str(place))

    with pytest.raises(ForbiddenMove):
        world.enqueue(number, rows(), complete=True)  # type: ignore[arg-type]
    status, statuses = stand(world, number)
    assert status is MailingStatus.CANCELLED
    assert set(statuses.values()) == {"cancelled"}
    assert world.send(number) == []


def test_a_finished_mailing_whose_longer_list_was_cut_off_goes_on(world: World) -> None:
    number = world.queued("1")
    world.send(number)
    world.ledger.mailings.finish(number, by=BY, now=world.now)

    def cut_off() -> Iterator[object]:
        for place in range(600):
            yield a_row(str(place))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.enqueue(number, cut_off(), complete=True)  # type: ignore[arg-type]
    world.ledger.mailings.set_status(number, MailingStatus.SENDING, by=BY, now=world.now)
    assert len(world.send(number)) == 499
    stand(world, number)


# --- machines that sleep, are set back, or die ------------------------------------------------------------------


def silence(world: World, **ago: float) -> None:
    """Let every sender have been silent for so long, on the database's clock."""
    with world.ledger.engine.begin() as connection:
        connection.execute(schema.senders.update(), {"heartbeat_at": datetime.now(UTC) - timedelta(**ago)})


@pytest.mark.parametrize("minutes_later", [30, 0])
def test_a_sender_that_slept_through_its_lease_and_goes_on_is_recovered_when_it_dies(
    shared: World, other: Ledger, monkeypatch: pytest.MonkeyPatch, minutes_later: int
) -> None:
    number = shared.queued("1", "2", "3")
    sleeper = shared.sender()
    outbox = shared.outbox(number, sleeper)
    (first,) = outbox.claim(1, now=shared.now)
    outbox.turn([], [a_letter(first)], now=shared.now)
    monkeypatch.setenv(HOST_VARIABLE, "another machine")
    silence(shared, minutes=21)
    assert other.recover(shared.now) == Recovered(in_doubt=1)
    # It wakes up, hears the answer, and takes the next one.
    shared.later(minutes=minutes_later)
    outbox.turn([outcome(first.delivery_id)], [], now=shared.now)
    (second,) = outbox.claim(1, now=shared.now)
    outbox.turn([], [a_letter(second)], now=shared.now)
    outbox.claim(1, now=shared.now)
    if minutes_later:
        assert other.recover(shared.now) == Recovered()  # it is alive
    silence(shared, minutes=21)
    assert other.recover(shared.now) == Recovered(in_doubt=1, returned=1)
    assert shared.statuses(number) == {"1": "sent", "2": "in_doubt interrupted", "3": "pending"}
    sleeper.lock.release()


def test_a_sender_that_speaks_while_it_is_given_up_keeps_what_it_holds(
    shared: World, other: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = shared.queued("1")
    sender = shared.sender()
    outbox = shared.outbox(number, sender)
    outbox.claim(1, now=shared.now)
    silence(shared, minutes=21)
    monkeypatch.setenv(HOST_VARIABLE, "another machine")
    shared.later(minutes=21)
    with meanwhile(other.engine, lambda: outbox.claim(1, now=shared.now), before="UPDATE senders"):
        assert other.recover(shared.now) == Recovered()
    sender.close()


def test_a_lease_is_as_long_as_the_workspace_says(
    shared: World, postgres_ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = shared.queued("1")
    monkeypatch.setenv(HOST_VARIABLE, "one")
    sender = shared.sender()
    shared.outbox(number, sender).claim(1, now=shared.now)
    monkeypatch.setenv(HOST_VARIABLE, "two")
    short = open_ledger(postgres_ledger_url, practice_id="practice", locks=tmp_path / "two", lease=timedelta(seconds=5))
    with short:
        silence(shared, seconds=4)
        assert short.recover(shared.now) == Recovered()
        silence(shared, seconds=6)
        assert shared.ledger.recover(shared.now) == Recovered()
        assert short.recover(shared.now) == Recovered(returned=1)
        with short.start_sender(user=BY, now=shared.now) as hurried:
            assert hurried.heartbeat < timedelta(seconds=1)
    sender.lock.release()


def test_a_clock_set_back_does_not_make_a_sender_silent(world: World) -> None:
    number = world.queued("1", "2", "3")
    with world.sender() as sender:
        outbox = world.outbox(number, sender)
        outbox.claim(1, now=world.now)
        silence(world, minutes=10)
        outbox.claim(1, now=world.later(hours=-1))
        with world.ledger.engine.connect() as connection:
            beat = connection.execute(sa.select(schema.senders.c.heartbeat_at)).scalar_one()
    assert datetime.now(UTC) - beat < timedelta(minutes=1)


def test_a_row_taken_over_is_announced_by_nobody_else(shared: World, other: Ledger, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    number = shared.queued("1")
    sleeper = shared.sender()
    outbox = shared.outbox(number, sleeper)
    (row,) = outbox.claim(1, now=shared.now)
    monkeypatch.setenv(HOST_VARIABLE, "another machine")
    silence(shared, minutes=21)
    assert other.recover(shared.now) == Recovered(returned=1)
    with other.start_sender(user=BY, now=shared.now) as sender:
        another = other.outbox(number, sender)
        (taken,) = another.claim(1, now=shared.now)
        with pytest.raises(JournalBroken):
            outbox.turn([], [a_letter(row)], now=shared.later(minutes=21))
        another.turn([], [a_letter(taken)], now=shared.now)
        another.turn([outcome(taken.delivery_id)], [], now=shared.now)
    sleeper.close()
    assert shared.statuses(number) == {"1": "sent"}


def test_a_run_of_another_folder_of_this_machine_is_not_called_interrupted(shared: World, other: Ledger) -> None:
    run = shared.ledger.runs.start(notebook="n.ipynb", digest="a", parameters={}, by=BY, now=shared.now)
    assert other.runs.recover(shared.now) == 0
    assert shared.ledger.runs.run(run.id).status is RunStatus.RUNNING
    run.lock.release()
    assert shared.ledger.runs.recover(shared.now) == 1


def test_a_run_that_ends_while_it_is_thought_dead_says_how_it_ended(world: World) -> None:
    run = world.ledger.runs.start(notebook="n.ipynb", digest="a", parameters={}, by=BY, now=world.now)
    run.end(RunStatus.DONE, now=world.now)
    assert not run.interrupted(now=world.now)
    assert world.ledger.runs.run(run.id).status is RunStatus.DONE


def test_a_row_taken_while_its_mailing_is_being_cancelled_keeps_what_it_tells(shared: World, other: Ledger) -> None:
    number = shared.queued("1", "2")
    with shared.sender() as sender:
        outbox = shared.outbox(number, sender)
        taken: list[Claimed] = []

        def take() -> None:
            taken.extend(outbox.claim(1, now=shared.now))

        with meanwhile(other.engine, take, before="UPDATE deliveries"):
            other.mailings.cancel(number, by="marc", now=shared.now)
        (row,) = taken
        outbox.turn([], [a_letter(row)], now=shared.now)
        outbox.turn([outcome(row.delivery_id)], [], now=shared.now)
    assert shared.statuses(number) == {"1": "sent", "2": "cancelled"}
    assert shared.occasions() == {("appointment:A1@2026-11-23T09:00", 0)}, "another mailing would tell it again"
