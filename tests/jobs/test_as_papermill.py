"""A notebook runs by us as by papermill's own command line: the same outputs, the same cells, the same end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.journeys.running import environment
from workbench.domain.runs import RunStatus
from workbench.jobs.error_marks import TAG
from workbench.jobs.running import read_notebook, run_notebook
from workbench.practice import Practice

PYTHON = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
ABSENT = {"name": "absent", "display_name": "Absent", "language": "python"}

# The cells, and what is special; each begins with a cell whose output both keep.
CASES: dict[str, dict[str, Any]] = {
    "it comes to its end": {"cells": ["1 + 1", "", "raise_nothing = True"], "ends": 0},
    "a cell fails": {"cells": ["1 / 0", "print('never')"], "ends": 1},
    "a cell is no Python": {"cells": ["1 +", "print('never')"], "ends": 1},
    "a cell has done enough": {"cells": ["import sys; sys.exit()", "print('never')"], "ends": 0},
    "a cell ends with 0": {"cells": ["import sys; sys.exit(0)", "print('never')"], "ends": 0},
    "a cell ends with 3": {"cells": ["import sys; sys.exit(3)", "print('never')"], "ends": 1},
    "a cell is allowed to fail": {"cells": ["1 / 0", "print('after')"], "tags": ["raises-exception"], "ends": 1},
    "a cell ends the process": {"cells": ["import os; os._exit(3)", "print('never')"], "ends": 1, "counts": False},
    "a cell takes too long": {"cells": ["import time; time.sleep(60)", "print('never')"], "timeout": 2, "ends": 1},
    "a kernel is unknown": {"cells": ["1 + 1"], "kernel": ABSENT, "ends": 1},
    "parameters have no cell": {"cells": ["print(locals().get('x'))"], "ends": 0},
    "parameters have their cell": {"cells": ["print(x)"], "parameters": "x: int = 1", "given": {"x": 2}, "ends": 0},
    "it ran before": {"cells": ["print('again')"], "old": True, "ends": 0},
}


def made(file: Path, case: dict[str, Any]) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in ["print('first')", *case["cells"]]]
    cells[1].metadata["tags"] = case.get("tags", [])
    node = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": case.get("kernel", PYTHON)})
    if "parameters" in case:
        node.cells.insert(0, nbformat.v4.new_code_cell(case["parameters"], metadata={"tags": ["parameters"]}))
    if case.get("old"):
        node.cells[1].outputs = [nbformat.v4.new_output("stream", text="of last year")]
        node.cells.insert(0, nbformat.v4.new_markdown_cell("It failed last year.", metadata={"tags": [TAG]}))
    nbformat.write(node, file)
    return file


def told(file: Path, *, counts: bool = True) -> list[tuple[object, ...]]:
    """What an executed copy holds: each cell, its number, its outputs; of a mark only that it is one."""
    found: list[tuple[object, ...]] = []
    for cell in nbformat.read(file, as_version=4).cells:
        if TAG in cell.metadata.get("tags", []):
            found.append(("mark",))
            continue
        outputs = [
            (output.output_type, output.get("text"), output.get("ename"), output.get("data", {}).get("text/plain"))
            for output in cell.get("outputs", ())
        ]
        # Of a process that is gone papermill forgets that its last cell had begun.
        number = cell.get("execution_count") if counts or outputs else None
        found.append((cell.cell_type, number, outputs))
    return found


@pytest.mark.parametrize("name", CASES)
def test_it_ends_as_under_papermill_and_leaves_the_same(name: str, practice: Practice, tmp_path: Path):
    case = CASES[name]
    notebook, given = made(tmp_path / "notebook.ipynb", case), case.get("given", {})
    home = tmp_path / "home"
    home.mkdir()
    limits = ["--execution-timeout", str(case["timeout"])] if "timeout" in case else []
    words = [word for key, value in given.items() for word in ("-p", key, str(value))]
    theirs = subprocess.run(
        [sys.executable, "-m", "papermill", notebook, tmp_path / "theirs.ipynb", "--no-progress-bar", *limits, *words],
        env=environment(home), cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    ours = run_notebook(
        practice, read_notebook(notebook), output=tmp_path / "ours.ipynb", keep_output=True, parameters=given,
        timeout=case.get("timeout"),
    )  # fmt: skip
    assert (min(theirs.returncode, 1), ours.exit_status) == (case["ends"], case["ends"]), theirs.stderr
    counts = case.get("counts", True)
    assert told(tmp_path / "ours.ipynb", counts=counts) == told(tmp_path / "theirs.ipynb", counts=counts)


def test_the_cell_that_failed_is_marked_and_the_mark_goes_when_it_runs_again(
    practice: Practice, written: Callable[..., Path]
):
    file = written("a = 1", "assert start", parameters="start: str = ''")
    failed = run_notebook(practice, read_notebook(file))
    assert failed.copy is not None
    cells = nbformat.read(failed.copy, as_version=4).cells
    assert [TAG in cell.metadata.get("tags", []) for cell in cells] == [True, False, False, True, False]
    assert "In [3]" in cells[0].source
    again = run_notebook(practice, read_notebook(failed.copy), parameters={"start": "tomorrow"})
    assert again.record.status is RunStatus.DONE
    assert again.copy is not None
    assert TAG not in again.copy.read_text(encoding="utf-8")


def test_another_kernel_can_be_named_and_one_that_is_absent_is_told(practice: Practice, written: Callable[..., Path]):
    notebook = read_notebook(written("print('of last year')", kernelspec=ABSENT))
    notebook.node.cells[0].outputs = [nbformat.v4.new_output("stream", text="of last year\n")]
    failed = run_notebook(practice, notebook, keep_output=True)
    assert "« absent »" in failed.record.error
    assert failed.copy is not None
    assert nbformat.read(failed.copy, as_version=4).cells[0].outputs == []
    assert run_notebook(practice, notebook, kernel="python3").exit_status == 0
