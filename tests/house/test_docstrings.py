"""What the docstrings of the public surface promise is there, and what their examples show is what happens."""

from __future__ import annotations

import doctest
import inspect
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.displays.accessor import FrameAccessor
from workbench.domain.fields import Catalogue
from workbench.domain.messages import Message
from workbench.practice import Mailing, Practice
from workbench.practice.accounts import Accounts
from workbench.practice.analysing import Analysis
from workbench.practice.fields import Fields
from workbench.practice.jobs import Jobs
from workbench.practice.patients import Patients
from workbench.practice.reminder_effect import ReminderEffect
from workbench.practice.tables import Tables
from workbench.practice.templates import Templates

PUBLIC = (
    Practice, Mailing, Templates, Accounts, Patients, Tables, Catalogue, Fields, Message, FrameAccessor, Analysis,
    ReminderEffect, Jobs,
)  # fmt: skip
REMINDER = "Rendez-vous/Rappel de rendez-vous"

WRITTEN_MOST: dict[Any, tuple[str, ...]] = {
    wb: ("demo", "init", "open"),
    Practice: (
        "card", "choices", "history", "mailing", "mailings", "opt_out", "results", "search",
        "searches", "set_card", "sql", "withdraw_opt_out",
    ),
    Mailing: ("check", "fields", "preview", "send", "to_notebook"),
    Templates: ("check", "import_file", "import_text"),
    Accounts: ("set",),
    Patients: ("correct",),
    Catalogue: ("search",),
    Fields: ("add", "edit", "from_column", "usage"),
    Jobs: ("add",),
}  # fmt: skip
"""What a notebook writes most: each has an example, and tells of every parameter."""


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Return what a class of ours has by itself and from the rooms it inherits from, by name."""
    for part in owner.__mro__:
        if part.__module__.startswith("workbench."):
            yield from vars(part).items()


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in wb.__all__:
        if inspect.isfunction(getattr(wb, name)):
            yield f"workbench.{name}", getattr(wb, name)
    for owner in PUBLIC:
        for name, member in members(owner):
            if inspect.isfunction(member) and not name.startswith("_"):
                yield f"{owner.__name__}.{name}", member


def examples() -> list[doctest.DocTest]:
    """Return every docstring of the public surface that shows something."""
    finder = doctest.DocTestFinder(recurse=False)
    found = [test for name, member in public_functions() for test in finder.find(member, name)]
    for owner in PUBLIC:
        found += finder.find(owner, owner.__name__)
        for name, member in members(owner):
            if isinstance(member, property) and not name.startswith("_"):
                found += finder.find(member.fget, f"{owner.__name__}.{name}")
    return [test for test in found if test.examples]


@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_an_example_shows_what_happens(
    test: doctest.DocTest, demo_made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(demo_made_once, tmp_path / "W")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with wb.open(tmp_path / "W") as practice:
        rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        test.globs = {"practice": practice, "mailing": practice.mailing(rdv, REMINDER)}
        told: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=told.append)
    assert not runner.summarize(verbose=False).failed, "".join(told)


@pytest.mark.parametrize(("name", "function"), [pytest.param(*one, id=one[0]) for one in public_functions()])
def test_a_public_function_says_what_it_gives(name: str, function: Callable[..., Any]):
    said = inspect.getdoc(function) or ""
    assert said, f"{name} has no docstring"
    if "DataFrame" in str(inspect.signature(function).return_annotation) and not name.startswith("Tables."):
        assert "Returns\n-------" in said or "columns" in said, f"{name} does not tell its columns"


@pytest.mark.parametrize("owner", WRITTEN_MOST, ids=lambda owner: owner.__name__)
def test_what_a_notebook_writes_most_is_shown_by_example_and_tells_what_it_takes(owner: Any):
    shown = {test.name for test in examples()}
    for name in WRITTEN_MOST[owner]:
        assert f"{owner.__name__}.{name}" in shown
        said = inspect.getdoc(getattr(owner, name)) or ""
        for parameter in inspect.signature(getattr(owner, name)).parameters:
            told = rf"(?m)^(\S+, )*\**{parameter}\b|`{parameter}`"
            assert parameter == "self" or re.search(told, said), f"{owner.__name__}.{name}: what is {parameter}?"


def test_an_example_that_shows_something_else_is_seen():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    runner = doctest.DocTestRunner()
    runner.run(test, out=lambda _told: None)
    assert runner.summarize(verbose=False).failed == 1
