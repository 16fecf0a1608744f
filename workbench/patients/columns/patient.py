"""The columns of a patient: the file, the family, the agenda, the insurer; what is owed and cared for stands beside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.columns import care, colleagues, money
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.schema import appointments, insurers, patient_insurances, patients


def _file_number(reading: Reading) -> Mapping[str, Any]:
    """Tell the number of the file; a person without a file has none."""
    pairs = zip(reading.keys, reading.values["external"], strict=True)
    return {"file_number": rows.text([None if external else key for key, external in pairs])}


def _family_members(reading: Reading) -> Mapping[str, Any]:
    """Tell the first names of the other members of each one's family whose files are open, by age."""
    other = patients.c
    families = [one for one in reading.values["family_id"] if one]
    members: dict[str, list[tuple[str, str]]] = {}
    for family, key, name in reading.connection.execute(
        sa.select(other.family_id, other.patient_id, sa.func.coalesce(other.first_name, other.last_name))
        .where(
            reading.of_practice(patients),
            rows.among(other.family_id, families, reading.connection.dialect),
            sa.not_(other.deceased),
            sa.not_(other.archived),
        )
        .order_by(other.birth_date.is_(None), other.birth_date, other.patient_id)
    ):
        if name:
            members.setdefault(family, []).append((key, name))
    told = [
        ", ".join(name for key, name in members.get(family, ()) if key != own) or None
        for own, family in zip(reading.keys, reading.values["family_id"], strict=True)
    ]
    return {"family_members": rows.text(told)}


def _next_appointments(reading: Reading) -> Mapping[str, Any]:
    """Find the upcoming appointments from today on, the next one first."""
    found = reading.connection.execute(
        sa.select(appointments.c.patient_id, appointments.c.starts_at)
        .where(
            reading.of_practice(appointments),
            reading.among(appointments.c.patient_id),
            appointments.c.state == "upcoming",
            appointments.c.starts_at >= datetime.combine(reading.today, time.min),
        )
        .order_by(appointments.c.starts_at)
    ).all()
    values = rows.columns_of(found, ["patient_id", "starts_at"])
    moments: dict[str, list[Any]] = {}
    for who, moment in zip(values["patient_id"], rows.moment(values["starts_at"], reading.zone), strict=True):
        moments.setdefault(who, []).append(moment)
    first: dict[str, datetime] = {}
    for who, starts_at in found:
        first.setdefault(who, starts_at)
    return {
        "next_appointment_at": rows.moment(reading.along(first), reading.zone),
        "next_appointments": rows.lists(reading.along(moments)),
    }


def _last_visit(reading: Reading) -> Mapping[str, Any]:
    """Find the latest appointment at which the patient was present, today included."""
    visit = appointments.c
    present = sa.and_(
        reading.of_practice(appointments),
        visit.state == "present",
        visit.starts_at < datetime.combine(reading.today + timedelta(days=1), time.min),
    )
    last = (
        sa.select(visit.patient_id, sa.func.max(visit.starts_at).label("starts_at"))
        .where(present, reading.among(visit.patient_id))
        .group_by(visit.patient_id)
        .subquery()
    )
    then = sa.and_(visit.patient_id == last.c.patient_id, visit.starts_at == last.c.starts_at)
    found = reading.connection.execute(
        sa.select(last.c.patient_id, last.c.starts_at, sa.func.max(visit.appointment_id))
        .select_from(last.join(appointments, then))
        .where(present)
        .group_by(last.c.patient_id, last.c.starts_at)
    )
    told = reading.along({who: (starts_at, key) for who, starts_at, key in found}, (None, None))
    return {
        "last_visit_at": rows.moment([starts_at for starts_at, _key in told], reading.zone),
        "last_visit_id": rows.text([key for _starts_at, key in told]),
    }


def _insurer(reading: Reading) -> Mapping[str, Any]:
    """Find the insurer that covers the patient today, else the one that covered last, else the one to come."""
    cover = patient_insurances.c
    begun = sa.or_(cover.valid_from.is_(None), cover.valid_from <= reading.today)
    lasts = sa.or_(cover.valid_until.is_(None), cover.valid_until >= reading.today)
    found = reading.first_rows(
        patient_insurances,
        [insurers.c.name, cover.valid_until],
        joined=patient_insurances.join(
            insurers,
            sa.and_(insurers.c.practice_id == cover.practice_id, insurers.c.insurer_id == cover.insurer_id),
        ),
        order=[
            sa.case((sa.and_(begun, lasts), 0), (begun, 1), else_=2),
            sa.case((cover.valid_until.is_(None), 0), else_=1),
            cover.valid_until.desc(),
            cover.insurer_id,
        ],
    )
    told = [(row.name, row.valid_until) if row else (None, None) for row in reading.along(found)]
    return {
        "insurer": rows.text([name for name, _until in told]),
        "insurer_valid_until": rows.day([until for _name, until in told]),
    }


PATIENT = Source(
    table=patients,
    key="patient_id",
    hidden=frozenset({"balance_cents"}),
    groups=(
        Group(("file_number",), _file_number, needs=("external",)),
        Group(("family_members",), _family_members, needs=("family_id",)),
        Group(("next_appointment_at", "next_appointments"), _next_appointments),
        Group(("last_visit_at", "last_visit_id"), _last_visit),
        Group(("insurer", "insurer_valid_until"), _insurer),
        *money.OF_PATIENT,
        *care.OF_PATIENT,
        *colleagues.OF_PATIENT,
    ),
)
