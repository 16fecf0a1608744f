"""A mailing as it stands on a screen, to be sent by itself from now on: as a job, or as a job's notebook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from workbench.domain.calendar import counted_day
from workbench.domain.jobs import NOTEBOOK, SEARCH, Job, key_for
from workbench.domain.personal import check_of_nobody, of_a_person
from workbench.domain.recurrence import Every, Recurrence
from workbench.errors import AccountError, UsageError
from workbench.language import _
from workbench.practice.job_drafting import settings_told
from workbench.practice.searching import Searching

if TYPE_CHECKING:
    from workbench.practice.mailing import Mailing
    from workbench.practice.practice import Practice

FOLDER = PurePosixPath("notebooks/scheduled")
"""Where the notebooks of jobs stand in the workspace."""

_COUNTED = ("start", "end")
"""The days that are counted from the day of each run, whichever day they were given as."""


def job_of_mailing(mailing: Mailing) -> dict[str, Any]:
    """Return the settings of a job that does every day what a mailing does today, as ``Jobs.add`` takes them.

    It is switched off, comes round at noon, and counts the days it searches from the day of each run.

    Raises
    ------
    UsageError
        When no job can do the same: rows of a table, a part of a search, a text or files for this mailing alone; or
        what only a notebook keeps (`only_by_notebook`).
    """
    if sentence := only_by_notebook(mailing):
        raise UsageError(sentence)
    practice, plan = mailing.practice, mailing.plan
    called, parameters = _searched(mailing)
    return settings_told(
        _switched_off(
            mailing,
            treatment=SEARCH,
            search=called,
            parameters=parameters,
            template=plan.template,
            account="" if plan.account == _usual_account(practice, mailing) else plan.account,
            role="" if plan.role == ",".join(mailing.template.roles) else plan.role,
        )
    )


def notebook_job_of_mailing(mailing: Mailing) -> dict[str, Any]:
    """Write a mailing as a notebook under a name that is free, and return the settings of a job that runs it.

    Raises
    ------
    UsageError
        As `job_of_mailing`; a signature, options and answers for this mailing alone stand in the notebook.
    """
    practice, asked = mailing.practice, check_repeatable(mailing)
    name = key_for(mailing.template.label, [file.stem for file in (practice.path / FOLDER).glob("*.ipynb")])
    file = FOLDER / f"{name}.ipynb"
    days = _days(_counted(practice, asked["search"], asked["parameters"]))
    practice.notebooks.write(mailing, str(file), replace=False, days=days)
    return settings_told(_switched_off(mailing, treatment=NOTEBOOK, notebook=str(file)))


def check_repeatable(mailing: Mailing) -> Mapping[str, Any]:
    """Return the search of a mailing as it was asked, where a job or a notebook can do the mailing again.

    Raises
    ------
    UsageError
        When neither can: rows of a table, a part of a search; or a text, files or a decision about health data that
        were chosen for this mailing alone.
    """
    choices, (asked, whole) = mailing.choices, mailing.searched()
    if not asked or asked["search"] not in mailing.practice.searches():
        raise UsageError(
            _("Only a mailing to a search can be done again by itself: its recipients are looked for anew each time.")
        )
    if not whole:
        raise UsageError(
            _(
                "This list is a part of what the search finds; done again by itself, the mailing goes to all of it. "
                "Tick every row, or narrow the search."
            )
        )
    if mailing.template.changed_from:
        raise UsageError(_("The text was changed for this sending alone. Save it in the email type first."))
    if choices.health_reason:
        raise UsageError(
            _("Health data was allowed for this mailing alone: allow it in the email type, if it is meant for always.")
        )
    if choices.attachments:
        raise UsageError(
            _("Files that go with this mailing alone do not leave again by themselves: add them to the email type.")
        )
    return asked


def only_by_notebook(mailing: Mailing) -> str:
    """Say why a mailing can be done again by a notebook alone; nothing where a job does it."""
    choices = mailing.choices
    answered = any(one.answer != one.proposal for one in mailing.questions())
    if choices.signature or choices.options.to_dict() or choices.missing or answered:
        return _(
            "What was chosen for this mailing alone (signature, options, answers) is kept by a notebook, and not by a "
            "job: let it be written as a notebook, or choose it in the email type."
        )
    return ""


def _switched_off(mailing: Mailing, **settings: Any) -> Job:
    daily = Recurrence(every=Every.DAILY, start=mailing.practice.today, at=time(12))
    return Job(key="", title=mailing.template.label, recurrence=daily, active=False, **settings)


def _searched(mailing: Mailing) -> tuple[str, dict[str, str]]:
    """Return the search that a job asks each time and its parameters."""
    practice, asked = mailing.practice, check_repeatable(mailing)
    given = {name: str(value) for name, value in asked["parameters"].items()}
    counted = _counted(practice, asked["search"], given)
    if not of_a_person(given):
        return str(asked["search"]), counted
    # Found by its name, the search keeps what it asks of a person in the practice's ledger.
    saved = Searching(practice).saved_as(asked["search"], given)
    if not saved:
        check_of_nobody(given)
    return saved, _days(counted)


def _days(counted: Mapping[str, str]) -> dict[str, str]:
    return {name: counted[name] for name in _COUNTED if name in counted}


def _counted(practice: Practice, search: str, given: Mapping[str, object]) -> dict[str, str]:
    """Return what a search is asked, its days counted from the day it is asked on."""
    kinds = {one.name: one.kind for one in practice.searches()[search].parameters}
    told = {name: str(value) for name, value in given.items()}
    return told | {
        name: counted_day(told[name], today=practice.today, calendar=practice.calendar)
        for name in _COUNTED
        if told.get(name, "").strip() and kinds.get(name) == "day"
    }


def _usual_account(practice: Practice, mailing: Mailing) -> str:
    """Return the account that a job leaves from when it names none."""
    try:
        return mailing.template.account or practice.accounts.default().name
    except AccountError:
        return ""
