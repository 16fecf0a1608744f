from __future__ import annotations

import csv

from workbench.errors import BadValue, UnknownName

TOMORROW = ("export", "appointments")
DAY = ("--set", "start=tomorrow", "--set", "end=tomorrow")


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_search_is_written_as_a_file_with_who_was_left_out(at, tmp_path):
    path = tmp_path / "a.csv"
    done = at(*TOMORROW, str(path), *DAY, "--consent", "email", "--columns", "patient, email")
    rows = rows_of(path)
    assert done.exit_code == 0
    assert f"{len(rows)} rows written to" in done.stderr
    assert "left out: " in done.stderr
    assert list(rows[0]) == ["patient", "email"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_words_and_the_mark_of_excel_when_asked(at, tmp_path):
    path = tmp_path / "a.csv"
    at(*TOMORROW, str(path), *DAY, "--labels", "--bom", "--purpose", "for the door")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "Practitioner" in rows_of(path)[0]


def test_a_workbook_is_one(at, tmp_path):
    path = tmp_path / "a.xlsx"
    assert at(*TOMORROW, str(path), *DAY).exit_code == 0
    assert path.read_bytes().startswith(b"PK")


def test_what_does_not_exist_is_refused(at, tmp_path):
    assert isinstance(at(*TOMORROW, str(tmp_path / "a.csv"), "--columns", "nonsense").exception, UnknownName)
    assert isinstance(at(*TOMORROW, str(tmp_path / "a.doc")).exception, BadValue)
    assert isinstance(at("export", "nonsense", str(tmp_path / "a.csv")).exception, UnknownName)
    assert list(tmp_path.glob("a.*")) == []
