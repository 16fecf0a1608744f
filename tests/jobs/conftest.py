from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

import workbench as wb
from workbench.practice import Practice


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    """A sample practice of one's own."""
    with wb.open(shutil.copytree(sample_made_once, tmp_path / "sample")) as opened:
        yield opened


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook by hand: ``written("print(1)", parameters="start: str = ''")``."""

    def write(*cells: str, parameters: str = "", name: str = "notebook.ipynb", **metadata: object) -> Path:
        node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=metadata)
        if parameters:
            node.cells.insert(0, nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        nbformat.write(node, tmp_path / name)
        return tmp_path / name

    return write
