from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import nbformat
import pypdf
import pytest

import workbench as wb
from workbench.cli import running
from workbench.cli.commands import joined_pairs
from workbench.domain.departures import NextDeparture, WaitingFor
from workbench.domain.mailings import Counts
from workbench.domain.runs import RunStatus
from workbench.jobs.running import RunOutcome


def written(file: Path, *cells: str, parameters: str = "") -> Path:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    if parameters:
        node.cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    nbformat.write(node, file)
    return file


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return written(tmp_path / "quick.ipynb", "seen = (cp, dry_run)", parameters='cp: str = ""\ndry_run: bool = False')


def test_the_two_words_of_a_parameter_reach_the_command_as_one():
    pairs = ("-p", "-r")
    assert joined_pairs(["a", "-p", "cp", "01", "b", "-r", "x", "-1"], pairs) == ["a", "-p", "cp=01", "b", "-r", "x=-1"]
    assert joined_pairs(["-p", "cp=01", "b"], pairs) == ["-p", "cp=01", "b"]
    assert joined_pairs(["-p", "cp"], pairs) == ["-p", "cp"]
    assert joined_pairs(["-p"], pairs) == ["-p"]
    assert joined_pairs(["--", "-p", "a", "b"], pairs) == ["--", "-p", "a", "b"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-p", "strat", "tomorrow"), "It has: cp, dry_run"),
        (("-p", "dry_run", "perhaps"), "takes yes or no"),
        (("-y", "password: x"), "no parameter « password »"),
        (("-y", "[a"), "no YAML"),
        (("-p", "cp"), "-p NAME VALUE"),
        (("-r", "dry_run", "perhaps"), "takes yes or no"),
        (("--grid", "{grid}", "--report", "x.html"), "for a single run"),
        (("--grid", "{grid}"), "no list of values"),
        (("--report", "report.docx"), "a page (.html) or a PDF (.pdf)"),
        (("--report", "report"), "a page (.html) or a PDF (.pdf)"),
    ],
)
def test_what_the_notebook_does_not_take_is_refused_before_anything_runs(
    at: Callable[..., Any], sample: Path, notebook: Path, tmp_path: Path, words: tuple[str, ...], told: str
):
    grid = tmp_path / "grid.yaml"
    grid.write_text("cp: 01\n", encoding="utf-8")
    done = at("run", str(notebook), *(word.format(grid=grid) for word in words))
    assert done.exception is not None
    assert told in str(done.exception)
    assert done.exception.exit_status == 2
    with wb.open(sample) as practice:
        assert practice.runs() == []
    assert list((sample / "runs").iterdir()) == []


def test_a_missing_notebook_and_one_that_is_none_are_said(at: Callable[..., Any], tmp_path: Path):
    assert at("run", str(tmp_path / "absent.ipynb")).exit_code != 0
    (tmp_path / "letter.ipynb").write_text("Bonjour", encoding="utf-8")
    assert "is not a notebook" in str(at("run", str(tmp_path / "letter.ipynb")).exception)


def test_the_parameters_of_a_notebook_can_be_listed(at: Callable[..., Any], notebook: Path):
    done = at("run", str(notebook), "--help-notebook", "--format", "json")
    assert [one["name"] for one in json.loads(done.stdout)] == ["cp", "dry_run"]


def test_a_postcode_keeps_its_zero_and_the_copy_its_place(at: Callable[..., Any], sample: Path, notebook: Path):
    done = at("run", str(notebook), "-p", "cp", "01", "-p", "dry_run", "oui", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["mailing"] is None
    assert "confirmed no mailing" in done.stderr
    with wb.open(sample) as practice:
        [run] = practice.runs()
    assert run.status is RunStatus.DONE
    assert run.parameters == {"cp": "01", "dry_run": True}
    [copy] = (sample / "runs").iterdir()
    assert 'cp = "01"\ndry_run = True' in nbformat.read(copy, as_version=4).cells[1].source
    assert str(copy) in done.stderr


def test_a_notebook_is_never_written_over_itself(at: Callable[..., Any], notebook: Path):
    assert "over the notebook itself" in str(at("run", str(notebook), str(notebook)).exception)


def test_raw_is_a_text_and_other_parameters_keep_their_types(at: Callable[..., Any], sample: Path, tmp_path: Path):
    notebook = written(
        tmp_path / "types.ipynb", "pass", parameters="a = None\nb: bool | str = ''\nc = None\nd: dict = {}"
    )
    done = at("run", str(notebook), "-p", "a", "false", "-r", "b", "false", "-y", "{c: [no, 'no'], d: {x: false}}")
    assert done.exit_code == 0, done.stderr
    with wb.open(sample) as practice:
        [run] = practice.runs()
    assert run.parameters == {"a": False, "b": "false", "c": [False, "no"], "d": {"x": False}}


def test_a_grid_works_in_the_folder_asked_for_and_keeps_what_is_asked(
    at: Callable[..., Any], sample: Path, tmp_path: Path
):
    notebook = written(tmp_path / "here.ipynb", "import os; print(os.getcwd(), x)", parameters="x: int = 0")
    grid, folder = tmp_path / "grid.yaml", tmp_path / "folder"
    grid.write_text("x: [1, 2]\n", encoding="utf-8")
    folder.mkdir()
    node = nbformat.read(notebook, as_version=4)
    node.metadata["kernelspec"] = {"name": "absent", "display_name": "Absent"}
    nbformat.write(node, notebook)
    words = ("run", str(notebook), "--grid", str(grid), "--cwd", str(folder), "--keep-output")
    assert at(*words).exit_code == 1
    for copy in (sample / "runs").iterdir():
        copy.unlink()
    done = at(*words, "-k", "python3")
    assert done.exit_code == 0, done.stderr
    copies = [nbformat.read(file, as_version=4) for file in (sample / "runs").iterdir()]
    assert sorted(copy.cells[-1].outputs[0].text for copy in copies) == [f"{folder} 1\n", f"{folder} 2\n"]


def test_a_report_that_fails_is_told_beside_the_numbers(at: Callable[..., Any], tmp_path: Path):
    notebook = written(tmp_path / "late.ipynb", "import pathlib; pathlib.Path('late.html').mkdir()")
    done = at("run", str(notebook), "--report", str(tmp_path / "late.html"), "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["sent"] == 0
    assert "late.html could not be written" in done.stderr
    assert "nothing was sent" not in done.stderr


def test_a_report_that_is_to_be_a_pdf_is_one_and_asks_for_nothing_outside(at: Callable[..., Any], tmp_path: Path):
    outside = socket.create_server(("127.0.0.1", 0))
    outside.setblocking(False)
    url = f"http://127.0.0.1:{outside.getsockname()[1]}"
    notebook = written(tmp_path / "paper.ipynb", "secret_source = 1", parameters='cp: str = "01"')
    node = nbformat.read(notebook, as_version=4)
    told = f"# Rappel à 45,00 €\n\n![a]({url}/a.png) <link rel=stylesheet href='{url}/b.css'>"
    node.cells.insert(0, nbformat.v4.new_markdown_cell(told))
    nbformat.write(node, notebook)
    report = tmp_path / "report.PDF"
    done = at("run", str(notebook), "--report", str(report), "-p", "cp", "07")
    assert done.exit_code == 0, done.stderr
    assert report.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    [page] = [page.extract_text() for page in pypdf.PdfReader(report).pages]
    for words in ("Rappel à 45,00 €", "Report of « paper »", "cp  = 07", "1 / 1"):
        assert words in page
    assert "secret_source" not in page
    with outside, pytest.raises(BlockingIOError):
        outside.accept()


def test_what_a_run_left_waiting_is_told_with_the_reason(practice: Any, capsys: pytest.CaptureFixture[str]):
    at = datetime(2026, 11, 23, 8, 0, tzinfo=ZoneInfo("Europe/Paris"))
    practice.departure = NextDeparture(at=at, waiting_for=WaitingFor.HOURS)
    record: Any = SimpleNamespace(status=RunStatus.DONE)
    running._tell(
        practice, RunOutcome(record=record, counts={7: Counts(pending=2)}, copy=None, report=None, dropped=0), json=True
    )
    told = capsys.readouterr().err
    assert "2 messages are still waiting" in told
    assert "they may leave from 2026-11-23 08:00" in told
