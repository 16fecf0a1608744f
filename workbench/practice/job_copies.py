"""The executed notebooks that jobs leave in the workspace: which run has which one, and its report to read."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from workbench.errors import UsageError
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

FOLDER = "runs"
"""Where they stand in the workspace."""


def executed_copies(practice: Practice, runs: Collection[str]) -> dict[str, str]:
    """Return the executed copy of each run that has one, by the run's number, as a path inside the workspace."""
    wanted = {run for run in runs if run}
    if not wanted:
        return {}
    names = [file.name for file in (practice.path / FOLDER).glob("*.ipynb")]
    return {run: f"{FOLDER}/{name}" for name in names if (run := name.rpartition("-")[2][: -len(".ipynb")]) in wanted}


def report_of_run(practice: Practice, run: str) -> tuple[str, str]:
    """Return a name for the report of a run's executed copy, and the report: an HTML page that opens offline.

    Raises
    ------
    UsageError
        When the run left no copy, or it is there no more.
    NotebookRefused
        When the copy cannot be read.
    """
    copy = executed_copies(practice, [run]).get(run)
    if copy is None:
        raise UsageError(_("This run has no executed notebook any more."))
    file = practice.path / copy
    at = practice.ledger.runs.run(run).started_at.astimezone(practice.calendar.zone)
    return f"{file.stem}.html", practice.notebooks.report(file, at=at)
