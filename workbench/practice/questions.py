"""What an email type asks once for everybody, and what the practice's own data propose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.calendar import parse_day
from workbench.domain.fields import Field
from workbench.domain.questions import Question, read_answers, year_of_greetings
from workbench.domain.templates import Template
from workbench.errors import BadValue, TemplateRefused
from workbench.language import _, language
from workbench.merging.formats.dates import day_text
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


_CLOSED_FROM, _CLOSED_UNTIL = "practice.next_closure_from", "practice.next_closure_until"


def proposed(asked: Mapping[str, Field], practice: Practice, given: Mapping[str, str]) -> dict[str, str]:
    """Return what the practice's own data answer: its next closure, who replaces, the year of the greetings.

    Where a person gave a day of a closure, what is proposed is of the closure that this day belongs to, or nothing:
    nobody is sent to the replacement of another one.
    """
    columns = {code: field.source[0].split(".", 1) for code, field in asked.items()}
    names = sorted({name for table, name in columns.values() if table == "practice"})
    today = practice.today
    days = [
        date.fromisoformat(given[code])
        for code, field in asked.items()
        if field.source[0] in (_CLOSED_FROM, _CLOSED_UNTIL) and given.get(code)
    ]
    row = _closure(practice, names, min(days) if days else None) if names else pd.Series(dtype=object)
    found: dict[str, str] = {}
    for code, (table, name) in columns.items():
        value = row[name] if table == "practice" else None
        if name == "new_year":
            found[code] = str(year_of_greetings(today))
        elif value is not None and not pd.isna(value):
            found[code] = value.date().isoformat() if isinstance(value, pd.Timestamp) else _text(value)
    return found


def _closure(practice: Practice, names: list[str], day: date | None) -> pd.Series:
    """Return what the practice says of its next closure, or of the one that a day belongs to."""
    columns = sorted({*names, "next_closure_from", "next_closure_until"})
    row = practice.store.columns("practice", [], columns, today=day or practice.today).iloc[0]
    if day is None:
        return row
    first, last = row["next_closure_from"], row["next_closure_until"]
    within = not pd.isna(first) and not pd.isna(last) and first.date() <= day <= last.date()
    return row if within else pd.Series(None, index=row.index, dtype=object)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def answers_to(asked: Mapping[str, Field], given: Mapping[str, object], practice: Practice) -> dict[str, str]:
    """Return the values of a mailing: those given, else what is proposed; none that was given as empty.

    Raises
    ------
    UnknownName, BadValue
        As `read_answers`, and when a closure would end before it starts.
    """
    today = practice.today

    def day(value: str | date) -> date:
        return parse_day(value, today=today, calendar=practice.calendar)

    answers = read_answers(given, asked, practice.catalogue, day=day)
    told = (proposed(asked, practice, answers) | answers) if asked else answers
    ends = {field.source[0]: told.get(code, "") for code, field in asked.items()}
    first, last = ends.get(_CLOSED_FROM, ""), ends.get(_CLOSED_UNTIL, "")
    if first and last and last < first:
        raise BadValue(
            _("The closure would end on {end}, before its start on {start}.").format(
                start=day_text(date.fromisoformat(first), language(), year=True),
                end=day_text(date.fromisoformat(last), language(), year=True),
            )
        )
    return {code: value for code, value in told.items() if value}


def questions_of(template: Template, values: Mapping[str, str], practice: Practice) -> list[Question]:
    """Return what an email type asks, each with what is proposed and what counts now."""
    asked = asked_by(template, practice)
    proposals = proposed(asked, practice, values)
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
