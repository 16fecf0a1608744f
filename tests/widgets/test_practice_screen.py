"""The practice is shown and changed from a screen; what its software owns is only shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.practice import Practice
from workbench.widgets.practice_screen import PracticeScreen
from workbench.widgets.settings_page import SettingsPage
from workbench.wiring import open_practice


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(sample_made_once, tmp_path / "W")
    with open_practice(tmp_path / "W", user="claire") as opened:
        yield opened


class Watched(PracticeScreen):
    """A screen that keeps what it says to its page."""

    def __init__(self, practice: Practice) -> None:
        self.said: list[dict[str, Any]] = []
        super().__init__(practice)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.said.append(content)

    def hear(self, kind: str, **values: Any) -> dict[str, Any]:
        """Say something as the page does; give what the screen answers."""
        self._hear(self, {"kind": kind, "request": len(self.said), "view": "v", **values}, [])
        return self.said[-1]


@pytest.fixture
def screen(practice: Practice) -> Watched:
    return Watched(practice)


def test_the_card_is_changed_and_what_does_not_fit_is_refused(screen: Watched, practice: Practice) -> None:
    lines = {one["name"]: one["value"] for one in screen.hear("open")["card"]}
    assert lines["name"] == practice.name
    assert "saved" in screen.hear("card", values={"phone": "02 99 00 00 00", "website": ""})["sentence"]
    assert (practice.card()["phone"], practice.card()["website"]) == ("02 99 00 00 00", None)
    assert "whole address" in screen.hear("card", values={"website": "cabinet"})["error"]
    assert "empty" in screen.hear("card", values={"name": " "})["error"]


def test_departures_and_retention_are_changed_for_the_workspace(screen: Watched, practice: Practice) -> None:
    told: list[str] = []
    screen.on_change(lambda: told.append("changed"))
    given = {"undo_minutes": "10", "sending_hours": "08:00-20:00 mon-fri", "history_days": "730"}
    answer = screen.hear("departures", **given)
    assert (answer["undo_minutes"], answer["history_days"]) == (10, 730)
    assert practice.settings.sending_hours == "08:00-20:00 mon-fri"
    assert told == ["changed"]
    assert "error" in screen.hear("departures", **given | {"sending_hours": "whenever"})
    assert "not a whole number" in screen.hear("departures", **given | {"undo_minutes": "ten"})["error"]
    assert practice.settings.sending_hours == "08:00-20:00 mon-fri"


def test_days_are_declared_closed_and_taken_back(screen: Watched, practice: Practice) -> None:
    before = len(screen.hear("open")["closures"])
    answer = screen.hear("close", first="J+40", last="", reason="Travaux")
    [row] = [one for one in answer["closures"] if "Travaux" in one["about"]]
    assert row["ours"]
    assert len(answer["closures"]) == before + 1
    answer = screen.hear("reopen", first=row["first"], last=row["last"])
    assert len(answer["closures"]) == before
    assert "first day" in screen.hear("close", first="", last="")["error"]


def test_it_is_a_part_of_the_settings(practice: Practice) -> None:
    page = SettingsPage(practice)
    page.open(part="practice")
    assert isinstance(page.practice, PracticeScreen)
