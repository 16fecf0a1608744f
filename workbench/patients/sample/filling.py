"""Fill a patient store with « Cabinet des Tilleuls », an invented practice, and date it anew each day (DESIGN 8.16)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.databases import reading, writing
from workbench.errors import DatabaseRefused
from workbench.language import _
from workbench.patients.sample.agenda import sample_visits
from workbench.patients.sample.album import media_dates, media_rows
from workbench.patients.sample.crowd import NEW
from workbench.patients.sample.data import sample_rows, sample_words
from workbench.patients.sample.days import CLOSURES, LEAVES, ON_CALL, SampleDays
from workbench.patients.sample.draw import SamplePatient, SamplePerson
from workbench.patients.sample.first_people import FIRST
from workbench.patients.sample.papers import paper_rows
from workbench.patients.sample.people import sample_people
from workbench.patients.sample.rows import Rows
from workbench.patients.sample.visits import Visit
from workbench.patients.schema import facts, metadata, patients

DATED_FOR = "sample_dated_for"
"""The name of the store's fact that holds the day the sample was last dated for."""

_PHYSICIANS = ("C001", "C006", "C010", "C015", "C016", "C020")
_DENTISTS = ("C004", "C009", "C012", "C013", "C018", "C019", "C025")
_OTHERS = ("C003", "C007", "C008", "C014", "C017", "C021", "C022", "C023")

_MOMENTS = frozenset({"at"})
"""Columns that hold a moment as a text."""


def fill_sample_practice(engine: sa.Engine, *, practice_id: str, today: date) -> None:
    """Write the whole sample practice, as if today were `today`; a sample already there is dated anew.

    The practice's own row must exist (`open_store` makes it). The same day gives the same rows, to the last byte.

    Raises
    ------
    DatabaseRefused
        When the store already holds patients that are not the sample's: nobody's agenda is mixed with inventions.
    """
    if sample_day(engine, practice_id=practice_id) is not None:
        redate_sample(engine, practice_id=practice_id, today=today)
        return
    days = SampleDays(today)
    rows = {
        **_house_rows(days),
        **_people_rows(today),
        **_visit_rows(days),
        **paper_rows(days),
        "media": media_rows(days),
        "store_facts": [{"name": DATED_FOR, "value": today.isoformat()}],
    }
    with writing(engine) as connection:
        known = sa.select(sa.func.count()).select_from(patients).where(patients.c.practice_id == practice_id)
        if connection.execute(known).scalar():
            raise DatabaseRefused(
                _("This store already holds patients. The sample practice is only made in an empty one.")
            )
        practice = metadata.tables["practices"]
        connection.execute(
            sa.update(practice).where(practice.c.practice_id == practice_id).values(**sample_words()["practice"])
        )
        for table in metadata.sorted_tables:
            if rows.get(table.name):
                connection.execute(sa.insert(table), _complete(rows[table.name], practice_id))


def redate_sample(engine: sa.Engine, *, practice_id: str, today: date) -> bool:
    """Move the dates of the sample so that tomorrow is full again; tells whether anything had to move.

    Only dates of the sample's own agenda and papers change. Numbers stay, and so does all that somebody changed by
    hand or imported: addresses, opt-outs, corrections, further appointments. A second call on the same day, or on a
    store that holds no sample, changes nothing.
    """
    dated_for = sample_day(engine, practice_id=practice_id)
    if dated_for is None or dated_for == today:
        return False
    days, before = SampleDays(today), SampleDays(dated_for)
    rows = {
        **_visit_rows(days),
        **paper_rows(days),
        "media": media_dates(days),
        "leaves": _leave_rows(days),
        "patient_insurances": _insurance_rows(today),
        "patients": [
            {"patient_id": patient.file_number, "created_on": _created_on(patient, today)}
            for patient in sample_people()[0]
        ],
    }
    with writing(engine) as connection:
        for name, moved in rows.items():
            _move(connection, metadata.tables[name], moved, practice_id)
        _close(connection, practice_id, days, before)
        connection.execute(
            sa.update(facts)
            .where(facts.c.practice_id == practice_id, facts.c.name == DATED_FOR)
            .values(value=today.isoformat())
        )
    return True


def sample_day(engine: sa.Engine, *, practice_id: str) -> date | None:
    """Return the day the sample of this store is dated for, or nothing when it holds no sample."""
    wanted = sa.select(facts.c.value).where(facts.c.practice_id == practice_id, facts.c.name == DATED_FOR)
    with reading(engine) as connection:
        value = connection.execute(wanted).scalar()
    return date.fromisoformat(value) if value else None


def _complete(rows: list[dict[str, Any]], practice_id: str) -> list[dict[str, Any]]:
    """Give every row the practice's key and the same columns, as one statement for all of them needs."""
    if all(row.keys() == rows[0].keys() for row in rows):
        return [{"practice_id": practice_id, **row} for row in rows]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [{"practice_id": practice_id, **{column: row.get(column) for column in columns}} for row in rows]


def _move(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], practice_id: str) -> None:
    """Give the rows that are still there their new dates, and touch nothing else of them."""
    keys = [column.name for column in table.primary_key if column.name != "practice_id"]
    dates = [
        column.name
        for column in table.c
        if (isinstance(column.type, (sa.Date, sa.DateTime)) or column.name in _MOMENTS)
        and any(column.name in row for row in rows)
    ]
    # A bound name may not be a column's own name in an update, hence the prefixes.
    statement = (
        sa.update(table)
        .where(table.c.practice_id == practice_id, *(table.c[key] == sa.bindparam(f"key_{key}") for key in keys))
        .values({name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in dates})
    )
    connection.execute(
        statement,
        [
            {**{f"key_{key}": row[key] for key in keys}, **{f"new_{name}": row.get(name) for name in dates}}
            for row in rows
        ],
    )


def _close(connection: sa.Connection, practice_id: str, days: SampleDays, before: SampleDays) -> None:
    """Move the closed days that are still as the sample made them; a day the practice closed itself stays closed."""
    closed = metadata.tables["closed_days"]
    read = sa.select(closed.c.day, closed.c.reason).where(closed.c.practice_id == practice_id, closed.c.site_id == "")
    known = {row.day: row.reason for row in connection.execute(read)}
    ours = {day for day, reason in before.closed.items() if known.get(day) == reason}
    # A closure that somebody shortened, or took away, does not come back.
    kept = {reason for day, reason in before.closed.items() if day in ours}
    for day in sorted(ours):
        connection.execute(
            sa.delete(closed).where(closed.c.practice_id == practice_id, closed.c.site_id == "", closed.c.day == day)
        )
    fresh = [row for row in _closure_rows(days) if row["reason"] in kept and row["day"] not in known.keys() - ours]
    if fresh:
        connection.execute(sa.insert(closed), _complete(fresh, practice_id))


# --- the practice -------------------------------------------------------------------------------------


def _house_rows(days: SampleDays) -> Rows:
    words = sample_words()
    rows: Rows = {name: words[name] for name in ("sites", "rooms", "chairs", "emergency_lines")}
    rows["practitioners"] = [{**one, "signature_media_id": f"SIG-{one['code']}"} for one in words["practitioners"]]
    rows["insurers"] = words["insurers"]
    rows["patient_groups"] = words["groups"]
    rows["opening_hours"] = [
        {"site_id": "", "weekday": weekday, "opens": opens, "closes": closes}
        for weekday in words["opening"]["weekdays"]
        for opens, closes in words["opening"]["hours"]
    ]
    rows["appointment_instructions"] = [
        {"nature": nature["code"], "language": language, "text": nature[language]}
        for nature in words["natures"]
        for language in ("fr", "en")
        if language in nature
    ]
    rows["aftercare"] = [
        {"nature": advice["nature"], "language": language, "text": advice[language]}
        for advice in words["aftercare"]
        for language in ("fr", "en")
        if language in advice
    ]
    rows["correspondents"] = [dict(row) for row in sample_rows("correspondents")]
    rows["correspondent_relations"] = [
        {
            "correspondent_id": row["correspondent_id"],
            "practitioner_id": row["practitioner"] or "",
            "relation": row["relation"],
            "form": row["form"],
        }
        for row in sample_rows("relations")
    ]
    rows["leaves"] = _leave_rows(days)
    rows["closed_days"] = _closure_rows(days)
    return rows


def _leave_rows(days: SampleDays) -> list[dict[str, Any]]:
    return [
        {
            "leave_id": leave.leave_id,
            "practitioner_id": leave.practitioner,
            "starts_on": days.dates[leave.first],
            "ends_on": days.dates[leave.last],
            "reason": "Congés",
            "replacement": leave.replaced_by,
            "replacement_phone": leave.phone,
        }
        for leave in LEAVES
    ] + [
        {
            "leave_id": f"L-{closure.before}",
            "practitioner_id": "MM",
            "starts_on": days.closed_before(closure.before)[0],
            "ends_on": days.closed_before(closure.before)[-1],
            "reason": closure.reason,
            "replacement": ON_CALL[0],
            "replacement_phone": ON_CALL[1],
        }
        for closure in CLOSURES
        if closure.open_days > 1
    ]


def _closure_rows(days: SampleDays) -> list[dict[str, Any]]:
    return [{"site_id": "", "day": day, "reason": reason} for day, reason in sorted(days.closed.items())]


# --- its people ---------------------------------------------------------------------------------------


def _people_rows(today: date) -> Rows:
    followed, persons = sample_people()
    homes = {patient.file_number: patient for patient in followed}
    return {
        "patients": [_patient_row(patient, today) for patient in followed],
        "persons": [_person_row(person, homes) for person in persons],
        "responsibilities": [
            {"patient_id": file_number, "person_id": person.person_id, "role": role, "relation": relation, "rank": rank}
            for person in persons
            for file_number, role, relation, rank in person.ties
        ],
        "patient_correspondents": _colleague_rows(followed),
        "group_members": _member_rows(followed),
        "patient_insurances": _insurance_rows(today),
        "consents": _consent_rows(followed, today),
    }


def _patient_row(patient: SamplePatient, today: date) -> dict[str, Any]:
    return {
        "patient_id": patient.file_number,
        "civility": patient.civility,
        "last_name": patient.last_name,
        "first_name": patient.first_name,
        "birth_name": patient.birth_name,
        "sex": patient.sex,
        "birth_date": patient.birth_date(today),
        "email": patient.email,
        "phone": patient.phone,
        "mobile": patient.mobile,
        "language": patient.language,
        "address_line_1": patient.address,
        "address_line_2": patient.stairs,
        "postcode": patient.postcode,
        "city": patient.city,
        "country": "FR",
        "patient_type": patient.patient_type,
        "file_state": patient.file_state,
        "main_practitioner_id": patient.practitioner,
        "family_id": patient.family,
        "remark": patient.remark,
        "created_on": _created_on(patient, today),
        "deceased": patient.mark == "deceased",
        "archived": patient.mark == "archived",
        "external": patient.mark == "external",
    }


def _created_on(patient: SamplePatient, today: date) -> date:
    return today - timedelta(days=patient.followed_for)


def _insurance_rows(today: date) -> list[dict[str, Any]]:
    """Insure three patients out of four: most by a contract without an end, the others until days of their own."""
    insurers = [insurer["insurer_id"] for insurer in sample_words()["insurers"]]
    rows = []
    for number, patient in enumerate(sample_people()[0]):
        if number % 4 == 0:
            continue
        ends_in = number * 37 % 700 - 60  # spread evenly, some in the past
        rows.append(
            {
                "patient_id": patient.file_number,
                "insurer_id": insurers[number % 7 % len(insurers)],
                "member_number": f"{900_000 + number}",
                "valid_from": today - timedelta(days=200 + number % 165),
                "valid_until": today + timedelta(days=ends_in) if number % 3 == 0 else None,
            }
        )
    return rows


def _person_row(person: SamplePerson, homes: dict[str, SamplePatient]) -> dict[str, Any]:
    home = homes[person.ties[0][0]]  # those written by hand live where the child lives
    return {
        "person_id": person.person_id,
        "civility": person.civility,
        "last_name": person.last_name,
        "first_name": person.first_name,
        "sex": person.sex,
        "email": person.email,
        "phone": person.phone,
        "mobile": person.mobile,
        "language": person.language,
        "address_line_1": person.address or home.address,
        "postcode": person.postcode or home.postcode,
        "city": person.city or home.city,
        "country": "FR",
        "patient_id": person.patient_id,
    }


def _colleague_rows(followed: tuple[SamplePatient, ...]) -> list[dict[str, Any]]:
    """Give two patients out of three a physician, those of the specialists a dentist elsewhere, some another one."""
    physicians, dentists = ("C001", "C006", "C010"), ("C004", "C009")
    rows = []
    for number, patient in enumerate(followed[:FIRST]):
        if number % 3:
            rows.append((patient.file_number, physicians[number % 7 % 3], "treating_physician"))
        if patient.practitioner in ("CC", "YK") and number % 4:
            rows.append((patient.file_number, dentists[number % 2], "treating_dentist"))
        if patient.practitioner == "YK" and number % 5 == 0:
            rows.append((patient.file_number, "C005", "referring"))
    for number, patient in enumerate(followed[FIRST:]):
        if number % 3:
            rows.append((patient.file_number, _PHYSICIANS[number % len(_PHYSICIANS)], "treating_physician"))
        if patient.practitioner in ("CC", "TJ", "YK") and number % 4:
            rows.append((patient.file_number, _DENTISTS[number % len(_DENTISTS)], "treating_dentist"))
        if number % 2 and (patient.practitioner in ("TJ", "YK") or patient.followed_for <= NEW):
            rows.append((patient.file_number, _DENTISTS[number % 5], "referring"))
        if patient.practitioner in ("SL", "AB") and patient.is_child and number % 3 == 0:
            rows.append((patient.file_number, ("C002", "C011", "C024")[number % 9 // 3], "orthodontist"))
        if number % 29 == 0:
            rows.append((patient.file_number, _OTHERS[number % len(_OTHERS)], "correspondent"))
    return [
        {"patient_id": file_number, "correspondent_id": colleague, "kind": kind, "rank": 1}
        for file_number, colleague, kind in rows
    ]


def _member_rows(followed: tuple[SamplePatient, ...]) -> list[dict[str, Any]]:
    members = [("ortho", patient) for patient in followed if patient.practitioner == "CC" and patient.is_child]
    members += [("anglophones", patient) for patient in followed if patient.language == "en"]
    members += [("paro", patient) for patient in followed if patient.practitioner == "YK"]
    return [{"group_id": group, "patient_id": patient.file_number} for group, patient in members]


def _consent_rows(followed: tuple[SamplePatient, ...], today: date) -> list[dict[str, Any]]:
    """Write what people decided: a refusal, an opt-out, an address that left, some who agreed, one who came back."""
    adults = [patient for patient in followed if patient.email and not patient.is_child and patient.visit is None]
    decisions: list[tuple[str | None, str | None, str, str, str, int]] = []
    for patient in followed:
        if patient.mark == "opted_out":
            decisions.append((patient.file_number, None, "email", "opted_out", "téléphone", 40))
        elif patient.mark == "refused":
            decisions.append((patient.file_number, None, "email", "refused", "fiche d’accueil", 90))
    decisions += [(patient.file_number, None, "email", "accepted", "fiche d’accueil", 300) for patient in adults[::9]]
    decisions += [(patient.file_number, None, "sms", "opted_out", "réponse STOP", 25) for patient in adults[4::40]]
    back = adults[2].file_number
    decisions += [
        (back, None, "email", "opted_out", "téléphone", 200),
        (back, None, "email", "accepted", "fiche d’accueil", 20),
        (None, "ancienne.adresse@poste.example", "email", "opted_out", "réponse à un message", 15),
    ]
    return [
        {
            "consent_id": f"A-{number:04}",
            "patient_id": file_number,
            "address": address,
            "channel": channel,
            "purpose": "",
            "state": state,
            "source": source,
            "by": "Claire",
            "recorded_at": f"{(today - timedelta(days=days_ago)).isoformat()}T09:00:00+00:00",
        }
        for number, (file_number, address, channel, state, source, days_ago) in enumerate(decisions, start=1)
    ]


# --- its agenda ---------------------------------------------------------------------------------------


def _visit_rows(days: SampleDays) -> Rows:
    kinds = {nature["code"]: nature["kind"] for nature in sample_words()["natures"]}
    sites = {chair["chair_id"]: (chair["room_id"], chair["site_id"]) for chair in sample_words()["chairs"]}
    return {
        "appointments": [
            _visit_row(
                visit,
                days.at(visit.day, visit.minute),
                days.told(visit.day, visit.minute, visit.moved_by),
                kinds[visit.nature],
                *sites[visit.chair],
            )
            for visit in sample_visits()
        ]
    }


def _visit_row(
    visit: Visit, starts_at: datetime, told: datetime, kind: str, room_id: str, site_id: str
) -> dict[str, Any]:
    return {
        "appointment_id": visit.appointment_id,
        "patient_id": visit.file_number,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=visit.duration),
        "duration": visit.duration,
        "state": visit.state,
        "declined_by": visit.declined_by,
        "nature": visit.nature,
        "kind": kind,
        "forced": visit.forced,
        "chair_id": visit.chair,
        "room_id": room_id,
        "site_id": site_id,
        "practitioner_id": visit.practitioner,
        "made_on": (starts_at - timedelta(days=visit.made_before)).replace(hour=10, minute=30),
        "remark": visit.remark,
        "moved_from": told if told != starts_at else None,
    }
