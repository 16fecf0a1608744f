"""The columns of a patient: the file, the family, the agenda, the insurer; what is owed and cared for stands beside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.domain.people import Role
from workbench.patients import rows
from workbench.patients.columns import care, colleagues, money
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.schema import appointments, insurers, patient_insurances, patients, persons, responsibilities


def _file_number(reading: Reading) -> Mapping[str, Any]:
    """Tell the number of the file; a person without a file has none."""
    pairs = zip(reading.keys, reading.values["external"], strict=True)
    return {"file_number": rows.text([None if external else key for key, external in pairs])}


def _family_members(reading: Reading) -> Mapping[str, Any]:
    """Tell of the other members of each one's family whose files are open, by age, and of who answers for them."""
    other = patients.c
    families = [one for one in reading.values["family_id"] if one]
    members: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for family, key, name, birth_date, patient_type in reading.rows_of(
        other.family_id,
        other.patient_id,
        sa.func.coalesce(other.first_name, other.last_name),
        other.birth_date,
        other.patient_type,
        where=[sa.not_(other.deceased), sa.not_(other.archived)],
        order=[other.birth_date.is_(None), other.birth_date, other.patient_id],
        among=families,
    ):
        if name:
            member = {"name": name, "birth_date": birth_date, "patient_type": patient_type}
            members.setdefault(family, []).append((key, member))
    answering = _answering(reading, [key for theirs in members.values() for key, _member in theirs])
    told = [
        [{**member, "answering": answering.get(key, [])} for key, member in members.get(family, ()) if key != own]
        for own, family in zip(reading.keys, reading.values["family_id"], strict=True)
    ]
    return {"family_members": rows.lists(told)}


def _answering(reading: Reading, people: Collection[str]) -> dict[str, list[str]]:
    """Return the addressees who answer for each one, ``guardian:P1 payer:P2``; a guardian's own file is one too."""
    link, person = responsibilities.c, persons.c
    found = reading.rows_of(link.patient_id, link.role, link.person_id, order=[link.rank], among=people)
    guardians = {key for _who, role, key in found if role == Role.GUARDIAN}
    files = dict(
        reading.rows_of(person.person_id, person.patient_id, where=[person.patient_id.is_not(None)], among=guardians)
    )
    answering: dict[str, list[str]] = {}
    for who, role, key in found:
        theirs = answering.setdefault(who, [])
        theirs.append(f"{role}:{key}")
        if role == Role.GUARDIAN and key in files:
            theirs.append(f"{Role.PATIENT}:{files[key]}")
    return answering


def _next_appointments(reading: Reading) -> Mapping[str, Any]:
    """Find the upcoming appointments from today on, the next one first."""
    visit = appointments.c
    found = reading.rows_of(
        visit.patient_id,
        visit.starts_at,
        where=[visit.state == "upcoming", visit.starts_at >= datetime.combine(reading.today, time.min)],
        order=[visit.starts_at, visit.appointment_id],
    )
    values = rows.columns_of(found, ["patient_id", "starts_at"])
    lists: dict[str, list[Any]] = {}
    for who, moment in zip(values["patient_id"], rows.moment(values["starts_at"], reading.zone), strict=True):
        lists.setdefault(who, []).append(moment)
    first = dict(reversed(found))
    return {
        "next_appointment_at": rows.moment(reading.along(first), reading.zone),
        "next_appointments": rows.lists(reading.along(lists)),
    }


def _last_visit(reading: Reading) -> Mapping[str, Any]:
    """Find the latest appointment at which the patient was present, today included."""
    visit = appointments.c
    tomorrow = datetime.combine(reading.today + timedelta(days=1), time.min)
    last: dict[str, tuple[datetime, str]] = {}
    for who, starts_at, key in reading.rows_of(
        visit.patient_id,
        visit.starts_at,
        visit.appointment_id,
        where=[visit.state == "present", visit.starts_at < tomorrow],
    ):
        if who not in last or (starts_at, key) > last[who]:
            last[who] = (starts_at, key)
    told = reading.along(last, (None, None))
    return {
        "last_visit_at": rows.moment([starts_at for starts_at, _key in told], reading.zone),
        "last_visit_id": rows.text([key for _starts_at, key in told]),
    }


def _insurer(reading: Reading) -> Mapping[str, Any]:
    """Find the insurer that covers the patient today, else the one that covered last, else the one to come."""
    cover = patient_insurances.c
    best: dict[str, tuple[bool, bool, date, str]] = {}
    for who, insurer, since, until in reading.rows_of(
        cover.patient_id, cover.insurer_id, cover.valid_from, cover.valid_until
    ):
        begun = since is None or since <= reading.today
        place = (begun, begun and (until is None or until >= reading.today), until or date.max, insurer)
        if who not in best or place > best[who]:
            best[who] = place
    known = reading.whole(insurers)
    told = reading.along(best, (False, False, date.max, None))
    return {
        "insurer": rows.text([known.get(place[-1], {}).get("name") for place in told]),
        "insurer_valid_until": rows.day([None if until == date.max else until for *_covers, until, _key in told]),
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
