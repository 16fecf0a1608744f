from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.world import BY, World, a_row
from workbench.domain.mailings import MailingStatus
from workbench.errors import ForbiddenMove
from workbench.ledger.ledger import open_ledger


def waiting(world: World, *names: str, reason: str = "") -> int:
    number = world.open("job:manques:2026-11-22T12:00").id
    rows = [a_row(name, reason=reason) for name in names]
    world.ledger.mailings.enqueue(number, rows, approval=True, complete=True, by=BY, now=world.now)
    return number


def test_what_needs_a_word_waits_and_no_sender_takes_it(world: World) -> None:
    number = waiting(world, "1", "2")
    mailings = world.ledger.mailings
    assert mailings.mailing(number).status is MailingStatus.AWAITING_APPROVAL
    with pytest.raises(ForbiddenMove):
        mailings.set_status(number, MailingStatus.SENDING, by=BY, now=world.now)
    with world.sender() as sender:
        assert not world.ledger.outbox(number, sender).claim(10, now=world.now)
    mailings.set_status(number, MailingStatus.QUEUED, by="marc", now=world.now)
    world.send(number)
    assert mailings.counts(number).sent == 2


def test_queued_once_more_it_still_waits(world: World) -> None:
    number = waiting(world, "1")
    assert waiting(world, "1", "2") == number
    assert world.ledger.mailings.mailing(number).status is MailingStatus.AWAITING_APPROVAL


def test_where_nobody_can_be_written_to_there_is_nothing_to_wait_for(world: World) -> None:
    assert world.ledger.mailings.mailing(waiting(world, "1", reason="no_address")).status is MailingStatus.FINISHED


def test_a_refusal_is_kept_with_who_and_why(world: World) -> None:
    number = waiting(world, "1")
    assert world.ledger.mailings.cancel(number, by="marc", now=world.now, reason="refused") == 1
    *_before, (_at, by, old, new, reason) = world.ledger.mailings.moves(number)
    assert (by, old, new, reason) == ("marc", "awaiting_approval", "cancelled", "refused")
    assert world.queued("1", key="another")  # what it would have told is free again
    assert world.ledger.mailings.counts(number + 1).pending == 1


def test_the_results_name_the_job(world: World) -> None:
    assert world.ledger.results.results(waiting(world, "1"))["job_id"].tolist() == ["manques"]
    assert world.ledger.results.results(world.queued("2", key="other"))["job_id"].tolist() == [""]


def test_the_results_name_the_job_of_the_run(world: World, tmp_path: Path) -> None:
    run = world.ledger.runs.start(notebook="a.ipynb", digest="a", parameters={}, by=BY, now=world.now, job_id="nuit")
    url = str(world.ledger.engine.url)
    with open_ledger(url, practice_id="practice", locks=tmp_path / "locks", run_id=run.id) as opened:
        number = World(opened).queued("1", key="inside")
    with world.ledger.mailings.within(run.id):
        second = world.queued("2", key="also")
    outside = world.queued("3", key="outside")
    told = {one: world.ledger.results.results(one)[["job_id", "run_id"]].iloc[0].tolist() for one in (number, second)}
    assert told == {number: ["nuit", run.id], second: ["nuit", run.id]}
    assert world.ledger.results.results(outside)["run_id"].tolist() == [""]
