"""Import a file of the practice's software: one transaction, a report, no row lost in silence."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import reading, writing
from workbench.errors import ImportRefused, UnknownName
from workbench.language import _
from workbench.patients import rows
from workbench.patients.imports import appointments, opt_outs, patients, relations
from workbench.patients.imports.batch import VITAL, ImportBatch, ImportFinding
from workbench.patients.imports.headings import tell_headings
from workbench.patients.imports.mapping import ImportMapping, places_of_columns, read_mapping, sections_of
from workbench.patients.imports.remembered import forget, remember, remembered, shape_of
from workbench.patients.imports.table import ImportTable, TableNote, read_as, read_table, tells_its_encoding
from workbench.patients.imports.table_kinds import TABLE_KINDS
from workbench.patients.imports.table_rows import import_rows
from workbench.patients.schema import imports

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]
"""Told how many rows are written, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of import: the columns it knows, and what writes them."""

    columns: tuple[str, ...]
    write: Callable[[ImportBatch], None]
    vital: frozenset[str] = VITAL


_KINDS: Mapping[str, _Kind] = {
    "patients": _Kind(columns=patients.COLUMNS, write=patients.import_patients),
    "appointments": _Kind(columns=appointments.COLUMNS, write=appointments.import_appointments),
    "guardians": _Kind(columns=relations.GUARDIAN_COLUMNS, write=relations.import_guardians),
    "correspondents": _Kind(columns=relations.CORRESPONDENT_COLUMNS, write=relations.import_correspondents),
    "opt-outs": _Kind(columns=opt_outs.COLUMNS, write=opt_outs.import_opt_outs),
    **{
        name: _Kind(columns=kind.columns, write=partial(import_rows, kind=kind), vital=frozenset(kind.needed))
        for name, kind in TABLE_KINDS.items()
    },
}
KINDS = tuple(_KINDS)
ALIASES = {"responsible": "guardians", "people-responsible": "guardians", "opt_outs": "opt-outs", "optouts": "opt-outs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file's rows; created, updated, unchanged and skipped ones add up to `rows`.

    `encoding` is the one the file was read in. `mapping_of` is when the mapping was said that was read again for this
    file (UTC, ISO), ``""`` when none was.
    """

    kind: str
    rows: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    findings: tuple[ImportFinding, ...]
    dry_run: bool = False
    encoding: str = "utf-8"
    mapping_of: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return the findings: ``row`` (the line of the file, 0 for all of it), ``column code message``."""
        import pandas as pd

        names = [one.name for one in fields(ImportFinding)]
        return pd.DataFrame(
            [[getattr(finding, name) for name in names] for finding in self.findings], columns=names, dtype="object"
        )


def columns_of_kind(kind: str) -> tuple[str, ...]:
    """Return the columns a kind of import knows, as a mapping may name them."""
    return _KINDS[_kind_called(kind)].columns


def import_file(
    engine: sa.Engine,
    practice_id: str,
    kind: str,
    path: Path | str,
    *,
    mapping: Mapping[str, Any] | Path | str | None = None,
    dry_run: bool = False,
    forget_mapping: bool = False,
    by: str,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Import one file of separated values, or the sheet of a workbook.

    Parameters
    ----------
    kind
        One of `KINDS` (or of `ALIASES`).
    mapping
        What the headings and words of the file mean (see `mapping.py`): a TOML file, or the same as a dictionary. It is
        kept, and read again with the next file of this kind that has the same headings and comes without one.
    dry_run
        Do everything, then undo it: the report is the one that the import would give.
    forget_mapping
        Forget what was kept for such files, and read this one by its headings alone.

    Raises
    ------
    UnknownName, BadValue
        When there is no such kind, or the mapping names something that does not exist.
    ImportRefused
        When the file or the mapping cannot be read, or lacks a column that is needed; nothing was written.
    """
    kind = _kind_called(kind)
    columns = _KINDS[kind].columns
    file = Path(path)
    sections = sections_of(mapping)
    understood = read_mapping(sections, known=columns)
    table = _table(file, understood)
    again = None
    if not sections and not forget_mapping:
        with reading(engine) as connection:
            again = remembered(connection, practice_id, kind, shape_of(table.headings))
    if again is not None:
        understood = read_mapping(again.sections, known=columns)
        if understood.says_how_to_read:
            table = _table_read_again(file, understood)
    shape = _shape(file, table, understood) if sections or forget_mapping else ""
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    places = places_of_columns(table.headings, kind, columns, understood, file=file.name)
    report: ImportReport
    try:
        with rows.undisturbed(), writing(engine) as connection:
            if connection.dialect.name == "sqlite":
                # Keys come in any order: with the usual 2 MB of pages a large import would read them again and again.
                connection.exec_driver_sql("PRAGMA cache_size = -131072")
            batch = ImportBatch(
                connection=connection,
                practice_id=practice_id,
                kind=kind,
                table=table,
                places=places,
                mapping=understood,
                file=file.name,
                by=by,
                at=at,
                folder=Path(understood.folder) if understood.folder else file.parent,
                vital=_KINDS[kind].vital,
                progress=progress,
            )
            report = _written(batch, file, dry_run=dry_run)
            if forget_mapping:
                forget(connection, practice_id, kind, shape)
            if sections:
                remember(connection, practice_id, kind, shape, sections, by=by, at=at)
            if dry_run:
                connection.rollback()
            elif connection.dialect.name == "postgresql":
                # Until it has counted the new rows it would search them as if there were a handful.
                connection.exec_driver_sql("ANALYZE patients, appointments")
    except sa.exc.DBAPIError as error:
        raise ImportRefused(
            _("The file {file} could not be written into the store ({cause}); nothing of it was kept.").format(
                file=file.name, cause=type(error.orig).__name__
            )
        ) from error
    finally:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA cache_size = -2000")
    return replace(report, mapping_of=again.at) if again is not None else report


def _table(file: Path, mapping: ImportMapping) -> ImportTable:
    return read_table(file, encoding=mapping.encoding, delimiter=mapping.delimiter, sheet=mapping.sheet)


def _table_read_again(file: Path, mapping: ImportMapping) -> ImportTable:
    """Return a file read by a mapping that was said of another one, whose encoding need not be its own."""
    if not mapping.encoding or not tells_its_encoding(file):
        return _table(file, mapping)
    table = _table(file, replace(mapping, encoding=None))
    said = read_as(mapping.encoding)
    if said == table.encoding:
        return table
    sentence = _(
        "The mapping that was kept says {said}, but this file is written in {encoding}, and was read so."
    ).format(said=said, encoding=table.encoding)
    return replace(table, notes=(*table.notes, TableNote(code="encoding", message=sentence)))


def _shape(file: Path, table: ImportTable, mapping: ImportMapping) -> str:
    """Return the shape that the next such file will show to who knows nothing about it yet."""
    if mapping.says_how_to_read:
        with suppress(ImportRefused):  # it cannot be read without being told how: what was said is said again
            return shape_of(read_table(file).headings)
    return shape_of(table.headings)


def _written(batch: ImportBatch, file: Path, *, dry_run: bool) -> ImportReport:
    _KINDS[batch.kind].write(batch)
    tell_headings(batch)
    batch.findings += [
        ImportFinding(row=0, column="", code=note.code, message=note.message) for note in batch.table.notes
    ]
    crooked = [
        ImportFinding(
            row=line, column="", code="crooked", message=_("This row has more cells than there are headings.")
        )
        for line in batch.table.crooked
    ]
    report = ImportReport(
        kind=batch.kind,
        rows=len(batch) + len(crooked),
        created=batch.created,
        updated=batch.updated,
        unchanged=batch.unchanged,
        skipped=batch.skipped,
        findings=tuple(sorted([*batch.findings, *crooked], key=lambda finding: finding.row)),
        dry_run=dry_run,
        encoding=batch.table.encoding,
    )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    batch.connection.execute(
        imports.insert().values(
            practice_id=batch.practice_id,
            import_id=uuid.uuid4().hex,  # the same file may come twice in one second
            kind=batch.kind,
            file_name=batch.file,
            digest=digest,
            rows=report.rows,
            created=report.created,
            updated=report.updated,
            unchanged=report.unchanged,
            skipped=report.skipped,
            at=batch.at,
            by=batch.by,
        )
    )
    return report


def _kind_called(name: str) -> str:
    kind = ALIASES.get(name, name)
    if kind not in _KINDS:
        raise UnknownName(
            _("There is no import of « {name} ». What can be imported: {known}.").format(
                name=name, known=", ".join(KINDS)
            )
        )
    return kind
