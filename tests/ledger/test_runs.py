from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.ledger.world import BY, World, a_row
from workbench.domain.runs import RunStatus
from workbench.errors import UnknownRun
from workbench.ledger import schema
from workbench.ledger.ledger import Ledger, open_ledger
from workbench.ledger.upgrades import HEAD, VERSION_TABLE
from workbench.ports import OpenRun


def begun(world: World, notebook: str = "rappel.ipynb") -> OpenRun:
    return world.ledger.runs.start(
        notebook=notebook, digest="ab12", parameters={"start": "tomorrow"}, by=BY, now=world.now
    )


def inside(world: World, run_id: str, tmp_path: Path) -> World:
    """The same ledger, as the process that executes the notebook opens it."""
    url = str(world.ledger.engine.url)
    opened = open_ledger(url, practice_id="practice", locks=tmp_path / "locks", run_id=run_id)
    return World(opened)


def test_a_run_is_begun_and_ended(world: World) -> None:
    run = begun(world)
    going = world.ledger.runs.run(run.id)
    assert (going.status, going.notebook, going.parameters, going.by) == (
        RunStatus.RUNNING, "rappel.ipynb", {"start": "tomorrow"}, BY,
    )  # fmt: skip
    run.end(RunStatus.FAILED, error="LoginRefused", now=world.later(minutes=2))
    ended = world.ledger.runs.run(run.id)
    assert (ended.status, ended.error, ended.ended_at) == (RunStatus.FAILED, "LoginRefused", world.now)


def test_what_is_confirmed_inside_a_run_is_noted_as_that_runs(world: World, tmp_path: Path) -> None:
    outside = world.queued("1", key="before")
    run = begun(world)
    there = inside(world, run.id, tmp_path)
    number = there.queued("2", "3", key="inside")
    there.send(number)
    there.ledger.close()
    assert world.ledger.runs.run(run.id).mailings == (number,)
    assert set(world.ledger.results.results(number)["run_id"]) == {run.id}
    assert set(world.ledger.results.results(outside)["run_id"]) == {""}
    run.end(RunStatus.DONE, now=world.now)


def test_a_row_names_the_run_that_queued_it_first(world: World, tmp_path: Path) -> None:
    number = world.queued("1")
    world.send(number)
    run = begun(world)
    there = inside(world, run.id, tmp_path)
    there.open()
    there.enqueue(number, [a_row("1"), a_row("2")])
    there.ledger.close()
    named = world.ledger.results.results(number).set_index("patient_id")["run_id"]
    assert named.to_dict() == {"1": "", "2": run.id}
    assert world.ledger.runs.run(run.id).mailings == (number,)


def test_going_on_with_a_mailing_is_the_runs_too(world: World, tmp_path: Path) -> None:
    number = world.queued("1")
    run = begun(world)
    there = inside(world, run.id, tmp_path)
    there.ledger.mailings.set_status(number, world.ledger.mailings.mailing(number).status.SENDING, by=BY, now=world.now)
    there.ledger.close()
    assert world.ledger.runs.run(run.id).mailings == (number,)


def test_nothing_is_confirmed_in_the_run_of_another_ledger(world: World, tmp_path: Path) -> None:
    before = world.queued("1", key="before")
    there = inside(world, "feedbeef", tmp_path)
    with pytest.raises(UnknownRun, match="another workspace"):
        there.queued("2", key="inside")
    status = world.ledger.mailings.mailing(before).status
    with pytest.raises(UnknownRun, match="another workspace"):
        there.ledger.mailings.set_status(before, status.SENDING, by=BY, now=world.now)
    there.ledger.close()
    assert len(world.ledger.mailings.mailings()) == 1
    assert world.ledger.mailings.mailing(before).status is status


def test_a_run_whose_process_is_gone_is_called_interrupted(world: World, tmp_path: Path) -> None:
    dead, alive = begun(world, "dead.ipynb"), begun(world, "alive.ipynb")
    dead.lock.release()  # type: ignore[attr-defined]  # as the system does when a process ends
    assert world.ledger.runs.recover(world.now) == 1
    assert [(run.notebook, run.status) for run in world.ledger.runs.runs()] in (
        [("dead.ipynb", RunStatus.INTERRUPTED), ("alive.ipynb", RunStatus.RUNNING)],
        [("alive.ipynb", RunStatus.RUNNING), ("dead.ipynb", RunStatus.INTERRUPTED)],
    )
    alive.end(RunStatus.DONE, now=world.now)
    assert list((tmp_path / "locks").glob("run-*")) == []


def test_an_unknown_run_is_said(ledger: Ledger) -> None:
    with pytest.raises(UnknownRun, match="0815"):
        ledger.runs.run("0815")


def test_a_ledger_of_before_the_runs_keeps_its_rows(world: World, tmp_path: Path) -> None:
    number = world.queued("1")
    with world.ledger.engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_occasions_practice_id_occasion_delivery_id"))
        for later in ("acts_practice_id_what_id_at", "deliveries_in_doubt", "deliveries_failed", "deliveries_sent"):
            connection.execute(sa.text(f"DROP INDEX ix_{later}"))
        latest = ("letterheads", "search_templates", "custom_fields", "foreign_codes", "tombstones", "drafts")
        latest += ("job_occurrences", "jobs")
        for later in (*latest, "allowances", "further_patients", "saved_searches", "signatures", "run_mailings"):
            connection.execute(sa.text(f"DROP TABLE {later}"))
        connection.execute(sa.text("DROP TABLE runs"))
        columns = (
            ("deliveries", "run_id"), ("deliveries", "expires_at"), ("mailings", "hours"),
            ("deliveries", "letterhead_id"), ("templates", "one_off"), ("letters", "emptied_at"),
        )  # fmt: skip
        for table, later in columns:
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {later}"))
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
    with open_ledger(str(world.ledger.engine.url), practice_id="practice", locks=tmp_path / "locks") as again:
        assert again.results.results(number)["run_id"].tolist() == [""]
        assert "run_id" in schema.deliveries.c
    assert (tmp_path / f"ledger.sqlite.before-{HEAD}").exists()
