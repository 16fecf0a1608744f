"""What an email type asks once for everybody, and what the practice's own data propose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.calendar import parse_day
from workbench.domain.fields import Field
from workbench.domain.questions import Question, read_answers
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.frames import year_of_greetings
from workbench.merging.render import compile_template

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


def asked_by(template: Template, practice: Practice) -> dict[str, Field]:
    """Return the fields of an email type that are asked once for everybody, by code, in the catalogue's order."""
    catalogue = practice.catalogue
    fields = {code: field for code, field in catalogue.items() if field.asked}
    text = "\n".join([template.subject, template.html, template.text or "", *template.required])
    if not re.search(r"\b(?:" + "|".join(map(re.escape, fields)) + r")", text):
        return {}  # as nearly always: nothing is compiled to find that out
    try:
        used = compile_template(template, catalogue, columns=None).codes
    except TemplateRefused:
        return {}  # its check says what is wrong with it
    return {code: field for code, field in fields.items() if code in used}


def proposed(asked: Mapping[str, Field], practice: Practice) -> dict[str, str]:
    """Return what the practice's own data answer: its next closure, who replaces, the year of the greetings."""
    columns = {code: field.source[0].split(".", 1) for code, field in asked.items()}
    names = sorted({name for table, name in columns.values() if table == "practice"})
    today = practice.today
    row = practice.store.columns("practice", [], names, today=today).iloc[0] if names else pd.Series(dtype=object)
    found: dict[str, str] = {}
    for code, (table, name) in columns.items():
        value = row[name] if table == "practice" else None
        if name == "new_year":
            found[code] = str(year_of_greetings(today))
        elif value is not None and not pd.isna(value):
            found[code] = value.date().isoformat() if isinstance(value, pd.Timestamp) else _text(value)
    return found


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def answers_to(asked: Mapping[str, Field], given: Mapping[str, object], practice: Practice) -> dict[str, str]:
    """Return the values of a mailing: those given, else what is proposed.

    Raises
    ------
    UnknownName, BadValue
        As `read_answers`.
    """
    today = practice.today

    def day(value: str | date) -> date:
        return parse_day(value, today=today, calendar=practice.calendar)

    answers = read_answers(given, asked, practice.catalogue, day=day)
    return (proposed(asked, practice) | answers) if asked else answers


def questions_of(template: Template, values: Mapping[str, str], practice: Practice) -> list[Question]:
    """Return what an email type asks, each with what is proposed and what counts now."""
    asked = asked_by(template, practice)
    proposals = proposed(asked, practice)
    return [
        Question(
            code=code,
            label=field.label,
            kind=field.asked,
            proposal=proposals.get(code, ""),
            answer=values.get(code, ""),
        )
        for code, field in asked.items()
    ]
