"""Read what somebody sets a job to, and keep it when all of it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.domain.calendar import parse_day
from workbench.domain.jobs import NOTEBOOK, Job, Missed
from workbench.domain.personal import check_of_nobody
from workbench.domain.recurrence import Every, Recurrence
from workbench.errors import BadValue, UsageError
from workbench.language import _
from workbench.merging.roles import roles_from
from workbench.practice.executing import days_of
from workbench.practice.scheduling import this_machine

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

RECURRENCE = ("every", "time", "on", "start", "until")
"""What is said of when a job comes round."""

HERE = "here"
"""What the machine of a job is called by whoever sits at it."""


def settings_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read what a job is set to: names known, lists as tuples, texts for parameters.

    Raises
    ------
    UsageError
        When a job has nothing of that name.
    """
    known = {*Job.__dataclass_fields__, *RECURRENCE} - {"key", "number", "since", "saved_at", "saved_by", "recurrence"}
    unknown = sorted(set(given) - known)
    if unknown:
        raise UsageError(
            _("A job has no « {name} »; it has: {known}.").format(name=unknown[0], known=", ".join(sorted(known)))
        )
    words = {name: value for name, value in given.items() if value is not None}
    if "parameters" in words:
        words["parameters"] = {str(name): _text(value) for name, value in words["parameters"].items()}
    if "approvers" in words:
        names = words["approvers"]
        names = names.split(",") if isinstance(names, str) else names
        words["approvers"] = tuple(name.strip() for name in names if name.strip())
    if "missed" in words:
        try:
            words["missed"] = Missed(words["missed"])
        except ValueError as error:
            raise BadValue(
                _("« {text} » says not what becomes of missed ones; there is: {known}.").format(
                    text=words["missed"], known=", ".join(Missed)
                )
            ) from error
    for name in ("notebook", "told", "host", "search", "template", "account", "role"):
        if name in words:
            words[name] = str(words[name])
    return words


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)


def recurrence_of(practice: Practice, before: Recurrence | None, /, **asked: Any) -> Recurrence:
    """Return when a job comes round, what is not asked for as `before`.

    Raises
    ------
    BadValue
        When it cannot be read, or is over already.
    """
    known: dict[str, Any] = {}
    if before is not None:
        known = {"every": before.every.value, "at": before.at, "start": before.start, "until": before.until}
        known["on"] = before.on if asked.get("every", known["every"]) == known["every"] else ""
    if "time" in asked:
        known["at"] = asked.pop("time")
    for name in ("start", "until"):
        if name in asked:
            given = asked.pop(name)
            known[name] = parse_day(given, today=practice.today, calendar=practice.calendar) if given else None
    made = Recurrence.of(**{**known, **asked})
    passed = made.due(after=None, now=practice.now(), calendar=practice.calendar)
    if made.every is Every.ONCE and made != before and next(passed, None) is not None:
        raise BadValue(_("That moment has passed already."))
    return made


def saved(practice: Practice, job: Job, words: Mapping[str, Any]) -> Job:
    """Keep a job with what somebody set, when its search, email type, account and notebook are there.

    Raises
    ------
    UsageError, UnknownTemplate, UnknownAccount
        When one of them is not, or the job cannot be so, or holds what is somebody's; nothing was kept.
    """
    made = job.changed(**words)
    if made.host == HERE:
        made = replace(made, host=this_machine())
    if made.told and (problem := practice.accounts.problem_with(made.told)):
        raise BadValue(problem)
    account = practice.accounts[made.account] if made.account else None
    if made.treatment == NOTEBOOK:
        file = (practice.path / made.notebook).resolve()
        if not (file.is_relative_to(practice.path.resolve()) and file.is_file()):
            raise BadValue(_("There is no notebook « {path} » in the workspace.").format(path=made.notebook))
        for sentence in practice.notebooks.form(practice, file).problems(made.parameters).values():
            raise BadValue(sentence)
        check_of_nobody(made.parameters)
    else:
        made = _with_template(practice, made)
        days_of(practice, made, practice.today)  # which says what cannot be asked
        check_of_nobody(made.asked)
        if made.role:
            roles_from(made.role)  # which says what is none
        account = account or practice.accounts.default()
        if made.within_hours and not practice.sending_hours(account):
            raise UsageError(_("No sending hours are set, neither of the account nor of the practice."))
    return practice.ledger.jobs.save(made, by=practice.user, now=practice.now())


def _with_template(practice: Practice, job: Job) -> Job:
    """Return the job with its email type's exact path: the one that its search proposes, where none is named."""
    if not job.template and not job.needs_template:
        return job
    path = job.template or practice.templates.proposed().get(job.searched, "")
    if not path:
        raise UsageError(_("Say which email type: the search proposes none."))
    template = practice.templates[path]
    if job.revision:
        practice.ledger.library.revision_id(template.path, job.revision)
    return replace(job, template=template.path)
