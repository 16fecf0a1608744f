"""The search on patients who came on a day, for the advice after a treatment."""

from __future__ import annotations

from workbench.domain.searches import Search
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
from workbench.patients.searches.clauses import Context, KnownSearch, Question, parameters_of
from workbench.patients.searches.parameters import Asked

_FILTERS = (*days_asked(default="today", one_day=True), BY_HOURS, *APPOINTMENT_FILTERS, by_gone("no"))


def _question(asked: Asked, context: Context) -> Question:
    return question_of(asked, context, _FILTERS, base=(appointments.c.state == "present",))


SEEN = KnownSearch(
    search=Search(
        name="seen",
        reads=("appointments",),
        label=marked("Seen on a day"),
        parameters=(*parameters_of(_FILTERS), BALANCE, SORT),
    ),
    question=_question,
)
