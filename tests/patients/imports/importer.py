"""Import a text as a file, and look at what a store holds afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.contracts.patient_store_contract import NOW
from workbench.databases import reading
from workbench.patients.imports.importing import ImportReport
from workbench.patients.schema import metadata
from workbench.patients.store import SqlPatientStore


class Importer:
    """Writes a file and imports it."""

    def __init__(self, store: SqlPatientStore, folder: Path) -> None:
        self.store, self.folder = store, folder

    def __call__(self, kind: str, text: str, **options: Any) -> ImportReport:
        path = self.folder / "export.csv"
        path.write_text(text, encoding="utf-8")
        return self.store.import_file(kind, path, **{"by": "Claire", "now": NOW, **options})


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (report.rows, report.created, report.updated, report.unchanged, report.skipped)


def codes(findings: Iterable[Any]) -> list[tuple[int, str]]:
    return [(finding.row, finding.code) for finding in findings]


def rows_of(store: SqlPatientStore, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    with reading(store.engine) as connection:
        read = [table.c[name] for name in columns]
        return sorted(tuple(row) for row in connection.execute(sa.select(*read)))


def everything_in(store: SqlPatientStore) -> dict[str, list[str]]:
    """Return every row of every table but the journal of imports, which grows with each one."""
    with reading(store.engine) as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            for name, table in metadata.tables.items()
            if name != "imports"
        }
