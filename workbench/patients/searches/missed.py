"""The search on missed appointments, by request without those of patients who are coming or came back (F149, F150)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients.schema import appointments
from workbench.patients.searches.addressing import BALANCE, by_gone
from workbench.patients.searches.appointments import (
    APPOINTMENT_FILTERS,
    BY_HOURS,
    SORT,
    days_asked,
    question_of,
)
from workbench.patients.searches.clauses import Context, Filter, KnownSearch, Question, SqlCondition, parameters_of
from workbench.patients.searches.parameters import Asked


def _another(state: str) -> tuple[sa.FromClause, tuple[SqlCondition, ...]]:
    """Return another appointment of the same patient, in a given state, after the one looked at."""
    other = appointments.alias(f"{state}_later")
    return other, (
        other.c.practice_id == appointments.c.practice_id,
        other.c.patient_id == appointments.c.patient_id,
        other.c.state == state,
        other.c.starts_at > appointments.c.starts_at,
    )


def _nobody_expected(wanted: bool, context: Context) -> SqlCondition | None:
    upcoming, later = _another("upcoming")
    midnight = datetime.combine(context.today, datetime.min.time())
    return ~sa.exists().where(*later, upcoming.c.starts_at >= midnight) if wanted else None


def _never_back(wanted: bool, context: Context) -> SqlCondition | None:
    _present, later = _another("present")
    return ~sa.exists().where(*later) if wanted else None


_FILTERS = (
    *days_asked(),
    BY_HOURS,
    *APPOINTMENT_FILTERS,
    by_gone("yes"),
    Filter(
        parameter=SearchParameter(
            name="exclude_upcoming",
            kind="yes_no",
            label=marked("Leave out patients who have an upcoming appointment"),
            default="no",
        ),
        sql=_nobody_expected,
    ),
    Filter(
        parameter=SearchParameter(
            name="exclude_returned",
            kind="yes_no",
            label=marked("Leave out patients who came back after the missed appointment"),
            default="no",
        ),
        sql=_never_back,
    ),
)


def _question(asked: Asked, context: Context) -> Question:
    return question_of(asked, context, _FILTERS, base=(appointments.c.state == "missed",))


MISSED = KnownSearch(
    search=Search(
        name="missed",
        reads=("appointments",),
        label=marked("Missed appointments"),
        parameters=(*parameters_of(_FILTERS), BALANCE, SORT),
    ),
    question=_question,
)
