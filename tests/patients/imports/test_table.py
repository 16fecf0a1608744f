from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ImportRefused
from workbench.patients.imports.table import clean_cell, read_table

TEXT = "N° dossier;Nom;Prénom;Remarque\n007;D’Été;Zoé;vu à 8 h, bon\n008;Lœb;Anaïs;\n"


def write(folder: Path, data: bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    table = read_table(write(tmp_path, TEXT.encode(encoding)))
    assert table.headings == ("N° dossier", "Nom", "Prénom", "Remarque")
    assert list(table.columns[1]) == ["D’Été", "Lœb"]


@pytest.mark.parametrize("name", ["Zoé", "D’Été", "Lœb", "Šárka", "Noël Ünal", "Françoise", "À Ô Ç €", "José"])
def test_a_short_file_of_windows_is_never_taken_for_another_ones(tmp_path: Path, name: str) -> None:
    table = read_table(write(tmp_path, f"dossier;nom\r\n1;{name}\r\n".encode("cp1252")))
    assert list(table.columns[1]) == [name]
    assert table.encoding == "cp1252"


def test_a_byte_that_windows_does_not_know_is_guessed_from_the_older_encodings(tmp_path: Path) -> None:
    names = ["Hélène", "Éléonore", "François", "Gaëlle", "Zoé", "Côme", "Noël", "Jérôme"] * 20
    text = "dossier;nom\n" + "".join(f"{number};{name}\n" for number, name in enumerate(names))
    data = text.encode("mac_roman")
    assert b"\x8d" in data or b"\x8f" in data
    table = read_table(write(tmp_path, data))
    assert list(table.columns[1]) == names
    assert table.encoding == "mac-roman"


@pytest.mark.parametrize(
    ("written", "said", "known"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8-sig", None, "utf-8"),
        ("utf-16", None, "utf-16"),
        ("mac_roman", "macintosh", "mac-roman"),
        ("utf-8-sig", "UTF8", "utf-8"),
    ],
)
def test_the_encoding_it_was_read_in_is_told(tmp_path: Path, written: str, said: str | None, known: str) -> None:
    assert read_table(write(tmp_path, TEXT.encode(written)), encoding=said).encoding == known


def test_the_file_of_an_old_mac_or_of_dos_needs_its_encoding_said(tmp_path: Path) -> None:
    path = write(tmp_path, "dossier;nom\n1;Éléonore\n".encode("mac_roman"))
    assert list(read_table(path, encoding="mac_roman").columns[1]) == ["Éléonore"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([["id", "name", "note"], ["1", "a,b;c", "x|y"], ["2", "d", "e;f;g"]])
    table = read_table(write(tmp_path, out.getvalue().encode()))
    assert table.headings == ("id", "name", "note")
    assert [list(column) for column in table.columns] == [["1", "2"], ["a,b;c", "d"], ["x|y", "e;f;g"]]


def test_a_file_of_one_column_is_read(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, b"dossier\n1\n2\n"))
    assert [list(column) for column in table.columns] == [["1", "2"]]


def test_rows_are_known_by_the_line_on_which_they_begin(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, b'id,note\r\n1,"two\r\nlines"\r\n\r\n2,x\r\n3\r\n4,y,z\r\n5,y,,\r\n'))
    assert list(table.lines) == [2, 5, 6, 8]
    assert list(table.columns[0]) == ["1", "2", "3", "5"]
    assert list(table.columns[1]) == ["two\r\nlines", "x", "", "y"]
    assert list(table.crooked) == [7]


def test_headings_alone_are_an_empty_table(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, b"id,name\n"))
    assert table.headings == ("id", "name")
    assert [list(column) for column in table.columns] == [[], []]


@pytest.mark.parametrize(
    "data",
    [b"", b" \n \n", b"\x00\x01\x02\x03", b'id,name\n1,"never closed\n2,x\n', b'id,n\n1,"a"b\n'],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ImportRefused, match=r"export\.csv"):
        read_table(write(tmp_path, data))


def test_an_absent_file_and_an_unknown_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"absent\.csv"):
        read_table(tmp_path / "absent.csv")
    path = write(tmp_path, "é".encode())
    with pytest.raises(ImportRefused, match="klingon"):
        read_table(path, encoding="klingon")
    with pytest.raises(ImportRefused, match="ascii"):
        read_table(path, encoding="ascii")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("'=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("'+33 6", "+33 6"),
        ("'-5", "-5"),
        ("'@PNOM", "@PNOM"),
        ("'t Hooft", "'t Hooft"),
        ("'", "'"),
        ("''=1", "''=1"),
        (" a\x00b ", "ab"),
    ],
)
def test_the_guard_of_spreadsheets_is_taken_away(cell: str, value: str) -> None:
    assert clean_cell(cell) == value


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12), min_size=2, max_size=2),
        min_size=1,
        max_size=8,
    )
)
def test_what_was_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([["first", "second"], *rows])
    table = read_table(write(tmp_path_factory.mktemp("csv"), out.getvalue().encode()), delimiter=",")
    kept = [row for row in rows if "".join(row).strip()]
    assert [list(column) for column in table.columns] == [[row[0] for row in kept], [row[1] for row in kept]]
    assert len(table.lines) == len(kept)
