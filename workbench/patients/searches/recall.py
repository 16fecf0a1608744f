"""The search on recalls: who is due for a check-up and has not come for it, nor is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendar import months_between
from workbench.domain.frames import RECALL_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.schema import recalls
from workbench.patients.searches.addressing import PATIENT_FILTERS
from workbench.patients.searches.clauses import (
    Context,
    Filter,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import question_of, sort_by
from workbench.patients.searches.row_by_row import RowByRow, holds_one_of
from workbench.patients.searches.visits import came, last_visit, without_expected


def _not_back(wanted: bool, context: Context) -> SqlCondition | None:
    return ~came(context, since=sa.type_coerce(recalls.c.due_on, sa.DateTime())) if wanted else None


_FILTERS = (
    Filter(
        parameter=SearchParameter(name="start", kind="day", label=marked("Due from (included)")),
        sql=lambda day, context: recalls.c.due_on >= day,
    ),
    Filter(
        parameter=SearchParameter(name="end", kind="day", label=marked("Due until (included)"), default="today"),
        sql=lambda day, context: recalls.c.due_on <= day,
    ),
    Filter(
        parameter=SearchParameter(
            name="rank", kind="number", label=marked("Which recall: 1 is the first"), least=1, most=99
        ),
        sql=lambda rank, context: recalls.c.rank == rank,
    ),
    Filter(
        parameter=SearchParameter(name="reason", kind="choice", label=marked("Reason of the recall")),
        sql=lambda values, context: holds_one_of(recalls.c.reason, values),
    ),
    without_expected("yes"),
    Filter(
        parameter=SearchParameter(
            name="exclude_returned",
            kind="yes_no",
            label=marked("Leave out patients who came since the recall was due"),
            default="yes",
        ),
        sql=_not_back,
    ),
    *PATIENT_FILTERS,
)


def _question(asked: Asked, context: Context) -> Question:
    came_last = last_visit(context)

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        visits = [one and one.date() for one in found["last_visit"]]
        return {
            "due_on": rows.day(found["due_on"]),
            "rank": rows.number(found["rank"]),
            "reason": rows.category(found["reason"]),
            "months_since_visit": rows.number([one and months_between(one, context.today) for one in visits]),
            "last_visit": rows.day(visits),
        }

    return question_of(
        asked,
        context,
        clauses_of(_FILTERS, asked, context),
        frame=RECALL_COLUMNS,
        columns=columns,
        table=recalls,
        key="recall_id",
        subject="recall",
        base=(recalls.c.done_on.is_(None),),
        read=(recalls.c.due_on, recalls.c.rank, recalls.c.reason, came_last.label("last_visit")),
        named={
            "due_on": recalls.c.due_on,
            "rank": recalls.c.rank,
            "reason": RowByRow(recalls.c.reason),
            "last_visit": came_last,
        },
        day="due_on",
    )


RECALL = KnownSearch(
    search=Search(
        name="recall",
        reads=("recalls", "appointments"),
        label=marked("Recalls for a check-up"),
        kind="patients",
        parameters=(*parameters_of(_FILTERS), sort_by("day", "name", "practitioner")),
    ),
    question=_question,
)
