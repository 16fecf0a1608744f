"""A mailing that stands on a screen becomes a job, or a notebook that a job runs: with the same people each day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.domain.calendar import PracticeCalendar, counted_day, parse_day
from workbench.errors import UsageError
from workbench.jobs.running import read_notebook
from workbench.practice import Mailing, Practice
from workbench.practice.job_drafting import drafted
from workbench.practice.job_from_mailing import (
    check_repeatable,
    job_of_mailing,
    notebook_job_of_mailing,
    only_by_notebook,
)
from workbench.practice.once import changed_once

REMINDER = "Rendez-vous/Rappel de rendez-vous"
SUNDAY = date(2026, 11, 22)


def reminders(practice: Practice, *, asked: dict[str, str] | None = None, **options: Any) -> Mailing:
    given = {"start": "2026-11-23", "end": "tomorrow", "state": "upcoming"} | (asked or {})
    return practice.mailing(practice.search("appointments", **given), REMINDER, **options)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("today", "J"),
        ("2026-11-22", "J"),
        ("demain", "J+1"),
        ("J+1 open", "J+1 open"),
        ("ouvré", "J open"),
        ("j - 3", "J-3"),
        ("01/12/2026", "J+9"),
        ("J+2", "J+2"),
        ("2026-11-24", "J+1 open"),
    ],
)
def test_a_day_is_counted_from_the_day_of_asking(given: str, told: str) -> None:
    calendar = PracticeCalendar(closed_weekdays=frozenset({0, 6}))
    assert counted_day(given, today=SUNDAY, calendar=calendar) == told
    days = [parse_day(one, today=SUNDAY, calendar=calendar) for one in (given, told)]
    assert days[0] == days[1]


def test_a_mailing_is_a_job_that_is_switched_off_and_finds_the_same_people(practice: Practice) -> None:
    mailing = reminders(practice, role="guardian")
    settings = job_of_mailing(mailing)
    draft = drafted(practice, "", settings)
    assert draft.problems == {}
    assert (settings["title"], settings["active"], settings["search"], settings["role"]) == (
        "Rappel de rendez-vous", False, "appointments", "guardian",
    )  # fmt: skip
    assert settings["parameters"] == {"start": "J+1", "end": "J+1", "state": "upcoming"}
    chosen = dict(draft.settings)
    job = practice.jobs.add(chosen.pop("title"), **chosen)
    assert not practice.jobs[job.key].active
    tried = practice.jobs.check(job.key)
    assert sorted(tried.recipients["recipient_id"]) == sorted(mailing.recipients["recipient_id"])
    assert practice.jobs.next(job.key, 2)["start"].tolist()[1] > practice.jobs.next(job.key, 1)["start"][0]


def test_what_is_of_this_mailing_alone_is_no_job(practice: Practice) -> None:
    assert only_by_notebook(reminders(practice)) == ""
    with pytest.raises(UsageError, match="kept by a notebook"):
        job_of_mailing(reminders(practice, options={"read_receipt": True}))
    part = practice.mailing(practice.search("appointments", start="tomorrow", end="tomorrow").head(2), REMINDER)
    with pytest.raises(UsageError, match="part of what the search finds"):
        job_of_mailing(part)
    kept = practice.templates[REMINDER]
    written = changed_once(kept, replace(kept, subject="Autre objet"))
    changed = practice.mailing(practice.search("appointments", start="tomorrow", end="tomorrow"), written)
    for make in (job_of_mailing, notebook_job_of_mailing):
        with pytest.raises(UsageError, match="changed for this sending alone"):
            make(changed)
    with pytest.raises(UsageError, match="changed for this sending alone"):
        changed.to_notebook("rappel.ipynb")
    assert not (practice.path / "notebooks/scheduled").exists()


@pytest.mark.parametrize("once", ["a table", "a part", "health", "files", "text"])
def test_neither_a_job_nor_a_notebook_repeats_what_is_of_one_day_and_both_say_so_in_the_same_words(
    practice: Practice, tmp_path: Path, once: str
) -> None:
    if once == "a table":
        found = practice.search("appointments", start="tomorrow", end="tomorrow")
        found.attrs.clear()
        mailing = practice.mailing(found, REMINDER)
    elif once == "a part":
        mailing = practice.mailing(practice.search("appointments", start="tomorrow", end="tomorrow").head(2), REMINDER)
    elif once == "health":
        mailing = reminders(practice, health_reason="demandé")
    elif once == "files":
        plan = tmp_path / "plan.pdf"
        plan.write_bytes(b"%PDF-1.4")
        mailing = reminders(practice, attachments=[plan])
    else:
        kept = practice.templates[REMINDER]
        text = changed_once(kept, replace(kept, subject="Autre objet"))
        mailing = practice.mailing(practice.search("appointments", start="tomorrow", end="tomorrow"), text)
    sentences = set()
    for make in (
        check_repeatable,
        job_of_mailing,
        notebook_job_of_mailing,
        lambda one: one.to_notebook("made/rappel.ipynb"),
    ):
        with pytest.raises(UsageError) as refused:
            make(mailing)
        sentences.add(refused.value.sentence)
    assert len(sentences) == 1
    assert not (practice.path / "made").exists()


def test_what_is_asked_of_a_person_is_found_under_the_name_of_a_saved_search(practice: Practice) -> None:
    mailing = reminders(practice, asked={"family": "lefevre"})
    with pytest.raises(UsageError, match=r"belongs to a person \(family\)"):
        job_of_mailing(mailing)
    practice.save_search("Famille", "appointments", **mailing.searched()[0]["parameters"])
    settings = job_of_mailing(mailing)
    assert (settings["search"], settings["parameters"]) == ("Famille", {"start": "J+1", "end": "J+1"})


def test_the_notebook_of_a_saved_search_about_a_person_counts_its_days_from_each_run(practice: Practice) -> None:
    mailing = reminders(practice, asked={"family": "lefevre"})
    practice.save_search("Famille", "appointments", **mailing.searched()[0]["parameters"])
    file = practice.path / notebook_job_of_mailing(mailing)["notebook"]
    given = {name: one.default for name, one in read_notebook(file).parameters.items()}
    assert (given["start"], given["end"]) == ("J+1", "J+1")
    cells = "\n".join(cell.source for cell in nbformat.read(file, as_version=4).cells)
    assert 'practice.search("Famille", start=start, end=end)' in cells
    assert "lefevre" not in cells.lower()
    assert "2026-11" not in cells


def test_a_notebook_keeps_what_was_chosen_and_each_gets_a_name_of_its_own(practice: Practice) -> None:
    mailing = reminders(practice, options={"read_receipt": True})
    first, second = notebook_job_of_mailing(mailing), notebook_job_of_mailing(mailing)
    assert (first["notebook"], second["notebook"]) == (
        "notebooks/scheduled/rappel-de-rendez-vous.ipynb",
        "notebooks/scheduled/rappel-de-rendez-vous-2.ipynb",
    )
    assert drafted(practice, "", first).problems == {}
    file = practice.path / first["notebook"]
    assert {name: one.default for name, one in read_notebook(file).parameters.items()}["start"] == "J+1"
    assert any("'read_receipt': True" in cell.source for cell in nbformat.read(file, as_version=4).cells)
