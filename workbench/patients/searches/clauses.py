"""What every search is built of: labelled clauses, the question they make, and the one place that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.searches import Search, SearchParameter
from workbench.patients import rows
from workbench.patients.searches.choices import choices_of
from workbench.patients.searches.conditions import absolute, sql_of
from workbench.patients.searches.parameters import Asked, read_parameters

SqlCondition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a search is asked in: the database, whose rows are seen, and which day it is.

    `also` are keys of subjects of which somebody outside the store knows what it looks for: a moved appointment that
    the ledger told otherwise. They are found too, when they meet everything else.
    """

    connection: sa.Connection
    practice_id: str
    today: date
    calendar: PracticeCalendar
    also: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the practice's clock."""
        return self.calendar.zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A parameter and the condition that a value given for it stands for; ``None`` when it asks nothing.

    `sql` is called only with a value: what was given, else the parameter's default.
    """

    parameter: SearchParameter
    sql: Callable[[Any, Context], SqlCondition | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition of a question, and the parameter it comes from.

    `label` is its sentence; a clause without one is told by its parameter's label and value.
    """

    parameter: str
    sql: SqlCondition
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search with its parameters, ready to be asked of the database.

    Attributes
    ----------
    source
        The tables, joined.
    base
        What makes a row one of this search whatever is asked: its practice first of all.
    clauses
        What was asked; a row is found when it meets all of them.
    read
        The columns read, each with a name of its own.
    frame
        From these columns, by name, to the frame a person reads, in the order asked for.
    named
        What a condition written by hand may name, each a column or an expression of `source`.
    """

    source: sa.FromClause
    base: tuple[SqlCondition, ...]
    clauses: tuple[Clause, ...]
    read: tuple[sa.ColumnElement[Any], ...]
    frame: Callable[[Mapping[str, rows.Values]], pd.DataFrame]
    named: Mapping[str, sa.ColumnElement[Any]]


Questioner = Callable[[Asked, Context], Question]
"""The function of a search: from what is asked to the question."""


def parameters_of(filters: Iterable[Filter]) -> tuple[SearchParameter, ...]:
    """Return the parameters of filters, to be declared with the search."""
    return tuple(one.parameter for one in filters)


def clauses_of(filters: Iterable[Filter], asked: Asked, context: Context) -> tuple[Clause, ...]:
    """Return one clause for each filter that something was asked of."""
    clauses = []
    for one in filters:
        value = asked[one.parameter.name]
        if value in (None, ()):
            continue
        condition = one.sql(value, context)
        if condition is not None:
            clauses.append(Clause(parameter=one.parameter.name, sql=condition))
    return tuple(clauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSearch:
    """A search that the store knows: what it declares, and what turns its parameters into a question."""

    search: Search
    question: Questioner


def ask(known: KnownSearch, parameters: Mapping[str, object], context: Context) -> tuple[Asked, Question]:
    """Read what is asked of a search and make its question, a condition written by hand included.

    Raises
    ------
    UnknownName, BadValue
        When the search has no such parameter, or a value cannot be read or names what is not there.
    """
    asked = read_parameters(
        known.search,
        parameters,
        today=context.today,
        calendar=context.calendar,
        choices=lambda name: choices_of(context.connection, context.practice_id, name),
    )
    question = known.question(asked, context)
    if asked.where is None:
        return asked, question
    condition = absolute(asked.where, question.named, today=context.today, calendar=context.calendar)
    clause = Clause(parameter="where", sql=sql_of(condition, question.named))
    return Asked({**asked, "where": condition}), replace(question, clauses=(*question.clauses, clause))


def statement_of(question: Question) -> sa.Select[Any]:
    """Return the one statement that finds the rows of a question."""
    return (
        sa.select(*question.read)
        .select_from(question.source)
        .where(*question.base, *(clause.sql for clause in question.clauses))
    )


def frame_of(question: Question, context: Context) -> pd.DataFrame:
    """Ask a question and return its frame."""
    found = context.connection.execute(statement_of(question)).all()
    return question.frame(rows.columns_of(found, [column.name for column in question.read]))
