"""Import patients, and what other files tell about them; corrections by hand win until the file agrees (8.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.language import _, n_
from workbench.patients import rows
from workbench.patients.corrections import guardian_and_column, text_of, value_of
from workbench.patients.imports.batch import ImportBatch
from workbench.patients.schema import corrections, patients
from workbench.patients.upserts import Row, Written, upsert

Standing = dict[str, tuple[list[str], str | None]]
"""By column: the corrections made, and the value of the latest, which stands, as `text_of` gave it."""

IDENTITY = (
    "civility", "last_name", "first_name", "sex", "email", "phone", "mobile", "language",
    "address_line_1", "address_line_2", "postcode", "city", "country",
)  # fmt: skip
PATIENT_COLUMNS = (
    *IDENTITY, "birth_name", "birth_date", "patient_type", "file_state", "family_id", "remark", "created_on",
    "deceased", "archived", "external",
)  # fmt: skip
COLUMNS = ("patient_id", *PATIENT_COLUMNS, "main_practitioner", "balance")
_NAMES = ("last_name", "first_name", "birth_name")


def import_patients(batch: ImportBatch) -> None:
    """Make or change patients by their file number."""
    batch.require("patient_id")
    keys = batch.values("patient_id")
    for place, key in enumerate(keys):
        if key is None:
            batch.skip(place, batch.heading("patient_id"), "no_key", _("This row has no file number."))
    _leave_out_nameless(batch, keys)
    columns: dict[str, Sequence[Any]] = {name: batch.values(name) for name in batch.given(PATIENT_COLUMNS)}
    if "birth_date" in columns:
        columns["birth_date"] = _born_already(batch, columns["birth_date"])
    if batch.has("main_practitioner"):
        columns["main_practitioner_id"] = batch.registered_ids("main_practitioner")
    if batch.has("balance"):
        columns["balance_cents"] = batch.values("balance")
    given = [
        {"patient_id": keys[place], **{name: column[place] for name, column in columns.items()}}
        for place in batch.one_row_a_key(keys, "patient_id")
    ]
    batch.write(patients, with_corrections(batch, given))


def _leave_out_nameless(batch: ImportBatch, keys: Sequence[str | None]) -> None:
    """Leave out the rows that would make a patient without a name, in a file that has names.

    A row about a patient whom the store knows stays, unless another row of the file names him.
    """
    names = [batch.values(name) for name in batch.given(_NAMES)]
    if not names:
        return
    saying = {place for place in batch.kept() if any(column[place] for column in names)}
    nameless = [place for place in batch.kept() if place not in saying]
    named = {keys[place] for place in saying}
    known = known_patients(batch, [keys[place] for place in nameless]) - named
    for place in nameless:
        if keys[place] not in known:
            sentence = _("This row has a file number and no name; it is left out.")
            batch.skip(place, batch.heading(batch.given(_NAMES)[0]), "no_name", sentence)


def known_patients(batch: ImportBatch, patient_ids: Sequence[str | None]) -> frozenset[str]:
    """Return those of the patients that the store knows."""
    return frozenset(
        batch.connection.execute(
            sa.select(patients.c.patient_id).where(
                patients.c.practice_id == batch.practice_id,
                rows.among(patients.c.patient_id, {one for one in patient_ids if one}, batch.connection.dialect),
            )
        ).scalars()
    )


def _born_already(batch: ImportBatch, births: Sequence[Any]) -> list[Any]:
    """Take a day of birth to come as empty: a child of 2040 is somebody born a century before."""
    today = batch.at[:10]
    born: list[Any] = []
    for place, birth in enumerate(births):
        to_come = birth is not None and birth.isoformat() > today
        if to_come:
            sentence = _("This date of birth is to come: it was taken as empty.")
            batch.find(place, batch.heading("birth_date"), "not_born", sentence)
        born.append(None if to_come else birth)
    return born


def patients_spoken_of(batch: ImportBatch, keys: Sequence[str | None]) -> Written:
    """Make the patients that a file of appointments speaks of, with what it tells about them.

    A blank cell erases nothing, and of several rows about one patient the last one that says something counts.
    """
    columns = {name: batch.values(name) for name in batch.given(set(PATIENT_COLUMNS) - {"remark"})}
    told: dict[str, Row] = {}
    blank: Row = dict.fromkeys(columns)
    for place in batch.kept():
        key = keys[place]
        if key is None:
            continue
        row = told.get(key)
        if row is None:
            row = told[key] = {"patient_id": key, **blank}
        for name, column in columns.items():
            if column[place] is not None:
                row[name] = column[place]
    given = with_corrections(batch, list(told.values()))
    written = upsert(batch.connection, patients, batch.practice_id, given, blanks_erase=False)
    if written.created:
        count = len(written.created)
        sentence = n_(
            "{count} patient was unknown: a file was made with what these rows tell.",
            "{count} patients were unknown: files were made with what these rows tell.",
            count,
        )
        batch.find(None, batch.heading("patient_id"), "new_patients", sentence.format(count=count))
    return written


def with_corrections(batch: ImportBatch, given: list[Row]) -> list[Row]:
    """Put back what was corrected by hand where a file still says something else; note where it agrees."""
    standing: dict[str, Standing] = {}
    for patient_id, column, correction_id, value in _standing_corrections(batch):
        if guardian_and_column(column) is None:
            _add(standing.setdefault(patient_id, {}), column, correction_id, value)
    _put_back(batch, [(row, standing[row["patient_id"]]) for row in given if row["patient_id"] in standing])
    return given


def keep_corrections_of_guardians(batch: ImportBatch, people: Mapping[str, Row]) -> None:
    """Put back what was corrected by hand about the people responsible, whosever file it was corrected in."""
    standing: dict[str, Standing] = {}
    for _patient_id, name, correction_id, value in _standing_corrections(batch):
        about = guardian_and_column(name)
        if about is not None:
            key, column = about
            _add(standing.setdefault(key, {}), column, correction_id, value)
    _put_back(batch, [(row, standing[key]) for key, row in people.items() if key in standing])


def _add(standing: Standing, column: str, correction_id: str, value: str | None) -> None:
    made, _earlier = standing.get(column, ([], None))
    standing[column] = ([*made, correction_id], value)


def _put_back(batch: ImportBatch, corrected: Sequence[tuple[Row, Standing]]) -> None:
    agreed: list[str] = []
    kept = 0
    for row, standing in corrected:
        for name, (made, value) in standing.items():
            if name not in row:
                continue
            if text_of(row[name]) == value:
                agreed += made
            else:
                row[name] = value_of(name, value)
                kept += 1
    if agreed:
        batch.connection.execute(
            corrections.update()
            .where(
                corrections.c.practice_id == batch.practice_id,
                rows.among(corrections.c.correction_id, agreed, batch.connection.dialect),
            )
            .values(copied_back_at=batch.at)
        )
    if kept:
        sentence = n_(
            "{count} value corrected by hand was kept: copy it into the practice's software.",
            "{count} values corrected by hand were kept: copy them into the practice's software.",
            kept,
        )
        batch.find(None, "", "kept_corrections", sentence.format(count=kept))


def _standing_corrections(batch: ImportBatch) -> list[tuple[str, str, str, str | None]]:
    """Return patient, column, correction and value of what is still to be copied back, oldest first."""
    found = batch.connection.execute(
        sa.select(
            corrections.c.patient_id, corrections.c.column_name, corrections.c.correction_id, corrections.c.new_value
        )
        .where(corrections.c.practice_id == batch.practice_id, corrections.c.copied_back_at.is_(None))
        .order_by(corrections.c.at, corrections.c.correction_id)
    )
    return [(patient_id, column, correction_id, value) for patient_id, column, correction_id, value in found]
