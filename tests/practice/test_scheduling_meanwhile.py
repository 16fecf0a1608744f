"""What happens to jobs while the scheduler is at work on others, and after a ledger was restored."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.practice.test_scheduling import Office
from workbench.domain.jobs import OccurrenceState
from workbench.domain.mailings import ALERT, MailingStatus
from workbench.domain.runs import RunStatus
from workbench.errors import BadValue
from workbench.practice import Practice, scheduling
from workbench.practice.scheduling import Scheduler

S = OccurrenceState


@pytest.fixture
def office(practice: Practice) -> Office:
    return Office(practice)


def at_work(office: Office, monkeypatch: pytest.MonkeyPatch, key: str, meanwhile: Any) -> None:
    """Have something happen while the first job of a pass is at work."""
    done = scheduling.execute

    def execute(practice: Practice, record: Any) -> Any:
        ended = done(practice, record)
        if record.key == key:
            meanwhile()
        return ended

    monkeypatch.setattr(scheduling, "execute", execute)


def test_what_came_round_while_another_one_was_at_work_is_not_missed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.at(22, 10)
    office.add("a long one")
    office.add("b", time="12:10", missed="skip")
    office.at(22, 11, 59)
    clock = [0.0]
    monkeypatch.setattr(scheduling.time, "monotonic", lambda: clock[0])
    scheduler = Scheduler(office.practice)
    scheduler.tick()

    def forty_minutes() -> None:
        clock[0] += 2400
        office.at(22, 12, 40)

    at_work(office, monkeypatch, "a-long-one", forty_minutes)
    clock[0] += 60
    office.at(22, 12)
    scheduler.tick()
    scheduler.tick()
    assert [(one.key, one.state) for one in office.practice.ledger.occurrences.of()[::-1]] == [
        ("a-long-one", S.DONE), ("b", S.DONE),
    ]  # fmt: skip


@pytest.mark.parametrize("meant", ["disable", "remove"])
def test_one_that_is_switched_off_while_another_one_is_at_work_is_not_done(
    office: Office, monkeypatch: pytest.MonkeyPatch, meant: str
) -> None:
    office.at(22, 10)
    office.add("a")
    office.add("b")
    at_work(office, monkeypatch, "a", lambda: getattr(office.practice.jobs, meant)("b"))
    assert [one.key for one in office.tick(22, 12).done] == ["a"]


def test_one_that_is_changed_while_another_one_is_at_work_is_done_as_it_is_now(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.at(22, 10)
    office.add("a", parameters={"start": "2020-01-01", "end": "2020-01-01"})  # nobody
    office.add("b")
    at_work(office, monkeypatch, "a", lambda: office.practice.jobs.change("b", approvers="claire"))
    assert [(one.key, one.state) for one in office.tick(22, 12).done] == [("a", S.DONE), ("b", S.AWAITING_APPROVAL)]


def test_a_mailing_that_somebody_paused_while_another_one_left_stays_paused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.at(22, 10)
    practice = office.practice
    rows = practice.search("missed", start="J-1", end="J-1")
    first, second = (
        practice.mailing(part, "Rendez-vous/Rendez-vous manqué", account="folder", key=key).queue()
        for key, part in (("one", rows.iloc[:1]), ("two", rows.iloc[1:2]))
    )
    drain = practice.drain

    def meanwhile(number: int, **more: Any) -> Any:
        if number == first:
            practice.pause(second)
        return drain(number, **more)

    monkeypatch.setattr(practice, "drain", meanwhile)
    assert office.tick(22, 11).drained == [first]
    assert practice.ledger.mailings.mailing(second).status is MailingStatus.PAUSED
    assert practice.ledger.mailings.counts(second).pending == 1


def test_what_another_machine_left_is_left_to_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.at(22, 10)
    office.add(host="serveur")
    monkeypatch.setenv("WORKBENCH_HOST", "serveur")
    office.tick(22, 12)
    with office.practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'interrupted'")
    monkeypatch.delenv("WORKBENCH_HOST")
    assert office.tick(22, 12, 5).done == []
    assert office.log == [("22", "interrupted", "")]
    monkeypatch.setenv("WORKBENCH_HOST", "serveur")
    assert [one.state for one in office.tick(22, 12, 6).done] == [S.DONE]


# --- restored -----------------------------------------------------------------------------------------------


def test_what_may_have_left_after_the_copy_was_made_does_not_leave_once_more(office: Office, tmp_path: Path) -> None:
    office.at(22, 10)
    office.add()
    office.tick(22, 11)
    ledger = office.practice.ledger
    file, kept = Path(str(ledger.engine.url.database)), tmp_path / "kept.db"
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(file, kept)
    office.tick(22, 12)
    sent = written(office)
    assert sent
    ledger.engine.dispose()
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    shutil.copyfile(kept, file)
    office.at(22, 13)
    assert not ledger.guard.rearm(by="claire", now=office.practice.now()).before.proven
    office.tick(22, 13, 1)
    assert written(office) == sent
    assert office.log == [("22", "skipped", "restored")]
    assert [one.occurrence for one in office.tick(23, 12).done] == ["2026-11-23T12:00"]


def test_what_was_begun_before_the_ledger_was_restored_is_not_gone_on_with(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.at(22, 10)
    job = office.add()
    book, occurrence = office.practice.ledger.occurrences, next(job.recurrence.after(None, office.practice.calendar))
    office.at(22, 12)
    with book.owner() as owner:
        assert book.claim(owner, job, occurrence, now=office.practice.now())
    monkeypatch.setattr(type(office.practice.ledger.guard), "unsure_until", lambda _guard: office.practice.now())
    assert office.tick(22, 12, 5).done == []
    assert office.log == [("22", "skipped", "restored")]
    assert written(office) == {}


def written(office: Office) -> dict[str, int]:
    """Return the messages that left, each with the moment at which it was written last."""
    return {file.name: file.stat().st_mtime_ns for file in (office.practice.path / "out").glob("*.eml")}


# --- told, and noted ----------------------------------------------------------------------------------------


def test_one_that_fails_again_and_again_is_told_once_a_day_until_it_works(office: Office) -> None:
    office.at(22, 10)
    office.practice.accounts.set("away", kind="folder", folder="out")
    office.add(every="cron", on="*/5 * * * *", time=None, account="away", told="cabinet@example.test", missed="each")
    office.practice.accounts.remove("away")
    alerting = office.practice.mailing
    told: list[str] = []

    def mailing(rows: Any, template: Any, **more: Any) -> Any:
        if str(more.get("key", "")).startswith(ALERT):
            told.append(office.practice.now().isoformat())
            more["account"] = "folder"
        return alerting(rows, template, **more)

    office.practice.mailing = mailing  # type: ignore[method-assign]
    for minute in (0, 5, 10):
        assert [one.state for one in office.tick(22, 12, minute).done][-1] is S.FAILED
    assert len(told) == 1
    with office.practice.ledger.engine.begin() as connection:  # it worked once
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'done' WHERE occurrence = '2026-11-22T12:10'")
    office.tick(22, 12, 15)
    assert len(told) == 2


def test_what_somebody_confirms_meanwhile_is_not_the_job_s(office: Office) -> None:
    mailings, found = office.practice.ledger.mailings, []
    rows = office.practice.search("missed", start="J-1", end="J-1")

    def confirm() -> None:
        found.append(office.practice.mailing(rows, "Rendez-vous/Rendez-vous manqué", account="folder").queue())

    office.at(22, 10)
    run = office.practice.ledger.runs.start(
        notebook="", digest="", parameters={}, by="claire", now=office.practice.now(), job_id="manques"
    )
    with mailings.within(run.id):
        beside = threading.Thread(target=confirm, daemon=True)
        beside.start()
        beside.join(60)
    run.end(RunStatus.DONE, now=office.practice.now())
    results = office.practice.results(found[0])
    assert set(results["run_id"]) == set(results["job_id"]) == {""}


@pytest.mark.parametrize("path", ["../ailleurs.ipynb", "{absolute}"])
def test_a_notebook_outside_the_workspace_is_refused(office: Office, tmp_path: Path, path: str) -> None:
    for elsewhere in (office.practice.path.parent / "ailleurs.ipynb", tmp_path / "absolute.ipynb"):
        elsewhere.write_text("{}")
    with pytest.raises(BadValue, match="workspace"):
        office.practice.jobs.add("n", notebook=path.format(absolute=tmp_path / "absolute.ipynb"), time="12:00")
