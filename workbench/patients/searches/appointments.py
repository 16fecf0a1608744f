"""The search on appointments (F120 to F135), and what every search whose rows are appointments is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendar import day_bounds
from workbench.domain.fields import folded
from workbench.domain.frames import APPOINTMENT_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.money import balance_cents
from workbench.patients.schema import DECLINERS, STATES, appointments, chairs, patients
from workbench.patients.searches.addressing import (
    BALANCE,
    BY_CITY,
    BY_EMAIL,
    BY_FAMILY,
    BY_FILE_STATE,
    BY_GROUP,
    BY_LANGUAGE,
    BY_PATIENT_TYPE,
    BY_POSTCODE,
    NAMED_OF_PATIENTS,
    PATIENT_READ,
    PRACTITIONER,
    REMARK,
    SITE,
    by_gone,
    is_one_of,
    minor_at,
    patient_columns,
)
from workbench.patients.searches.clauses import (
    Clause,
    Context,
    Filter,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.folding import holds_words
from workbench.patients.searches.moments import ClockTime
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.row_by_row import RowByRow, holds_one_of
from workbench.patients.spans import durations_of

_SORTS = {
    "time": marked("by time"),
    "name": marked("by name"),
    "practitioner": marked("by practitioner"),
    "chair": marked("by chair"),
    "nature": marked("by nature"),
    "state": marked("by state"),
    "patient_type": marked("by patient type"),
}
_STATE_WORDS = {
    "upcoming": marked("upcoming"),
    "missed": marked("missed"),
    "postponed": marked("postponed"),
    "present": marked("came"),
    "cancelled": marked("cancelled"),
    "excused": marked("excused"),
}
_DECLINER_WORDS = {"practice": marked("by the practice"), "patient": marked("by the patient")}

# --- the filters --------------------------------------------------------------------------------------


def _hours(span: tuple[int, int], context: Context) -> SqlCondition:
    first, last = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in span)
    return ClockTime(appointments.c.starts_at).between(first, last)


def _at_site(values: tuple[str, ...], context: Context) -> SqlCondition:
    # An appointment that names no site takes place where its chair stands.
    stands = sa.select(chairs.c.chair_id).where(
        chairs.c.practice_id == context.practice_id, is_one_of(chairs.c.site_id, values)
    )
    at_chair = sa.and_(appointments.c.site_id.is_(None), appointments.c.chair_id.in_(stands))
    return sa.or_(is_one_of(appointments.c.site_id, values), at_chair)


def _minors(wanted: bool, context: Context) -> SqlCondition:
    minor = minor_at(appointments.c.starts_at)
    return minor if wanted else ~minor


def _from(column: sa.Column[Any]) -> Callable[[date, Context], SqlCondition]:
    return lambda day, context: column >= day_bounds(day, day)[0]


def _until(column: sa.Column[Any]) -> Callable[[date, Context], SqlCondition]:
    return lambda day, context: column < day_bounds(day, day)[1]


def _by(
    name: str,
    label: str,
    column: sa.Column[Any],
    words: Mapping[str, str] | None = None,
    default: str | None = None,
    short: str = "",
) -> Filter:
    choices = words or {}
    parameter = SearchParameter(
        name=name,
        kind="choice",
        label=label,
        short=short,
        choices=tuple(choices),
        labels=tuple(choices.values()),
        default=default,
    )
    holds = is_one_of if choices else holds_one_of
    return Filter(parameter=parameter, sql=lambda values, context: holds(column, values))


def days_asked(*, default: str | None = None, one_day: bool = False) -> tuple[Filter, Filter]:
    """Return the filters ``start`` and ``end``, both included; `one_day` makes one day of a start alone."""
    start = SearchParameter(name="start", kind="day", label=marked("From (included)"), default=default)
    end = SearchParameter(name="end", kind="day", label=marked("To (included)"), follows="start" if one_day else None)
    return (
        Filter(parameter=start, sql=_from(appointments.c.starts_at)),
        Filter(parameter=end, sql=_until(appointments.c.starts_at)),
    )


def by_state(default: str | None = None) -> Filter:
    """Return the filter on what became of the appointment."""
    return _by("state", marked("State of the appointment"), appointments.c.state, _STATE_WORDS, default)


BY_HOURS = Filter(
    parameter=SearchParameter(
        name="hours", kind="hours", label=marked("Hours between, as 07:00-21:00"), short=marked("Hours")
    ),
    sql=_hours,
)
BY_DECLINER = _by("by", marked("Declined by"), appointments.c.declined_by, _DECLINER_WORDS)

APPOINTMENT_FILTERS = (
    Filter(parameter=PRACTITIONER, sql=lambda values, context: is_one_of(appointments.c.practitioner_id, values)),
    _by("chair", marked("Chair, by code or name"), appointments.c.chair_id, short=marked("Chair")),
    _by("nature", marked("Nature"), appointments.c.nature),
    _by("type", marked("Type of appointment"), appointments.c.kind, short=marked("Type")),
    BY_FAMILY,
    BY_GROUP,
    BY_PATIENT_TYPE,
    BY_FILE_STATE,
    Filter(parameter=SITE, sql=_at_site),
    Filter(
        parameter=SearchParameter(name="forced", kind="yes_no", label=marked("Forced into the agenda")),
        sql=lambda wanted, context: appointments.c.forced == wanted,
    ),
    Filter(
        parameter=SearchParameter(
            name="minors", kind="yes_no", label=marked("Minors at the appointment"), short=marked("Minors")
        ),
        sql=_minors,
    ),
    BY_EMAIL,
    BY_LANGUAGE,
    BY_CITY,
    BY_POSTCODE,
    Filter(
        parameter=SearchParameter(
            name="made_from", kind="day", label=marked("Made from (included)"), short=marked("Made from")
        ),
        sql=_from(appointments.c.made_on),
    ),
    Filter(
        parameter=SearchParameter(
            name="made_to", kind="day", label=marked("Made until (included)"), short=marked("Made until")
        ),
        sql=_until(appointments.c.made_on),
    ),
    Filter(
        parameter=REMARK,
        sql=lambda words, context: holds_words(words, appointments.c.remark, patients.c.remark),
    ),
)
"""The filters of every search on appointments, beside its days, its states, and `by_gone`."""

SORT = SearchParameter(
    name="sort",
    kind="text",
    label=marked("Order of the rows"),
    choices=tuple(_SORTS),
    labels=tuple(_SORTS.values()),
    default="time",
    identifies=False,
)

# --- the question -------------------------------------------------------------------------------------

_READ = (
    *(
        appointments.c[name]
        for name in (
            "appointment_id", "starts_at", "ends_at", "duration", "state", "declined_by", "nature", "kind", "forced",
            "chair_id", "practitioner_id", "remark",
        )
    ),
    *PATIENT_READ,
)  # fmt: skip

NAMED_OF_APPOINTMENTS: Mapping[str, sa.ColumnElement[Any]] = {
    **NAMED_OF_PATIENTS,
    "patient_remark": patients.c.remark,
    **{
        name: appointments.c[name]
        for name in (
            "appointment_id", "starts_at", "state", "declined_by", "forced", "made_on", "moved_from", "remark",
            "practitioner_id", "duration",
        )
    },
    **{name: RowByRow(appointments.c[name]) for name in ("nature", "kind")},
}  # fmt: skip
"""What a condition may name in every search on appointments."""


def question_of(
    asked: Asked,
    context: Context,
    filters: Sequence[Filter],
    *,
    clauses: tuple[Clause, ...] = (),
    base: tuple[SqlCondition, ...] = (),
    read: tuple[sa.ColumnElement[Any], ...] = (),
    more: Callable[[Mapping[str, rows.Values]], dict[str, Any]] | None = None,
) -> Question:
    """Return the question of a search on appointments.

    Parameters
    ----------
    filters
        What its parameters stand for.
    clauses
        Further conditions, after those of the filters.
    base
        What makes an appointment one of this search, beside being one of the practice.
    read, more
        Further columns read, and the columns of the frame they make.
    """
    same_patient = sa.and_(
        patients.c.practice_id == appointments.c.practice_id, patients.c.patient_id == appointments.c.patient_id
    )
    owed = balance_cents(patients.c.patient_id, context.practice_id).label("balance_cents")
    return Question(
        source=appointments.join(patients, same_patient),
        base=(appointments.c.practice_id == context.practice_id, *base),
        clauses=(*clauses_of(filters, asked, context), *clauses),
        read=(*_READ, *((owed,) if asked.balance else ()), *read),
        frame=lambda found: _frame(found, asked, context, more(found) if more else {}),
        named=NAMED_OF_APPOINTMENTS,
    )


def _frame(read: Mapping[str, rows.Values], asked: Asked, context: Context, more: Mapping[str, Any]) -> pd.DataFrame:
    starts = rows.moment(read["starts_at"], context.zone)
    # What is shown is what the moment says: in the hour that summer time leaves out, both are an hour later.
    date_texts, time_texts = rows.wall_texts(starts.tz_localize(None).to_numpy())
    standing = context.connection.execute(
        sa.select(chairs.c.chair_id, chairs.c.code).where(chairs.c.practice_id == context.practice_id)
    )
    codes = {row.chair_id: row.code for row in standing}
    columns = {
        **patient_columns(read, context, practitioner="practitioner_id"),
        "subject_key": rows.text([f"appointment:{one}" for one in read["appointment_id"]]),
        "appointment_id": rows.text(read["appointment_id"]),
        "starts_at": starts,
        "date": rows.text(date_texts),
        "time": rows.text(time_texts),
        "nature": rows.category(read["nature"]),
        "forced": rows.flag(read["forced"]),
        "chair": rows.category([codes.get(one) for one in read["chair_id"]]),
        "duration": rows.number(durations_of(read)),
        "state": rows.category(read["state"], STATES),
        "declined_by": rows.category(read["declined_by"], DECLINERS),
        "kind": rows.category(read["kind"]),
        "remark": rows.text(read["remark"]),
        "balance": rows.money(read.get("balance_cents", (None,) * len(starts))),
        **more,
    }
    return _sorted(pd.DataFrame(columns, columns=[*APPOINTMENT_COLUMNS, *more]), asked.sort)


def _sorted(frame: pd.DataFrame, sort: str) -> pd.DataFrame:
    """Order the rows: by what was asked, then by time, then by the appointment's key, so that it never changes."""
    ties = frame["appointment_id"].to_numpy(dtype=object)
    moments = frame["starts_at"].astype("int64").to_numpy()
    keys: list[Any] = [ties, moments]
    if sort == "name":
        keys.append(np.array([folded(one) if isinstance(one, str) else "" for one in frame["patient"]], dtype=object))
    elif sort == "state":
        keys.append(frame["state"].cat.codes.to_numpy())
    elif sort != "time":
        keys.append(np.array([folded(one) if isinstance(one, str) else "\uffff" for one in frame[sort]], dtype=object))
    order = np.lexsort(keys)
    return frame.iloc[order].reset_index(drop=True)


# --- the search itself --------------------------------------------------------------------------------

_FILTERS = (*days_asked(), BY_HOURS, by_state(), BY_DECLINER, *APPOINTMENT_FILTERS, by_gone("yes"))

APPOINTMENTS = KnownSearch(
    search=Search(
        name="appointments",
        reads=("appointments",),
        label=marked("Appointments"),
        parameters=(*parameters_of(_FILTERS), BALANCE, SORT),
    ),
    question=lambda asked, context: question_of(asked, context, _FILTERS),
)
