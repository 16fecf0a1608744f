"""``import workbench`` is what a notebook writes first: short, sorted, and instant."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import workbench

HEAVY = frozenset(
    {
        "IPython", "anywidget", "ipykernel", "ipywidgets", "jupyter_client", "jupyter_core", "jupyter_server",
        "jupyterlab", "matplotlib", "nbclient", "nbconvert", "nbformat", "numpy", "pandas", "papermill", "sqlalchemy",
        "traitlets",
    }
)  # fmt: skip
"""The family of the notebook, and what takes long to load."""

OF_THE_NOTEBOOK = HEAVY - {"numpy", "pandas", "sqlalchemy"}


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sorted(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_names_of_the_front_door_are_sorted_and_there():
    assert list(workbench.__all__) == sorted(workbench.__all__)
    for name in workbench.__all__:
        assert getattr(workbench, name) is not None


def test_the_version_is_said_once():
    assert workbench.__version__ == metadata.version("publipostage-workbench")


def test_opening_the_front_door_loads_no_notebook_package_and_no_pandas():
    assert loaded_after("import workbench").isdisjoint(HEAVY)


def test_the_help_of_the_command_line_loads_no_pandas():
    assert loaded_after("import workbench.cli.main").isdisjoint(HEAVY)


def test_opening_a_practice_outside_a_notebook_loads_no_notebook_package(tmp_path: Path):
    loaded = loaded_after(f"import workbench as wb\npractice = wb.demo({str(tmp_path / 'W')!r})\npractice.searches()")
    assert "pandas" in loaded
    assert loaded.isdisjoint(OF_THE_NOTEBOOK)


def test_a_frame_has_its_mailings_as_soon_as_a_practice_is_open(tmp_path: Path):
    loaded_after(
        "import pandas as pd, workbench as wb\n"
        "assert not hasattr(pd.DataFrame, 'workbench')\n"
        f"practice = wb.demo({str(tmp_path / 'W')!r})\n"
        "assert hasattr(pd.DataFrame, 'workbench')"
    )
