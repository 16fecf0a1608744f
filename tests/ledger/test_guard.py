"""The restore guard: what was restored, moved or copied sends nothing until somebody re-arms it (P14)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ledger.world import BY, World, a_letter, outcome
from workbench.domain.arming import Arming
from workbench.domain.deliveries import DeliveryStatus
from workbench.errors import NotArmed
from workbench.ledger.guard import Place
from workbench.ledger.ledger import Ledger, open_ledger
from workbench.ledger.senders import Senders


class Computer:
    """A user's computer: a state folder, and workspaces wherever they are put."""

    def __init__(self, home: Path, blank: Path) -> None:
        self.home = home
        self.blank = blank
        self.opened: list[Ledger] = []

    @property
    def witness(self) -> Path:
        return self.home / "state" / "w.json"

    def folder(self, name: str) -> Path:
        folder = self.home / name
        if not folder.exists():
            folder.mkdir(parents=True)
            shutil.copy(self.blank, folder / "ledger.sqlite")
        return folder

    def world(self, name: str = "here") -> World:
        folder = self.folder(name)
        ledger = open_ledger(
            f"sqlite:///{folder}/ledger.sqlite",
            practice_id="practice",
            locks=folder / "locks",
            place=Place(workspace_id="w", folder=folder, witness=self.witness),
        )
        self.opened.append(ledger)
        return World(ledger)

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()

    def copy(self, name: str, to: str) -> None:
        self.close()
        shutil.rmtree(self.home / to, ignore_errors=True)
        shutil.copytree(self.home / name, self.home / to)


@pytest.fixture
def computer(tmp_path: Path, blank_ledger: Path) -> Iterator[Computer]:
    made = Computer(tmp_path / "first", blank_ledger)
    yield made
    made.close()


def stands(world: World) -> Arming:
    return world.ledger.guard.standing().arming


def begun(world: World, mailing: int) -> list[str]:
    """Begin to send and be killed: letters are announced, and the sender ends without a word to the ledger."""
    sender = world.sender()
    outbox = world.ledger.outbox(mailing, sender)
    claimed = outbox.claim(10, now=world.now)
    outbox.turn([], [a_letter(row) for row in claimed], now=world.now)
    assert sender.remembering is not None
    sender.announced([a_letter(row) for row in claimed])
    sender.lock.release()
    return [row.patient_id for row in claimed]


def test_the_first_sending_arms_and_the_next_ones_go_on(computer: Computer) -> None:
    world = computer.world()
    assert stands(world) is Arming.NEW
    assert world.send(world.queued("1")) == ["1"]
    assert stands(world) is Arming.ARMED
    computer.close()
    world = computer.world()
    assert world.send(world.queued("2", key="b")) == ["2"]
    assert computer.witness.stat().st_mode & 0o777 == 0o600


def test_a_ledger_without_a_place_is_not_guarded(world: World) -> None:
    assert world.send(world.queued("1")) == ["1"]
    assert world.ledger.guard.rearm(by=BY, now=world.now).before.may_send


def test_an_older_ledger_refuses_and_rearming_leaves_what_may_have_left_to_a_person(computer: Computer) -> None:
    world = computer.world()
    world.send(world.queued("0", key="before"))
    mailing = world.queued("1", "2")
    computer.copy("here", "older")
    world = computer.world()
    world.send(mailing)
    computer.copy("older", "here")

    world = computer.world()
    assert stands(world) is Arming.OLDER
    for _twice in range(2):
        with pytest.raises(NotArmed, match="workbench rearm"):
            world.sender()
    for _act in range(20):
        world.ledger.acts.record("opened", "practice", by=BY, now=world.now)
    assert stands(world) is Arming.OLDER  # whatever is written meanwhile, it stays older

    done = world.ledger.guard.rearm(by=BY, now=world.later(hours=1))
    assert done.held == {mailing: 2}
    assert done.before.sendings == 1
    assert world.statuses(mailing) == {"1": "in_doubt restored", "2": "in_doubt restored"}
    assert stands(world) is Arming.ARMED
    assert world.send(mailing) == []
    rows = world.ledger.mailings.numbers(mailing, [DeliveryStatus.IN_DOUBT])
    world.ledger.mailings.settle(mailing, as_sent=True, delivery_ids=rows[:1], by=BY, now=world.now)
    world.ledger.mailings.settle(mailing, as_sent=False, by=BY, now=world.now)
    assert world.send(mailing) == ["2"]
    acts = world.ledger.acts.acts("workspace:w")
    assert acts["what"].tolist() == ["armed", "rearmed"]
    assert acts["by"].tolist() == [BY, BY]


def test_a_copy_from_the_middle_of_a_sending_that_was_killed_is_older(computer: Computer) -> None:
    world = computer.world()
    mailing = world.queued("1", "2", "3")
    sender = world.sender()
    computer.opened.clear()
    shutil.copytree(computer.home / "here", computer.home / "middle")
    outbox = world.ledger.outbox(mailing, sender)
    claimed = outbox.claim(10, now=world.now)
    outbox.turn([], [a_letter(row) for row in claimed], now=world.now)
    sender.announced([a_letter(row) for row in claimed])
    sender.lock.release()
    world.ledger.engine.dispose()

    shutil.rmtree(computer.home / "here")
    (computer.home / "middle").rename(computer.home / "here")
    assert stands(computer.world()) is Arming.OLDER


def test_a_kill_asks_for_no_rearming(computer: Computer) -> None:
    world = computer.world()
    mailing = world.queued("1", "2")
    begun(world, mailing)
    world.ledger.engine.dispose()
    computer.opened.clear()
    world = computer.world()
    assert stands(world) is Arming.ARMED
    world.ledger.recover(world.now)
    assert world.statuses(mailing) == {"1": "in_doubt interrupted", "2": "in_doubt interrupted"}


def test_what_the_ledger_knows_and_the_witness_does_not_is_no_harm(computer: Computer) -> None:
    world = computer.world()
    world.send(world.queued("1"))
    before = computer.witness.read_bytes()
    world.send(world.queued("2", key="b"))
    computer.close()
    computer.witness.write_bytes(before)
    assert stands(computer.world()) is Arming.ARMED


def test_an_act_that_was_lost_makes_a_ledger_older_too(computer: Computer) -> None:
    world = computer.world()
    world.send(world.queued("1"))
    computer.copy("here", "older")
    world = computer.world()
    world.ledger.acts.record("opted_out", "patient:1", by=BY, now=world.later(hours=1))
    computer.copy("older", "here")
    assert stands(computer.world()) is Arming.OLDER


def test_a_copied_folder_refuses_and_after_rearming_it_the_first_one_does(computer: Computer) -> None:
    world = computer.world()
    world.send(world.queued("0", key="a"))
    mailing = world.queued("1")
    computer.copy("here", "there")
    there = computer.world("there")
    standing = there.ledger.guard.standing()
    assert (standing.arming, standing.place) == (Arming.ELSEWHERE, str(computer.home / "here"))
    with pytest.raises(NotArmed, match="here"):
        there.send(mailing)
    here = computer.world()
    assert here.send(mailing) == ["1"]
    with pytest.raises(NotArmed):
        there.send(mailing)
    assert not there.ledger.guard.standing().proven
    there.ledger.guard.rearm(by=BY, now=there.now)
    with pytest.raises(NotArmed):
        here.sender()
    assert there.statuses(mailing) == {"1": "in_doubt restored"}


def test_a_moved_folder_keeps_its_open_rows_when_it_is_rearmed(computer: Computer) -> None:
    world = computer.world()
    world.send(world.queued("0", key="a"))
    mailing = world.queued("1")
    computer.close()
    (computer.home / "here").rename(computer.home / "there")
    world = computer.world("there")
    assert stands(world) is Arming.ELSEWHERE
    assert world.ledger.guard.rearm(by=BY, now=world.now).held == {}
    assert world.send(mailing) == ["1"]


def test_another_computer_refuses_until_it_is_rearmed_and_then_the_first_one_does(
    computer: Computer, tmp_path: Path, blank_ledger: Path
) -> None:
    world = computer.world()
    world.send(world.queued("0", key="a"))
    mailing = world.queued("1")
    computer.close()
    laptop = Computer(tmp_path / "laptop", blank_ledger)
    shutil.copytree(computer.home / "here", laptop.home / "here")
    away = laptop.world()
    assert stands(away) is Arming.UNKNOWN
    with pytest.raises(NotArmed):
        away.send(mailing)
    assert away.ledger.guard.rearm(by=BY, now=away.now).held == {mailing: 1}
    away.send(away.queued("5", key="away"))
    laptop.close()
    shutil.rmtree(computer.home / "here")
    shutil.copytree(laptop.home / "here", computer.home / "here")
    assert stands(computer.world()) is Arming.ELSEWHERE


def test_a_ledger_made_anew_in_the_place_of_a_lost_one_refuses(computer: Computer) -> None:
    world = computer.world()
    world.send(world.queued("1"))
    computer.close()
    shutil.rmtree(computer.home / "here")
    world = computer.world()
    assert stands(world) is Arming.OLDER
    with pytest.raises(NotArmed):
        world.sender()


def test_killed_between_the_two_sides_of_the_first_arming_the_next_sending_arms(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = computer.world()
    mailing = world.queued("1")

    def killed(*_words: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("workbench.ledger.guard.write_act", killed)
        with pytest.raises(KeyboardInterrupt):
            world.sender()
    assert computer.witness.exists()
    assert world.send(mailing) == ["1"]


def _no_folder(witness: Path) -> None:
    witness.parent.parent.mkdir(parents=True, exist_ok=True)
    witness.parent.write_text("a file stands where the folder should be")


def _nonsense(witness: Path) -> None:
    witness.parent.mkdir(parents=True)
    witness.write_text("[1, 2")


@pytest.mark.parametrize("spoil", [_no_folder, _nonsense])
def test_without_a_witness_that_can_be_kept_nothing_is_sent(computer: Computer, spoil: Callable[[Path], None]) -> None:
    world = computer.world()
    mailing = world.queued("1")
    spoil(computer.witness)
    with pytest.raises(NotArmed, match="XDG_STATE_HOME"):
        world.send(mailing)
    assert stands(world) is Arming.UNWITNESSED
    assert world.statuses(mailing) == {"1": "pending"}


def test_on_postgresql_two_workspaces_share_a_ledger_and_each_is_guarded(postgres_url: str, tmp_path: Path) -> None:
    def opened(name: str, folder: str) -> Ledger:
        (tmp_path / folder).mkdir(exist_ok=True)
        place = Place(workspace_id=name, folder=tmp_path / folder, witness=tmp_path / "state" / f"{name}.json")
        return open_ledger(postgres_url, practice_id="practice", locks=tmp_path / folder / "locks", place=place)

    with opened("a", "a") as first, opened("b", "b") as second:
        one, two = World(first), World(second)
        assert one.send(one.queued("1")) == ["1"]
        assert two.send(two.queued("2", key="b")) == ["2"]
        assert one.send(one.queued("3", key="c")) == ["3"]
        # The server is restored without the last sending of the first workspace.
        first.engine.connect()
        with first.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET sender_id = NULL")
            connection.exec_driver_sql("DELETE FROM senders WHERE id = (SELECT max(id) FROM senders)")
        with pytest.raises(NotArmed):
            one.sender()
        two.sender().close()


def test_a_sending_that_ends_while_another_process_looks_for_dead_ones_is_not_missed_later(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, beside = computer.world(), computer.world()
    number = world.queued("1", "2")
    begun(world, number)
    living = world.sender()
    dead = Senders._dead
    asked: list[str] = []

    def slow(self: Senders, host: str, name: str, *, silent: timedelta) -> AbstractContextManager[bool]:
        if len(asked) == 1:
            living.close()
        asked.append(name)
        return dead(self, host, name, silent=silent)

    monkeypatch.setattr(Senders, "_dead", slow)
    beside.ledger.recover(world.now)
    assert len(asked) == 2
    assert stands(world) is Arming.ARMED


def test_an_answer_that_comes_after_its_sender_has_ended_is_believed_and_makes_no_ledger_older(
    computer: Computer,
) -> None:
    world = computer.world()
    number = world.queued("1")
    sender = world.sender()
    outbox = world.ledger.outbox(number, sender)
    (row,) = outbox.claim(5, now=world.now)
    outbox.turn([], [a_letter(row)], now=world.now)
    sender.close()  # a second interrupt: what sends is still waiting for the server's word
    outbox.turn([outcome(row.delivery_id)], [], now=world.later(minutes=1))
    assert world.statuses(number) == {"1": "sent"}
    assert stands(world) is Arming.ARMED
    world.ledger.recover(world.now)
    assert stands(world) is Arming.ARMED
