"""A form of a notebook's parameters: what it offers, what it refuses, and the copy that it writes."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.domain.notebook_fields import FieldKind
from workbench.errors import BadValue
from workbench.jobs.form import NotebookValues, with_values
from workbench.jobs.parameters import declared_parameters
from workbench.jobs.running import read_notebook
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture
def form(practice: Practice) -> NotebookValues:
    found = practice.search("appointments", start="tomorrow", end="J+1", state="upcoming", city="Rennes")
    practice.mailing(found, REMINDER).to_notebook("notebooks/rappel.ipynb")
    return NotebookValues(practice, "notebooks/rappel.ipynb")


def test_each_parameter_is_asked_by_what_its_search_makes_of_it(form: NotebookValues, practice: Practice) -> None:
    fields = {one.name: one for one in form.fields()}
    assert {name: one.kind.value for name, one in fields.items()} == {
        "start": "day", "end": "day", "state": "choices", "city": "text", "practitioner": "choices",
        "template": "choice", "account": "choice", "revision": "number", "dry_run": "tick",
    }  # fmt: skip
    assert "missed" in dict(fields["state"].choices)
    assert (REMINDER, REMINDER.replace("/", " / ")) in fields["template"].choices
    assert fields["dry_run"].value == "no"
    assert (fields["practitioner"].value, fields["revision"].value) == ("", "0")
    assert dict(fields["account"].choices)[""]
    assert fields["dry_run"].label == "Trial: check everything, send nothing"
    assert all(one.label[:1].isupper() for one in fields.values())


def test_a_copy_says_the_new_values_and_the_notebook_stays(form: NotebookValues, practice: Practice) -> None:
    before = form.file.read_bytes()
    values = {one.name: one.value for one in form.fields()} | {
        "start": "J+2",
        "state": "upcoming,missed",
        "dry_run": "yes",
    }
    file = form.write_copy(values)
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("rappel-2.ipynb", 0o600)
    assert form.write_copy(values).name == "rappel-3.ipynb"
    assert NotebookValues(practice, file).write_copy(values).name == "rappel-4.ipynb"
    assert form.file.read_bytes() == before
    old, new = read_notebook(form.file), read_notebook(file)
    assert {name: one.default for name, one in new.parameters.items()} == {
        name: one.default for name, one in old.parameters.items()
    } | {"start": "J+2", "state": "upcoming,missed", "dry_run": True}
    assert [one.comment for one in new.parameters.values()] == [one.comment for one in old.parameters.values()]
    nbformat.validate(nbformat.read(file, as_version=4))


def test_only_what_is_another_value_is_given_to_a_run(form: NotebookValues) -> None:
    values = {one.name: one.value for one in form.fields()}
    assert form.given(values) == {}
    assert form.given(values | {"dry_run": "yes", "end": "J+3"}) == {"dry_run": True, "end": "J+3"}
    assert form.given(values | {"practitioner": "MM", "revision": "2"}) == {"practitioner": "MM", "revision": 2}


def test_what_cannot_be_is_said_of_its_parameter(form: NotebookValues) -> None:
    assert form.problems({"start": "J+1 open", "dry_run": "no"}) == {}
    assert "is not a date" in form.problems({"start": "soon", "end": "today"})["start"]
    assert "takes yes or no" in form.problems({"dry_run": "perhaps"})["dry_run"]


def test_a_notebook_of_one_s_own_names_its_search_by_a_parameter(
    practice: Practice, written: Callable[..., Path]
) -> None:
    parameters = 'search: str = "missed"\nwhen = "J-1"\ncount: int = 3\nrate: float | None = None\nlater = len("x")\n'
    file = written("found = practice.search(search, start=when)", "%%html\nno python(", parameters=parameters)
    form = NotebookValues(practice, file)
    fields = {one.name: one for one in form.fields()}
    assert {name: one.kind for name, one in fields.items()} == {
        "search": FieldKind.CHOICE, "when": FieldKind.DAY, "count": FieldKind.NUMBER, "rate": FieldKind.NUMBER,
        "later": FieldKind.FIXED,
    }  # fmt: skip
    assert "appointments" in dict(fields["search"].choices)
    assert form.given({"search": "recall", "when": "J", "count": "3", "rate": ""}) == {"search": "recall", "when": "J"}
    none = NotebookValues(practice, written("print(1)", name="none.ipynb"))
    assert none.fields() == []
    with pytest.raises(BadValue, match="no parameters"):
        practice.notebook_form(none.file)


@pytest.mark.parametrize("value", ['a "b" \\ é', "'", "", True, 3, None, ["é", "b"]])
def test_a_value_is_written_as_python_reads_it_and_nothing_else_changes(value: Any) -> None:
    source = '# é before\nétat = "é"; other = 1\nname: str = (\n    "a"\n)  # why\nlast: int'
    changed = with_values(source, {"name": value, "last": 2, "état": "à"})
    read = declared_parameters(changed)
    assert (read["name"].default, read["last"].default, read["état"].default, read["other"].default) == (
        value,
        2,
        "à",
        1,
    )
    assert "# why" in changed
    assert changed.startswith("# é before\n")
