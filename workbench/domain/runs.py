"""The run of a notebook (« exécution »): which notebook, with which parameters, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RUN_VARIABLE = "WORKBENCH_RUN"
"""The environment variable by which the process that executes a notebook learns the number of its run."""


class RunStatus(StrEnum):
    """How a run stands; what it sent stands in the results, whatever became of the run."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How many of a notebook's code cells have ended, out of how many."""

    done: int
    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as the ledger holds it; `digest` is the notebook's SHA-256, `mailings` those that it confirmed."""

    id: str
    notebook: str
    digest: str
    parameters: Mapping[str, object]
    started_at: datetime
    ended_at: datetime | None
    status: RunStatus
    error: str
    by: str
    mailings: tuple[int, ...] = ()
