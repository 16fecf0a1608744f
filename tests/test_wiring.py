"""Making and opening a workspace: whole, private, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from workbench import wiring
from workbench.errors import DatabaseRefused, ImportRefused, ReadOnlyStore, WorkspaceError
from workbench.practice import Practice
from workbench.settings import Settings
from workbench.wiring import init_workspace, open_practice


def test_a_workspace_is_its_owners_alone(tmp_path: Path) -> None:
    folder = init_workspace(tmp_path / "W")
    modes = {entry.name: entry.stat().st_mode & 0o077 for entry in [folder, *folder.iterdir()]}
    assert set(modes.values()) == {0}
    with open_practice(folder) as practice:
        assert practice.search("appointments").empty
        assert practice.templates.get("anything") is None


def test_a_workspace_is_made_once_and_takes_nothing_over(tmp_path: Path) -> None:
    folder = init_workspace(tmp_path / "W")
    before = Settings.read(folder)
    with pytest.raises(WorkspaceError):
        init_workspace(folder)
    assert Settings.read(folder) == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "ledger.sqlite").write_bytes(b"somebody's")
    with pytest.raises(WorkspaceError, match=r"ledger\.sqlite"):
        init_workspace(tmp_path / "other")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "table.csv").write_text("email\n")
    init_workspace(tmp_path / "mine")
    assert (tmp_path / "mine" / "table.csv").read_text() == "email\n"


def test_what_cannot_be_made_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "W").mkdir()
    (tmp_path / "W" / "table.csv").write_text("email\n")

    def refuse(*_given: object, **_named: object) -> None:
        raise DatabaseRefused("no room")

    with monkeypatch.context() as patched:
        patched.setattr(wiring, "open_ledger", refuse)
        with pytest.raises(DatabaseRefused):
            init_workspace(tmp_path / "W", demo=True)
    assert [entry.name for entry in (tmp_path / "W").iterdir()] == ["table.csv"]
    init_workspace(tmp_path / "W")


def test_a_password_in_a_database_url_stays_out_of_the_workspace(tmp_path: Path, postgres_url: str) -> None:
    from sqlalchemy.engine import make_url

    url = make_url(postgres_url).set(password="s3cret").render_as_string(hide_password=False)
    folder = init_workspace(tmp_path / "W", store=url)
    texts = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert not any(b"s3cret" in text for text in texts)
    with open_practice(folder) as practice:
        assert practice.search("missed").empty


def test_a_store_that_was_there_before_is_read_and_never_written(tmp_path: Path, postgres_url: str) -> None:
    table = tmp_path / "patients.csv"
    table.write_text("Dossier;Nom;Email\n0012;LEFÈVRE;c@t.example\n", encoding="utf-8")
    with open_practice(init_workspace(tmp_path / "ours", store=postgres_url)) as ours:
        assert ours.import_file("patients", table).created == 1
        assert ours.patients.correct("0012", email="d@t.example")[0].old == "c@t.example"
    with open_practice(init_workspace(tmp_path / "theirs", store=postgres_url)) as theirs:
        assert theirs.patients.show("0012")["email"] == "d@t.example"
        with pytest.raises(ReadOnlyStore):
            theirs.patients.correct("0012", email="e@t.example")
        with pytest.raises(ReadOnlyStore):
            theirs.import_file("patients", table)
    with pytest.raises(ReadOnlyStore):
        init_workspace(tmp_path / "demo", store=postgres_url, demo=True)


def test_a_practice_without_a_name_writes_under_its_address_alone(tmp_path: Path) -> None:
    with open_practice(init_workspace(tmp_path / "W")) as practice:
        assert practice.name == ""
        assert practice.accounts.set("a", email="a@t.example", kind="catcher").display_name == ""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Practice]:
    with open_practice(init_workspace(tmp_path / "W")) as practice:
        yield practice


def written(folder: Path, data: bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(data)
    return file


def test_a_table_with_a_row_too_long_is_refused_with_its_line(opened: Practice, tmp_path: Path) -> None:
    table = written(tmp_path, b"id,email,name\n1,a@t.example,A\n2,b@t.example,B, the second\n3,c@t.example,C\n")
    with pytest.raises(ImportRefused, match=r"Line 3 of the file table\.csv"):
        opened.read_recipients(table)
    many = b"id,email\n" + b"1,a@t.example,x\n" * 12
    with pytest.raises(ImportRefused, match=r"Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 …"):
        opened.read_recipients(written(tmp_path, many))


@pytest.mark.parametrize("headings", ["email,email,name", "email,name,Name", "id,email,name,E-mail,e-mail"])
def test_a_table_with_a_heading_twice_is_refused(opened: Practice, tmp_path: Path, headings: str) -> None:
    with pytest.raises(ImportRefused, match=r"« name »|« email »|« E-mail »"):
        opened.read_recipients(written(tmp_path, headings.encode() + b"\n1,2,3\n"))


def test_headings_alone_are_a_table_without_rows(opened: Practice, tmp_path: Path) -> None:
    table = opened.read_recipients(written(tmp_path, b"id,email,name\n"))
    assert (list(table.columns), len(table)) == (["id", "email", "name"], 0)


def test_cells_missing_at_the_end_of_a_row_are_blank(opened: Practice, tmp_path: Path) -> None:
    table = opened.read_recipients(written(tmp_path, b"id,email,name,,\n1,a@t.example\n2,b@t.example,B,,\n"))
    assert table["name"].tolist() == ["", "B"]
    assert table["email"].tolist() == ["a@t.example", "b@t.example"]


def test_a_table_may_be_a_workbook_unless_a_cell_of_it_has_no_value(opened: Practice, tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    for formula in (False, True):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["email", "number"])
            sheet.write_row(1, 0, ["a@t.example", "007"])
            if formula:
                sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        if not formula:
            assert opened.read_recipients(path)["number"].tolist() == ["007"]
    with pytest.raises(ImportRefused, match=r"table\.xlsx"):
        opened.read_recipients(path)


def test_a_table_tells_the_encoding_it_was_read_in(opened: Practice, tmp_path: Path) -> None:
    table = opened.read_recipients(written(tmp_path, "email;name\na@t.example;Zoé\n".encode("cp1252")))
    assert (table["name"].tolist(), table.attrs["encoding"]) == (["Zoé"], "cp1252")
