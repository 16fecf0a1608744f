"""The columns that merge fields are computed from: of a patient, an appointment, a practitioner, the practice.

Only the columns asked for are read, in one statement a source; what has to be looked for in other tables (the
next appointment, the treating dentist) is a sub-query that costs nothing when nobody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.errors import UnknownName
from workbench.language import _
from workbench.patients import rows
from workbench.patients.hours import hours_text
from workbench.patients.money import balance_cents
from workbench.patients.names import full_name
from workbench.patients.schema import (
    appointment_instructions,
    appointments,
    chairs,
    correspondents,
    emergency_lines,
    opening_hours,
    patient_correspondents,
    patients,
    practices,
    practitioners,
    rooms,
    sites,
)
from workbench.patients.spans import durations_of, ends_of

SOURCES = ("patient", "appointment", "practitioner", "practice")

Expression = sa.ColumnElement[Any]
Derived = Mapping[str, Callable[[str, date], Expression]]
"""Columns that are looked for elsewhere: from the practice and today to what is read for each row."""


def columns_frame(
    connection: sa.Connection,
    practice_id: str,
    source: str,
    keys: Sequence[str],
    names: Sequence[str],
    *,
    today: date,
    zone: ZoneInfo,
) -> pd.DataFrame:
    """Return the named columns of a source, indexed by its key, in the order of `keys`; see `column_names`.

    Raises
    ------
    UnknownName
        When there is no such source or column.
    """
    wanted = list(dict.fromkeys(names))
    known = column_names(source)
    for name in wanted:
        if name not in known:
            raise UnknownName(
                _("« {source} » has no column « {name} ». It has: {known}.").format(
                    source=source, name=name, known=", ".join(sorted(known))
                )
            )
    if source == "practice":
        return _practice(connection, practice_id, wanted, zone=zone)
    table, key, derived, computed = _SHAPES[source]
    needed = list(dict.fromkeys(one for name in wanted for one in computed.get(name, (name,))))
    read: list[Expression] = [table.c[key].label("_key")]
    read += [
        derived[name](practice_id, today).label(name) if name in derived else table.c[name].label(name)
        for name in needed
    ]
    found = connection.execute(
        sa.select(*read).where(table.c.practice_id == practice_id, rows.among(table.c[key], keys, connection.dialect))
    ).all()
    values = rows.columns_of(found, ["_key", *needed])
    columns = {
        name: _column(source, name, values, zone=zone) if name not in computed else _COMPUTED[name](values, zone)
        for name in wanted
    }
    frame = rows.indexed(columns, key, values["_key"], order=keys)
    for name in wanted:
        if (source, name) in _AFTERWARDS:
            frame[name] = _AFTERWARDS[source, name](connection, practice_id, frame.index)
    return frame[wanted]


def column_names(source: str) -> frozenset[str]:
    """Return the columns a source has; raises `UnknownName` for another source."""
    if source == "practice":
        return frozenset(_PRACTICE_RAW) | frozenset(_PRACTICE_DERIVED)
    if source not in _SHAPES:
        raise UnknownName(
            _("There are no columns of « {source} ». The sources are: {known}.").format(
                source=source, known=", ".join(SOURCES)
            )
        )
    table, _key, derived, computed = _SHAPES[source]
    raw = {column.name for column in table.columns if column.name not in {"practice_id", "balance_cents"}}
    return frozenset(raw | set(derived) | set(computed))


# --- of a patient -------------------------------------------------------------------------------------


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def _nothing_yet(practice_id: str, today: date) -> Expression:
    """Leave the place of a column that `_AFTERWARDS` fills."""
    return sa.null()


def _next_appointment(practice_id: str, today: date) -> Expression:
    """Look for the first upcoming appointment from today on."""
    return (
        sa.select(sa.func.min(appointments.c.starts_at))
        .where(
            appointments.c.practice_id == practice_id,
            appointments.c.patient_id == patients.c.patient_id,
            appointments.c.state == "upcoming",
            appointments.c.starts_at >= _midnight(today),
        )
        .correlate(patients)
        .scalar_subquery()
    )


def _last_visit(practice_id: str, today: date) -> Expression:
    """Look for the latest appointment at which the patient was present, today included."""
    return (
        sa.select(sa.func.max(appointments.c.starts_at))
        .where(
            appointments.c.practice_id == practice_id,
            appointments.c.patient_id == patients.c.patient_id,
            appointments.c.state == "present",
            appointments.c.starts_at < _midnight(today + timedelta(days=1)),
        )
        .correlate(patients)
        .scalar_subquery()
    )


def _colleague(kind: str) -> Callable[[str, date], Expression]:
    link, who = patient_correspondents.c, correspondents.c

    def look(practice_id: str, today: date) -> Expression:
        name = sa.func.trim(
            sa.func.coalesce(who.title, "")
            + " "
            + sa.func.trim(sa.func.coalesce(who.first_name, "") + " " + sa.func.coalesce(who.last_name, ""))
        )
        return (
            sa.select(name)
            .where(
                link.practice_id == practice_id,
                link.patient_id == patients.c.patient_id,
                link.kind == kind,
                who.practice_id == link.practice_id,
                who.correspondent_id == link.correspondent_id,
            )
            .order_by(link.rank, link.correspondent_id)
            .limit(1)
            .correlate(patients)
            .scalar_subquery()
        )

    return look


_PATIENT_DERIVED: Derived = {
    "balance": lambda practice_id, today: balance_cents(patients.c.patient_id, practice_id),
    "file_number": lambda practice_id, today: sa.case((patients.c.external, None), else_=patients.c.patient_id),
    "next_appointment_at": _next_appointment,
    "last_visit_at": _last_visit,
    "treating_dentist": _colleague("treating_dentist"),
    "treating_physician": _colleague("treating_physician"),
    "family_members": _nothing_yet,
}


def _family_members(connection: sa.Connection, practice_id: str, patient_ids: Iterable[str]) -> Any:
    """Return the first names of the other members of each one's family whose files are open, by age."""
    asked = list(patient_ids)
    mine, other = patients.alias("mine"), patients.alias("other")
    found = connection.execute(
        sa.select(mine.c.patient_id, sa.func.coalesce(other.c.first_name, other.c.last_name))
        .select_from(
            mine.join(other, sa.and_(other.c.practice_id == mine.c.practice_id, other.c.family_id == mine.c.family_id))
        )
        .where(
            mine.c.practice_id == practice_id,
            rows.among(mine.c.patient_id, asked, connection.dialect),
            other.c.patient_id != mine.c.patient_id,
            sa.not_(other.c.deceased),
            sa.not_(other.c.archived),
        )
        .order_by(mine.c.patient_id, other.c.birth_date, other.c.patient_id)
    )
    members: dict[str, list[str]] = {}
    for patient_id, name in found:
        if name:
            members.setdefault(patient_id, []).append(name)
    return rows.text([", ".join(members[one]) if one in members else None for one in asked])


# --- of an appointment --------------------------------------------------------------------------------


def _beside(table: sa.Table, column: str, by: str, *, to: str | None = None) -> Callable[[str, date], Expression]:
    """Look for a column of the row that an appointment names by its key."""
    return lambda practice_id, today: (
        sa.select(table.c[column])
        .where(table.c.practice_id == practice_id, table.c[to or by] == appointments.c[by])
        .correlate(appointments)
        .scalar_subquery()
    )


def _site_of_appointment(column: str) -> Callable[[str, date], Expression]:
    """Look for the site of an appointment: its own, else where its chair stands."""

    def look(practice_id: str, today: date) -> Expression:
        stands = (
            sa.select(chairs.c.site_id)
            .where(chairs.c.practice_id == practice_id, chairs.c.chair_id == appointments.c.chair_id)
            .correlate(appointments)
            .scalar_subquery()
        )
        return (
            sa.select(sites.c[column])
            .where(
                sites.c.practice_id == practice_id,
                sites.c.site_id == sa.func.coalesce(appointments.c.site_id, stands),
            )
            .correlate(appointments)
            .scalar_subquery()
        )

    return look


def _instructions(connection: sa.Connection, practice_id: str, appointment_ids: Iterable[str]) -> Any:
    """Return what to do before each appointment, by its nature or type, in the patient's language or French."""
    asked = list(appointment_ids)
    told = {
        (row.nature, row.language): row.text
        for row in connection.execute(
            sa.select(appointment_instructions).where(appointment_instructions.c.practice_id == practice_id)
        )
    }
    same_patient = sa.and_(
        patients.c.practice_id == appointments.c.practice_id, patients.c.patient_id == appointments.c.patient_id
    )
    found = connection.execute(
        sa.select(appointments.c.appointment_id, appointments.c.nature, appointments.c.kind, patients.c.language)
        .select_from(appointments.join(patients, same_patient))
        .where(
            appointments.c.practice_id == practice_id,
            rows.among(appointments.c.appointment_id, asked, connection.dialect),
        )
    )
    texts = {}
    for appointment_id, nature, kind, language in found:
        places = [(nature, language), (nature, "fr"), (kind, language), (kind, "fr")]
        texts[appointment_id] = next((told[place] for place in places if place in told), None)
    return rows.text([texts.get(one) for one in asked])


_APPOINTMENT_DERIVED: Derived = {
    "chair": _beside(chairs, "code", "chair_id"),
    "chair_name": _beside(chairs, "name", "chair_id"),
    "room": _beside(rooms, "name", "room_id"),
    "site": _site_of_appointment("name"),
    "site_address_line_1": _site_of_appointment("address_line_1"),
    "site_address_line_2": _site_of_appointment("address_line_2"),
    "site_postcode": _site_of_appointment("postcode"),
    "site_city": _site_of_appointment("city"),
    "site_phone": _site_of_appointment("phone"),
    "instructions": _nothing_yet,
    "practitioner_title": _beside(practitioners, "title", "practitioner_id"),
    "practitioner_first_name": _beside(practitioners, "first_name", "practitioner_id"),
    "practitioner_last_name": _beside(practitioners, "last_name", "practitioner_id"),
    "practitioner_code": _beside(practitioners, "code", "practitioner_id"),
}

# --- of a practitioner --------------------------------------------------------------------------------


def _emergency_phone(practice_id: str, today: date) -> Expression:
    return (
        sa.select(emergency_lines.c.phone)
        .where(
            emergency_lines.c.practice_id == practice_id,
            sa.or_(
                emergency_lines.c.practitioner_id == practitioners.c.practitioner_id,
                emergency_lines.c.practitioner_id.is_(None),
            ),
        )
        .order_by(emergency_lines.c.practitioner_id.is_(None), emergency_lines.c.line_id)
        .limit(1)
        .correlate(practitioners)
        .scalar_subquery()
    )


_SPAN = ("starts_at", "ends_at", "duration")

_SHAPES: dict[str, tuple[sa.Table, str, Derived, Mapping[str, tuple[str, ...]]]] = {
    "patient": (patients, "patient_id", _PATIENT_DERIVED, {}),
    "appointment": (
        appointments,
        "appointment_id",
        _APPOINTMENT_DERIVED,
        {
            "practitioner": (
                "practitioner_title", "practitioner_first_name", "practitioner_last_name", "practitioner_code",
            ),
            "ends_at": _SPAN,
            "duration": _SPAN,
        },
    ),
    "practitioner": (
        practitioners,
        "practitioner_id",
        {"emergency_phone": _emergency_phone},
        {"name": ("title", "first_name", "last_name", "code")},
    ),
}  # fmt: skip
"""A source: its table, its key, what is looked for elsewhere, and what is put together from other columns."""

_COMPUTED: Mapping[str, Callable[[Mapping[str, rows.Values], ZoneInfo], Any]] = {
    "practitioner": lambda values, zone: _names(values, "practitioner_"),
    "name": lambda values, zone: _names(values, ""),
    "ends_at": lambda values, zone: rows.moment(ends_of(values), zone),
    "duration": lambda values, zone: rows.number(durations_of(values)),
}


_AFTERWARDS: Mapping[tuple[str, str], Callable[[sa.Connection, str, Iterable[str]], Any]] = {
    ("patient", "family_members"): _family_members,
    ("appointment", "instructions"): _instructions,
}
"""Columns that need a statement of their own, from the keys that were found."""


def _names(values: Mapping[str, rows.Values], prefix: str) -> Any:
    parts = zip(*(values[prefix + name] for name in ("title", "first_name", "last_name", "code")), strict=True)
    return rows.text([full_name(title, first, last) or code for title, first, last, code in parts])


def _column(source: str, name: str, values: Mapping[str, rows.Values], *, zone: ZoneInfo) -> Any:
    found = values[name]
    if name == "balance":
        return rows.money(found)
    if name in {"next_appointment_at", "last_visit_at"}:
        return rows.moment(found, zone)
    kind = _SHAPES[source][0].c[name].type if name in _SHAPES[source][0].c else sa.Text()
    if isinstance(kind, sa.DateTime):
        return rows.moment(found, zone)
    if isinstance(kind, sa.Date):
        return rows.day(found)
    if isinstance(kind, sa.Boolean):
        return rows.flag(found)
    if isinstance(kind, sa.Integer):
        return rows.number(found)
    return rows.text([one or None for one in found])


# --- of the practice ----------------------------------------------------------------------------------

_PRACTICE_RAW = tuple(column.name for column in practices.columns if column.name != "practice_id")
_PRACTICE_DERIVED = ("opening_hours", "emergency_phone")


def _practice(connection: sa.Connection, practice_id: str, wanted: Sequence[str], *, zone: ZoneInfo) -> pd.DataFrame:
    row = connection.execute(sa.select(practices).where(practices.c.practice_id == practice_id)).mappings().one()
    values: dict[str, str | None] = {name: row[name] or None for name in _PRACTICE_RAW}
    if "opening_hours" in wanted:
        hours = connection.execute(
            sa.select(opening_hours.c.weekday, opening_hours.c.opens, opening_hours.c.closes)
            .where(opening_hours.c.practice_id == practice_id, opening_hours.c.site_id == "")
            .order_by(opening_hours.c.weekday, opening_hours.c.opens)
        ).all()
        values["opening_hours"] = hours_text([tuple(one) for one in hours], language=row["language"])
    if "emergency_phone" in wanted:
        values["emergency_phone"] = connection.execute(
            sa.select(emergency_lines.c.phone)
            .where(emergency_lines.c.practice_id == practice_id)
            .order_by(emergency_lines.c.practitioner_id.is_not(None), emergency_lines.c.line_id)
            .limit(1)
        ).scalar()
    return pd.DataFrame(
        {name: rows.text([values[name]]) for name in wanted},
        index=pd.Index(rows.text([practice_id]), name="practice_id"),
    )
