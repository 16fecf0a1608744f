"""Whoever wrote the file, and however: each row is created, updated, unchanged or left out, and none is lost."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from pathlib import Path

import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.patient_store_contract import NOW
from tests.patients.imports.importer import everything_in
from workbench.patients.imports.importing import ImportReport
from workbench.patients.store import open_store

HEADINGS = ["N° dossier", "Nom", "Prénom", "Né le", "E-mail", "Solde", "Remarque", "CP"]
TEXT = st.text(st.sampled_from(list("abéèçœÉ' -;,|\"\t0123456789=+@\n\u00a0")), max_size=12)
KEYS = st.one_of(
    st.just(""), st.from_regex(r"[0-9]{1,5}", fullmatch=True), st.sampled_from(["Null", "NA", "007", "7.0"])
)
DAYS = st.sampled_from(["", "12/03/1980", "31/02/1980", "1980-03-12", "12 mars 1980", "hier"])
SUMS = st.sampled_from(["", "45,50", "1 234,50 €", "-12.3", "beaucoup"])
POSTCODES = st.sampled_from(["", "35000", "1000", "01000"])
ROWS = st.lists(st.tuples(KEYS, TEXT, TEXT, DAYS, TEXT, SUMS, TEXT, POSTCODES), max_size=12)
CODED = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])


def report_of(path: Path, folder: Path, blank_file: Path) -> list[ImportReport]:
    """Import a file twice into a store of its own, and hold that the second time changes nothing."""
    shutil.copy(blank_file, folder / "patients.sqlite")
    store = open_store(f"sqlite:///{folder / 'patients.sqlite'}", practice_id="practice", create=False)
    reports = [store.import_file("patients", path, by="Claire", now=NOW)]
    before = everything_in(store)
    reports.append(store.import_file("patients", path, by="Claire", now=NOW))
    assert everything_in(store) == before
    store.close()
    return reports


def hold(reports: list[ImportReport], rows: int) -> None:
    for report in reports:
        assert report.rows == rows
        assert report.created + report.updated + report.unchanged + report.skipped == rows
        assert report.skipped <= len({finding.row for finding in report.findings if finding.row})
    assert reports[1].created == reports[1].updated == 0


def with_something(row: tuple[str, ...]) -> bool:
    return bool("".join(row).replace("\x00", "").strip())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, delimiter=st.sampled_from(";,\t|"), encoding=CODED, ending=st.sampled_from(["\r\n", "\n"]))
def test_a_file_of_separated_values_loses_no_row(
    blank_file: Path, rows: list[tuple[str, ...]], delimiter: str, encoding: str, ending: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerows([HEADINGS, *rows])
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "export.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        hold(report_of(path, Path(place), blank_file), sum(with_something(row) for row in rows))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_a_workbook_loses_no_row(blank_file: Path, rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "export.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for line, row in enumerate([HEADINGS, *rows]):
                for column, cell in enumerate(row):
                    sheet.write_string(line, column, cell)
        hold(report_of(path, Path(place), blank_file), sum(with_something(row) for row in rows))
