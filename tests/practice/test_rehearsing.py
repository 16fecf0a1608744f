from __future__ import annotations

from datetime import date

import nbformat
import pytest

from workbench.domain.jobs import Job
from workbench.errors import BadValue, UnknownPatient, UsageError
from workbench.practice import Practice, rehearsing
from workbench.practice.job_drafting import new_settings

MISSED = "Rendez-vous/Rendez-vous manqué"
REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture
def job(practice: Practice) -> Job:
    """The guide's: the missed appointments of the day before, each day at noon, with both exclusions."""
    return practice.jobs.add("Manqués", treatment="missed", template=MISSED, time="12:00", account="folder")


def a_day_with_missed(practice: Practice, job: Job) -> date:
    """A day of the last weeks on which the job finds somebody it may write to."""
    for back in range(1, 30):
        day = date(2026, 11, 22) - (date(2026, 11, 23) - date(2026, 11, 22)) * back
        if practice.jobs.check(job.key, today=day).counts.pending:
            return day
    raise AssertionError("the sample has no missed appointment")


def test_tried_out_it_tells_who_would_get_what_and_writes_nothing(practice: Practice, job: Job) -> None:
    acts = len(practice.ledger.acts.acts())
    tried = practice.jobs.check(job.key)
    assert tried.days == {"start": "2026-11-21", "end": "2026-11-21"}
    assert tried.found == len(practice.search("missed", start="J-1", end="J-1", exclude_upcoming=True,
                                              exclude_returned=True))  # fmt: skip
    assert tried.counts.pending + tried.counts.skipped == len(tried.recipients)
    assert tried.mailing is None or tried.mailing.preview(0).subject
    assert len(practice.ledger.acts.acts()) == acts
    assert practice.mailings().empty
    assert practice.jobs.log().empty


def test_what_is_tried_out_is_what_is_done(practice: Practice, job: Job) -> None:
    tried = practice.jobs.check(job.key)
    done = practice.jobs.run(job.key)
    assert (done.trace["found"], done.trace["leaving"]) == (tried.found, tried.counts.pending)
    again = practice.jobs.check(job.key)
    assert again.counts.pending == 0  # they have it


def test_it_is_told_why_a_patient_is_or_is_not_written_to(practice: Practice, job: Job) -> None:
    day = a_day_with_missed(practice, job)
    tried = practice.jobs.check(job.key, today=day)
    ready = tried.recipients[tried.recipients["standing"] == "ready"]["patient_id"].iloc[0]
    told = practice.jobs.explain(job.key, ready, today=day)
    assert told["met"].all(), told
    assert any("exclude" in one or "Leave out" in one for one in told["condition"])
    # The same patient on a day on which nothing was missed.
    other = practice.jobs.explain(job.key, ready, today=day.replace(year=2025))
    assert not other["met"].iloc[0]
    assert other["condition"].iloc[-1] == "All conditions of the search together"


def test_it_is_told_which_exclusion_keeps_somebody_out(practice: Practice) -> None:
    whole = practice.jobs.add(
        "Tous", treatment="missed", template=MISSED, time="12:00", account="folder",
        parameters={"exclude_upcoming": "no", "exclude_returned": "no", "start": "J-30"},
    )  # fmt: skip
    strict = practice.jobs.add(
        "Sans suite", treatment="missed", template=MISSED, time="12:00", account="folder", parameters={"start": "J-30"}
    )
    found = [set(practice.search("missed", today=practice.today, **job.asked)["patient_id"]) for job in (whole, strict)]
    kept_out = sorted(found[0] - found[1])
    assert kept_out
    told = practice.jobs.explain(strict.key, kept_out[0]).set_index("condition")["met"]
    assert bool(told.iloc[0])  # within the period
    assert not told["All conditions of the search together"]
    assert not told.iloc[1:-1].all()  # and one of the exclusions says so


def test_an_unknown_patient_is_said(practice: Practice, job: Job) -> None:
    with pytest.raises(UnknownPatient):
        practice.jobs.explain(job.key, "nobody")


def test_more_than_can_be_replayed_at_once_is_refused_and_not_cut(
    practice: Practice, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsing, "MOST_OCCURRENCES", 3)
    practice.jobs.replay(job.key, "J-3", "J-1")
    with pytest.raises(UsageError, match="fewer days"):
        practice.jobs.replay(job.key, "J-4", "J-1")
    with pytest.raises(UsageError, match="fewer days"):
        practice.jobs.compare(job.key, job.key, "J-400", "J-1")


def test_days_gone_by_are_replayed_with_what_would_come_twice(practice: Practice, job: Job) -> None:
    frame = practice.jobs.replay(job.key)
    assert len(frame)
    assert "today" in frame.attrs["note"]
    assert (frame["start"] < frame["occurrence"].str[:10]).all()
    assert not frame["twice"].any()  # each missed appointment is of one day
    overlapping = practice.jobs.add(
        "Trois jours", treatment="missed", template=MISSED, time="12:00", account="folder", parameters={"start": "J-3"}
    )
    wide = practice.jobs.replay(overlapping.key)
    assert wide["twice"].any()
    leaving = wide[wide["reason"] == ""]
    assert not leaving.duplicated(["patient_id", "role", "subjects"]).any()
    assert practice.mailings().empty


def test_two_rules_are_compared(practice: Practice, job: Job) -> None:
    everybody = practice.jobs.add(
        "Sans exclusion", treatment="missed", template=MISSED, time="12:00", account="folder",
        parameters={"exclude_upcoming": "no", "exclude_returned": "no"},
    )  # fmt: skip
    frame = practice.jobs.compare(job.key, everybody.key)
    assert set(frame["by"]) == {"both", "second"}
    assert (frame["text"] == frame["by"].map({"both": "same", "second": ""})).all()
    assert set(practice.jobs.compare(job.key, job.key)["by"]) == {"both"}


def test_two_email_types_are_compared_by_what_is_read(practice: Practice, job: Job) -> None:
    practice.templates.duplicate(MISSED, "Rendez-vous/Copie")
    copy = practice.jobs.add("Copie", treatment="missed", template="Rendez-vous/Copie", time="12:00", account="folder")
    # Another email type with the same words reads the same.
    alike = practice.jobs.compare(job.key, copy.key)
    assert len(alike)
    assert set(zip(alike["by"], alike["text"], strict=True)) == {("both", "same")}
    practice.templates.change("Rendez-vous/Copie", subject="Un mot du cabinet")
    other = practice.jobs.compare(job.key, copy.key)
    assert set(zip(other["by"], other["text"], strict=True)) == {("both", "other")}
    assert len(other) == len(alike)


def test_a_notebook_is_tried_out_by_running_it(practice: Practice) -> None:
    nbformat.write(nbformat.v4.new_notebook(), practice.path / "notebooks" / "a.ipynb")
    notebook = practice.jobs.add("n", notebook="notebooks/a.ipynb", time="12:00")
    for ask in (practice.jobs.check, practice.jobs.replay):
        with pytest.raises(UsageError, match="dry_run"):
            ask(notebook.key)


def test_reminders_on_open_days_leave_no_day_out_and_tell_nobody_twice(practice: Practice) -> None:
    reminders = practice.jobs.add(
        "Rappels", treatment="appointments", template=REMINDER, every="open_days", time="17:30", account="folder",
        parameters={"state": ""},
    )  # fmt: skip
    frame = practice.jobs.replay(reminders.key, "J-21", "J-1")
    searched = {day for first, last in zip(frame["start"], frame["end"], strict=True) for day in (first, last)}
    assert len(searched) > 5
    assert not frame[frame["reason"] == ""].duplicated(["patient_id", "role", "subjects"]).any()


def test_a_treatment_that_there_is_none_of_is_refused_with_those_there_are(practice: Practice) -> None:
    with pytest.raises(BadValue, match=r"there is: missed, appointments, .*, search, notebook"):
        new_settings(practice, "magic")
