"""A job as somebody sets it on a screen: what it would be, and beside which setting a sentence says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.domain.calendar import parse_day
from workbench.domain.jobs import DAY_SCHEDULE, NOTEBOOK, SEARCH, TREATMENTS, Job, late_limit
from workbench.domain.personal import check_of_nobody, of_a_person
from workbench.domain.recurrence import Every, Recurrence, read_time
from workbench.errors import BadValue, WorkbenchError
from workbench.language import _, language
from workbench.merging.roles import roles_from
from workbench.practice.executing import days_of
from workbench.practice.job_settings import RECURRENCE, recurrence_of, settings_of

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_Read = TypeVar("_Read")

PURPOSES = {
    "missed": "appointment_missed",
    "appointments": "appointment_reminder",
    "birthdays": "birthday",
    "recall": "recall",
    "unpaid": "unpaid",
}
"""What the email type of a ready-made treatment tells, by its search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDraft:
    """A job that is not kept yet.

    `job` is what it would be; nothing where it is not known when it comes round or what it searches. `problems` are
    the sentences that keep it from being saved, by setting (`title time start until on search notebook days template
    account role revision late_until approve_by told`, and of a notebook ``parameters.NAME``).
    """

    job: Job | None
    settings: Mapping[str, Any]
    problems: Mapping[str, str] = field(default_factory=dict)


def new_settings(practice: Practice, treatment: str) -> dict[str, Any]:
    """Return what a job of a treatment begins as: each day from today on, with the email type that fits.

    It comes round at noon; the planning of the day at seven, before work begins.

    Raises
    ------
    BadValue
        When there is no such treatment.
    """
    ready = TREATMENTS.get(treatment)
    if ready is None and treatment not in (SEARCH, NOTEBOOK):
        known = ", ".join([*TREATMENTS, SEARCH, NOTEBOOK])
        raise BadValue(_("« {text} » is no treatment; there is: {known}.").format(text=treatment, known=known))
    at = time(7) if treatment == DAY_SCHEDULE else time(12)
    first = Recurrence(every=Every.DAILY, start=practice.today, at=at)
    job = Job(key="", title=_(ready.label) if ready else "", treatment=treatment, recurrence=first)
    return {**settings_told(job), "template": template_for(practice, job.searched) if job.needs_template else ""}


def settings_told(job: Job) -> dict[str, Any]:
    """Return what somebody set of a job, in the words that `Jobs.add` and `Jobs.change` take."""
    told = job.to_dict()
    recurrence = told.pop("recurrence")
    told.pop("key")
    for name, known in (("every", "every"), ("time", "at"), ("on", "on"), ("start", "start"), ("until", "until")):
        told[name] = recurrence[known]
    if recurrence["every"] == Every.CRON:
        told["time"] = ""
    return {**told, "active": job.active, "parameters": dict(job.asked)}


def template_for(practice: Practice, search: str) -> str:
    """Return the path of the email type that a search's people are written to with; nothing where none is known."""
    proposed = practice.templates.proposed().get(search, "")
    if proposed or search not in PURPOSES:
        return proposed
    written = [one for one in practice.templates.values() if one.occasion_purpose == PURPOSES[search]]
    # In the language of the practice first, and no variant where there is the email type itself.
    written.sort(key=lambda one: (bool(one.variant_of), one.language != language(), one.step, one.path))
    return written[0].path if written else ""


def drafted(practice: Practice, key: str, given: Mapping[str, Any]) -> JobDraft:
    """Read what somebody sets a job to, without keeping anything.

    Parameters
    ----------
    key
        The job that is changed; nothing for a new one.
    given
        The settings, as for `Jobs.add`.
    """
    problems: dict[str, str] = {}
    before = practice.jobs[key] if key else None
    words = settings_of({name: value for name, value in given.items() if name not in RECURRENCE})
    words["title"] = " ".join(str(words.get("title", "")).split())
    treatment = str(words.get("treatment") or (before.treatment if before else SEARCH))
    ready = TREATMENTS.get(treatment)
    own = ready.parameters if ready else {}
    if "parameters" in words:
        words["parameters"] = {name: value for name, value in words["parameters"].items() if value != own.get(name, "")}
    recurrence = _recurrence(practice, before, given, problems)
    settings = {**words, **{name: given[name] for name in RECURRENCE if name in given}}
    if treatment == SEARCH and not words.get("search"):
        problems["search"] = _("Say which search finds whom to write to.")
    file = str(words.get("notebook", ""))
    if treatment == NOTEBOOK and not (file and (practice.path / file).is_file()):
        none = _("There is no notebook « {path} » in the workspace.").format(path=file)
        problems["notebook"] = none if file else _("Say which notebook of the workspace it runs.")
    if recurrence is None or {"search", "notebook"} & problems.keys():
        _check_rest(practice, words, problems, treatment)
        return JobDraft(job=None, settings=settings, problems=problems)
    base = before or Job(key="", title="–", treatment=treatment, recurrence=recurrence)
    job = replace(base, **{**words, "recurrence": recurrence})
    if treatment != NOTEBOOK:
        _tried(problems, "days", lambda: days_of(practice, job, practice.today))
        _tried(problems, "days", lambda: check_of_nobody(job.asked))
    elif (form := _tried(problems, "notebook", lambda: practice.notebooks.form(practice, file))) is not None:
        found = form.problems(job.parameters)
        problems.update({f"parameters.{name}": sentence for name, sentence in found.items()})
        for name in {} if found else of_a_person(job.parameters):
            place = name if name in job.parameters else "where"
            _tried(problems, f"parameters.{place}", lambda: check_of_nobody(job.parameters))
    _check_rest(practice, words, problems, treatment)
    known = not {"days", "notebook"} & problems.keys()
    return JobDraft(job=job if known else None, settings=settings, problems=problems)


def only_switched_off(practice: Practice, key: str, draft: JobDraft) -> bool:
    """Tell whether a draft does nothing but switch its job off: what the job names may be gone then."""
    as_it_is = drafted(practice, key, settings_told(practice.jobs[key])).settings
    return draft.settings == {**as_it_is, "active": False}


def _check_rest(practice: Practice, words: Mapping[str, Any], problems: dict[str, str], treatment: str) -> None:
    """Check what stands for itself."""
    plain = Job(
        key="", title="–", treatment=SEARCH, search="–", recurrence=Recurrence(every=Every.DAILY, start=practice.today)
    )
    _tried(problems, "title", lambda: plain.changed(title=words["title"]))
    if treatment != NOTEBOOK:
        path, account = str(words.get("template", "")), str(words.get("account", ""))
        if not path and treatment == DAY_SCHEDULE:
            pass  # it has a text of its own
        elif not path:
            problems["template"] = _("Choose the email type that it sends.")
        else:
            _tried(problems, "template", lambda: practice.templates[path])
        number = int(words.get("revision") or 0)
        if number and "template" not in problems:
            _tried(problems, "revision", lambda: practice.templates.revision(path, number))
        if role := str(words.get("role", "")):
            _tried(problems, "role", lambda: roles_from(role))
        _tried(problems, "account", lambda: practice.accounts[account] if account else practice.accounts.default())
    _tried(problems, "late_until", lambda: late_limit(str(words.get("late_until", ""))))
    told = str(words.get("told", ""))
    if told and (problem := practice.accounts.problem_with(told)):
        problems["told"] = problem
    approvers, until = words.get("approvers", ()), str(words.get("approve_by", ""))
    _tried(problems, "approve_by", lambda: plain.changed(approvers=approvers, approve_by=until))


def _recurrence(
    practice: Practice, before: Job | None, given: Mapping[str, Any], problems: dict[str, str]
) -> Recurrence | None:
    asked = {name: given[name] for name in RECURRENCE if name in given}
    every = str(asked.get("every", ""))
    if every == Every.CRON:
        asked["time"] = None
    else:
        _tried(problems, "time", lambda: read_time(str(asked.get("time", ""))))
    if every not in (Every.WEEKLY, Every.MONTHLY, Every.CRON):
        asked["on"] = ""
    for name in ("start", "until"):
        if asked.get(name) or name == "start":
            _tried(problems, name, partial(_day, practice, str(asked.get(name, ""))))
    if problems:
        return None
    place = "on" if every in (Every.WEEKLY, Every.MONTHLY, Every.CRON) else "until" if asked.get("until") else "start"
    return _tried(problems, place, lambda: recurrence_of(practice, before.recurrence if before else None, **asked))


def _day(practice: Practice, text: str) -> date:
    return parse_day(text, today=practice.today, calendar=practice.calendar)


def _tried(problems: dict[str, str], name: str, read: Callable[[], _Read]) -> _Read | None:
    """Read something, and note beside its setting why it cannot be."""
    try:
        return read()
    except WorkbenchError as refused:
        problems.setdefault(name, refused.sentence)
        return None
