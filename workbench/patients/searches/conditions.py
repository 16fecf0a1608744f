"""Turn a condition written by hand into SQL: the columns a search lets it name, compared as their kinds allow."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendar import PracticeCalendar, day_bounds, parse_day
from workbench.domain.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Operator,
    Value,
    parse_condition,
)
from workbench.errors import BadValue, UnknownName
from workbench.language import _
from workbench.patients.searches.folding import holds_words
from workbench.patients.words import plain

Named = Mapping[str, sa.ColumnElement[Any]]
"""The columns a condition may name, by name."""

_COMPARE: Mapping[Operator, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
MOST_COMPARISONS = 500
"""In one condition, each day of a list being one: no database reads any number of them."""

MOST_NUMBER = 2**31 - 1
"""The largest number that every column of every database is compared with."""

FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2999, 12, 31)
"""The days that can be asked for: from these every age and every span is counted without leaving the calendar."""

_ORDERING = frozenset({Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST})


def absolute(condition: Condition, named: Named, *, today: date, calendar: PracticeCalendar) -> Condition:
    """Return a condition whose days are absolute (« J-365 » is the day it means), its columns and values checked.

    Raises
    ------
    UnknownName
        When it names a column that the search does not have.
    BadValue
        When a column is compared with what it cannot hold, or the condition is too long or too deep.
    """
    _check_size(condition, named)

    def one(comparison: Comparison) -> Comparison:
        if comparison.column not in named:
            raise UnknownName(
                _("A condition of this search cannot name « {name} ». It may name: {known}.").format(
                    name=comparison.column, known=", ".join(sorted(named))
                )
            )
        kind = named[comparison.column].type
        _check(comparison, kind)
        if not isinstance(kind, (sa.Date, sa.DateTime)) or comparison.value is None:
            return comparison
        values = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
        days = tuple(_absolute_day(value, kind, today=today, calendar=calendar) for value in values)
        return replace(comparison, value=days if isinstance(comparison.value, tuple) else days[0])

    return condition.rewritten(one)


def check_day(day: date) -> date:
    """Return a day that a search can be asked for; raises `BadValue` for one far off."""
    if FIRST_DAY <= day <= LAST_DAY:
        return day
    raise BadValue(
        _("{day} is too far off: days are asked for from {first} to {last}.").format(
            day=day.isoformat(), first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat()
        )
    )


def check_text(name: str, text: str) -> str:
    """Return a text that every database takes; raises `BadValue` for one that none can hold."""
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text):
        raise BadValue(_("« {name} » is asked for a text with a sign that no text holds.").format(name=name))
    return text


def sql_of(condition: Condition, named: Named) -> sa.ColumnElement[bool]:
    """Return the SQL of a condition that `absolute` has checked; a missing value meets no comparison."""
    if isinstance(condition, AllOf):
        return sa.and_(*(sql_of(one, named) for one in condition.conditions))
    if isinstance(condition, AnyOf):
        return sa.or_(*(sql_of(one, named) for one in condition.conditions))
    if isinstance(condition, Not):
        # What is neither true nor false in SQL is not met, and so its denial is.
        return sa.not_(sa.func.coalesce(sql_of(condition.condition, named), sa.false()))
    if isinstance(condition, Comparison):
        return _comparison(named[condition.column], condition)
    raise TypeError(type(condition).__name__)


def _comparison(column: sa.ColumnElement[Any], comparison: Comparison) -> sa.ColumnElement[bool]:
    value = comparison.value
    if comparison.operator is Operator.MISSING:
        blank = isinstance(column.type, sa.String)
        return sa.func.trim(sa.func.coalesce(column, "")) == "" if blank else column.is_(None)
    if comparison.operator is Operator.CONTAINS:
        return holds_words(plain(str(value)), column)
    if isinstance(value, tuple):
        if isinstance(column.type, (sa.Date, sa.DateTime)):
            return sa.or_(sa.false(), *(_compared(column, Operator.EQUAL, one) for one in value))
        return column.in_(value) if value else sa.false()
    return _compared(column, comparison.operator, value)


def _compared(column: sa.ColumnElement[Any], how: Operator, value: Value | None) -> sa.ColumnElement[bool]:
    if isinstance(column.type, sa.Date):
        return _COMPARE[how](column, date.fromisoformat(str(value)))
    if isinstance(column.type, sa.DateTime):
        return _moment_compared(column, how, str(value))
    return _COMPARE[how](column, value)


def _moment_compared(column: sa.ColumnElement[Any], how: Operator, text: str) -> sa.ColumnElement[bool]:
    """Compare a moment with another, or with a whole day: after a day is after its midnight to come."""
    if ":" in text:
        return _COMPARE[how](column, datetime.fromisoformat(text))
    day = date.fromisoformat(text)
    begins, ends = day_bounds(day, day)
    if how is Operator.EQUAL:
        return sa.and_(column >= begins, column < ends)
    if how is Operator.NOT_EQUAL:
        return sa.or_(column < begins, column >= ends)
    if how is Operator.LESS:
        return column < begins
    if how is Operator.AT_MOST:
        return column < ends
    return column >= (ends if how is Operator.GREATER else begins)


def _absolute_day(value: Value, kind: object, *, today: date, calendar: PracticeCalendar) -> str:
    if isinstance(value, str):
        if isinstance(kind, sa.DateTime) and ":" in value:
            try:
                moment = datetime.fromisoformat(value.strip()).replace(tzinfo=None)
            except ValueError:
                pass
            else:
                check_day(moment.date())
                return moment.isoformat(sep=" ")
        return check_day(parse_day(value, today=today, calendar=calendar)).isoformat()
    raise BadValue(
        _("« {value} » is not a day: write it between quotes, as '2026-11-22' or 'J-365'.").format(value=value)
    )


def _check_size(condition: Condition, named: Named) -> None:
    """Refuse what is too long or too deep, composed or written: it is kept as its text, and read again from it."""
    try:
        parse_condition(str(condition))
    except RecursionError:
        raise BadValue(_("The condition has too many parentheses within one another.")) from None
    compared = 0
    for one in condition.comparisons():
        days = one.column in named and isinstance(named[one.column].type, (sa.Date, sa.DateTime))
        compared += len(one.value) if days and isinstance(one.value, tuple) else 1
    if compared > MOST_COMPARISONS:
        raise BadValue(_("A condition makes at most {count} comparisons.").format(count=MOST_COMPARISONS))


def _check(comparison: Comparison, kind: object) -> None:
    """Refuse an operator or a value that the column's kind does not allow."""
    how, name = comparison.operator, comparison.column
    values = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    for value in values:
        if isinstance(value, str):
            check_text(name, value)
        elif isinstance(value, (int, float)) and abs(value) > MOST_NUMBER:
            raise BadValue(_("« {name} » is compared with numbers up to {most}.").format(name=name, most=MOST_NUMBER))
    if how is Operator.MISSING:
        return
    if isinstance(kind, sa.String):
        if how in _ORDERING:
            raise BadValue(_("« {name} » holds texts: it is compared by ==, !=, in and contains().").format(name=name))
        if not all(isinstance(value, str) for value in values):
            raise BadValue(_("« {name} » holds texts: write the value between quotes.").format(name=name))
        if how is Operator.CONTAINS and not plain(str(values[0])):
            raise BadValue(_("« {name} » takes words: at least a letter or a figure.").format(name=name))
        return
    if how is Operator.CONTAINS:
        raise BadValue(_("Only texts contain words, and « {name} » holds none.").format(name=name))
    if isinstance(kind, sa.Boolean):
        if how in _ORDERING or not all(isinstance(value, bool) for value in values):
            raise BadValue(_("« {name} » is True or False.").format(name=name))
    elif isinstance(kind, (sa.Integer, sa.Numeric)) and any(isinstance(value, (str, bool)) for value in values):
        raise BadValue(_("« {name} » holds numbers: write the value without quotes.").format(name=name))
