"""The search on appointments that are no longer as somebody was told: moved to another start, or cancelled since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.domain.searches import Search, SearchParameter
from workbench.language import _, marked
from workbench.patients import rows
from workbench.patients.schema import appointments, contacts
from workbench.patients.searches.addressing import BALANCE, by_gone
from workbench.patients.searches.appointments import (
    APPOINTMENT_FILTERS,
    BY_DECLINER,
    BY_HOURS,
    SORT,
    days_asked,
    question_of,
)
from workbench.patients.searches.clauses import (
    Clause,
    Context,
    Filter,
    KnownSearch,
    Question,
    SqlCondition,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked

_GIVEN_UP = ("cancelled", "postponed")
"""States in which nobody is expected any more, though somebody was told so."""

_CHANGES = {"moved": marked("moved to another time"), "cancelled": marked("cancelled or postponed")}


def _last_told(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    """Return a column of the latest contact that told the start of an appointment."""
    return (
        sa.select(column)
        .where(
            contacts.c.practice_id == appointments.c.practice_id,
            contacts.c.appointment_id == appointments.c.appointment_id,
            # What the former patient of an appointment was told, nobody told the one who has it now.
            contacts.c.patient_id == appointments.c.patient_id,
            contacts.c.told_start.is_not(None),
        )
        .order_by(contacts.c.at.desc(), contacts.c.contact_id.desc())
        .limit(1)
        .correlate(appointments)
        .scalar_subquery()
    )


_TOLD_START = _last_told(contacts.c.told_start)
_TOLD_AT = _last_told(contacts.c.at)
_MOVED = sa.and_(
    appointments.c.state == "upcoming",
    # Where nobody was told by a contact, what counts is where the appointment stood before.
    sa.func.coalesce(_TOLD_START, appointments.c.moved_from) != appointments.c.starts_at,
)
_CANCELLED = sa.and_(appointments.c.state.in_(_GIVEN_UP), _TOLD_START.is_not(None))


def _changed(values: tuple[str, ...], context: Context) -> SqlCondition:
    states = [state for value in values for state in (("upcoming",) if value == "moved" else _GIVEN_UP)]
    return appointments.c.state.in_(states)


_LOOKED_THROUGH = ("upcoming", *_GIVEN_UP)
_DAYS = days_asked(default="today")
_FILTERS = (
    *_DAYS,
    BY_HOURS,
    BY_DECLINER,
    Filter(
        parameter=SearchParameter(
            name="change",
            kind="choice",
            label=marked("What changed"),
            choices=tuple(_CHANGES),
            labels=tuple(_CHANGES.values()),
        ),
        sql=_changed,
    ),
    *APPOINTMENT_FILTERS,
    by_gone("no"),
)


def looked_through(asked: Asked, context: Context) -> sa.Select[tuple[str]]:
    """Return the question for the appointments among which those that moved are found, whatever was told of them."""
    days = [one.sql(asked[one.parameter.name], context) for one in _DAYS if asked[one.parameter.name] is not None]
    return sa.select(appointments.c.appointment_id).where(
        appointments.c.practice_id == context.practice_id,
        appointments.c.state.in_(_LOOKED_THROUGH),
        *(day for day in days if day is not None),
    )


def _question(asked: Asked, context: Context) -> Question:
    differs: SqlCondition = sa.or_(_MOVED, _CANCELLED)
    if context.also:
        differs = sa.or_(differs, rows.among(appointments.c.appointment_id, context.also, context.connection.dialect))
    return question_of(
        asked,
        context,
        _FILTERS,
        base=(appointments.c.state.in_(_LOOKED_THROUGH),),
        clauses=(Clause(parameter="", sql=differs, label=_("No longer as it was told")),),
        read=(_TOLD_START.label("told_start"), _TOLD_AT.label("told_at"), appointments.c.moved_from),
        more=lambda read: _columns(read, context),
    )


def _columns(read: Mapping[str, rows.Values], context: Context) -> dict[str, Any]:
    told = [start or before for start, before in zip(read["told_start"], read["moved_from"], strict=True)]
    at = pd.to_datetime(pd.Series(list(read["told_at"]), dtype=object), utc=True, format="ISO8601", errors="coerce")
    return {
        "told_start": rows.moment(told, context.zone),
        "told_at": at.astype(pd.DatetimeTZDtype("us", "UTC")).dt.tz_convert(context.zone),
        "change": rows.category(
            ["moved" if state == "upcoming" else "cancelled" for state in read["state"]], tuple(_CHANGES)
        ),
    }


MOVED = KnownSearch(
    search=Search(
        name="moved",
        reads=("appointments",),
        label=marked("Moved since the reminder"),
        parameters=(*parameters_of(_FILTERS), BALANCE, SORT),
    ),
    question=_question,
)
