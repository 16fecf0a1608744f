"""What searches of patients are made of, whether their rows are patients or something that stands in a patient's file.

Conditions on something a patient has several of (papers, insurances) are met by one and the same of them: see
`clauses_on_one`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.fields import folded
from workbench.domain.searches import SearchParameter
from workbench.language import _, marked
from workbench.patients import rows
from workbench.patients.schema import patients
from workbench.patients.searches.addressing import (
    NAMED_OF_PATIENTS,
    PATIENT_READ,
    patient_columns,
    patients_here,
)
from workbench.patients.searches.clauses import Clause, Context, Question, SqlCondition
from workbench.patients.searches.parameters import Asked

Columns = Callable[[Mapping[str, rows.Values]], Mapping[str, Any]]
"""From the columns read to those of the frame that are a search's own."""

_ORDERS = {
    "name": marked("by name"),
    "practitioner": marked("by practitioner"),
    "day": marked("by day"),
    "amount": marked("by amount, the largest first"),
}


def sort_by(*orders: str) -> SearchParameter:
    """Return the parameter that orders the rows, the first one unless said."""
    return SearchParameter(
        name="sort",
        kind="text",
        label=marked("Order of the rows"),
        choices=orders,
        labels=tuple(_ORDERS[one] for one in orders),
        default=orders[0],
        identifies=False,
    )


def question_of(
    asked: Asked,
    context: Context,
    clauses: tuple[Clause, ...],
    *,
    frame: tuple[str, ...],
    columns: Columns,
    table: sa.Table = patients,
    key: str = "patient_id",
    subject: str = "patient",
    base: tuple[SqlCondition, ...] = (),
    beside: tuple[tuple[sa.FromClause, SqlCondition], ...] = (),
    read: tuple[sa.ColumnElement[Any], ...] = (),
    named: Mapping[str, sa.ColumnElement[Any]] | None = None,
    day: str = "",
    amount: str = "",
) -> Question:
    """Return the question of a search whose rows belong to a patient's file.

    Parameters
    ----------
    clauses
        What was asked.
    frame, columns
        The frame's columns in order, and what makes those that are the search's own.
    table, key, subject
        What a row is: a row of this table, known by this key, a subject of this kind.
    base
        What makes a row one of this search, beside being of a patient of the practice.
    beside
        What else a row must be found in, and how.
    read, named
        Further columns read, and further ones that a condition may name.
    day, amount
        The frame's columns that the orders « by day » and « by amount » mean.
    """
    source: sa.FromClause = patients
    own: tuple[sa.ColumnElement[Any], ...] = ()
    if table is not patients:
        source = table.join(
            patients,
            sa.and_(patients.c.practice_id == table.c.practice_id, patients.c.patient_id == table.c.patient_id),
        )
        for other, how in beside:
            source = source.join(other, how)
        own = (table.c[key],)
        base = (table.c.practice_id == context.practice_id, *base)

    def made(found: Mapping[str, rows.Values]) -> pd.DataFrame:
        whole = {
            **patient_columns(found, context),
            "subject_key": rows.text([f"{subject}:{one}" for one in found[key]]),
            key: rows.text(found[key]),
            **columns(found),
        }
        return _sorted(pd.DataFrame(whole, columns=list(frame)), asked.sort, key=key, day=day, amount=amount)

    return Question(
        source=source,
        base=(*patients_here(context.practice_id), *base),
        clauses=clauses,
        read=(*own, *read, *PATIENT_READ),
        frame=made,
        named={**NAMED_OF_PATIENTS, **(named or {})},
    )


def _sorted(frame: pd.DataFrame, sort: str, *, key: str, day: str, amount: str) -> pd.DataFrame:
    """Order the rows: by what was asked, then by name, then by key, so that it never changes."""
    # One text a row is sorted faster than a pair, and read faster from plain objects.
    keys = [f"{_folded(name)}\0{one}" for name, one in zip(_plain(frame["patient"]), _plain(frame[key]), strict=True)]
    order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=int)
    if sort == "day" and day:
        # A missing day would come first: it is the smallest number there is.
        days = frame[day].astype("int64").where(frame[day].notna(), np.iinfo("int64").max).to_numpy()
        order = order[np.argsort(days[order], kind="stable")]
    elif sort == "amount" and amount:
        order = order[np.argsort(-frame[amount].to_numpy()[order], kind="stable")]
    elif sort == "practitioner":
        by_name = np.array([_folded(one) or "\uffff" for one in _plain(frame["practitioner"])], dtype=object)
        order = order[np.argsort(by_name[order], kind="stable")]
    return frame.iloc[order].reset_index(drop=True)


def _plain(column: pd.Series[Any]) -> list[Any]:
    return column.astype(object).tolist()


def _folded(name: Any) -> str:
    if not isinstance(name, str):
        return ""
    return name.lower() if name.isascii() else folded(name)


def clauses_on_one(
    having: Callable[..., SqlCondition], conditions: Sequence[tuple[str, SqlCondition]], *, together: str
) -> tuple[Clause, ...]:
    """Return the clauses of conditions that one row of another table must meet, all of them at once.

    `having` says that the patient has such a row, met by the conditions it is given; `conditions` are pairs of a
    parameter and its condition; `together` is the sentence of the clause that asks all of them of the same row.
    """
    clauses = tuple(Clause(parameter=name, sql=having(condition)) for name, condition in conditions)
    if len(clauses) < 2:
        return clauses
    every = having(*(condition for _name, condition in conditions))
    return (*clauses, Clause(parameter=conditions[-1][0], sql=every, label=_(together)))


# --- ages ---------------------------------------------------------------------------------------------


def latest_birth(day: date, age: int) -> date:
    """Return the latest day of birth of whoever has that age on `day`; born on 29 February, one ages on 1 March."""
    try:
        return day.replace(year=day.year - age)
    except ValueError:  # 29 February, when the other year has none
        return date(day.year - age, 2, 28)


def ages_on(day: date, births: rows.Values) -> list[int | None]:
    """Return ages in years on a day; missing where the day of birth is."""
    number = day.year * 10_000 + day.month * 100 + day.day
    return [
        None if born is None else (number - born.year * 10_000 - born.month * 100 - born.day) // 10_000
        for born in births
    ]
