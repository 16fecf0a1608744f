"""The pages of the desk stand under one bar, and each is made when somebody first goes to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbench.widgets.desk import Desk
from workbench.widgets.publipostage import Publipostage
from workbench.wiring import open_practice


@pytest.fixture
def desk(sample_made_once: Path, tmp_path: Path):
    with open_practice(shutil.copytree(sample_made_once, tmp_path / "cabinet")) as practice:
        yield practice.desk(start="tomorrow", end="tomorrow", template="Rendez-vous/Rappel de rendez-vous")


def test_the_page_somebody_goes_to_is_the_one_shown(desk: Desk):
    desk.bar._hear(desk.bar, {"kind": "go", "page": "publipostage"}, [])
    stack = desk.view.children[1]
    assert desk.bar.current == "publipostage"
    assert stack.children[stack.selected_index] is desk.publipostage.view


def test_a_page_left_and_met_again_is_the_same(desk: Desk):
    assert desk.page("publipostage") is desk.page("publipostage") is desk.publipostage
    assert isinstance(desk.publipostage, Publipostage)
    assert desk.mailing is desk.publipostage.mailing


def test_a_page_nobody_knows_is_not_gone_to(desk: Desk):
    desk.bar._hear(desk.bar, {"kind": "go", "page": "elsewhere"}, [])
    assert desk.bar.current == ""
    with pytest.raises(KeyError):
        desk.go("elsewhere")


def test_whoever_is_led_to_a_patient_is_offered_the_way_back(desk: Desk):
    def press(page: str) -> None:
        desk.bar._hear(desk.bar, {"kind": "go", "page": page}, [])

    press("results")
    desk.go("patient", patient_id="2101")
    assert desk.bar.back[0] == "results"
    desk.go("patient", patient_id="1893")
    assert desk.bar.back[0] == "results"
    press("results")
    assert (desk.bar.current, desk.bar.back) == ("results", [])
    press("patient")
    assert desk.bar.back == []
