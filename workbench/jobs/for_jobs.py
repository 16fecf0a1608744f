"""Run the notebook of a job for the day of one occurrence, whenever that is done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.domain.calendar import PracticeCalendar, parse_day
from workbench.domain.runs import RunRecord
from workbench.errors import BadValue, NotebookRefused
from workbench.jobs.parameters import from_texts
from workbench.jobs.running import read_notebook, run_notebook
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice import Practice

LONGEST_CELL = 6 * 3600.0
"""Seconds that one cell may take: the jobs of a practice are done one after the other, and wait for it."""


def run_of_job(
    practice: Practice, file: Path, *, parameters: Mapping[str, object], day: date, job_id: str
) -> RunRecord:
    """Run a notebook as of a day and return its run: relative days count from it, the notebook's own included.

    Raises
    ------
    NotebookRefused, UnknownName, BadValue
        When it cannot run; nothing was begun.
    """
    called = file.relative_to(practice.path).as_posix() if file.is_relative_to(practice.path) else file.name
    if not file.is_file():
        raise NotebookRefused(
            _(
                "The notebook « {path} » is not in the workspace any more. On the page « Scheduler », choose a "
                "notebook for this job anew, or switch it off."
            ).format(path=called)
        )
    notebook = read_notebook(file, called=called)
    defaults = {name: one.default for name, one in notebook.parameters.items() if not one.computed}
    given = from_texts(notebook.parameters, parameters)
    values = {
        name: _as_of(value, day, practice.calendar)
        for name, value in {**defaults, **given}.items()
        if name in parameters or _as_of(value, day, practice.calendar) != value
    }
    return run_notebook(practice, notebook, parameters=values, job_id=job_id, timeout=LONGEST_CELL).record


def _as_of(value: object, day: date, calendar: PracticeCalendar) -> object:
    """Return the day that a relative one means, as a text; anything else as it is."""
    if not isinstance(value, str) or not value.strip() or value.strip().isdecimal():
        return value
    try:
        return parse_day(value, today=day, calendar=calendar).isoformat()
    except BadValue:
        return value
