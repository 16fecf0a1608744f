from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.cli.jobs import counts_of, sentence_of
from workbench.domain.jobs import TREATMENTS, Job, OccurrenceState
from workbench.errors import (
    BadValue,
    JobError,
    NotebookRefused,
    UnknownAccount,
    UnknownJob,
    UnknownName,
    UnknownTemplate,
    UsageError,
)
from workbench.jobs import for_jobs
from workbench.practice import Practice
from workbench.practice.job_copies import executed_copies, report_of_run
from workbench.practice.job_drafting import drafted, settings_told
from workbench.widgets.scheduler_page_rows import log_told

MISSED = "Rendez-vous/Rendez-vous manqué"
REMINDER = "Rendez-vous/Rappel de rendez-vous"


def add(practice: Practice, title: str = "Rendez-vous manqués", **settings: Any) -> Job:
    given = {"treatment": "missed", "template": MISSED, "time": "12:00", "account": "folder"}
    return practice.jobs.add(title, **{**given, **settings})


def letters(practice: Practice) -> int:
    return len(list((practice.path / "out").glob("*.eml")))


def at(practice: Practice, *moment: int) -> None:
    """Set the clock of the practice, in UTC."""
    practice.now = lambda: datetime(*moment, tzinfo=UTC)  # type: ignore[misc]


# --- setting ----------------------------------------------------------------------------------------------------


def test_a_job_is_made_found_changed_and_taken_away(practice: Practice) -> None:
    job = add(practice, missed="each")
    assert (job.key, job.asked["start"], job.number) == ("rendez-vous-manques", "J-1", 1)
    assert practice.jobs["rendez-vous manques"] == job  # by its title, too
    assert list(practice.jobs) == [job.key]
    changed = practice.jobs.change(job.key, time="9h", missed="skip", title="Manqués")
    assert (changed.recurrence.sentence, changed.missed, changed.number) == ("every day at 09:00", "skip", 2)
    assert practice.jobs.disable(job.key).active is False
    assert practice.jobs.enable(job.key).active is True
    practice.jobs.remove(job.key)
    assert job.key not in practice.jobs
    with pytest.raises(UnknownJob, match="There is no job"):
        practice.jobs[job.key]


def test_a_job_whose_email_type_is_put_away_is_switched_off_all_the_same(practice: Practice) -> None:
    first, second = add(practice), add(practice)
    practice.templates.archive(MISSED)
    with pytest.raises(UnknownTemplate):
        practice.jobs.change(first.key, title="Manqués")
    assert practice.jobs.disable(first.key).active is False
    # As a form does, which says the rest again.
    same = {"title": second.title, "template": second.template, "time": "12:00", "parameters": second.parameters}
    assert practice.jobs.change(second.key, **same, active=False).active is False
    with pytest.raises(UnknownTemplate):
        practice.jobs.enable(first.key)


def test_two_jobs_of_one_title_have_keys_of_their_own(practice: Practice) -> None:
    assert [add(practice).key, add(practice).key] == ["rendez-vous-manques", "rendez-vous-manques-2"]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"template": "Nowhere/Nothing"}, UnknownTemplate),
        ({"account": "nobody"}, UnknownAccount),
        ({"parameters": {"practicioner": "FC"}}, UnknownName),
        ({"parameters": {"start": "someday"}}, BadValue),
        ({"treatment": "", "search": "nothing"}, UnknownName),
        ({"treatment": "", "notebook": "none.ipynb", "template": ""}, BadValue),
        ({"every": "once", "start": "yesterday"}, BadValue),
        ({"missed": "perhaps"}, BadValue),
        ({"colour": "red"}, UsageError),
        ({"within_hours": True}, UsageError),
        ({"revision": 99}, UnknownTemplate),
        ({"told": "x"}, BadValue),
        ({"role": "dentiste"}, BadValue),
        ({"time": None}, BadValue),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    practice: Practice, settings: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        add(practice, **settings)
    assert len(practice.jobs) == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"where": "last_name == 'LEFÈVRE'"}, "last_name"), ({"family": "lefevre"}, "family")],
)
@pytest.mark.parametrize("treatment", ["missed", "search"])
def test_no_job_holds_what_is_asked_of_a_person(
    practice: Practice, treatment: str, asked: dict[str, str], said: str
) -> None:
    settings = {"treatment": treatment, "search": "appointments" if treatment == "search" else ""}
    with pytest.raises(UsageError, match=rf"belongs to a person \({said}\), and no job may hold it"):
        add(practice, **settings, parameters=asked)
    assert len(practice.jobs) == 0
    job = add(practice, **settings, parameters={"where": "city == 'Rennes'"})
    with pytest.raises(UsageError, match=said):
        practice.jobs.change(job.key, parameters=asked)
    assert practice.jobs[job.key].asked["where"] == "city == 'Rennes'"
    draft = drafted(practice, job.key, {**settings_told(job), "parameters": asked})
    assert said in draft.problems["days"]
    # Found by its name, the saved search holds it in its place.
    practice.save_search("À part", "appointments", start="J+1", **asked)
    assert add(practice, treatment="search", search="À part").search == "À part"


def test_no_job_of_a_notebook_holds_what_is_asked_of_a_person(practice: Practice) -> None:
    cell = nbformat.v4.new_code_cell('family: str = ""\nday: str = "J"', metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), practice.path / "notebooks" / "own.ipynb")
    settings = {"notebook": "notebooks/own.ipynb", "time": "12:00"}
    with pytest.raises(UsageError, match=r"belongs to a person \(family\)"):
        practice.jobs.add("Notebook", **settings, parameters={"family": "lefevre"})
    assert len(practice.jobs) == 0
    job = practice.jobs.add("Notebook", **settings, parameters={"day": "J+1"})
    draft = drafted(practice, job.key, {**settings_told(job), "parameters": {"family": "lefevre"}})
    assert "family" in draft.problems["parameters.family"]


def test_the_next_ones_are_shown_with_the_dates_they_search(practice: Practice) -> None:
    shown = practice.jobs.next(add(practice).key, 3)
    assert shown[["occurrence", "start", "end"]].to_numpy().tolist() == [
        ["2026-11-22T12:00", "2026-11-21", "2026-11-21"],
        ["2026-11-23T12:00", "2026-11-22", "2026-11-22"],
        ["2026-11-24T12:00", "2026-11-23", "2026-11-23"],
    ]
    assert shown["note"].tolist() == [
        "the practice is closed, it runs all the same; closed on the days searched",
        "closed on the days searched", "",
    ]  # fmt: skip
    assert str(shown["at"].iloc[0]) == "2026-11-22 12:00:00+01:00"


def test_a_reminder_on_open_days_covers_every_day_up_to_the_next_open_one(practice: Practice) -> None:
    job = add(practice, "Rappels", treatment="appointments", template=REMINDER, every="open_days", time="17:30")
    shown = practice.jobs.next(job.key, 6)
    told = {one.occurrence[:10]: (one.start, one.end) for one in shown.itertuples()}
    days = [day for first, last in told.values() for day in _days(first, last)]
    assert days == sorted(set(days))  # none twice
    assert days == _days(days[0], days[-1])  # and none left out


def _days(first: str, last: str) -> list[str]:
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return [f"{start + timedelta(days=place):%Y-%m-%d}" for place in range((end - start).days + 1)]


def test_the_frame_tells_what_there_is(practice: Practice) -> None:
    add(practice, "b", active=False)
    add(practice, "a")
    frame = practice.jobs.frame()
    assert frame["job"].tolist() == ["a", "b"]
    assert frame["active"].tolist() == [True, False]
    assert frame["next_at"].notna().tolist() == [True, False]
    assert str(frame["next_at"].dtype) == "datetime64[us, Europe/Paris]"


@pytest.mark.parametrize("treatment", list(TREATMENTS))
def test_every_ready_made_treatment_can_be_set_and_tried_out(practice: Practice, treatment: str) -> None:
    job = add(practice, TREATMENTS[treatment].label, treatment=treatment)
    assert len(practice.jobs.next(job.key, 3)) == 3
    tried = practice.jobs.check(job.key)
    assert tried.found == len(practice.search(job.searched, **job.asked))


# --- doing ------------------------------------------------------------------------------------------------------


def test_by_hand_it_is_an_occurrence_of_its_own_and_tells_nobody_twice(practice: Practice) -> None:
    job = add(practice)
    done = practice.jobs.run(job.key)
    assert (done.state, done.asked_by, done.parameters) == (
        OccurrenceState.DONE, "claire", {"start": "2026-11-21", "end": "2026-11-21"},
    )  # fmt: skip
    sent = letters(practice)
    assert sent == done.trace["leaving"] > 0
    with pytest.raises(JobError, match="this very minute"):
        practice.jobs.run(job.key)
    at(practice, 2026, 11, 22, 9, 31)
    again = practice.jobs.run(job.key)
    assert again.trace["left_out"].get("duplicate_occasion") == sent
    assert letters(practice) == sent
    log = practice.jobs.log(job.key)
    assert log["sent"].tolist() == [0, sent]
    assert log["found"].tolist() == [done.trace["found"]] * 2
    # Why rows were left out, in codes with numbers that add up to those left out.
    for told, skipped in zip(log["left_out"], log["skipped"], strict=True):
        assert sum(int(one.rpartition(" ")[2]) for one in told.split(", ") if one) == skipped
    assert f"duplicate_occasion {sent}" in log["left_out"].iloc[0].split(", ")
    findings = ", ".join(f"{code} {count}" for code, count in again.trace["findings"].items())
    assert sorted(log["findings"].iloc[0].split(", ")) == sorted(findings.split(", "))
    words = str(log_told(practice, log)[0]["sentence"])
    assert f"left out: {sent} × Another mailing already covers this occasion" in words
    results = practice.results(int(log["mailing_id"].iloc[1]))
    assert set(results["job_id"]) == {job.key}
    assert set(results["run_id"]) == {done.run_id}


def test_a_trace_holds_no_name_and_no_address(practice: Practice) -> None:
    done = practice.jobs.run(add(practice).key)
    told = f"{done.trace} {done.parameters} {practice.jobs.log().to_csv()} {practice.jobs.frame().to_csv()}"
    people = practice.results(done.mailing_id, identities=True)
    assert len(people)
    assert not [one for one in [*people["recipient"], *people["address"]] if one and one in told]


def test_what_it_cannot_do_is_told_with_its_reason(practice: Practice) -> None:
    job = add(practice, told="cabinet@cabinet.example")
    practice.accounts.remove("folder")
    done = practice.jobs.run(job.key)
    assert (done.state, done.reason) == (OccurrenceState.FAILED, "refused_by_workbench")
    assert "folder" in practice.jobs.log(job.key)["error"].iloc[0]
    practice.accounts.set("folder", kind="folder", folder="out")
    again = practice.jobs.run(job.key, occurrence=done.occurrence)
    assert (again.state, again.occurrence, letters(practice)) == (
        OccurrenceState.DONE, done.occurrence, again.trace["leaving"],
    )  # fmt: skip
    with pytest.raises(JobError, match="has failed"):
        practice.jobs.run(job.key, occurrence=done.occurrence)


def test_one_that_fails_when_it_is_gone_on_with_is_told_as_any_other(practice: Practice) -> None:
    job = add(practice)
    practice.jobs.run(job.key)
    with practice.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job_occurrences SET state = 'failed', mailing_id = NULL")
    practice.templates.archive(MISSED)
    (failed,) = practice.ledger.occurrences.of(job.key)
    done = practice.jobs.run(job.key, occurrence=failed.occurrence)
    assert done.state is OccurrenceState.FAILED
    assert [*done.trace["alerts"]] == ["failed"]
    assert practice.jobs.log(job.key)["alerts"].tolist() == ["failed sent"]


def test_a_pinned_revision_stays_and_the_newest_is_followed_else(practice: Practice) -> None:
    kept = practice.templates[MISSED]
    pinned, followed = add(practice, "a", revision=kept.revision), add(practice, "b")
    practice.ledger.library.save_template(replace(kept, subject="Nouveau"), by="claire", now=practice.now())
    used = [practice.results(practice.jobs.run(job.key).mailing_id) for job in (pinned, followed)]
    assert [set(frame["template_revision"]) for frame in used] == [{kept.revision}, {kept.revision + 1}]


# --- with somebody's word ----------------------------------------------------------------------------------------


@pytest.fixture
def prepared(practice: Practice) -> Job:
    """A job whose mailing waits for Marc or Claire until 20:00."""
    job = add(practice, approvers=["Marc", "claire"], approve_by="20:00")
    assert practice.jobs.run(job.key).state is OccurrenceState.AWAITING_APPROVAL
    (told,) = (practice.path / "out").glob("*.eml")
    told.unlink()  # the practice is told that it waits; what is counted are the messages to patients
    return job


def test_nothing_leaves_before_somebody_released_it(practice: Practice, prepared: Job) -> None:
    assert letters(practice) == 0
    (waiting,) = practice.jobs.waiting()
    assert waiting.approve_until == datetime(2026, 11, 22, 19, tzinfo=UTC)
    assert practice.jobs.frame()["waiting"].tolist() == [1]
    practice.user = "marc"
    (done,) = practice.jobs.approve(prepared.key)
    assert done.state is OccurrenceState.DONE
    assert letters(practice) == done.trace["leaving"] > 0
    assert "late_minutes" not in done.trace
    moves = practice.ledger.mailings.moves(done.mailing_id)
    assert ("marc", "awaiting_approval", "queued") in [(by, old, new) for _at, by, old, new, _why in moves]


def test_whoever_is_no_approver_releases_nothing(practice: Practice, prepared: Job) -> None:
    practice.user = "eve"
    for decide in (practice.jobs.approve, practice.jobs.refuse):
        with pytest.raises(JobError, match="may not release"):
            decide(prepared.key)
    assert letters(practice) == 0


def test_refused_nothing_leaves_and_it_is_kept_by_whom_and_why(practice: Practice, prepared: Job) -> None:
    (done,) = practice.jobs.refuse(practice.jobs.waiting()[0].mailing_id, reason="two are in hospital")
    assert (done.state, done.reason) == (OccurrenceState.SKIPPED, "refused")
    assert (done.trace["refused_by"], done.trace["refused_why"]) == ("claire", "two are in hospital")
    assert letters(practice) == 0
    with pytest.raises(JobError, match="Nothing of"):
        practice.jobs.approve(prepared.key)


def test_after_its_time_it_is_too_late(practice: Practice, prepared: Job) -> None:
    at(practice, 2026, 11, 22, 19, 1)
    with pytest.raises(JobError, match="too late"):
        practice.jobs.approve(prepared.key)
    assert letters(practice) == 0


def test_what_kept_a_job_from_sending_is_said_to_be_over_once_all_has_left(practice: Practice) -> None:
    job = add(practice)
    done = practice.jobs.run(job.key)
    # As of one whose server could not be reached, and whose mailing left with a later pass.
    trace = {**done.trace, "error": "The server cannot be reached.", "made_up": True}
    practice.ledger.occurrences.note(done, trace=trace)
    [row] = practice.jobs.log(job.key).to_dict("records")
    assert (row["state"], row["error"]) == ("done", "Over since: The server cannot be reached.")
    practice.ledger.occurrences.note(done, trace={**trace, "made_up": False})
    assert practice.jobs.log(job.key)["error"].tolist() == ["The server cannot be reached."]


# --- notebooks --------------------------------------------------------------------------------------------------


def own_notebook(practice: Practice) -> Path:
    """Write a notebook that somebody made by hand, with two parameters."""
    file = practice.path / "notebooks" / "own.ipynb"
    cell = nbformat.v4.new_code_cell('day: str = "J+1"\ncount: int = 3', metadata={"tags": ["parameters"]})
    search = nbformat.v4.new_code_cell(
        'import workbench\nfound = workbench.open().search("appointments", start=day)[:count]'
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell, search]), file)
    return file


def test_a_notebook_is_given_the_parameters_of_its_job_and_takes_no_others(practice: Practice) -> None:
    own_notebook(practice)
    values = {"notebook": "notebooks/own.ipynb", "time": "12:00"}
    for wrong, sentence in (({"count": "many"}, "takes a whole number"), ({"kount": "1"}, "no parameter « kount »")):
        with pytest.raises(BadValue, match=sentence):
            practice.jobs.add("Notebook", **values, parameters=wrong)
    assert len(practice.jobs) == 0
    job = practice.jobs.add("Notebook", **values, parameters={"day": "J+2", "count": 1})
    done = practice.jobs.run(job.key)
    assert done.state is OccurrenceState.DONE, done.trace
    assert practice.ledger.runs.run(done.run_id).parameters == {"day": "2026-11-24", "count": 1}


def test_a_file_that_is_no_notebook_is_refused_as_one(practice: Practice) -> None:
    (practice.path / "notebooks" / "broken.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(NotebookRefused):
        practice.jobs.add("Notebook", notebook="notebooks/broken.ipynb", time="12:00")


def test_a_notebook_that_is_gone_or_broken_is_told_by_its_place_in_the_workspace(practice: Practice) -> None:
    file = own_notebook(practice)
    broken, gone = (practice.jobs.add("Notebook", notebook="notebooks/own.ipynb", time="12:00") for _number in "12")
    file.write_text("{", encoding="utf-8")
    told = [practice.jobs.run(broken.key).trace["error"]]
    file.unlink()
    told.append(practice.jobs.run(gone.key).trace["error"])
    assert all("« notebooks/own.ipynb »" in one and str(practice.path) not in one for one in told)
    assert "choose a notebook for this job anew, or switch it off" in told[1]


def test_a_notebook_needs_no_account_and_keeps_to_no_sending_hours_of_the_job_s(practice: Practice) -> None:
    own_notebook(practice)
    with pytest.raises(BadValue, match="in the notebook itself"):
        practice.jobs.add("Notebook", notebook="notebooks/own.ipynb", time="12:00", within_hours=True)
    with pytest.raises(UnknownAccount):
        practice.jobs.add("Notebook", notebook="notebooks/own.ipynb", time="12:00", account="nobody")
    for name in list(practice.accounts):
        practice.accounts.remove(name)
    assert practice.jobs.add("Notebook", notebook="notebooks/own.ipynb", time="12:00").active


def test_a_notebook_runs_as_of_its_day_and_its_results_name_the_job(practice: Practice, tmp_path: Path) -> None:
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    mailing = practice.mailing(rdv, REMINDER, account="folder")
    mailing.to_notebook("notebooks/rappel.ipynb")
    job = practice.jobs.add("Rappel du lendemain", notebook="notebooks/rappel.ipynb", time="17:30")
    assert job.treatment == "notebook"
    done = practice.jobs.run(job.key)
    assert done.state is OccurrenceState.DONE, done.trace
    record = practice.ledger.runs.run(done.run_id)
    assert record.parameters["start"] == "2026-11-23"
    results = practice.results(done.mailing_id)
    assert set(results["job_id"]) == {job.key}
    assert letters(practice) == int((results["status"] == "sent").sum()) > 0
    log = practice.jobs.log(job.key)
    assert (log["sent"].tolist(), log["sent_before"].tolist()) == ([letters(practice)], [0])
    # Its executed copy is found again, with a report to read that names nobody.
    copies = executed_copies(practice, [done.run_id, "none", ""])
    assert list(copies) == [done.run_id]
    assert (practice.path / copies[done.run_id]).is_file()
    [row] = log_told(practice, practice.jobs.log(job.key))
    assert (row["run"], row["copy"]) == (done.run_id, copies[done.run_id])
    name, page = report_of_run(practice, done.run_id)
    assert name.startswith("rappel-")
    assert "2026-11-23" in page
    names = set(practice.results(done.mailing_id, identities=True)["recipient"])
    assert names
    assert not [one for one in names if one in page]
    (practice.path / copies[done.run_id]).unlink()
    with pytest.raises(UsageError, match="no executed notebook"):
        report_of_run(practice, done.run_id)


def test_what_had_left_before_a_notebook_ran_is_told_apart_from_what_left_in_its_run(practice: Practice) -> None:
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    mailing = practice.mailing(rdv, REMINDER, account="folder")
    mailing.to_notebook("notebooks/rappel.ipynb")
    sent = int((mailing.send(confirmed=True)["status"] == "sent").sum())
    assert sent == letters(practice) > 0
    at(practice, 2026, 11, 22, 9, 31)
    job = practice.jobs.add("Rappel du lendemain", notebook="notebooks/rappel.ipynb", time="17:30").key
    done = practice.jobs.run(job)
    assert (done.state, done.mailing_id) == (OccurrenceState.DONE, mailing.id)
    own = letters(practice) - sent
    log = practice.jobs.log(job)
    assert (log["sent"].tolist(), log["sent_before"].tolist()) == ([own], [sent])
    [row] = log_told(practice, log)
    assert row["sent"] == own
    assert f"{sent} had left before" in row["sentence"]
    told = sentence_of(practice, done)
    assert f": {own} sent" in told
    # Rows and messages are told apart, and the messages add up.
    assert f" {done.trace['found']} rows found · " in told
    count, numbers = re.findall(r"(\d+) messages: (.+?)[.·]", told)[0]
    assert int(count) == sum(int(number) for number in re.findall(r"\d+", numbers))
    assert counts_of(practice, [done]).sent == own


def test_a_notebook_that_does_not_end_fails_and_keeps_no_other_job_waiting_for_ever(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = nbformat.v4.new_code_cell("import time\ntime.sleep(60)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), practice.path / "notebooks" / "endless.ipynb")
    monkeypatch.setattr(for_jobs, "LONGEST_CELL", 1.0)
    job = practice.jobs.add("Sans fin", notebook="notebooks/endless.ipynb", time="17:30")
    done = practice.jobs.run(job.key)
    assert (done.state, done.reason) == (OccurrenceState.FAILED, "notebook")
    assert "longer than 1" in done.trace["error"]
