"""What is asked of days and moments in both databases' own words: the generic ones are slow over a whole agenda."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class ClockTime(FunctionElement[str]):
    """What the clock shows at a moment, as the text ``08:40``."""

    name = "clock_time"
    type = sa.Text()
    inherit_cache = True


@compiles(ClockTime, "sqlite")
def _clock_in_sqlite(element: ClockTime, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 12, 5)"


@compiles(ClockTime, "postgresql")
def _clock_in_postgresql(element: ClockTime, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)}, 'HH24:MI')"


def eighteen_years_before(day: date) -> date:
    """Return the day eighteen years before another, as `EighteenYearsBefore` does in the database."""
    return day.replace(year=day.year - 18, day=28 if (day.month, day.day) == (2, 29) else day.day)


class EighteenYearsBefore(FunctionElement[Any]):
    """The day eighteen years before a moment: who was born after it is not of age then.

    Whoever was born on 29 February is of age on 1 March of a common year.
    """

    name = "eighteen_years_before"
    type = sa.Date()
    inherit_cache = True


@compiles(EighteenYearsBefore, "sqlite")
def _years_in_sqlite(element: EighteenYearsBefore, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    # Days are texts there: that « 2010-02-29 » does not exist changes nothing about what comes before and after it.
    return f"((substr({moment}, 1, 4) - 18) || substr({moment}, 5, 6))"


@compiles(EighteenYearsBefore, "postgresql")
def _years_in_postgresql(element: EighteenYearsBefore, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} - interval '18 years' AS date)"
