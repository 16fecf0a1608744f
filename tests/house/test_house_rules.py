"""What stands at the top of the project, and what never stands in it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AT_THE_TOP = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "notebooks",
    "pyproject.toml",
    "sample_data",
    "tests",
    "workbench",
}

# A folder of one person's machine, or an address that packages are fetched from there.
# Built from parts, so that this file holds none itself.
_FOLDERS = ("home", "root", "Users", "opt", "work")
_OF_ONE_MACHINE = re.compile(
    "|".join((rf"(?<![\w.])/(?:{'|'.join(_FOLDERS)})/\w", "-".join(("index", "url")), r"pypi\.\w+\.internal"))
)


def tracked() -> list[Path]:
    """Return the files of the project: those git knows, or, in a copy without git, those that nothing has made."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        made = {"build", "dist", "__pycache__", ".venv", ".git", ".hypothesis", ".mypy_cache", ".ruff_cache"}
        made |= {"node_modules", "static"}
        kept = (file for file in ROOT.rglob("*") if not made & set(file.relative_to(ROOT).parts))
        return [file for file in kept if file.is_file()]
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[Path]:
    suffixes = {
        ".py",
        ".md",
        ".toml",
        ".html",
        ".csv",
        ".ipynb",
        ".po",
        ".yml",
        ".yaml",
        ".sh",
        ".json",
        ".ts",
        ".css",
        ".mjs",
        "",
    }
    return [file for file in tracked() if file.suffix in suffixes]


def test_only_the_agreed_things_stand_at_the_top():
    found = {file.relative_to(ROOT).parts[0] for file in tracked()}
    assert {name for name in found if not name.startswith(".")} == AT_THE_TOP


def test_no_file_speaks_of_one_machine():
    told = {}
    for file in texts():
        # A sample of what a practice's software writes is in that software's encoding.
        seen = _OF_ONE_MACHINE.search(file.read_text(encoding="utf-8", errors="replace"))
        if seen:
            told[str(file.relative_to(ROOT))] = seen[0]
    assert told == {}


def test_a_path_of_one_machine_would_be_seen():
    for folder in _FOLDERS:
        assert _OF_ONE_MACHINE.search("/".join(("see ", folder, "me")))
    assert _OF_ONE_MACHINE.search('open("' + "/".join(("", "Users", "me")) + '")')
    assert _OF_ONE_MACHINE.search("-".join(("--index", "url")))
    assert _OF_ONE_MACHINE.search(".".join(("pypi", "company", "internal")))
    assert not _OF_ONE_MACHINE.search("https://example.org/work/home/page")


@pytest.mark.parametrize("module", sorted((ROOT / "workbench").rglob("*.py")), ids=lambda module: str(module.name))
def test_every_module_opens_with_one_sentence(module: Path):
    told = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert told, f"{module} does not say what it is for"
    assert told.splitlines()[0].strip()


def test_no_file_is_called_utils():
    assert [file.name for file in tracked() if file.stem in {"utils", "util", "helpers", "misc", "common"}] == []


def test_no_promise_of_later_work_is_left_in_the_code():
    left = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in (ROOT / "workbench").rglob("*.py")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", line)
    ]
    assert left == []


def test_committed_notebooks_hold_no_output():
    for file in tracked():
        if file.suffix == ".ipynb":
            for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
                assert not cell.get("outputs"), f"{file.name} holds an output"
                assert cell.get("execution_count") is None, f"{file.name} was run and kept its numbers"
