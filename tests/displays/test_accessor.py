"""``frame.workbench`` finds the right practice for a frame, and never another one."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.displays.accessor import Opened
from workbench.errors import UnknownTemplate, UsageError
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
TOMORROW = {"start": "tomorrow", "end": "tomorrow", "state": "upcoming"}


@pytest.fixture
def practice(demo_made_once: Path, tmp_path: Path) -> Practice:
    shutil.copytree(demo_made_once, tmp_path / "W")
    return wb.open(tmp_path / "W")


@pytest.fixture
def other(tmp_path: Path) -> Practice:
    """Another practice, opened last."""
    return wb.init(tmp_path / "other")


def test_the_rows_of_a_search_preview_check_and_become_a_mailing(practice: Practice):
    rdv = practice.search("appointments", **TOMORROW)
    mailing = practice.mailing(rdv, REMINDER)
    assert rdv.workbench.mailing(REMINDER, key="k").plan.key == "k"
    assert rdv.workbench.preview(REMINDER, 3).html == mailing.preview(3).html
    pd.testing.assert_frame_equal(rdv.workbench.check(REMINDER), mailing.check())
    assert rdv.head(2).workbench.mailing(practice.templates[REMINDER]).recipients["patient_id"].is_unique


def test_the_practice_that_searched_is_meant_though_another_was_opened_since(practice: Practice, other: Practice):
    rdv = practice.search("appointments", **TOMORROW)
    assert rdv.workbench.preview(REMINDER).subject
    with pytest.raises(UnknownTemplate):
        pd.DataFrame({"email": ["a@mail.example"]}).workbench.mailing(REMINDER)


def test_a_table_of_ones_own_means_the_practice_opened_last(other: Practice, practice: Practice):
    table = pd.DataFrame({"email": ["a@mail.example"], "id": ["1"], "name": ["Zoé"]})
    template = practice.templates.import_text("Bonjour {{ name }}", path="Essai", beside=practice.path)
    assert "Zoé" in table.workbench.preview(template).html


def test_the_rows_of_one_practice_are_never_written_to_by_another(practice: Practice, other: Practice):
    rdv = practice.search("appointments", **TOMORROW)
    template = other.templates.import_text("Bonjour", path="Essai", beside=other.path)
    with pytest.raises(UsageError, match="another practice"):
        other.mailing(rdv, template)
    alone = Opened()
    alone.add(other)
    with pytest.raises(UsageError, match="another practice, which is not open"):
        alone.of(rdv)


def test_rows_that_lost_where_they_come_from_are_refused_once_two_practices_were_opened(
    practice: Practice, tmp_path: Path
):
    rdv = practice.search("appointments", **TOMORROW)
    joined = rdv.merge(pd.DataFrame({"patient_id": rdv["patient_id"].unique(), "note": "x"}), on="patient_id")
    assert not joined.attrs
    assert joined.workbench.mailing(REMINDER).addressees().index.is_unique  # one practice: no doubt whose they are
    other = wb.init(tmp_path / "other")
    template = other.templates.import_text("Bonjour", path="Essai", beside=other.path)
    other.close()
    for ask in (lambda: joined.workbench.mailing(template), lambda: other.mailing(joined, template)):
        with pytest.raises(UsageError, match="from which practice these rows come"):
            ask()
    with pytest.raises(UsageError, match="from which practice these rows come"):
        practice.mailing(joined, REMINDER)
    assert practice.mailing(rdv.head(3), REMINDER)


def test_without_a_practice_the_sentence_says_what_to_do():
    with pytest.raises(UsageError, match=r"practice = workbench\.open\(\)"):
        Opened().of(pd.DataFrame({"email": []}))


def test_a_practice_that_nobody_holds_is_forgotten(demo_made_once: Path, tmp_path: Path):
    shutil.copytree(demo_made_once, tmp_path / "W")
    opened = Opened()
    practice = wb.open(tmp_path / "W")
    opened.add(practice)
    opened.add(practice)
    assert opened.last() is practice
    del practice
    gc.collect()
    assert opened.last() is None


def test_opening_again_warns_of_nothing(practice: Practice):
    wb.open(practice.path)
    assert practice.last_search is None
    found = practice.search("missed")
    assert practice.last_search is found
