"""The form of a notebook's parameters shows them, refuses what cannot be, and runs with what stands in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.practice import Practice
from workbench.widgets.notebook_form import NotebookForm, _ended
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    with open_practice(shutil.copytree(sample_made_once, tmp_path / "W"), user="claire") as opened:
        found = opened.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
        opened.mailing(found, REMINDER).to_notebook("notebooks/rappel.ipynb")
        yield opened


def hear(form: NotebookForm, kind: str, **values: Any) -> dict[str, Any]:
    """Say something as the page does; give what the form answers."""
    said: list[dict[str, Any]] = []
    form.send = lambda content, buffers=None: said.append(content)
    form._hear(form, {"kind": kind, "request": 1, "view": "v", **values}, [])
    return next(one for one in said if one["kind"] == "answer")


def test_it_runs_what_stands_in_it_and_tells_what_became_of_it(practice: Practice) -> None:
    form = practice.notebook_form("notebooks/rappel.ipynb")
    assert isinstance(form, NotebookForm)
    told = hear(form, "open")
    assert [one["name"] for one in told["fields"]][:2] == ["start", "end"]
    assert told["days"]["start"]
    wrong = hear(form, "run", values=form.values | {"start": "soon"})
    assert "start" in wrong["problems"]
    assert form.wait(0)
    said: list[dict[str, Any]] = []
    hear(form, "look", values=form.values | {"start": "tomorrow", "dry_run": "yes"})
    form.send = lambda content, buffers=None: said.append(content)
    form._run({"values": form.values})
    assert form.wait(120)
    assert said == [{"kind": "ran", "sentence": "✓ It has run, and no message left.", "error": ""}]
    run = practice.ledger.runs.runs()[0]
    assert run.parameters == {"dry_run": True}
    assert len(practice.results()) == 0


def test_what_nobody_knows_is_not_told_as_not_sent() -> None:
    told = _ended(["sent", "sent", "in_doubt", "failed", "skipped", "pending", "sending", "cancelled"])
    assert told == (
        "It has run. ✓ Messages sent (2); ✕ Failures (1); ? Sendings uncertain (1); – Messages not sent (1); "
        "… Messages waiting (2); – Messages cancelled (1)"
    )


def test_a_copy_is_told_by_its_place_in_the_workspace_and_no_trait_holds_a_value(practice: Practice) -> None:
    form = practice.notebook_form("notebooks/rappel.ipynb")
    told = hear(form, "copy", values=form.values | {"start": "J+4"})
    assert told["path"] == "notebooks/rappel-2.ipynb"
    assert hear(form, "open")["fields"][0]["value"] == "J+4"
    assert "J+4" not in json.dumps(form.get_state(), default=str)
