"""``import workbench`` is what a notebook writes first: short, sorted, and instant."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import workbench

HEAVY = (
    "IPython",
    "anywidget",
    "ipywidgets",
    "jupyter_server",
    "matplotlib",
    "nbformat",
    "numpy",
    "pandas",
    "sqlalchemy",
)


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
