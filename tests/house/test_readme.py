"""What the README says is so: its commands exist, its mapping is read, its columns are those of the imports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli.main import app
from workbench.patients.imports.importing import KINDS, columns_of_kind
from workbench.patients.imports.mapping import read_mapping
from workbench.patients.imports.table_kinds import TABLE_KINDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEADINGS = tomllib.loads((ROOT / "workbench/patients/imports/columns.toml").read_text(encoding="utf-8"))


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert found, f"the README has no section « {title} »"
    return found[1]


def commands() -> list[list[str]]:
    """Return each command of the table of commands, a group once for each of its verbs."""
    found = []
    for cell in re.findall(r"^\| `([^`]+)`", section("The command line"), re.MULTILINE):
        words = re.split(r" (?=[A-Z\[-])", cell)[0].replace(",", "").split()
        found += [[words[0], verb] for verb in words[1:]] or [words]
    return [words for words in found if not words[0].isdigit()]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_readme_exists(words):
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0, done.output


def test_the_readme_names_every_command():
    listed = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    shown = set(re.findall(r"^│ ([a-z]+) {2,}", listed, re.MULTILINE))
    assert len(shown) > 10
    assert shown <= {words[0] for words in commands()}


def test_the_mapping_of_the_readme_is_read():
    text = re.search(r"```toml\n(.*?)```", section("Importing from your own software"), re.DOTALL)
    assert text
    known = [*HEADINGS["identity"], *HEADINGS["appointments"]]
    mapping = read_mapping(tomllib.loads(text[1]), known=known)
    assert mapping.values["state"] == {"Yes": "missed", "No": "present"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_of_an_import_stands_in_the_readme(kind):
    row = re.search(rf"^\| `{kind}` \|(.*)\|$", section("Importing from your own software"), re.MULTILINE)
    assert row
    told = set(re.findall(r"[a-z_0-9]{3,}", " ".join(re.findall(r"`([^`]*)`", row[1]))))
    if kind in TABLE_KINDS:
        assert told == {name for name in columns_of_kind(kind) if len(name) > 2}
    assert set(HEADINGS[kind]) - {"email", "at", "by"} <= told
    assert told <= {*HEADINGS[kind], *HEADINGS["identity"]}


def test_the_two_commands_stand_in_the_readme_and_the_second_is_what_ci_runs():
    fresh = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(set(fresh)) == 2
    assert any(line.endswith("workbench demo") for line in fresh)
    tests = [line for line in fresh if "pytest" in line]
    assert tests == [
        'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest -n 2 --dist loadfile'
    ]
    assert "grep -m 1 -E '^python3 -m venv .*pytest' \"$here/README.md\"" in (ROOT / ".ci/run").read_text(
        encoding="utf-8"
    )
