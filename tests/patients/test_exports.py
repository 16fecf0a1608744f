"""Files for a spreadsheet: typed, private, and nothing in them is ever run."""

from __future__ import annotations

import csv
import stat
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from python_calamine import load_workbook

from workbench.errors import BadValue
from workbench.patients.exports import write_table

FORMULAS = [
    "=1+1",
    "+33 6 39 98 00 00",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "-12.5",
    "https://x.example",
    "007",
    "Null",
]


def nothing() -> None:
    """Nothing is to be done before the file is in its place."""


def write(frame: pd.DataFrame, path: Path, **options: Any) -> Path:
    write_table(frame, path, **{"headings": [str(name) for name in frame.columns], "before": nothing, **options})
    return path


def read_csv(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def typed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient": pd.array(["Zoé", None], dtype="string"),
            "date": pd.array(["2026-11-23", "no day"], dtype="string"),
            "time": pd.array(["08:40", None], dtype="string"),
            "starts_at": pd.to_datetime(["2026-11-23 08:40", None]).tz_localize("Europe/Paris"),
            "birth_date": pd.to_datetime(["1980-05-01", None]),
            "age": pd.array([46, None], dtype="Int64"),
            "balance": [1234.5, float("nan")],
            "forced": [True, False],
            "state": pd.Categorical(["upcoming", None]),
            "labels": [["a", "b"], None],
        }
    )


def test_a_workbook_holds_days_hours_and_numbers_as_such(tmp_path: Path) -> None:
    rows = load_workbook(write(typed(), tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python()
    assert rows[0] == list(typed().columns)
    assert rows[1] == [
        "Zoé", date(2026, 11, 23), time(8, 40), datetime(2026, 11, 23, 8, 40), date(1980, 5, 1), 46.0, 1234.5, True,
        "upcoming", "a, b",
    ]  # fmt: skip
    assert rows[2] == ["", "no day", "", "", "", "", "", False, "", ""]


def test_a_csv_holds_iso_days_and_hours(tmp_path: Path) -> None:
    rows = read_csv(write(typed(), tmp_path / "a.csv"))
    assert rows[1] == [
        "Zoé", "2026-11-23", "08:40", "2026-11-23 08:40", "1980-05-01", "46", "1234.5", "True", "upcoming", "a, b",
    ]  # fmt: skip
    assert rows[2] == ["", "no day", "", "", "", "", "", "False", "", ""]


def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=cmd|x": FORMULAS})
    rows = [row[0] for row in read_csv(write(frame, tmp_path / "a.csv"))]
    assert rows == [
        "'=cmd|x", "'=1+1", "'+33 6 39 98 00 00", "'-2+3", "'@SUM(A1)", "'\t=1", "'\r=1", "-12.5", "https://x.example",
        "007", "Null",
    ]  # fmt: skip


def test_a_text_of_a_workbook_stays_that_text_and_is_no_formula_or_link(tmp_path: Path) -> None:
    path = write(pd.DataFrame({"=cmd|x": FORMULAS}), tmp_path / "a.xlsx")
    with ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert sheet.count('t="s"') == len(FORMULAS) + 1
    rows = load_workbook(path).get_sheet_by_index(0).to_python()
    assert [str(row[0]).strip() for row in rows] == ["=cmd|x", *(one.strip() for one in FORMULAS)]


def test_excel_knows_utf_8_by_its_mark(tmp_path: Path) -> None:
    path = write(typed()[["patient"]], tmp_path / "a.csv", bom=True)
    assert path.read_bytes() == '\ufeffpatient\r\nZoé\r\n""\r\n'.encode()


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "A.XLSX"])
def test_the_file_is_its_owners_alone_also_where_an_open_one_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("old")
    path.chmod(0o666)
    write(typed(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_a_file_that_may_not_be_journalled_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("old")

    def refuse() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(typed(), path, before=refuse)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="ods"):
        write(typed(), tmp_path / "a.ods")
    assert [one.name for one in tmp_path.iterdir()] == []


def test_no_rows_give_the_headings(tmp_path: Path) -> None:
    assert read_csv(write(typed().iloc[:0], tmp_path / "a.csv")) == [list(typed().columns)]
    assert load_workbook(write(typed().iloc[:0], tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python() == [
        list(typed().columns)
    ]
