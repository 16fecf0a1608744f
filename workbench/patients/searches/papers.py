"""The search on papers that patients were asked for and have not brought yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import PAPER_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.schema import papers, patients
from workbench.patients.searches.addressing import PATIENT_FILTERS
from workbench.patients.searches.clauses import (
    Context,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import clauses_on_one, question_of, sort_by
from workbench.patients.searches.row_by_row import holds_one_of
from workbench.patients.searches.visits import BY_UPCOMING

_PARAMETERS = (
    SearchParameter(name="paper", kind="choice", label=marked("Kind of paper")),
    SearchParameter(name="asked_before", kind="day", label=marked("Asked for before (that day not included)")),
    SearchParameter(name="overdue", kind="yes_no", label=marked("Past the day it was expected on")),
)
_FILTERS = (BY_UPCOMING, *PATIENT_FILTERS)


def _conditions(asked: Asked, context: Context) -> list[tuple[str, SqlCondition]]:
    paper = papers.c
    conditions: list[tuple[str, SqlCondition]] = []
    if asked.paper:
        conditions.append(("paper", holds_one_of(paper.kind, asked.paper)))
    if asked.asked_before is not None:
        conditions.append(("asked_before", paper.asked_on < asked.asked_before))
    if asked.overdue is not None:
        late = sa.and_(paper.due_on.is_not(None), paper.due_on < context.today)
        conditions.append(("overdue", late if asked.overdue else ~late))
    return conditions


def _question(asked: Asked, context: Context) -> Question:
    missing = (papers.c.practice_id == context.practice_id, papers.c.received_on.is_(None))
    conditions = _conditions(asked, context)

    def lacks(*which: SqlCondition) -> SqlCondition:
        # One pass over the papers is faster than a look at those of each patient.
        return patients.c.patient_id.in_(sa.select(papers.c.patient_id).where(*missing, *which))

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        labels: dict[str, list[str]] = {}
        oldest: dict[str, Any] = {}
        occasions: dict[str, list[str]] = {}
        for patient_id, paper_id, label, asked_on in context.connection.execute(
            sa.select(papers.c.patient_id, papers.c.paper_id, papers.c.label, papers.c.asked_on)
            .where(
                *missing,
                *(condition for _name, condition in conditions),
                rows.among(papers.c.patient_id, found["patient_id"], context.connection.dialect),
            )
            .order_by(papers.c.asked_on, papers.c.paper_id)
        ):
            labels.setdefault(patient_id, []).append(label)
            oldest.setdefault(patient_id, asked_on)
            occasions.setdefault(patient_id, []).append(f"patient:{patient_id}@paper:{paper_id}")
        return {
            "papers": rows.text([", ".join(labels[one]) for one in found["patient_id"]]),
            "papers_count": rows.number([len(labels[one]) for one in found["patient_id"]]),
            "oldest_asked_on": rows.day([oldest[one] for one in found["patient_id"]]),
            "occasions": [occasions[one] for one in found["patient_id"]],
        }

    return question_of(
        asked,
        context,
        (
            *clauses_on_one(lacks, conditions, together=marked("All of this of one and the same paper")),
            *clauses_of(_FILTERS, asked, context),
        ),
        frame=PAPER_COLUMNS,
        columns=columns,
        base=(lacks(),),
        day="oldest_asked_on",
    )


PAPERS = KnownSearch(
    search=Search(
        name="papers",
        reads=("papers",),
        label=marked("Missing papers"),
        kind="patients",
        parameters=(*_PARAMETERS, *parameters_of(_FILTERS), sort_by("day", "name", "practitioner")),
    ),
    question=_question,
)
