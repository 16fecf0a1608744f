"""Run one notebook for each combination of a grid of parameters, and return one frame of what they sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.domain.frames import RESULT_COLUMNS
from workbench.domain.runs import RunProgress, RunStatus
from workbench.errors import BadValue, RunFailed, WorkbenchError
from workbench.jobs.parameters import checked_values
from workbench.jobs.running import INTERRUPTED, RunOutcome, read_notebook, run_notebook
from workbench.language import _
from workbench.practice.identity import without_people

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice

RUN_KEYS = ("run_id", "status", "error", "parameters", "mailings", "copy", "exit_status", "warnings")
"""What ``frame.attrs["runs"]`` tells of each run, in order."""


def run_grid(
    practice: Practice,
    notebook: str | Path,
    *,
    parameters: Mapping[str, object],
    grid: Mapping[str, Sequence[object]],
    timeout: float | None = None,
    cwd: Path | None = None,
    keep_output: bool = False,
    kernel: str | None = None,
    identities: bool = False,
    progress: Callable[[RunProgress], None] | None = None,
) -> pd.DataFrame:
    """Run a notebook for each combination, one after the other, each in a process of its own.

    A run that fails does not stop the others. Every combination is checked before the first one runs. `timeout`,
    `cwd`, `keep_output` and `kernel` are those of `run_notebook`.

    Returns
    -------
    DataFrame
        The results of every mailing that a run confirmed: ``domain.frames.RESULT_COLUMNS``, with ``run_id`` the run
        of this grid that the row stands for, and a column for each parameter of the grid (``parameter_…`` where a
        results column has its name). Of a mailing that several runs of the grid share, a row stands for the run that
        queued it; one queued before the grid names no value of it. Key ``delivery_id``. ``frame.attrs["runs"]`` is a
        list with one dict a run (`RUN_KEYS`).

    Raises
    ------
    NotebookRefused, UnknownName, BadValue
        When the notebook cannot run with one of the combinations; nothing was begun.
    RunFailed
        Without a grid, when the only run did not come to its end.
    KeyboardInterrupt
        When a person interrupted it; what was in flight has ended, and what was sent stands in the results.
    """
    read = read_notebook(notebook)
    cells = [checked_values(read.parameters, {**parameters, **combination}) for combination in list(combinations(grid))]
    runs: list[dict[str, Any]] = []
    for number, values in enumerate(cells):
        try:
            outcome = run_notebook(
                practice,
                read_notebook(notebook) if number else read,
                parameters=values,
                timeout=timeout,
                cwd=cwd,
                keep_output=keep_output,
                kernel=kernel,
                progress=progress,
            )
        except WorkbenchError as error:
            if not grid:
                raise
            runs.append(_without_run(values, error))
            continue
        if outcome.record.status is RunStatus.INTERRUPTED:
            raise KeyboardInterrupt
        if not grid and outcome.record.status is not RunStatus.DONE:
            raise RunFailed(
                _("The notebook stopped before its end: {error}. Its executed copy is {copy}").format(
                    error=outcome.record.error, copy=outcome.copy
                )
                if outcome.copy is not None
                else " ".join(
                    [
                        _("The notebook stopped before its end: {error}").format(error=outcome.record.error),
                        *outcome.warnings,
                    ]
                )
            )
        runs.append(_told(outcome))
    frame = _results(practice, runs, list(grid))
    frame.attrs["runs"] = runs
    return frame if identities else without_people(frame)


def combinations(grid: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    """Give every combination of a grid, the last parameter changing first; a single empty one without a grid.

    Raises
    ------
    BadValue
        When a parameter of the grid has no list of values.
    """
    for name, values in grid.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            raise BadValue(_("The grid gives « {name} » no list of values: write [a, b, …].").format(name=name))
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def grid_status(runs: Sequence[Mapping[str, Any]]) -> int:
    """Return the exit status of a grid: its worst run's."""
    statuses = {int(run["exit_status"]) for run in runs}
    return next((status for status in (INTERRUPTED, 2, 1, 3) if status in statuses), 0)


def _told(outcome: RunOutcome) -> dict[str, Any]:
    record = outcome.record
    told = (
        record.id, record.status.value, record.error, dict(record.parameters), list(record.mailings),
        str(outcome.copy or ""), outcome.exit_status, list(outcome.warnings),
    )  # fmt: skip
    return dict(zip(RUN_KEYS, told, strict=True))


def _without_run(values: Mapping[str, object], error: WorkbenchError) -> dict[str, Any]:
    told: tuple[object, ...] = (
        "", RunStatus.FAILED.value, error.sentence, dict(values), [], "", error.exit_status, []
    )  # fmt: skip
    return dict(zip(RUN_KEYS, told, strict=True))


def _column(name: str) -> str:
    return f"parameter_{name}" if name in RESULT_COLUMNS else name


def _results(practice: Practice, runs: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of every mailing that the runs confirmed, each once, with the run that it stands for."""
    import pandas as pd

    confirmed: dict[int, list[Mapping[str, Any]]] = {}
    for run in runs:
        for number in run["mailings"]:
            confirmed.setdefault(number, []).append(run)
    frames = []
    for number, of_it in confirmed.items():
        frame = practice.ledger.results.results(number)
        if len(of_it) == 1:
            frame["run_id"] = pd.Series(of_it[0]["run_id"], index=frame.index, dtype="string")
        given = {run["run_id"]: run["parameters"] for run in of_it}
        for name in names:
            values = [_cell(given[run_id][name]) if run_id in given else None for run_id in frame["run_id"]]
            frame[_column(name)] = pd.Series(values, index=frame.index, dtype="object").infer_objects()
        frames.append(frame)
    some = [frame for frame in frames if len(frame)]
    if some:
        return pd.concat(some, ignore_index=True)
    empty: pd.DataFrame = practice.ledger.results.empty()
    for name in names:
        empty[_column(name)] = pd.Series(dtype="object")
    return empty


def _cell(value: object) -> object:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
