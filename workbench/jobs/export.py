"""Write a mailing as a notebook that runs by itself: readable, parameterised, without a patient in it.

The search's parameters stay as they were given (« tomorrow » is tomorrow again each day), the email type, role,
channel and key are the mailing's; no path of this machine, no secret and no output stands in it. Which search it is
stands in the search's cell and is no parameter: what can be asked depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.domain.fields import DataClass
from workbench.domain.personal import of_a_person
from workbench.errors import AccountError, NotebookRefused, UsageError
from workbench.jobs.files import made_folder
from workbench.jobs.parameters import TAG
from workbench.language import _
from workbench.practice.job_from_mailing import check_repeatable
from workbench.practice.searching import Searching
from workbench.settings import write_private

if TYPE_CHECKING:
    from workbench.domain.questions import Question
    from workbench.domain.searches import Search
    from workbench.practice import Mailing

_PRACTITIONER = "practitioner"


def write_notebook(
    mailing: Mailing,
    path: str | Path,
    *,
    replace: bool = False,
    days: Mapping[str, str] | None = None,
) -> Path:
    """Write the notebook of a mailing and return where it stands.

    Parameters
    ----------
    path
        Inside the workspace when it is relative; missing folders are made, and ``.ipynb`` is added.
    replace
        Write over a file that is there.
    days
        The days that the notebook asks for in the place of those given, such as days counted from each run.

    Raises
    ------
    UsageError
        When the mailing cannot be done again (`check_repeatable`), or its search names a person and is not saved under
        a name.
    NotebookRefused
        When the file is there already.
    """
    practice, asked = mailing.practice, check_repeatable(mailing)
    search = practice.searches()[asked["search"]]
    called, given = search.name, dict(asked["parameters"])
    if private := of_a_person(given):
        # Found by its name, the search keeps what it asks of a person in the practice's ledger.
        called, given = Searching(practice).saved_as(search.name, given), {}
        if not called:
            raise UsageError(
                _(
                    "The search asks for what belongs to a person ({names}), and no notebook may hold it. Save the "
                    "search under a name, then write the notebook: it finds the search by its name."
                ).format(names=", ".join(private))
            )
    file = practice.path / Path(path).expanduser()
    if file.suffix != ".ipynb":
        file = file.with_name(f"{file.name}.ipynb")
    if file.exists() and not replace:
        raise NotebookRefused(
            _("« {file} » is there already; write over it with replace=True, or choose another name.").format(file=file)
        )
    made_folder(file.parent)
    given |= days or {}
    if called == search.name and any(one.name == _PRACTITIONER for one in search.parameters):
        given.setdefault(_PRACTITIONER, "")
    notebook = _notebook(_cells(mailing, search, called, given))
    write_private(file, (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode())
    return file


def _chosen(mailing: Mailing) -> list[str]:
    """Return what was chosen for this mailing alone, as the notebook says it each time."""
    choices = mailing.choices
    said: dict[str, object] = {
        "signature": choices.signature,
        "options": choices.options.to_dict(),
        "missing": dict(choices.missing),
    }
    return [f"{name}={value!r}" for name, value in said.items() if value]


def _notebook(cells: list[dict[str, object]]) -> dict[str, object]:
    return {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells, 1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _text(*lines: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": "\n".join(lines)}


def _code(*lines: str, tags: tuple[str, ...] = ()) -> dict[str, object]:
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": "\n".join(lines),
    }


def _cells(mailing: Mailing, search: Search, called: str, given: dict[str, str]) -> list[dict[str, object]]:
    """Return the cells; `called` is the search's name, or that of the saved one that holds what is asked."""
    plan = mailing.plan
    labels = {parameter.name: _(parameter.label) for parameter in search.parameters}
    if _PRACTITIONER in given:
        labels[_PRACTITIONER] = _("{parameter}; empty: all").format(parameter=labels[_PRACTITIONER])
    own = {
        "template": (plan.template, _("the email type")),
        "account": (
            "" if plan.account == _standard_account(mailing) else plan.account,
            _("the mail account; empty: the email type's, else the practice's"),
        ),
    }
    if plan.key:
        own["key"] = (plan.key, _("the name of this mailing: the same name is the same mailing, sent once"))
    questions = {question.code.lower(): question for question in mailing.questions()}
    own |= {name: _answered(question, mailing) for name, question in questions.items()}
    parameters = [
        *(_assignment(name, value, labels.get(name, "")) for name, value in given.items()),
        *(_assignment(name, value, told) for name, (value, told) in own.items()),
        f"revision: int = {_pinned(mailing)}  # "
        + _("the revision of the email type; 0: the latest one each time it runs"),
        "dry_run: bool = False  # " + _("True: check everything, send nothing"),
    ]
    searched = ", ".join([_literal(called), *(f"{name}={name}" for name in given)])
    options = [
        "account=account or None",
        f"role={_literal(plan.role)}",
        f"channel={_literal(plan.channel)}",
        *(["key=key"] if plan.key else []),
        *_chosen(mailing),
        *(
            [f"values={{{', '.join(f'{_literal(one.code)}: {name}' for name, one in questions.items())}}}"]
            if questions
            else []
        ),
    ]
    return [
        _text(
            f"# {_plain(mailing.template.label)}",
            "",
            _("Publipostage: {search} → « {template} ».").format(
                search=_plain(_(search.label)), template=_plain(plan.template)
            ),
            "",
            _(
                "This notebook looks for its recipients anew each time it runs, checks every message, sends those that "
                "are ready and shows who got one. Whoever has got this mailing does not get it twice, even when the "
                "notebook runs again."
            ),
        ),
        _text(
            "## " + _("Parameters"),
            "",
            _(
                "One a line. Relative days (today, tomorrow, J+1 …) are those of the day it runs. Elsewhere they are "
                "given with: `workbench run NOTEBOOK -p start J+2`"
            ),
            "",
            _("In JupyterLab a form sets them: `practice.notebook_form(NOTEBOOK)`"),
        ),
        _code(*parameters, tags=(TAG,)),
        _text("## " + _("Whom to write to")),
        _code("import workbench as wb", "", "practice = wb.open()"),
        _code(f"found = practice.search({searched})"),
        _text(
            "## " + _("Verification"),
            "",
            _("Every message is merged once; nothing leaves yet. Only numbers are shown."),
        ),
        _code(
            "letter = practice.templates.revision(template, revision) if revision else template",
            f"mailing = practice.mailing(found, letter, {', '.join(options)})",
            "mailing.summary(planned=True)",
        ),
        _text(
            "## " + _("The sending"),
            "",
            _(
                "With `dry_run` nothing leaves. Interrupting it is safe: what is in flight ends, and the same notebook "
                "goes on later."
            ),
        ),
        _code("if not dry_run:", "    mailing.send(confirmed=True)"),
        _text(
            "## " + _("Result"), "", _("Who they are is told by `workbench results`, or by the history in the desk.")
        ),
        _code("mailing.summary(planned=dry_run)"),
    ]


def _pinned(mailing: Mailing) -> int:
    """Return the revision that the mailing keeps to, being no more the latest one; else 0."""
    latest = mailing.practice.templates.get(mailing.plan.template)
    return 0 if latest is None or latest.revision == mailing.template.revision else mailing.template.revision


def _answered(question: Question, mailing: Mailing) -> tuple[str, str]:
    """Return what stands in the notebook for a value asked once, and what is said of it.

    What the practice's own data propose is asked of them again each time; a free text may be about a patient.
    """
    private = mailing.practice.catalogue[question.code].data_class is DataClass.HEALTH
    answered = "" if private or question.answer == question.proposal else question.answer
    told = question.label
    if question.proposal:
        now = _("empty: as the practice's data say, now {proposal}").format(proposal=question.proposal)
        told = f"{told}; {now}"
    return answered, told


def _standard_account(mailing: Mailing) -> str:
    """Return the account that the mailing leaves from when nobody names one."""
    try:
        return mailing.template.account or mailing.practice.accounts.default().name
    except AccountError:
        return ""


def _assignment(name: str, value: str, comment: str) -> str:
    return f"{name}: str = {_literal(value)}" + (f"  # {' '.join(comment.split())}" if comment else "")


def _literal(value: str) -> str:
    """Return a text as Python writes it, in double quotes; JSON's texts are Python's."""
    return json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    """Return a text on one line that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|$" else sign for sign in " ".join(text.split()))
