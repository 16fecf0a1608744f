"""What the practice asks of the room that writes and runs notebooks; the wiring hands it in (8.15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from workbench.domain.notebook_fields import NotebookField
from workbench.domain.runs import RunProgress, RunRecord

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice.mailing import Mailing
    from workbench.practice.practice import Practice


class NotebookForm(Protocol):
    """The parameters of one notebook, as a form sets them."""

    @property
    def file(self) -> Path:
        """The notebook."""
        ...

    def fields(self) -> list[NotebookField]:
        """Return one field a parameter."""
        ...

    def problems(self, values: Mapping[str, object]) -> dict[str, str]:
        """Return what is wrong with values, one sentence a parameter."""
        ...

    def given(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return the values that are others than the notebook's own, as it wants them."""
        ...

    def write_copy(self, values: Mapping[str, object]) -> Path:
        """Write a copy of the notebook with these values, and return where it stands."""
        ...


class Notebooks(Protocol):
    """Mailings as notebooks, and their runs."""

    def write(
        self,
        mailing: Mailing,
        path: str | Path,
        *,
        replace: bool,
        days: Mapping[str, str] | None = None,
    ) -> Path:
        """Write a mailing as a notebook that runs by itself, asking its search for `days`; return where it stands."""
        ...

    def run(
        self,
        practice: Practice,
        notebook: str | Path,
        *,
        parameters: Mapping[str, object],
        grid: Mapping[str, Sequence[object]],
        timeout: float | None,
        identities: bool,
        progress: Callable[[RunProgress], None] | None,
    ) -> pd.DataFrame:
        """Run a notebook once, or once for each combination of a grid, and return the results of all runs."""
        ...

    def run_of_job(
        self, practice: Practice, notebook: Path, *, parameters: Mapping[str, object], day: date, job_id: str
    ) -> RunRecord:
        """Run the notebook of a job as of a day, and return its run."""
        ...

    def form(self, practice: Practice, notebook: str | Path) -> NotebookForm:
        """Return the parameters of a notebook, to be set in a form."""
        ...

    def report(self, copy: Path, *, at: datetime) -> str:
        """Return the report of an executed notebook that ran at a moment: an HTML page that opens offline."""
        ...
