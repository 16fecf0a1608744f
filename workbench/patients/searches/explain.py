"""Tell how a search finds its rows: each condition with its SQL, and how many rows it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.dialects import postgresql, sqlite

from workbench.domain.searches import Search, SearchParameter
from workbench.language import _, language
from workbench.patients import rows
from workbench.patients.searches.choices import labelled_choices
from workbench.patients.searches.clauses import Clause, Context, Question, statement_of
from workbench.patients.searches.parameters import Asked, value_text

EXPLAIN_COLUMNS = ("parameter", "condition", "sql", "alone", "left")
"""One row a condition; the first row is the search without any, the last one all of them.

``alone`` counts the rows that meet this condition, whatever the others; ``left`` those that meet it and all before.
"""


def explain_frame(search: Search, asked: Asked, question: Question, context: Context) -> pd.DataFrame:
    """Return the conditions of a question with their counts; columns `EXPLAIN_COLUMNS`."""
    alone, left = _counts(question, context)
    said = _sentences(search, asked, question.clauses, context)
    lines = [("", _(search.label), _condition(sa.and_(*question.base), question, context), alone[0], left[0])]
    lines += [
        (clause.parameter, sentence, _condition(clause.sql, question, context), met, kept)
        for clause, sentence, met, kept in zip(question.clauses, said, alone[1:], left[1:], strict=True)
    ]
    lines.append(("", _("All together"), _readable(statement_of(question), context), left[-1], left[-1]))
    values = rows.columns_of(lines, EXPLAIN_COLUMNS)
    return pd.DataFrame(
        {
            name: rows.number(values[name]) if name in {"alone", "left"} else rows.text(values[name])
            for name in EXPLAIN_COLUMNS
        }
    )


def _counts(question: Question, context: Context) -> tuple[list[int], list[int]]:
    """Count, in one pass over the rows, those that each clause keeps alone and after the ones before it."""
    conditions = [clause.sql for clause in question.clauses]
    alone = [sa.func.count().filter(one) for one in conditions]
    left = [sa.func.count().filter(sa.and_(*conditions[: place + 1])) for place in range(len(conditions))]
    # The counts of a statement are told apart by their place.
    counted = [one.label(f"count_{place}") for place, one in enumerate((sa.func.count(), *alone, *left))]
    statement = sa.select(*counted).select_from(question.source).where(*question.base)
    found = [int(one) for one in context.connection.execute(statement).one()]
    every, middle = found[0], 1 + len(conditions)
    return [every, *found[1:middle]], [every, *found[middle:]]


def _sentences(search: Search, asked: Asked, clauses: Sequence[Clause], context: Context) -> list[str]:
    known = {parameter.name: parameter for parameter in search.parameters}
    choices = {name: dict(pairs) for name, pairs in labelled_choices(context.connection, context.practice_id).items()}
    return [
        clause.label or sentence_of(known[clause.parameter], asked[clause.parameter], choices) for clause in clauses
    ]


def sentence_of(parameter: SearchParameter, value: Any, choices: Mapping[str, Mapping[str, str]]) -> str:
    """Return a parameter and what is asked of it as a person reads it, « Practitioner: Dr Molaire »."""
    if isinstance(value, bool):
        shown = _("yes") if value else _("no")
    elif isinstance(value, date):
        shown = format_date(value, format="long", locale=language())
    elif isinstance(value, tuple) and parameter.kind == "choice":
        fixed = {value: _(words) for value, words in parameter.words.items()}
        names = {**choices.get(parameter.name, {}), **fixed}
        shown = ", ".join(names.get(one) or str(one) for one in value)
    else:
        shown = value_text(parameter, value)
    return _("{label}: {value}").format(label=_(parameter.heading), value=shown)


_HERE: sa.ColumnElement[bool] = sa.literal_column("'here'")


def _condition(condition: sa.ColumnElement[bool], question: Question, context: Context) -> str:
    """Return a condition as it stands in the statement of its question: subqueries look at the row around them."""
    whole = sa.select(sa.literal(1)).select_from(question.source).where(_HERE, condition)
    return _readable(whole, context).partition("'here' AND ")[2]


def _readable(statement: sa.ClauseElement, context: Context) -> str:
    """Return SQL with its values in it, as somebody would write it by hand."""
    # With named parameters, a percent sign stands for itself.
    module = postgresql if context.connection.dialect.name == "postgresql" else sqlite
    dialect = module.dialect(paramstyle="named")
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
