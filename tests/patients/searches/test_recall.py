"""Who is due for a check-up, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients, put_visit
from workbench.domain.frames import RECALL_COLUMNS
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


def due(store: SqlPatientStore, key: str, patient_id: str, day: date, **more: object) -> None:
    put(store, schema.recalls, {"recall_id": key, "patient_id": patient_id, "due_on": day, **more})


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    put_patients(either_store, "1", "2", "3")
    return either_store


def test_recalls_due_until_today_are_found(store: SqlPatientStore) -> None:
    due(store, "today", "1", TODAY, reason="Contrôle")
    due(store, "long", "2", date(2025, 1, 1), rank=2)
    due(store, "later", "3", TODAY + timedelta(days=1))
    frame = found(store, "recall")
    assert tuple(frame.columns) == RECALL_COLUMNS
    assert frame["recall_id"].tolist() == ["long", "today"]
    assert frame["subject_key"].tolist() == ["recall:long", "recall:today"]
    assert frame["rank"].tolist() == [2, 1]
    assert frame["reason"].tolist()[1] == "Contrôle"
    assert keys(store, "recall", start="tomorrow", end="J+10") == ["later"]
    assert keys(store, "recall", rank=2) == ["long"]
    assert keys(store, "recall", reason="controle") == ["today"]


def test_a_recall_that_is_done_is_never_found(store: SqlPatientStore) -> None:
    due(store, "done", "1", TODAY, done_on=TODAY)
    assert keys(store, "recall", exclude_upcoming="no", exclude_returned="no") == []


def test_two_open_recalls_of_one_patient_are_two_rows(store: SqlPatientStore) -> None:
    due(store, "a", "1", TODAY)
    due(store, "b", "1", TODAY)
    assert keys(store, "recall") == ["a", "b"]


def test_whoever_comes_anyway_is_left_out_unless_asked_for(store: SqlPatientStore) -> None:
    for patient in ("1", "2", "3"):
        due(store, f"r{patient}", patient, date(2026, 11, 1))
    put_visit(store, "1", TODAY, "upcoming")
    put_visit(store, "2", TODAY - timedelta(days=1), "upcoming")  # nobody wrote down what became of it
    put_visit(store, "3", TODAY + timedelta(days=9), "cancelled")
    assert keys(store, "recall") == ["r2", "r3"]
    assert keys(store, "recall", exclude_upcoming="no") == ["r1", "r2", "r3"]


def test_whoever_came_since_it_was_due_is_left_out_unless_asked_for(store: SqlPatientStore) -> None:
    for patient in ("1", "2", "3"):
        due(store, f"r{patient}", patient, date(2026, 11, 10))
    put_visit(store, "1", date(2026, 11, 10), "present")
    put_visit(store, "2", date(2026, 11, 9), "present")
    put_visit(store, "3", date(2026, 11, 12), "missed")
    assert keys(store, "recall") == ["r2", "r3"]
    assert keys(store, "recall", exclude_returned="no") == ["r1", "r2", "r3"]


def test_the_months_since_the_last_visit_are_whole_ones(store: SqlPatientStore) -> None:
    for patient in ("1", "2", "3"):
        due(store, f"r{patient}", patient, date(2026, 11, 23))
    put_visit(store, "1", date(2026, 5, 23), "present")
    put_visit(store, "1", date(2024, 5, 23), "present")
    put_visit(store, "2", date(2026, 5, 24), "present")
    frame = found(store, "recall")
    assert frame["months_since_visit"].fillna(-1).tolist() == [6, 5, -1]
    assert frame["last_visit"].tolist()[:2] == [pd.Timestamp(2026, 5, 23), pd.Timestamp(2026, 5, 24)]
    assert frame["last_visit"].isna().tolist() == [False, False, True]


def test_whoever_is_gone_is_left_out_unless_asked_for(store: SqlPatientStore) -> None:
    put_patients(store, "dead", deceased=True)
    put_patients(store, "gone", archived=True)
    for patient in ("dead", "gone"):
        due(store, patient, patient, TODAY)
    assert keys(store, "recall") == []
    assert keys(store, "recall", gone="yes") == ["dead", "gone"]


def test_the_last_day_is_part_of_the_identity(empty_store: SqlPatientStore) -> None:
    assert empty_store.resolve("recall", {"end": "today"}, today=TODAY) == {"end": "2026-11-23"}
    assert empty_store.resolve("recall", {}, today=TODAY) == {"end": "2026-11-23"}
