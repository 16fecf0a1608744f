"""Workbooks as practices have them: each cell is read as a person sees it, and a bad one is refused in words."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from workbench.errors import ImportRefused
from workbench.language import use_language
from workbench.patients.imports import xlsx_package
from workbench.patients.imports.table import read_table
from workbench.patients.imports.xlsx_package import masked


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook: sheet by sheet, rows of cells; a pair is a value with its number format."""

    def write(**sheets: list[list[Any]]) -> Path:
        path = tmp_path / "export.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for row, cells in enumerate(rows):
                    for column, cell in enumerate(cells):
                        value, form = cell if isinstance(cell, tuple) else (cell, None)
                        if value is not None:
                            sheet.write(row, column, value, book.add_format({"num_format": form}) if form else None)
        return path

    return write


def test_cells_are_read_as_a_person_sees_them(workbook: Callable[..., Path]) -> None:
    path = workbook(
        A=[
            ["Dossier", "Naissance", "Heure", "Début", "CP", "Tél", "Solde", "Décédé", "Durée"],
            [
                12, (date(2014, 3, 12), "dd/mm/yyyy"), (time(8, 40), "hh:mm"),
                (datetime(2026, 11, 24, 8, 40), "dd/mm/yyyy hh:mm"), (1000, "00000"),
                (612345678, '0#" "##" "##" "##" "##'), 45.5, True, (timedelta(hours=30, minutes=5), "[h]:mm"),
            ],
            ["007", None, None, None, "01000", "06 12", 0.1 + 0.2, False, None],
            [29872499824296.0, "12 mars 2014", None, None, 35000, None, -12.0, None, None],
        ]
    )  # fmt: skip
    table = read_table(path)
    assert table.lines == [2, 3, 4]
    assert list(zip(*table.columns, strict=True)) == [
        ("12", "2014-03-12", "08:40:00", "2026-11-24 08:40:00", "01000", "06 12 34 56 78", "45.5", "VRAI", "30:05"),
        ("007", "", "", "", "01000", "06 12", "0.3", "FAUX", ""),
        ("29872499824296", "12 mars 2014", "", "", "35000", "", "-12", "", ""),
    ]  # fmt: skip


def test_a_table_may_begin_further_down_and_its_lines_are_those_of_the_sheet(workbook: Callable[..., Path]) -> None:
    path = workbook(A=[[], [None, None], [None, "id", "nom"], [], [None, "1", "A"], [None, None, "B"]])
    table = read_table(path)
    assert (table.headings, table.lines) == (("id", "nom"), [5, 6])
    assert table.columns == (("1", ""), ("A", "B"))


def test_a_row_that_is_wider_than_the_headings_is_named(workbook: Callable[..., Path]) -> None:
    table = read_table(workbook(A=[["id", "nom"], ["1", "A", "more"], ["2", "B", "  "]]))
    assert (table.crooked, table.lines) == ([2], [3])


def test_the_first_sheet_with_rows_is_read_unless_another_one_is_named(workbook: Callable[..., Path]) -> None:
    path = workbook(Accueil=[], Patients=[["id"], ["1"]], Autres=[["id"], ["2"]])
    table = read_table(path)
    assert table.columns == (("1",),)
    assert [(note.code, "« Patients »" in note.message, "Autres" in note.message) for note in table.notes] == [
        ("sheet", True, True)
    ]
    for named in ("Autres", "3"):
        assert read_table(path, sheet=named).columns == (("2",),)
    assert read_table(path, sheet="Autres").notes == ()
    with pytest.raises(ImportRefused, match="Its sheets are: Accueil, Patients, Autres"):
        read_table(path, sheet="Nope")
    for empty in (workbook(A=[], B=[]), workbook(A=[[("", "00000")]])):
        with pytest.raises(ImportRefused, match="is empty"):
            read_table(empty)


def test_a_hidden_sheet_is_read_only_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        hidden, shown = book.add_worksheet("Listes"), book.add_worksheet("Patients")
        hidden.write(0, 0, "x")
        hidden.hide()
        shown.activate()
        shown.set_first_sheet()
        shown.write(0, 0, "id")
        shown.write(1, 0, "1")
    assert read_table(path).headings == ("id",)
    assert read_table(path, sheet="Listes").headings == ("x",)


def test_rows_that_nobody_sees_are_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Patients")
        for row, cells in enumerate((("id", "nom"), ("1", "Un"), ("2", "Deux"), ("3", "Trois"))):
            sheet.write_row(row, 0, cells)
        for row in (1, 3, 7):
            sheet.set_row(row, None, None, {"hidden": True})
    table = read_table(path)
    assert table.columns[0] == ("1", "2", "3")
    assert [(note.code, note.message[:6]) for note in table.notes] == [("hidden_rows", "2 rows")]


def test_errors_and_formulas_without_a_result_are_counted_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "a", "b", "c"])
        sheet.write_row(1, 0, ["1"])
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 2, "=1+1", None, 2)
        sheet.write_formula(1, 3, "=NOW()", None, 41)
    with_sheet(path, lambda text: text.replace(b"<v>41</v>", b""))
    table = read_table(path)
    assert table.columns == (("1",), ("",), ("2",), ("",))
    assert [note.code for note in table.notes] == ["cell_error", "no_result"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "is no .xlsx workbook"),
        ({"word/document.xml": b"<a/>"}, "is no .xlsx workbook"),
        ({"xl/workbook.bin": b"x"}, "is no .xlsx workbook"),
        ({"xl/workbook.xml": b"<broken"}, "is damaged"),
        ({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "is damaged"),
    ],
)
def test_what_is_no_workbook_is_refused_in_words(tmp_path: Path, parts: dict[str, bytes], sentence: str) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    with pytest.raises(ImportRefused, match=sentence):
        read_table(path)


def test_an_older_workbook_or_one_with_a_password_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    with pytest.raises(ImportRefused, match=r"older Excel workbook \(.xls\), or has a password"):
        read_table(path)


def test_a_broken_workbook_is_refused_wherever_it_is_cut_or_scratched(workbook: Callable[..., Path]) -> None:
    path = workbook(A=[["id", "nom"], *([str(n), "Nom"] for n in range(200))])
    whole = path.read_bytes()
    for cut in range(4, len(whole), len(whole) // 12):
        path.write_bytes(whole[:cut])
        with pytest.raises(ImportRefused, match="damaged"):
            read_table(path)
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for left_out in ("xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"):
        with zipfile.ZipFile(path, "w") as package:
            for name in parts.keys() - {left_out}:
                package.writestr(name, parts[name])
        with pytest.raises(ImportRefused, match="damaged"):
            read_table(path)


def with_sheet(path: Path, change: Callable[[bytes], bytes]) -> None:
    with_part(path, "xl/worksheets/sheet1.xml", change)


def with_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    workbook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(A=[["id"], ["1"]])
    with_sheet(path, lambda text: text.replace(b"<sheetData>", b" " * 3_000_000 + b"<sheetData>"))
    assert path.stat().st_size < 30_000
    assert read_table(path).lines == [2]
    monkeypatch.setattr(xlsx_package, "LARGEST_UNPACKED", 2_000_000)
    with pytest.raises(ImportRefused, match="too large"):
        read_table(path)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_a_part_that_declares_entities_is_refused_wherever_it_does(workbook: Callable[..., Path], part: str) -> None:
    path = workbook(A=[["id"], ["1"]])
    declared = b"?>" + b" " * 100_000 + b'<!DOCTYPE a [<!ENTITY b "c">]>'
    with_part(path, part, lambda text: text.replace(b"?>", declared, 1))
    with pytest.raises(ImportRefused, match="is damaged"):
        read_table(path)


def test_a_cell_at_the_end_of_the_sheet_takes_no_memory(workbook: Callable[..., Path]) -> None:
    path = workbook(A=[["id"], ["1"]])
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with_sheet(path, lambda text: text.replace(b"</sheetData>", far))
    with pytest.raises(ImportRefused, match=r"too far away \(row 1048576, column 16384\)"):
        read_table(path)


@pytest.mark.parametrize(
    ("number", "mask", "shown"),
    [
        (1000, "00000", "01000"),
        (123456, "00000", "123456"),
        (612345678, "0# ## ## ## ##", "06 12 34 56 78"),
        (12, "# ##0", "12"),
        (1234, "# ##0", "1 234"),
    ],
)
def test_a_mask_shows_a_number_digit_by_digit(number: int, mask: str, shown: str) -> None:
    assert masked(number, mask) == shown
