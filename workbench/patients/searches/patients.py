"""The directory of patients: anybody who has a file, by name, age, city, visits, insurer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendar import day_bounds
from workbench.domain.frames import DIRECTORY_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.money import balance_cents
from workbench.patients.schema import patient_insurances, patients, treatment_plans
from workbench.patients.searches.addressing import BALANCE, PATIENT_FILTERS, is_one_of
from workbench.patients.searches.clauses import (
    Context,
    Filter,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.folding import holds_words
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import ages_on, latest_birth, question_of, sort_by
from workbench.patients.searches.visits import (
    BY_UPCOMING,
    came,
    has_visit,
    last_visit,
    months_before,
    next_appointment,
)

OLDEST = 130


def _aged_from(age: int, context: Context) -> SqlCondition:
    return patients.c.birth_date <= latest_birth(context.today, age)


def _aged_to(age: int, context: Context) -> SqlCondition:
    return patients.c.birth_date > latest_birth(context.today, age + 1)


def _came_from(day: date, context: Context) -> SqlCondition:
    return came(context, since=day_bounds(day, day)[0])


def _came_until(day: date, context: Context) -> SqlCondition:
    """Say that the last visit was on a day or before: there is one, and none after it."""
    midnight = day_bounds(day, day)[1]
    return sa.and_(has_visit(context, "present", ("<", midnight)), ~came(context, since=midnight))


def _insured_by(insurer_ids: tuple[str, ...], context: Context) -> SqlCondition:
    cover = patient_insurances.c
    return sa.exists().where(
        cover.practice_id == context.practice_id,
        cover.patient_id == patients.c.patient_id,
        is_one_of(cover.insurer_id, insurer_ids),
        sa.or_(cover.valid_until.is_(None), cover.valid_until >= context.today),
    )


def _in_treatment(wanted: bool, context: Context) -> SqlCondition:
    plan = treatment_plans.c
    running = sa.exists().where(
        plan.practice_id == context.practice_id,
        plan.patient_id == patients.c.patient_id,
        plan.starts_on <= context.today,
        sa.or_(plan.ends_on.is_(None), plan.ends_on >= context.today),
    )
    return running if wanted else ~running


BY_NAME = Filter(
    parameter=SearchParameter(name="name", kind="words", label=marked("Words of the name")),
    sql=lambda words, context: holds_words(words, patients.c.last_name, patients.c.first_name, patients.c.birth_name),
)
CREATED_FROM = SearchParameter(name="created_from", kind="day", label=marked("File created from (included)"))
CREATED_TO = SearchParameter(name="created_to", kind="day", label=marked("File created until (included)"))

_FILTERS = (
    BY_NAME,
    Filter(
        parameter=SearchParameter(
            name="age_from", kind="number", label=marked("Age from (included)"), least=0, most=OLDEST
        ),
        sql=_aged_from,
    ),
    Filter(
        parameter=SearchParameter(
            name="age_to", kind="number", label=marked("Age to (included)"), least=0, most=OLDEST
        ),
        sql=_aged_to,
    ),
    Filter(
        parameter=SearchParameter(name="last_visit_from", kind="day", label=marked("Last visit from (included)")),
        sql=_came_from,
    ),
    Filter(
        parameter=SearchParameter(name="last_visit_to", kind="day", label=marked("Last visit until (included)")),
        sql=_came_until,
    ),
    Filter(
        parameter=SearchParameter(
            name="no_visit_for",
            kind="number",
            label=marked("Last visit at least so many months ago"),
            least=1,
            most=1200,
        ),
        sql=lambda months, context: _came_until(months_before(context.today, months), context),
    ),
    Filter(
        parameter=SearchParameter(name="seen", kind="yes_no", label=marked("Came at least once")),
        sql=lambda wanted, context: came(context) if wanted else ~came(context),
    ),
    BY_UPCOMING,
    Filter(parameter=CREATED_FROM, sql=lambda day, context: patients.c.created_on >= day),
    Filter(parameter=CREATED_TO, sql=lambda day, context: patients.c.created_on <= day),
    Filter(
        parameter=SearchParameter(name="insurer", kind="choice", label=marked("Complementary insurer")),
        sql=_insured_by,
    ),
    Filter(
        parameter=SearchParameter(name="in_treatment", kind="yes_no", label=marked("In treatment")),
        sql=_in_treatment,
    ),
    *PATIENT_FILTERS,
)
_SORT = sort_by("name", "practitioner")


def _question(asked: Asked, context: Context) -> Question:
    came_last, comes_next = last_visit(context), next_appointment(context)
    owed = balance_cents(patients.c.patient_id, context.practice_id)
    read: tuple[sa.ColumnElement[Any], ...] = (
        patients.c.birth_date,
        patients.c.city,
        came_last.label("last_visit"),
        comes_next.label("next_appointment"),
    )

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        return {
            "birth_date": rows.day(found["birth_date"]),
            "age": rows.number(ages_on(context.today, found["birth_date"])),
            "last_visit": rows.day([one and one.date() for one in found["last_visit"]]),
            "next_appointment": rows.moment(found["next_appointment"], context.zone),
            "balance": rows.money(found.get("balance_cents", (None,) * len(found["patient_id"]))),
            "city": rows.text(found["city"]),
        }

    return question_of(
        asked,
        context,
        clauses_of(_FILTERS, asked, context),
        frame=DIRECTORY_COLUMNS,
        columns=columns,
        read=(*read, owed.label("balance_cents")) if asked.balance else read,
        named={"last_visit": came_last, "next_appointment": comes_next, "balance": owed / 100.0},
    )


PATIENTS = KnownSearch(
    search=Search(
        name="patients",
        reads=("patients",),
        label=marked("Directory of patients"),
        kind="patients",
        parameters=(*parameters_of(_FILTERS), BALANCE, _SORT),
    ),
    question=_question,
)
