"""The search on patients whose file was made lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import NEW_PATIENT_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.schema import patients
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
from workbench.patients.searches.patients import CREATED_FROM, CREATED_TO
from workbench.patients.searches.visits import came, first_visit, is_expected, next_appointment


def _first_appointment(stages: tuple[str, ...], context: Context) -> SqlCondition:
    kept, expected = came(context), is_expected(context)
    conditions = {"kept": kept, "to_come": sa.and_(~kept, expected), "none": sa.and_(~kept, ~expected)}
    return sa.or_(*(conditions[one] for one in stages))


_FILTERS = (
    Filter(parameter=replace(CREATED_FROM, default="J-30"), sql=lambda day, context: patients.c.created_on >= day),
    Filter(parameter=replace(CREATED_TO, default="today"), sql=lambda day, context: patients.c.created_on <= day),
    Filter(
        parameter=SearchParameter(
            name="first_appointment",
            kind="choice",
            label=marked("First appointment"),
            choices=("kept", "to_come", "none"),
            labels=(marked("kept"), marked("to come"), marked("none yet")),
        ),
        sql=_first_appointment,
    ),
    *PATIENT_FILTERS,
)


def _question(asked: Asked, context: Context) -> Question:
    came_first, comes_next = first_visit(context), next_appointment(context)

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        return {
            "created_on": rows.day(found["created_on"]),
            "first_visit": rows.day([one and one.date() for one in found["first_visit"]]),
            "next_appointment": rows.moment(found["next_appointment"], context.zone),
        }

    return question_of(
        asked,
        context,
        clauses_of(_FILTERS, asked, context),
        frame=NEW_PATIENT_COLUMNS,
        columns=columns,
        read=(
            patients.c.created_on,
            came_first.label("first_visit"),
            comes_next.label("next_appointment"),
        ),
        named={"first_visit": came_first, "next_appointment": comes_next},
        day="created_on",
    )


NEW_PATIENTS = KnownSearch(
    search=Search(
        name="new_patients",
        reads=("patients", "appointments"),
        label=marked("New patients"),
        kind="patients",
        parameters=(*parameters_of(_FILTERS), sort_by("day", "name", "practitioner")),
    ),
    question=_question,
)
