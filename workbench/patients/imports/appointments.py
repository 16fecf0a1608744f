"""Import appointments, and the patients, practitioners and chairs they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from workbench.language import _
from workbench.patients import rows
from workbench.patients.imports.batch import ImportBatch, leave_out_other_patients
from workbench.patients.imports.patients import IDENTITY, patients_spoken_of
from workbench.patients.imports.values import says_an_hour
from workbench.patients.schema import appointments
from workbench.patients.upserts import Row

_PLAIN_COLUMNS = ("duration", "state", "declined_by", "nature", "kind", "forced", "made_on", "remark", "moved_from")
COLUMNS = (
    "appointment_id", "patient_id", "starts_at", "date", "time", "ends_at", "end_time", *_PLAIN_COLUMNS,
    "chair", "practitioner", "site",
    *IDENTITY, "birth_name", "birth_date", "patient_type", "file_state", "family_id",
)  # fmt: skip


def import_appointments(batch: ImportBatch) -> None:
    """Make or change appointments by their number or, when the file has none, by patient and start."""
    batch.require("patient_id")
    batch.require("starts_at", "date")
    patient_ids = batch.values("patient_id")
    starts = _starts(batch)
    for place, (patient_id, start) in enumerate(zip(patient_ids, starts, strict=True)):
        if patient_id is None:
            batch.skip(place, batch.heading("patient_id"), "no_key", _("This row has no file number."))
        elif start is None:
            batch.skip(place, batch.heading(_day_column(batch)), "no_start", _("This row does not say when."))
    _leave_out_without_hour(batch, starts)
    columns: dict[str, Sequence[Any]] = {name: batch.values(name) for name in batch.given(_PLAIN_COLUMNS)}
    keys = _keys(batch, patient_ids, starts)
    leave_out_other_patients(batch, appointments, keys, patient_ids)
    places = batch.one_row_a_key(keys, "appointment_id")
    patients_spoken_of(batch, patient_ids)
    if batch.has("ends_at") or batch.has("end_time"):
        columns["ends_at"] = _ends(batch, starts)
    for name in batch.given(("chair", "practitioner", "site")):
        columns[f"{name}_id"] = batch.registered_ids(name)
    given: list[Row] = [
        {
            "appointment_id": keys[place],
            "patient_id": patient_ids[place],
            "starts_at": starts[place],
            **{name: column[place] for name, column in columns.items()},
        }
        for place in places
    ]
    if "moved_from" not in columns:
        _remember_moves(batch, given)
    batch.write(appointments, given)


def _day_column(batch: ImportBatch) -> str:
    return "starts_at" if batch.has("starts_at") else "date"


def _leave_out_without_hour(batch: ImportBatch, starts: Sequence[datetime | None]) -> None:
    """Leave out the rows that do not say the hour, in a file that says it: midnight would be a wrong one.

    A file that says no hour at all is a list of days, and is taken as such.
    """
    column = "time" if batch.has("time") else _day_column(batch)
    cells = batch.cells(column)
    saying = {cell for cell in set(cells) if (cell.strip() if column == "time" else says_an_hour(cell))}
    if not saying:
        return
    for place in list(batch.kept()):
        start = starts[place]
        if cells[place] not in saying and start is not None and start.time() == time.min:
            batch.skip(place, batch.heading(column), "no_hour", _("This row does not say the hour; it is left out."))


def _starts(batch: ImportBatch) -> list[datetime | None]:
    days: Sequence[Any] = batch.values(_day_column(batch))
    if not batch.has("time"):
        return [None if day is None else _at(day, None) for day in days]
    return [None if day is None else _at(day, hour) for day, hour in zip(days, batch.values("time"), strict=True)]


def _ends(batch: ImportBatch, starts: Sequence[datetime | None]) -> list[datetime | None]:
    if batch.has("ends_at"):
        return list(batch.values("ends_at"))
    return [
        None if start is None or hour is None else _at(start, hour)
        for start, hour in zip(starts, batch.values("end_time"), strict=True)
    ]


def _at(day: date, hour: time | None) -> datetime:
    if isinstance(day, datetime):
        return day if hour is None else datetime.combine(day.date(), hour)
    return datetime.combine(day, hour or time.min)


def _keys(batch: ImportBatch, patient_ids: Sequence[Any], starts: Sequence[Any]) -> list[str | None]:
    """Return each appointment's key; one without a number is the one this patient has at this time."""
    numbers: Sequence[str | None] = batch.values("appointment_id")
    if all(number is not None for number in numbers):
        return list(numbers)
    lacking = {patient_ids[place] for place in batch.kept() if numbers[place] is None}
    known = {
        (patient_id, start): appointment_id
        for patient_id, start, appointment_id in batch.connection.execute(
            sa.select(appointments.c.patient_id, appointments.c.starts_at, appointments.c.appointment_id).where(
                appointments.c.practice_id == batch.practice_id,
                rows.among(appointments.c.patient_id, lacking, batch.connection.dialect),
            )
        )
    }
    keys: list[str | None] = list(numbers)
    for place in batch.kept():
        if keys[place] is None:
            patient_id, start = patient_ids[place], starts[place]
            named = f"{patient_id}@{start.isoformat(timespec='minutes')}"
            keys[place] = known.get((patient_id, start), named)
    return keys


def _remember_moves(batch: ImportBatch, given: Sequence[Row]) -> None:
    """Keep the former start of appointments that this file moves."""
    before = {
        appointment_id: (start, moved_from)
        for appointment_id, start, moved_from in batch.connection.execute(
            sa.select(appointments.c.appointment_id, appointments.c.starts_at, appointments.c.moved_from).where(
                appointments.c.practice_id == batch.practice_id,
                rows.among(
                    appointments.c.appointment_id, [row["appointment_id"] for row in given], batch.connection.dialect
                ),
            )
        )
    }
    if not before:
        return
    for row in given:
        start, moved_from = before.get(row["appointment_id"], (row["starts_at"], None))
        row["moved_from"] = moved_from if start == row["starts_at"] else start
