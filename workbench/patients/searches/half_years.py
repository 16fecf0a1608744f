"""The search on half-years of orthodontic treatment that end soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import HALF_YEAR_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.schema import prior_agreements, treatment_plans
from workbench.patients.searches.addressing import PATIENT_FILTERS
from workbench.patients.searches.clauses import (
    Context,
    Filter,
    KnownSearch,
    Question,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import question_of, sort_by
from workbench.patients.searches.visits import BY_UPCOMING, next_appointment

_FILTERS = (
    Filter(
        parameter=SearchParameter(
            name="start", kind="day", label=marked("Half-year ends from (included)"), default="today"
        ),
        sql=lambda day, context: treatment_plans.c.ends_on >= day,
    ),
    Filter(
        parameter=SearchParameter(
            name="end", kind="day", label=marked("Half-year ends until (included)"), default="J+30"
        ),
        sql=lambda day, context: treatment_plans.c.ends_on <= day,
    ),
    BY_UPCOMING,
    *PATIENT_FILTERS,
)


def _question(asked: Asked, context: Context) -> Question:
    plan = treatment_plans.c
    agreed_until = (
        sa.select(prior_agreements.c.valid_until)
        .where(
            prior_agreements.c.practice_id == context.practice_id,
            # The patient is named for the index alone.
            prior_agreements.c.patient_id == plan.patient_id,
            prior_agreements.c.plan_id == plan.plan_id,
        )
        .order_by(prior_agreements.c.asked_on.desc(), prior_agreements.c.agreement_id.desc())
        .limit(1)
        .correlate(treatment_plans)
        .scalar_subquery()
    )
    comes_next = next_appointment(context)

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        return {
            "title": rows.text(found["title"]),
            "semester": rows.number(found["semester"]),
            "semesters": rows.number(found["semesters"]),
            "ends_on": rows.day(found["ends_on"]),
            "agreement_until": rows.day(found["agreement_until"]),
            "next_appointment": rows.moment(found["next_appointment"], context.zone),
        }

    return question_of(
        asked,
        context,
        clauses_of(_FILTERS, asked, context),
        frame=HALF_YEAR_COLUMNS,
        columns=columns,
        table=treatment_plans,
        key="plan_id",
        subject="plan",
        # Other plans end too: those that count half-years are orthodontic.
        base=(plan.semester.is_not(None),),
        read=(
            plan.title, plan.semester, plan.semesters, plan.ends_on, agreed_until.label("agreement_until"),
            comes_next.label("next_appointment"),
        ),
        named={
            "title": plan.title, "stage": plan.stage, "semester": plan.semester, "semesters": plan.semesters,
            "ends_on": plan.ends_on, "agreement_until": agreed_until, "next_appointment": comes_next,
        },
        day="ends_on",
    )  # fmt: skip


HALF_YEARS = KnownSearch(
    search=Search(
        name="half_years",
        reads=("plans", "agreements"),
        label=marked("Half-years that end"),
        kind="patients",
        parameters=(*parameters_of(_FILTERS), sort_by("day", "name", "practitioner")),
    ),
    question=_question,
)
