"""Every notebook that is shipped runs from its first cell to its last, and keeps nobody in what it shows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from workbench.wiring import open_practice

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SHIPPED = sorted(NOTEBOOKS.rglob("*.ipynb"))


@pytest.fixture(scope="module")
def workspace(sample_made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(sample_made_once, tmp_path_factory.mktemp("notebooks") / "cabinet")


@pytest.fixture
def nobody_named(workspace: Path) -> Iterator[set[str]]:
    """Give the names and addresses that no output may hold."""
    with open_practice(workspace) as practice:
        people = practice.search("appointments", start="J-5", end="J+10")
        yield {str(value) for value in (*people["email"].dropna(), *people["patient"].dropna())}


def code_of(notebook: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]


def test_notebooks_are_shipped_in_french_and_in_english():
    french = {file.name for file in NOTEBOOKS.glob("*.ipynb")}
    assert french
    assert french == {file.name for file in (NOTEBOOKS / "en").glob("*.ipynb")}
    for name in french:
        told = [code.replace("J+2 ouvré", "J+2 open") for code in code_of(NOTEBOOKS / name)]
        assert told == code_of(NOTEBOOKS / "en" / name)


@pytest.mark.parametrize("notebook", SHIPPED, ids=lambda file: str(file.relative_to(NOTEBOOKS)))
def test_whether_reminders_help_is_answered_alike_everywhere(notebook: Path):
    """A reminder counts when it told of the very start and left before it; `practice.analysis` knows how."""
    told = " ".join(code_of(notebook))
    text = notebook.read_text("utf-8")
    asks = "rendez-vous manqués ?" in text or "missed appointments?" in text
    assert ("analysis.reminders(" in told) == asks


@pytest.mark.parametrize("notebook", SHIPPED, ids=lambda file: str(file.relative_to(NOTEBOOKS)))
def test_a_shipped_notebook_holds_no_output(notebook: Path):
    for cell in nbformat.read(notebook, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("notebook", SHIPPED, ids=lambda file: str(file.relative_to(NOTEBOOKS)))
def test_a_shipped_notebook_runs_to_its_end_where_nobody_can_click(
    notebook: Path, workspace: Path, nobody_named: set[str]
):
    place = workspace / "notebooks" / notebook.name
    shutil.copy(notebook, place)
    told = nbformat.read(place, as_version=4)
    client = NotebookClient(told, timeout=120, resources={"metadata": {"path": str(place.parent)}})
    with client.setup_kernel():
        for number, cell in enumerate(told.cells):
            client.execute_cell(cell, number)
    errors = [
        (number, output.ename)
        for number, cell in enumerate(told.cells)
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]
    # The send cell refuses to send what nobody has confirmed; it says so, and the cells after it run.
    sending = [number for number, cell in enumerate(told.cells) if "mailing.send()" in cell.source]
    assert errors == [(number, "NotConfirmed") for number in sending]
    assert not list((workspace / "caught").glob("*.eml"))
    kept = json.dumps(told, ensure_ascii=False)
    assert [name for name in nobody_named if name in kept] == []
