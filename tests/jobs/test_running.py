from __future__ import annotations

import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import workbench as wb
from workbench.domain.runs import RunProgress, RunStatus
from workbench.errors import BadValue, NotebookRefused, RunFailed
from workbench.jobs.running import read_notebook, run_notebook
from workbench.practice import Practice

OWN_TABLE = """
import pandas as pd, workbench as wb
practice = wb.open()
table = pd.DataFrame({"email": [f"p{n}@exemple.test" for n in range(rows)], "id": range(rows)})
practice.mailing(table, "Invitation").send(confirmed=True)
"""


def invitation(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "Invitation.html"
    file.write_text("---\nlabel: Invitation\nsubject: Bonjour\n---\n<p>Bonjour</p>\n", encoding="utf-8")
    practice.templates.import_file(file)


def test_a_run_that_takes_too_long_is_stopped_and_told(practice: Practice, written: Callable[..., Path]):
    outcome = run_notebook(practice, read_notebook(written("import time\ntime.sleep(60)", "x = 1")), timeout=1)
    assert (outcome.record.status, outcome.exit_status) == (RunStatus.FAILED, 1)
    assert outcome.record.error == "A cell took longer than 1 seconds and was stopped."
    assert nbformat.read(outcome.copy, as_version=4).cells[1].execution_count is None


def test_a_process_that_dies_is_told(practice: Practice, written: Callable[..., Path]):
    outcome = run_notebook(practice, read_notebook(written("import os\nos._exit(3)", "x = 1")))
    assert (outcome.record.status, outcome.exit_status) == (RunStatus.FAILED, 1)
    assert "ended by itself" in outcome.record.error


def test_progress_counts_the_cells_and_old_outputs_are_gone(practice: Practice, written: Callable[..., Path]):
    file = written("a = 1", "b = undefined", "c = 3")
    node = nbformat.read(file, as_version=4)
    node.cells[2].outputs = [nbformat.v4.new_output("stream", text="an address of last year")]
    nbformat.write(node, file)
    told: list[RunProgress] = []
    outcome = run_notebook(practice, read_notebook(file), progress=told.append)
    assert outcome.record.error == "NameError"
    assert {one.cells for one in told} == {3}
    assert told[-1].done <= 1
    assert "last year" not in outcome.copy.read_text(encoding="utf-8")


def test_it_runs_beside_its_files_and_inside_another_thread(
    practice: Practice, written: Callable[..., Path], tmp_path: Path
):
    file = written("open('beside.txt', 'x').close()", "assert not __import__('sys').stdin.isatty()")
    found: list[RunStatus] = []
    thread = threading.Thread(target=lambda: found.append(run_notebook(practice, read_notebook(file)).record.status))
    thread.start()
    thread.join(120)
    assert found == [RunStatus.DONE]
    assert (tmp_path / "beside.txt").exists()


def test_the_run_of_a_practice_gives_its_results(practice: Practice, written: Callable[..., Path], tmp_path: Path):
    invitation(practice, tmp_path)
    file = written(OWN_TABLE, parameters="rows: int = 1")
    frame = practice.run(file, parameters={"rows": "3"})
    [run] = frame.attrs["runs"]
    assert frame["status"].tolist() == ["sent"] * 3
    assert set(frame["run_id"]) == {run["run_id"]}
    assert "address" not in frame
    assert run["exit_status"] == 0
    assert stat.S_IMODE(Path(run["copy"]).stat().st_mode) == 0o600


def test_a_grid_goes_on_after_a_failure_and_tells_each_run(
    practice: Practice, written: Callable[..., Path], tmp_path: Path
):
    invitation(practice, tmp_path)
    file = written("assert rows, 'none'", OWN_TABLE, parameters="rows: int = 1\naccount: str = ''")
    frame = practice.run(file, grid={"rows": [2, 0, 3], "account": [""]}, identities=True)
    assert [(run["status"], run["error"]) for run in frame.attrs["runs"]] == [
        ("done", ""), ("failed", "AssertionError"), ("done", ""),
    ]  # fmt: skip
    assert frame["rows"].tolist() == [2, 2, 3, 3, 3]
    assert set(frame["parameter_account"]) == {""}
    assert frame["account"].notna().all()
    assert not frame.duplicated(["run_id", "delivery_id"]).any()
    assert frame["address"].iloc[0] == "p0@exemple.test"


def test_a_grid_is_checked_whole_before_its_first_run(practice: Practice, written: Callable[..., Path]):
    file = written("x = 1", parameters="rows: int = 1")
    for grid in ({"rows": [1, "many"]}, {"rows": "12"}, {"rows": []}):
        with pytest.raises(BadValue, match="rows"):
            practice.run(file, grid=grid)
    assert practice.runs() == []


def test_a_single_run_that_fails_is_an_error_here(practice: Practice, written: Callable[..., Path]):
    with pytest.raises(RunFailed, match="ZeroDivisionError"):
        practice.run(written("1 / 0"))
    assert practice.runs()[0].status is RunStatus.FAILED


@pytest.mark.parametrize(
    ("metadata", "told"),
    [({"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}, "written in R"),
     ({"language_info": {"name": "julia"}}, "written in julia")],
)  # fmt: skip
def test_only_python_runs_here(written: Callable[..., Path], metadata: dict[str, object], told: str):
    with pytest.raises(NotebookRefused, match=told):
        read_notebook(written("x", **metadata))


def test_a_parameters_cell_that_is_no_python_is_refused(written: Callable[..., Path]):
    with pytest.raises(NotebookRefused, match="line 2 of its parameters"):
        read_notebook(written("x", parameters="a: int = 1\nb: = 2"))


def test_a_copy_that_could_not_be_written_is_refused_first(
    practice: Practice, written: Callable[..., Path], tmp_path: Path
):
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    for output in (tmp_path / "taken" / "copy.ipynb", tmp_path):
        with pytest.raises(NotebookRefused, match="cannot be written"):
            run_notebook(practice, read_notebook(written("x = 1")), output=output)
    assert practice.runs() == []


def test_each_copy_has_a_name_of_its_own_even_in_one_second(practice: Practice, written: Callable[..., Path]):
    outcome = run_notebook(practice, read_notebook(written("x = 1")))
    assert outcome.copy is not None
    assert outcome.copy.name.endswith(f"-{outcome.record.id}.ipynb")


def test_the_copy_and_the_report_are_two_files(practice: Practice, written: Callable[..., Path], tmp_path: Path):
    read = read_notebook(written("x = 1"))
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(NotebookRefused, match="cannot be one file"):
        run_notebook(practice, read, output=tmp_path / "same.html", report=tmp_path / "link" / "same.html")
    assert practice.runs() == []


def test_what_cannot_be_written_does_not_change_what_was_sent(
    practice: Practice, written: Callable[..., Path], tmp_path: Path
):
    invitation(practice, tmp_path)
    taken = "import pathlib\nfor name in ('copy.x', 'report.html'):\n    pathlib.Path(name).mkdir()"
    outcome = run_notebook(
        practice, read_notebook(written(OWN_TABLE, taken, parameters="rows: int = 2")),
        output=tmp_path / "copy.x", report=tmp_path / "report.html",
    )  # fmt: skip
    assert (outcome.record.status, outcome.record.error, outcome.exit_status) == (RunStatus.DONE, "", 0)
    assert outcome.total.sent == 2
    assert (outcome.copy, outcome.report) == (None, None)
    copy, report = outcome.warnings
    assert copy.startswith(f"The executed copy {tmp_path / 'copy.x'} could not be written (")
    assert report.startswith(f"The report {tmp_path / 'report.html'} could not be written (")


def test_a_notebook_sends_nothing_from_another_workspace(
    practice: Practice, written: Callable[..., Path], sample_made_once: Path, tmp_path: Path
):
    other = shutil.copytree(sample_made_once, tmp_path / "other")
    with wb.open(other) as opened:
        invitation(opened, tmp_path)
    cell = OWN_TABLE.replace("wb.open()", f"wb.open({str(other)!r})")
    outcome = run_notebook(practice, read_notebook(written(cell, parameters="rows: int = 2")))
    assert (outcome.record.status, outcome.exit_status) == (RunStatus.FAILED, 1)
    assert outcome.record.error.startswith("UnknownRun: The notebook is run on another workspace")
    with wb.open(other) as opened:
        assert len(opened.mailings()) == 0
    assert list((other / "caught").rglob("*.eml")) == []


def test_what_an_error_quotes_is_nowhere(practice: Practice, written: Callable[..., Path]):
    cell = "import workbench as wb\nwb.open().patients.correct('Nathan AUBRY 2201', email='x@exemple.test')"
    outcome = run_notebook(practice, read_notebook(written("pass", cell)))
    assert outcome.record.error == "UnknownPatient: No patient has the file number …."
    assert outcome.copy is not None
    [told] = nbformat.read(outcome.copy, as_version=4).cells[-1].outputs
    assert "AUBRY" not in str(told)


def test_an_executed_copy_runs_again_with_the_values_it_ran_with(practice: Practice, written: Callable[..., Path]):
    file = written(
        "assert (start, dry_run) == ('J+1', True), (start, dry_run)",
        parameters="start: str = 'tomorrow'\ndry_run: bool = False",
    )
    first = run_notebook(practice, read_notebook(file), parameters={"start": "J+1", "dry_run": True})
    assert first.copy is not None
    read = read_notebook(first.copy)
    assert read.defaults() == {"start": "J+1", "dry_run": True}
    again = run_notebook(practice, read)
    assert (again.record.error, again.record.parameters) == ("", {"start": "J+1", "dry_run": True})
    other = run_notebook(practice, read_notebook(first.copy), parameters={"start": "J+2"})
    assert other.record.parameters == {"start": "J+2", "dry_run": True}
    assert other.record.error == "AssertionError"


def test_a_notebook_with_a_password_among_its_parameters_is_refused(written: Callable[..., Path]):
    with pytest.raises(NotebookRefused, match="« smtp_password »") as refused:
        read_notebook(written("1", parameters='start: str = ""\nsmtp_password: str = "hunter2"'))
    assert "hunter2" not in str(refused.value)
    read = read_notebook(
        written("1", parameters='token: str = ""\nhas_password: bool = True\npwd = "hun" + x\nday = f(1)')
    )
    assert read.defaults() == {"token": "", "has_password": True, "pwd": "…", "day": "f(1)"}


def test_runs_that_share_a_mailing_each_have_their_own_rows(
    practice: Practice, written: Callable[..., Path], tmp_path: Path
):
    invitation(practice, tmp_path)
    cell = OWN_TABLE.replace("range(rows)})", 'range(rows)}).query("id >= @first")').replace(
        '"Invitation")', '"Invitation", key="shared")'
    )
    file = written(cell, parameters="rows: int = 1\nfirst: int = 0")
    practice.run(file)
    frame = practice.run(file, parameters={"first": 1}, grid={"rows": [2, 4]}, identities=True)
    one, two = [run["run_id"] for run in frame.attrs["runs"]]
    assert frame["address"].tolist() == [f"p{n}@exemple.test" for n in range(4)]
    assert frame["run_id"].tolist()[1:] == [one, two, two]
    assert frame["run_id"].iloc[0] not in {one, two}
    assert pd.isna(frame["rows"].iloc[0])
    assert frame["rows"].tolist()[1:] == [2, 4, 4]
