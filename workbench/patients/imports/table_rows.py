"""Write the rows of a kind that is declared in `table_kinds`: what they name is checked, each has a key of its own."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from workbench.language import _, n_
from workbench.patients import rows
from workbench.patients.calendar import zone_called
from workbench.patients.imports.batch import ImportBatch, leave_out_other_patients
from workbench.patients.imports.patients import with_corrections
from workbench.patients.imports.row_keys import Columns, keys_of_rows
from workbench.patients.imports.table_kinds import (
    REFERENCES,
    REGISTERED,
    Reference,
    TableKind,
    key_of,
    stored_name,
)
from workbench.patients.schema import patients, practices
from workbench.patients.upserts import Row


def import_rows(batch: ImportBatch, kind: TableKind) -> None:
    """Make or change the rows of a table; one that names somebody or something unknown is told, never invented."""
    _require(batch, kind)
    columns = _read(batch, kind)
    _check_references(batch, kind, columns)
    _fill(batch, kind, columns)
    _leave_out_incomplete(batch, kind, columns)
    keys = keys_of_rows(batch, kind, columns)
    _keep_to_their_patient(batch, kind, columns, keys)
    named = _first_given(batch, kind)
    given: list[Row] = []
    stored = [name for name in columns if name in kind.table.c]
    for place in batch.one_row_a_key(keys, named):
        row: Row = {name: columns[name][place] for name in stored}
        given.append(row | dict(zip(key_of(kind), keys[place], strict=True)))
    if kind.table is patients:
        given = with_corrections(batch, given)
    if kind.replaces:
        _remove_others(batch, kind, given)
    batch.write(kind.table, given)


def _require(batch: ImportBatch, kind: TableKind) -> None:
    telling_whose = [name for name in _references(kind) if name != "patient_id" and "patient_id" in kind.needed]
    for name in kind.needed:
        batch.require(name, *(telling_whose if name == "patient_id" else ()))
    if kind.number:
        batch.require(kind.number, *kind.natural, *([kind.called_by] if kind.called_by else ()))


def _first_given(batch: ImportBatch, kind: TableKind) -> str:
    numbers = [name for name in (kind.number, "number") if name in kind.columns]
    return next((name for name in (*numbers, *kind.natural, kind.called_by, *kind.columns) if batch.has(name)), "")


def _read(batch: ImportBatch, kind: TableKind) -> Columns:
    columns: Columns = {}
    for name in batch.given(kind.columns):
        if name in REGISTERED:
            made = name not in kind.known_only
            columns[REGISTERED[name]] = batch.registered_ids(name, make=made)
        else:
            columns[stored_name(kind, name)] = list(batch.values(name))
    return columns


# --- whom and what a row names ------------------------------------------------------------------------------


def _references(kind: TableKind) -> dict[str, Reference]:
    return {name: REFERENCES[name] for name in kind.columns if name in REFERENCES and name != kind.number}


def _check_references(batch: ImportBatch, kind: TableKind, columns: Columns) -> None:
    """Keep what is known, and what is about the patient of the row; a row whose patient is not known is left out."""
    references = _references(kind)
    owners: list[list[str | None]] = []
    for name, reference in references.items():
        if name != "patient_id" and name in columns:
            columns[name], whose = _resolved(batch, name, reference, columns[name])
            if "patient_id" in references and "patient_id" in reference.table.c:
                owners.append(whose)
                _keep_to_the_patient(batch, name, columns, whose)
    if "patient_id" not in references:
        return
    heading = batch.heading("patient_id")
    said = columns.setdefault("patient_id", [None] * len(batch))
    for whose in owners:
        # A payment that names its invoice alone is the payment of that invoice's patient.
        said[:] = [own if own is not None else other for own, other in zip(said, whose, strict=True)]
    known = _known(batch, REFERENCES["patient_id"], said)
    for place, patient_id in enumerate(said):
        if patient_id is None and "patient_id" in kind.needed:
            batch.skip(place, heading, "no_key", _("This row has no file number."))
        elif patient_id is not None and patient_id not in known:
            sentence = _("The store does not know this patient: import the patients first.")
            batch.skip(place, heading, "unknown_patient", sentence)


def _known(batch: ImportBatch, reference: Reference, keys: Sequence[str | None]) -> dict[str, tuple[str, str | None]]:
    """Return, by what the file says, the key of the row that it names and whose it is."""
    table = reference.table
    whose = table.c.patient_id if "patient_id" in table.c else sa.null()
    prefix = batch.mapping.prefix
    asked = {key for key in keys if key is not None}
    found: dict[str, tuple[str, str | None]] = {}
    if reference.also_by:
        plainly = {key.removeprefix(prefix): key for key in asked}
        other = table.c[reference.also_by]
        numbered = batch.connection.execute(
            sa.select(other, table.c[reference.key], whose).where(
                table.c.practice_id == batch.practice_id, rows.among(other, plainly, batch.connection.dialect)
            )
        ).all()
        numbers = [number for number, _key, _whose in numbered]
        # Two invoices of one number: which of them is meant cannot be known.
        found = {plainly[number]: (key, owner) for number, key, owner in numbered if numbers.count(number) == 1}
    there = batch.connection.execute(
        sa.select(table.c[reference.key], whose).where(
            table.c.practice_id == batch.practice_id,
            rows.among(table.c[reference.key], asked, batch.connection.dialect),
        )
    ).all()
    return found | {key: (key, owner) for key, owner in there}


def _resolved(
    batch: ImportBatch, name: str, reference: Reference, keys: Sequence[str | None]
) -> tuple[list[str | None], list[str | None]]:
    """Return the keys of what a column names, and whose each one is; what is not known is empty, with its finding."""
    known = _known(batch, reference, keys)
    for place, key in enumerate(keys):
        if key is not None and key not in known:
            sentence = _("The store does not know what this cell names; it was taken as empty.")
            batch.find(place, batch.heading(name), "unknown_reference", sentence)
    named = [known.get(key, (None, None)) if key is not None else (None, None) for key in keys]
    return [key for key, _owner in named], [owner for _key, owner in named]


def _keep_to_the_patient(batch: ImportBatch, name: str, columns: Columns, whose: list[str | None]) -> None:
    """Empty what belongs to another patient than the row says: nobody's letter tells of somebody else's invoice."""
    said = columns.get("patient_id")
    if said is None:
        return
    for place, (patient_id, owner) in enumerate(zip(said, whose, strict=True)):
        if patient_id is not None and owner is not None and patient_id != owner:
            columns[name][place] = whose[place] = None
            sentence = _("What this cell names belongs to another patient; it was taken as empty.")
            batch.find(place, batch.heading(name), "other_patient", sentence)


def _keep_to_their_patient(batch: ImportBatch, kind: TableKind, columns: Columns, keys: Sequence[Any]) -> None:
    if kind.number and "patient_id" in kind.table.c:
        leave_out_other_patients(batch, kind.table, [key for (key,) in keys], columns["patient_id"])


# --- what a row holds ---------------------------------------------------------------------------------------


def _fill(batch: ImportBatch, kind: TableKind, columns: Columns) -> None:
    for name, source in kind.copies:
        if source in columns:
            prefix = batch.mapping.prefix
            said = columns.get(name) or [None] * len(batch)
            columns[name] = [
                own if own is not None else None if other is None else other.removeprefix(prefix)
                for own, other in zip(said, columns[source], strict=True)
            ]
    for name, prepare in _PREPARED.get(kind.table.name, {}).items():
        if name in columns:
            prepare(batch, columns, name)


def _to_the_minute(_batch: ImportBatch, columns: Columns, name: str) -> None:
    hours: list[time | None] = columns[name]
    columns[name] = [None if hour is None else hour.strftime("%H:%M") for hour in hours]


def _as_instants(batch: ImportBatch, columns: Columns, name: str) -> None:
    """Keep the practice's wall clock as UTC texts, and say where the row comes from."""
    zone = _zone(batch)
    moments: list[datetime | None] = columns[name]
    columns[name] = [
        None if one is None else one.replace(tzinfo=zone).astimezone(UTC).isoformat(timespec="seconds")
        for one in moments
    ]
    columns["source"] = ["import"] * len(batch)


def _zone(batch: ImportBatch) -> ZoneInfo:
    return zone_called(
        batch.connection.execute(
            sa.select(practices.c.zone).where(practices.c.practice_id == batch.practice_id)
        ).scalar_one()
    )


def _dated(batch: ImportBatch, columns: Columns, name: str) -> None:
    """Give an invoice that is said to be cancelled, and not when, its own day."""
    for place in batch.kept():
        if columns[name][place] is True:
            columns[name][place] = columns["dated_on"][place]
            sentence = _("This row is cancelled, and does not say when; the day of the invoice was taken.")
            batch.find(place, batch.heading(name), "cancelled_when", sentence)
    columns[name] = [None if one is True else one for one in columns[name]]


def _as_files(batch: ImportBatch, columns: Columns, name: str) -> None:
    """Look at each file of the album: it is there, inside the folder, and what it holds is known by its digest."""
    told = columns[name]
    empty: list[Any] = [None] * len(batch)
    for added in ("file_name", "media_type", "digest"):
        columns[added] = list(empty)
    folder = batch.folder.resolve()
    for place, text in enumerate(told):
        if text is None:
            continue
        file = (folder / Path(text.replace("\\", "/"))).resolve()
        if not file.is_relative_to(folder) or not file.is_file():
            sentence = _("This file is not in the folder of the images; the row is left out.")
            batch.skip(place, batch.heading(name), "no_file", sentence)
            continue
        told[place] = str(file)
        columns["file_name"][place] = file.name
        columns["media_type"][place] = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        with file.open("rb") as stream:
            columns["digest"][place] = hashlib.file_digest(stream, "sha256").hexdigest()


_PREPARED: dict[str, dict[str, Callable[[ImportBatch, Columns, str], None]]] = {
    "opening_hours": {"opens": _to_the_minute, "closes": _to_the_minute},
    "contacts": {"at": _as_instants},
    "invoices": {"cancelled_on": _dated},
    "media": {"path": _as_files},
}
"""What becomes of a column before it is stored, by table."""


def _leave_out_incomplete(batch: ImportBatch, kind: TableKind, columns: Columns) -> None:
    for name in kind.needed:
        values = columns.get(stored_name(kind, name))
        if values is None:
            continue
        for place in list(batch.kept()):
            if values[place] is None:
                sentence = _("This cell is empty, and the row is nothing without it; it is left out.")
                batch.skip(place, batch.heading(name), "missing_value", sentence)
    for first, last in kind.ordered:
        for place in list(batch.kept()):
            if columns[last][place] < columns[first][place]:
                sentence = _("This row ends before it begins; it is left out.")
                batch.skip(place, batch.heading(last), "ends_before", sentence)


# --- what the file does not tell any more ---------------------------------------------------------------------


def _remove_others(batch: ImportBatch, kind: TableKind, given: Sequence[Row]) -> None:
    """Take away the rows of the same place that the file does not tell any more."""
    parts = key_of(kind)
    told = {tuple(row[name] for name in parts) for row in given}
    table = kind.table
    removed = 0
    for place in sorted({row[kind.replaces] for row in given}):
        mine = sa.and_(table.c.practice_id == batch.practice_id, table.c[kind.replaces] == place)
        for key in batch.connection.execute(sa.select(*(table.c[name] for name in parts)).where(mine)).all():
            if tuple(key) not in told:
                same = [table.c[name] == value for name, value in zip(parts, key, strict=True)]
                batch.connection.execute(table.delete().where(table.c.practice_id == batch.practice_id, *same))
                removed += 1
    if removed:
        sentence = n_(
            "{count} row of the store is not in the file, and was removed.",
            "{count} rows of the store are not in the file, and were removed.",
            removed,
        )
        batch.find(None, "", "removed", sentence.format(count=removed))
