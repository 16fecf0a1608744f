"""The columns of an appointment: its own, where it takes place, with whom, and what to know before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.names import full_name
from workbench.patients.schema import (
    appointment_instructions,
    appointments,
    chairs,
    patients,
    practitioners,
    rooms,
    sites,
)
from workbench.patients.spans import durations_of, ends_of

_SITE = {"site": "name"} | {
    f"site_{name}": name for name in ("address_line_1", "address_line_2", "postcode", "city", "phone")
}
_WHO = ("title", "first_name", "last_name", "code")


def _span(reading: Reading) -> Mapping[str, Any]:
    return {
        "ends_at": rows.moment(ends_of(reading.values), reading.zone),
        "duration": rows.number(durations_of(reading.values)),
    }


def _place(reading: Reading) -> Mapping[str, Any]:
    """Find the chair and the room, and the site: the appointment's own, else where its chair stands."""
    chair, room, site = (reading.whole(table) for table in (chairs, rooms, sites))
    at = [chair.get(one, {}) for one in reading.values["chair_id"]]
    where = [
        site.get(own or stands.get("site_id"), {}) for own, stands in zip(reading.values["site_id"], at, strict=True)
    ]
    return {
        "chair": rows.text([one.get("code") or None for one in at]),
        "chair_name": rows.text([one.get("name") or None for one in at]),
        "room": rows.text([room.get(one, {}).get("name") for one in reading.values["room_id"]]),
        **{name: rows.text([one.get(column) or None for one in where]) for name, column in _SITE.items()},
    }


def _practitioner(reading: Reading) -> Mapping[str, Any]:
    known = reading.whole(practitioners)
    who = [known.get(one, {}) for one in reading.values["practitioner_id"]]
    return {f"practitioner_{name}": rows.text([one.get(name) or None for one in who]) for name in _WHO} | {
        "practitioner": rows.text(
            [full_name(one.get("title"), one.get("first_name"), one.get("last_name")) or one.get("code") for one in who]
        )
    }


def _patient(reading: Reading) -> Mapping[str, Any]:
    people = set(reading.values["patient_id"])
    names = dict(reading.rows_of(patients.c.patient_id, patients.c.first_name, among=people))
    return {"patient_first_name": rows.text([names.get(one) or None for one in reading.values["patient_id"]])}


def texts_by_nature(reading: Reading, table: sa.Table) -> Any:
    """Return what a table tells of each appointment's nature, else type, in the patient's language or French."""
    told = {
        (nature, language): text
        for nature, language, text in reading.connection.execute(
            sa.select(table.c.nature, table.c.language, table.c.text).where(table.c.practice_id == reading.practice_id)
        )
    }
    languages: dict[str, str | None] = {}
    if any(language != "fr" for _nature, language in told):
        people = set(reading.values["patient_id"])
        languages = dict(reading.rows_of(patients.c.patient_id, patients.c.language, among=people))
    texts = []
    for patient_id, *words in zip(
        reading.values["patient_id"], reading.values["nature"], reading.values["kind"], strict=True
    ):
        places = [(word, language) for word in words for language in (languages.get(patient_id), "fr")]
        texts.append(next((told[place] for place in places if place in told), None))
    return rows.text(texts)


APPOINTMENT = Source(
    table=appointments,
    key="appointment_id",
    groups=(
        Group(("ends_at", "duration"), _span, needs=("starts_at", "ends_at", "duration")),
        Group(("chair", "chair_name", "room", *_SITE), _place, needs=("chair_id", "room_id", "site_id")),
        Group(("practitioner", *(f"practitioner_{name}" for name in _WHO)), _practitioner, needs=("practitioner_id",)),
        Group(("patient_first_name",), _patient, needs=("patient_id",)),
        Group(
            ("instructions",),
            lambda reading: {"instructions": texts_by_nature(reading, appointment_instructions)},
            needs=("patient_id", "nature", "kind"),
        ),
    ),
)
