"""A long file is read in parts as it would be at once, whoever wrote it."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from workbench.errors import ImportRefused
from workbench.patients.imports import table
from workbench.patients.imports.table import read_table, read_table_in_parts

TEXT = "id;nom;note\n" + "".join(f'{n};Zoé {n};"deux\nlignes {n}"\n' for n in range(23)) + "\n\n23;Ünal\n"


@pytest.fixture(autouse=True, params=[True, False], ids=["read in parts", "held and cut"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(table, "_HELD_WHOLE", 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp850"])
@pytest.mark.parametrize("rows", [1, 7, 24, 25])
def test_the_parts_are_the_whole(tmp_path: Path, encoding: str, rows: int) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.encode(encoding))
    whole = read_table(path)
    parts = list(read_table_in_parts(path, rows=rows))
    assert all(len(part.lines) == rows for part in parts[:-1])
    assert list(chain.from_iterable(part.lines for part in parts)) == list(whole.lines)
    for place, column in enumerate(whole.columns):
        assert list(chain.from_iterable(part.columns[place] for part in parts)) == list(column)
    assert {part.headings for part in parts} == {whole.headings}
    assert {part.encoding for part in parts} == {whole.encoding}


def test_a_row_too_long_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n5,6,7\n8,9\n", encoding="utf-8")
    assert list(chain.from_iterable(part.crooked for part in read_table_in_parts(path, rows=2))) == [4]


@pytest.mark.parametrize("content", [b'a,b\n1,2\n3,"4\n', b"", b"\xd0\xcf\x11\xe0 old", b"a\x00b,c\n1,2\n"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused):
        list(read_table_in_parts(path, rows=1))


def test_a_table_of_headings_alone_is_one_part(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n", encoding="utf-8")
    (part,) = read_table_in_parts(path, rows=3)
    assert part.headings == ("a", "b")
    assert part.columns == ((), ())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="cannot be read"):
        list(read_table_in_parts(tmp_path / "none.csv", rows=3))
