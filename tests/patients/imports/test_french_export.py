"""A practice's export as Excel writes it in France: every row is imported or named with its reason, twice alike."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.contracts.patient_store_contract import NOW
from tests.patients.imports.importer import everything_in, rows_of
from workbench.patients import schema
from workbench.patients.imports.importing import ImportReport
from workbench.patients.store import SqlPatientStore

SAMPLES = Path(__file__).parents[3] / "sample_data" / "imports"
HEADINGS = [
    "N° dossier", "Civilité", "Nom", "Prénom", "Sexe", "Né(e) le", "E-mail", "Portable", "Adresse", "CP", "Ville",
    "Solde", "Décédé",
]  # fmt: skip
NAMES = ["Null", "Lefèvre", "Œillet", "D’Aubigné", "Çelik", "Müller", "NA", "Nguyên", "True", "O'Brien"]
WRONG_DAYS = ["31/02/1990", "00/00/0000", "12/13/1985", "vers 1960", "01/01/85"]


def invented_rows() -> list[list[str]]:
    """Return 1,000 rows as a person sees them: some without a number, some told twice, some with a wrong day."""
    rows: list[list[str]] = []
    for place in range(1000):
        number = f"{place:05}"
        wrong_day = place % 50 == 7
        born = date(1930 + place % 90, 1 + place % 12, 1 + place % 28).strftime("%d/%m/%Y")
        row = [
            number,
            ["M.", "Mme", ""][place % 3],
            NAMES[place % len(NAMES)],
            ["Zoé", "Jean-François", "Maëlle", "Éric"][place % 4],
            ["F", "M"][place % 2],
            WRONG_DAYS[place // 50 % len(WRONG_DAYS)] if wrong_day else born,
            "" if place % 5 == 0 else f"p{place}@courriel.example" if place % 40 else "pas d'adresse",
            f"06 39 98 {place // 100:02} {place % 100:02}",
            f"{place % 90 + 1} rue de l’Église; bât. « {chr(65 + place % 26)} »",
            ["35000", "01000", "06400"][place % 3],
            ["Rennes", "Bourg-en-Bresse", "Cannes"][place % 3],
            f"{place % 1500},{place % 100:02}",
            ["non", "oui"][place % 97 == 0],
        ]
        if place % 100 == 13:
            row[0] = ""  # nobody could say whose row this is
        if place % 100 == 50:
            row[0] = rows[place - 1][0]  # a number that two rows share
        if place % 100 == 51:
            row = list(rows[place - 3])  # the same row again
        rows.append(row)
    return rows


def write_csv(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([HEADINGS, *rows])
    path.write_bytes(text.getvalue().encode("cp1252"))


def write_workbook(path: Path, rows: list[list[str]]) -> None:
    """Write the cells as Excel keeps them: days, postcodes and sums as numbers, the rest as texts."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Export")
        day, postcode = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "00000"})
        for column, heading in enumerate(HEADINGS):
            sheet.write_string(0, column, heading)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write_cell(sheet, line, column, cell, day, postcode)


def _write_cell(sheet: Any, line: int, column: int, cell: str, day: Any, postcode: Any) -> None:
    if HEADINGS[column] == "CP":
        sheet.write_number(line, column, int(cell), postcode)
    elif HEADINGS[column] == "Solde":
        sheet.write_number(line, column, float(cell.replace(",", ".")))
    elif HEADINGS[column] == "Né(e) le" and cell not in WRONG_DAYS:
        days, months, years = cell.split("/")
        sheet.write_datetime(line, column, date(int(years), int(months), int(days)), day)
    elif cell:
        sheet.write_string(line, column, cell)


def take(store: SqlPatientStore, path: Path) -> ImportReport:
    return store.import_file("patients", path, by="Claire", now=NOW)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_every_row_is_imported_or_named_with_its_reason_and_twice_changes_nothing(
    store: SqlPatientStore, tmp_path: Path, ending: str
) -> None:
    rows = invented_rows()
    path = tmp_path / f"Export patients.{ending}"
    (write_csv if ending == "csv" else write_workbook)(path, rows)
    report = take(store, path)

    named = {finding.row for finding in report.findings if finding.row}
    told = {place: finding for finding in report.findings if (place := finding.row - 2) >= 0}
    assert report.rows == 1000
    assert report.created + report.updated + report.unchanged + report.skipped == 1000
    kept = {patient_id for (patient_id,) in rows_of(store, schema.patients, "patient_id")}
    assert len(kept) == report.created
    for place, row in enumerate(rows):
        assert row[0] in kept or told[place].code == "no_key"
    codes = [finding.code for finding in report.findings if finding.row]
    assert (codes.count("no_key"), codes.count("repeated_key")) == (10, 20)
    assert report.skipped == 30
    wrong = {place + 2 for place, row in enumerate(rows) if row[5] in WRONG_DAYS}
    assert wrong <= named
    assert report.encoding == ("cp1252" if ending == "csv" else "utf-8")
    for finding in report.findings:
        assert not any(name in finding.message for name in ("Lefèvre", "Zoé", "@courriel", "1985"))

    of_null = rows_of(
        store, schema.patients, "patient_id", "last_name", "first_name", "birth_date", "postcode", "balance_cents"
    )
    assert of_null[10] == ("00010", "Null", "Maëlle", date(1940, 11, 11), "01000", 1010)
    before = everything_in(store)
    again = take(store, path)
    assert (again.created, again.updated, again.unchanged, again.skipped) == (0, 0, 970, 30)
    assert again.findings == report.findings
    assert everything_in(store) == before


def test_the_same_rows_as_csv_and_as_a_workbook_give_the_same_store(store: SqlPatientStore, tmp_path: Path) -> None:
    rows = invented_rows()
    write_csv(tmp_path / "a.csv", rows)
    write_workbook(tmp_path / "a.xlsx", rows)
    first = take(store, tmp_path / "a.csv")
    before = everything_in(store)
    second = take(store, tmp_path / "a.xlsx")
    assert (second.created, second.updated, second.unchanged) == (0, 0, 970)
    assert [(one.row, one.code) for one in first.findings] == [(one.row, one.code) for one in second.findings]
    assert everything_in(store) == before


def test_the_sample_patients_are_the_same_as_csv_and_as_a_workbook(store: SqlPatientStore) -> None:
    report = take(store, SAMPLES / "patients.csv")
    assert (report.rows, report.created, report.skipped) == (8, 6, 2)
    assert [(one.row, one.code) for one in report.findings if one.row] == [
        (2, "repeated_key"), (6, "unreadable"), (7, "malformed_address"), (9, "no_key"),
    ]  # fmt: skip
    before = everything_in(store)
    again = take(store, SAMPLES / "patients.xlsx")
    assert (again.created, again.updated, again.unchanged, again.skipped) == (0, 0, 6, 2)
    assert everything_in(store) == before
    assert ("00472", "Null", 4550) in rows_of(store, schema.patients, "patient_id", "last_name", "balance_cents")
