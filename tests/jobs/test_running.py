from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

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
    file = written("a = 1", "b = undefined", "c = 3", kernelspec={"name": "absent", "display_name": "Absent"})
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


def test_two_copies_of_one_second_have_names_of_their_own(practice: Practice, written: Callable[..., Path]):
    from workbench.jobs.running import _default_copy

    read = read_notebook(written("x = 1"))
    first = _default_copy(practice, read, "20261122T080000Z")
    first.write_text("", encoding="utf-8")
    assert _default_copy(practice, read, "20261122T080000Z").name == "notebook-20261122T080000Z-2.ipynb"
