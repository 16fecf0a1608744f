"""Which job of today will write to the people of a search by itself, so that nobody prepares the same by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.domain.jobs import NOTEBOOK
from workbench.errors import WorkbenchError
from workbench.practice.executing import days_of
from workbench.practice.job_frames import upcoming

if TYPE_CHECKING:
    from workbench.domain.jobs import Job
    from workbench.practice.practice import Practice


def due_today(practice: Practice, search: str, parameters: Mapping[str, str], purpose: str) -> tuple[str, datetime]:
    """Return the title of the active job that is due next today about days of these, and its moment.

    Parameters
    ----------
    search, parameters
        What is asked by hand.
    purpose
        What is told; a job that tells something else is another matter.

    Returns
    -------
    tuple
        The title, and when by the practice's clock; ``("", practice.now())`` when no job is due. What a notebook would
        send is not known before it runs.
    """
    ours = practice.store.resolve(search, dict(parameters), today=practice.today)
    due: list[tuple[datetime, str]] = []
    for job in practice.jobs.values():
        following = next(upcoming(practice, job), None) if job.active else None
        if following is None or following.day != practice.today:
            continue
        if job.not_on_closed_days and not practice.calendar.is_open(following.day):
            continue
        if _tells(practice, job, search, purpose) and _meet(ours, days_of(practice, job, following.day)):
            due.append((following.at.astimezone(practice.calendar.zone), job.title))
    moment, title = min(due, default=(practice.now(), ""))
    return title, moment


def _tells(practice: Practice, job: Job, search: str, purpose: str) -> bool:
    template = practice.templates.get(job.template)
    if job.treatment == NOTEBOOK or template is None or template.occasion_purpose != purpose:
        return False
    try:
        found, _asked = practice.meant_search(job.searched, job.asked)
    except WorkbenchError:  # its saved search is gone, of which the page of the scheduler tells
        return False
    return found == search


def _meet(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Tell whether two ranges of days have one in common; a side that says nothing is open."""
    first = max(ours.get("start", ""), theirs.get("start", ""))
    last = min(ours.get("end") or "9", theirs.get("end") or "9")
    return first <= last
