"""The search on birthdays: who becomes how old on which of the days asked for.

Whoever was born on 29 February has a birthday on 1 March in a year without that day, as French civil law counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import BIRTHDAY_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.errors import BadValue
from workbench.language import _, marked
from workbench.patients import rows
from workbench.patients.schema import patients
from workbench.patients.searches.addressing import PATIENT_FILTERS
from workbench.patients.searches.clauses import (
    Clause,
    Context,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import question_of, sort_by
from workbench.patients.searches.patients import BY_NAME, OLDEST

_START = SearchParameter(name="start", kind="day", label=marked("Birthday from (included)"), default="today")
_END = SearchParameter(name="end", kind="day", label=marked("Birthday until (included)"), follows="start")
_AGE_FROM = SearchParameter(name="age_from", kind="number", label=marked("They become at least"), least=1, most=OLDEST)
_AGE_TO = SearchParameter(name="age_to", kind="number", label=marked("They become at most"), least=1, most=OLDEST)

# A birthday is never wished to somebody who died or whose file is closed: here nothing brings them back.
_FILTERS = (BY_NAME, *(one for one in PATIENT_FILTERS if one.parameter.name != "gone"))
_HERE = (sa.not_(patients.c.deceased), sa.not_(patients.c.archived), patients.c.birth_date.is_not(None))


def birthday_in(year: int, birth: date) -> date:
    """Return the birthday of a year: 1 March for 29 February where the year has none."""
    try:
        return birth.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _years(start: date, end: date) -> list[tuple[date, date]]:
    """Return the days from `start` to `end`, of a year at most, cut at New Year."""
    if end >= birthday_in(start.year + 1, start):
        raise BadValue(
            _("A search on birthdays covers a year at most: from {start}, not until {end}.").format(
                start=start.isoformat(), end=end.isoformat()
            )
        )
    if start.year == end.year:
        return [(start, end)]
    return [(start, date(start.year, 12, 31)), (date(end.year, 1, 1), end)]


def _falls_within(start: date, end: date) -> SqlCondition:
    """Say that the birthday of that year is one of these days, which are of one year; nobody is born on a birthday."""
    born = patients.c.birth_date
    before = born < date(start.year, 1, 1)
    place = sa.extract("month", born) * 100 + sa.extract("day", born)
    first, last = start.month * 100 + start.day, end.month * 100 + end.day
    within = place == first if first == last else place.between(first, last)
    if first <= 301 <= last and birthday_in(start.year, date(2024, 2, 29)).month == 3:
        within = sa.or_(within, place == 229)
    return sa.and_(before, within)


def _clauses(asked: Asked, years: list[tuple[date, date]]) -> tuple[Clause, ...]:
    def in_one_of_them(born_when: Callable[[int], SqlCondition]) -> SqlCondition:
        return sa.or_(*(sa.and_(_falls_within(first, last), born_when(first.year)) for first, last in years))

    born = patients.c.birth_date
    clauses = [Clause(parameter="start", sql=sa.or_(*(_falls_within(first, last) for first, last in years)))]
    if asked.age_from is not None:
        oldest = asked.age_from
        clauses.append(
            Clause(parameter="age_from", sql=in_one_of_them(lambda year: born <= date(year - oldest, 12, 31)))
        )
    if asked.age_to is not None:
        youngest = asked.age_to
        clauses.append(Clause(parameter="age_to", sql=in_one_of_them(lambda year: born >= date(year - youngest, 1, 1))))
    return tuple(clauses)


def _question(asked: Asked, context: Context) -> Question:
    years = _years(asked.start, asked.end)

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        births = found["birth_date"]
        days = [_birthday(born, asked.start, asked.end) for born in births]
        return {
            "birth_date": rows.day(births),
            "birthday": rows.day(days),
            "age": rows.number([day.year - born.year for day, born in zip(days, births, strict=True)]),
        }

    return question_of(
        asked,
        context,
        (*_clauses(asked, years), *clauses_of(_FILTERS, asked, context)),
        frame=BIRTHDAY_COLUMNS,
        columns=columns,
        base=_HERE,
        read=(patients.c.birth_date,),
        day="birthday",
    )


def _birthday(birth: date, start: date, end: date) -> date:
    """Return the birthday within these days of somebody who has one; the first, should 29 February give two."""
    first = birthday_in(start.year, birth)
    return first if start <= first <= end and birth.year < start.year else birthday_in(end.year, birth)


BIRTHDAYS = KnownSearch(
    search=Search(
        name="birthdays",
        reads=("patients",),
        label=marked("Birthdays"),
        kind="patients",
        parameters=(_START, _END, _AGE_FROM, _AGE_TO, *parameters_of(_FILTERS), sort_by("day", "name", "practitioner")),
    ),
    question=_question,
)
