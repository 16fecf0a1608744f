"""When a patient came last, and comes next: columns, conditions and filters that several searches share."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendar import day_bounds
from workbench.domain.searches import SearchParameter
from workbench.language import marked
from workbench.patients.schema import appointments, patients
from workbench.patients.searches.clauses import Context, Filter, SqlCondition


def has_visit(context: Context, state: str, *bounds: tuple[str, datetime | sa.ColumnElement[Any]]) -> SqlCondition:
    """Say that the patient has an appointment in a state, from (``>=``) and before (``<``) these moments."""
    return sa.exists().where(*_of_patient(context, visit := appointments.alias(), state), *_within(visit, bounds))


def came(context: Context, since: datetime | sa.ColumnElement[Any] | None = None) -> SqlCondition:
    """Say that the patient was present at an appointment until today, from a moment on if one is given."""
    bounds = () if since is None else ((">=", since),)
    return has_visit(context, "present", *bounds, ("<", _midnight_to_come(context)))


def is_expected(context: Context) -> SqlCondition:
    """Say that the patient has an upcoming appointment, from today on."""
    return has_visit(context, "upcoming", (">=", _midnight(context.today)))


def last_visit(context: Context) -> sa.ColumnElement[Any]:
    """Return when the patient came last, today included."""
    visit = appointments.alias("last_visits")
    before = visit.c.starts_at < _midnight_to_come(context)
    return _looked_up(sa.func.max(visit.c.starts_at), *_of_patient(context, visit, "present"), before)


def first_visit(context: Context) -> sa.ColumnElement[Any]:
    """Return when the patient came first."""
    visit = appointments.alias("first_visits")
    return _looked_up(sa.func.min(visit.c.starts_at), *_of_patient(context, visit, "present"))


def next_appointment(context: Context) -> sa.ColumnElement[Any]:
    """Return the patient's first upcoming appointment, from today on."""
    visit = appointments.alias("next_appointments")
    after = visit.c.starts_at >= _midnight(context.today)
    return _looked_up(sa.func.min(visit.c.starts_at), *_of_patient(context, visit, "upcoming"), after)


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def without_expected(default: str) -> Filter:
    """Return the filter that leaves out patients who come anyway."""
    return Filter(
        parameter=SearchParameter(
            name="exclude_upcoming",
            kind="yes_no",
            label=marked("Leave out patients who have an upcoming appointment"),
            default=default,
        ),
        sql=lambda wanted, context: ~is_expected(context) if wanted else None,
    )


def _expected(wanted: bool, context: Context) -> SqlCondition:
    return is_expected(context) if wanted else ~is_expected(context)


BY_UPCOMING = Filter(
    parameter=SearchParameter(name="upcoming", kind="yes_no", label=marked("With an upcoming appointment")),
    sql=_expected,
)


def _of_patient(context: Context, visit: sa.FromClause, state: str) -> tuple[SqlCondition, ...]:
    return (
        visit.c.practice_id == context.practice_id,
        visit.c.patient_id == patients.c.patient_id,
        visit.c.state == state,
    )


def _within(visit: sa.FromClause, bounds: tuple[tuple[str, Any], ...]) -> list[SqlCondition]:
    starts_at = visit.c.starts_at
    return [starts_at >= moment if how == ">=" else starts_at < moment for how, moment in bounds]


def _looked_up(value: sa.ColumnElement[Any], *where: SqlCondition) -> sa.ColumnElement[Any]:
    return sa.select(value).where(*where).correlate(patients).scalar_subquery()


def _midnight(day: date) -> datetime:
    return day_bounds(day, day)[0]


def _midnight_to_come(context: Context) -> datetime:
    return day_bounds(context.today, context.today)[1]
