"""The search on complementary insurances that end soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import INSURANCE_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.schema import insurers, patient_insurances, patients
from workbench.patients.searches.addressing import PATIENT_FILTERS, is_one_of
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
from workbench.patients.searches.visits import BY_UPCOMING

_PARAMETERS = (
    SearchParameter(name="start", kind="day", label=marked("Valid until, from (included)"), default="today"),
    SearchParameter(name="end", kind="day", label=marked("Valid until, to (included)"), default="J+60"),
    SearchParameter(name="insurer", kind="choice", label=marked("Complementary insurer")),
)
_FILTERS = (BY_UPCOMING, *PATIENT_FILTERS)


def _not_followed(context: Context) -> SqlCondition:
    """Say that no other insurance of the same kind covers the patient for longer: whoever changed needs no letter."""
    other, its, mine = patient_insurances.alias("other_cover"), insurers.alias("other_insurer"), insurers
    follows = sa.or_(
        other.c.valid_until.is_(None),
        other.c.valid_until > patient_insurances.c.valid_until,
    )
    kind = sa.select(mine.c.kind).where(
        mine.c.practice_id == context.practice_id, mine.c.insurer_id == patient_insurances.c.insurer_id
    )
    return ~sa.exists(
        sa.select(1)
        .select_from(
            other.join(its, sa.and_(its.c.practice_id == other.c.practice_id, its.c.insurer_id == other.c.insurer_id))
        )
        .where(
            other.c.practice_id == context.practice_id,
            other.c.patient_id == patient_insurances.c.patient_id,
            other.c.insurer_id != patient_insurances.c.insurer_id,
            follows,
            sa.func.coalesce(its.c.kind, "")
            == sa.func.coalesce(kind.correlate(patient_insurances).scalar_subquery(), ""),
        )
        .correlate(patient_insurances)
    )


def _question(asked: Asked, context: Context) -> Question:
    cover = patient_insurances.c
    ends = (cover.practice_id == context.practice_id, cover.valid_until.is_not(None), _not_followed(context))
    conditions: list[tuple[str, SqlCondition]] = [("end", cover.valid_until.between(asked.start, asked.end))]
    if asked.insurer:
        conditions.append(("insurer", is_one_of(cover.insurer_id, asked.insurer)))

    def loses(*which: SqlCondition) -> SqlCondition:
        # One pass over the insurances is faster than a look at those of each patient.
        return patients.c.patient_id.in_(sa.select(cover.patient_id).where(*which, *ends))

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        first: dict[str, Any] = {}
        for row in context.connection.execute(
            sa.select(
                cover.patient_id,
                cover.insurer_id,
                cover.member_number,
                cover.valid_until,
                insurers.c.name,
            )
            .select_from(
                patient_insurances.join(
                    insurers,
                    sa.and_(insurers.c.practice_id == cover.practice_id, insurers.c.insurer_id == cover.insurer_id),
                )
            )
            .where(
                *ends,
                *(condition for _name, condition in conditions),
                rows.among(cover.patient_id, found["patient_id"], context.connection.dialect),
            )
            .order_by(cover.valid_until, cover.insurer_id)
        ):
            first.setdefault(row.patient_id, row)
        # Asked for without any condition, the search has rows whose insurance ends on other days.
        told = [first.get(one) for one in found["patient_id"]]
        return {
            "insurer": rows.category([row and row.name for row in told]),
            "insurer_id": rows.text([row and row.insurer_id for row in told]),
            "member_number": rows.text([row and row.member_number for row in told]),
            "valid_until": rows.day([row and row.valid_until for row in told]),
            "occasions": [
                [f"patient:{row.patient_id}@insurer:{row.insurer_id}:{row.valid_until.isoformat()}"] if row else []
                for row in told
            ],
        }

    return question_of(
        asked,
        context,
        (
            *clauses_on_one(loses, conditions, together=marked("All of this of one and the same insurance")),
            *clauses_of(_FILTERS, asked, context),
        ),
        frame=INSURANCE_COLUMNS,
        columns=columns,
        day="valid_until",
    )


INSURERS = KnownSearch(
    search=Search(
        name="insurers",
        reads=("insurances",),
        label=marked("Complementary insurances that end"),
        kind="patients",
        parameters=(*_PARAMETERS, *parameters_of(_FILTERS), sort_by("day", "name", "practitioner")),
    ),
    question=_question,
)
