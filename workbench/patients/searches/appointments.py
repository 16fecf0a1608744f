"""Searches on appointments (F120 to F135) and on missed ones (F149, F150), pushed down to SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.addresses import address_problems
from workbench.domain.calendar import day_bounds
from workbench.domain.fields import folded
from workbench.domain.frames import APPOINTMENT_COLUMNS
from workbench.patients import rows
from workbench.patients.money import balance_cents
from workbench.patients.names import full_name
from workbench.patients.schema import DECLINERS, STATES, appointments, chairs, group_members, patients, practitioners
from workbench.patients.searches.parameters import Asked
from workbench.patients.spans import durations_of

_STATUS_OF_PROBLEM = {"": "ok", "no_address": "missing", "invalid_address": "malformed"}
ADDRESS_STATUSES = ("ok", "missing", "malformed")
ADULT_AGE = 18


def search_appointments(
    connection: sa.Connection, practice_id: str, asked: Asked, *, today: date, zone: ZoneInfo
) -> pd.DataFrame:
    """Return one row an appointment, with the columns `domain.frames.APPOINTMENT_COLUMNS`."""
    return _frame(connection, practice_id, asked, _conditions(asked, practice_id), zone=zone)


def search_missed(
    connection: sa.Connection, practice_id: str, asked: Asked, *, today: date, zone: ZoneInfo
) -> pd.DataFrame:
    """Return the missed appointments, by request without those of patients who are coming (or came) back.

    `exclude_upcoming` leaves out an appointment when its patient has an upcoming one after it, from `today` on
    (F149); `exclude_returned` when its patient was present at a later one (F150).
    """
    conditions = _conditions(replace(asked, state=("missed",)), practice_id)
    if asked.exclude_upcoming:
        upcoming = _later("upcoming")
        midnight = datetime.combine(today, datetime.min.time())
        conditions.append(~sa.exists().where(*upcoming.conditions, upcoming.starts_at >= midnight))
    if asked.exclude_returned:
        conditions.append(~sa.exists().where(*_later("present").conditions))
    return _frame(connection, practice_id, asked, conditions, zone=zone)


SEARCH_FUNCTIONS: dict[str, Callable[..., pd.DataFrame]] = {
    "appointments": search_appointments,
    "missed": search_missed,
}


class _later:  # noqa: N801 (reads as a phrase where it is used)
    """Another appointment of the same patient, in a given state, after the one looked at."""

    def __init__(self, state: str) -> None:
        other = appointments.alias(f"{state}_later")
        self.starts_at = other.c.starts_at
        self.conditions = (
            other.c.practice_id == appointments.c.practice_id,
            other.c.patient_id == appointments.c.patient_id,
            other.c.state == state,
            other.c.starts_at > appointments.c.starts_at,
        )


def _conditions(asked: Asked, practice_id: str) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [appointments.c.practice_id == practice_id]
    starts_at = appointments.c.starts_at
    if asked.start:
        conditions.append(starts_at >= day_bounds(asked.start, asked.start)[0])
    if asked.end:
        conditions.append(starts_at < day_bounds(asked.end, asked.end)[1])
    if asked.hours:
        minutes = sa.extract("hour", starts_at) * 60 + sa.extract("minute", starts_at)
        conditions.append(minutes.between(*asked.hours))
    for values, column in (
        (asked.state, appointments.c.state),
        (asked.by, appointments.c.declined_by),
        (asked.practitioner, appointments.c.practitioner_id),
        (asked.chair, appointments.c.chair_id),
        (asked.nature, appointments.c.nature),
        (asked.type, appointments.c.kind),
        (asked.family, patients.c.family_id),
        (asked.patient_type, patients.c.patient_type),
        (asked.file_state, patients.c.file_state),
    ):
        if len(values) == 1:
            conditions.append(column == values[0])
        elif values:
            conditions.append(column.in_(values))
    if asked.group:
        conditions.append(
            sa.exists().where(
                group_members.c.practice_id == appointments.c.practice_id,
                group_members.c.patient_id == appointments.c.patient_id,
                group_members.c.group_id.in_(asked.group),
            )
        )
    if asked.site:
        # An appointment that names no site takes place where its chair stands.
        stands = (
            sa.select(chairs.c.chair_id)
            .where(chairs.c.practice_id == practice_id, chairs.c.site_id.in_(asked.site))
            .scalar_subquery()
        )
        at_chair = sa.and_(appointments.c.site_id.is_(None), appointments.c.chair_id.in_(stands))
        conditions.append(sa.or_(appointments.c.site_id.in_(asked.site), at_chair))
    if asked.forced is not None:
        conditions.append(appointments.c.forced == asked.forced)
    if asked.with_email is not None:
        some = sa.func.trim(sa.func.coalesce(patients.c.email, "")) != ""
        conditions.append(some if asked.with_email else ~some)
    if asked.minors is not None:
        born = patients.c.birth_date
        minor = sa.and_(born.is_not(None), _as_digits(starts_at) - _as_digits(born) < ADULT_AGE * 10_000)
        conditions.append(minor if asked.minors else ~minor)
    return conditions


def _as_digits(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """Return a day as the number 20261122: ten thousands between two of them are whole years on every database."""
    return sa.extract("year", moment) * 10_000 + sa.extract("month", moment) * 100 + sa.extract("day", moment)


_READ = (
    appointments.c.appointment_id, appointments.c.patient_id, appointments.c.starts_at, appointments.c.ends_at,
    appointments.c.duration, appointments.c.state, appointments.c.declined_by, appointments.c.nature,
    appointments.c.kind, appointments.c.forced, appointments.c.chair_id, appointments.c.practitioner_id,
    appointments.c.remark,
    patients.c.last_name, patients.c.first_name, patients.c.external, patients.c.patient_type, patients.c.file_state,
    patients.c.mobile, patients.c.phone, patients.c.email, patients.c.family_id,
)  # fmt: skip


def _frame(
    connection: sa.Connection,
    practice_id: str,
    asked: Asked,
    conditions: Sequence[sa.ColumnElement[bool]],
    *,
    zone: ZoneInfo,
) -> pd.DataFrame:
    same_patient = sa.and_(
        patients.c.practice_id == appointments.c.practice_id, patients.c.patient_id == appointments.c.patient_id
    )
    balance = [balance_cents(patients.c.patient_id, practice_id).label("balance_cents")] if asked.balance else []
    statement = (
        sa.select(*_READ, *balance)
        .select_from(appointments.join(patients, same_patient))
        .where(*conditions)
        .order_by(appointments.c.starts_at)
    )
    found = connection.execute(statement).all()
    read = rows.columns_of(found, [column.name for column in (*_READ, *balance)])
    starts = rows.moment(read["starts_at"], zone)
    # What is shown is what the moment says: in the hour that summer time leaves out, both are an hour later.
    date_texts, time_texts = rows.wall_texts(starts.tz_localize(None).to_numpy())
    names = _practitioner_names(connection, practice_id)
    standing = connection.execute(
        sa.select(chairs.c.chair_id, chairs.c.code).where(chairs.c.practice_id == practice_id)
    )
    codes = {row.chair_id: row.code for row in standing}
    problems = address_problems(read["email"])
    columns = {
        "subject_key": rows.text([f"appointment:{one}" for one in read["appointment_id"]]),
        "appointment_id": rows.text(read["appointment_id"]),
        "patient_id": rows.text(read["patient_id"]),
        "starts_at": starts,
        "date": rows.text(date_texts),
        "time": rows.text(time_texts),
        "patient": rows.text(
            [" ".join(filter(None, pair)) or None for pair in zip(read["last_name"], read["first_name"], strict=True)]
        ),
        "file_number": rows.text(
            [None if external else one for one, external in zip(read["patient_id"], read["external"], strict=True)]
        ),
        "nature": rows.category(read["nature"]),
        "forced": rows.flag(read["forced"]),
        "chair": rows.category([codes.get(one) for one in read["chair_id"]]),
        "duration": rows.number(durations_of(read)),
        "state": rows.category(read["state"], STATES),
        "patient_type": rows.category(read["patient_type"]),
        "file_state": rows.category(read["file_state"]),
        "declined_by": rows.category(read["declined_by"], DECLINERS),
        "phone": rows.text([mobile or phone for mobile, phone in zip(read["mobile"], read["phone"], strict=True)]),
        "practitioner": rows.category([names.get(one) for one in read["practitioner_id"]]),
        "email": rows.text(read["email"]),
        "practitioner_id": rows.text(read["practitioner_id"]),
        "family": rows.text(read["family_id"]),
        "kind": rows.category(read["kind"]),
        "remark": rows.text(read["remark"]),
        "balance": rows.money(read.get("balance_cents", (None,) * len(found))),
        "address_status": rows.category([_STATUS_OF_PROBLEM[one] for one in problems], ADDRESS_STATUSES),
    }
    frame = pd.DataFrame(columns, columns=list(APPOINTMENT_COLUMNS))
    return _sorted(frame, asked.sort)


def _practitioner_names(connection: sa.Connection, practice_id: str) -> dict[str | None, str]:
    found = connection.execute(sa.select(practitioners).where(practitioners.c.practice_id == practice_id))
    return {row.practitioner_id: full_name(row.title, row.first_name, row.last_name) or row.code for row in found}


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
