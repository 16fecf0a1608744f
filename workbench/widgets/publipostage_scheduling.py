"""« Programmer… »: lead from a mailing to the scheduler, with a job that does the same by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.practice.job_from_mailing import (
    check_repeatable,
    job_of_mailing,
    notebook_job_of_mailing,
    only_by_notebook,
)

if TYPE_CHECKING:
    from workbench.practice import Mailing

Lead = Callable[[Mapping[str, Any]], None]


class Scheduling:
    """What is asked before a mailing becomes a job, and where the job is shown.

    Attributes
    ----------
    lead
        Shows a job with these settings on another page; nothing where there is no page of jobs.
    by_notebook_alone
        Why a notebook alone can do the mailing again; nothing where a job does it.
    """

    def __init__(self) -> None:
        self.lead: Lead | None = None
        self.by_notebook_alone = ""

    def ask(self, mailing: Mailing) -> None:
        """Find out how a mailing can be done again; raises `UsageError` when it cannot be."""
        check_repeatable(mailing)
        self.by_notebook_alone = only_by_notebook(mailing)

    def begin(self, mailing: Mailing, *, notebook: bool) -> None:
        """Show the job of a mailing on its page, or a job that runs the notebook written of it."""
        settings = notebook_job_of_mailing(mailing) if notebook else job_of_mailing(mailing)
        if self.lead is not None:
            self.lead(settings)
