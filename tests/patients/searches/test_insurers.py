"""Whose complementary insurance ends, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients
from workbench.domain.frames import INSURANCE_COLUMNS
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


def cover(store: SqlPatientStore, patient_id: str, insurer_id: str, until: date | None) -> None:
    row = {"patient_id": patient_id, "insurer_id": insurer_id, "valid_until": until, "member_number": "42"}
    put(store, schema.patient_insurances, row)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    put_patients(either_store, "1", "2", "3", "4")
    put_patients(either_store, "dead", deceased=True)
    put(
        either_store,
        schema.insurers,
        {"insurer_id": "m1", "name": "Mutuelle Un", "kind": "mutuelle"},
        {"insurer_id": "m2", "name": "Mutuelle Deux", "kind": "mutuelle"},
        {"insurer_id": "am", "name": "Assurance maladie", "kind": "caisse"},
    )
    return either_store


def test_sixty_days_are_looked_ahead(store: SqlPatientStore) -> None:
    for patient, until in (("1", day(60)), ("2", day(0)), ("3", day(61)), ("4", day(-1)), ("dead", day(1))):
        cover(store, patient, "m1", until)
    frame = found(store, "insurers")
    assert tuple(frame.columns) == INSURANCE_COLUMNS
    assert frame["subject_key"].tolist() == ["patient:2", "patient:1"]
    assert frame["insurer"].tolist() == ["Mutuelle Un"] * 2
    assert frame["valid_until"].tolist() == [pd.Timestamp(day(0)), pd.Timestamp(day(60))]
    assert frame["occasions"].tolist() == [["patient:2@insurer:m1:2026-11-23"], ["patient:1@insurer:m1:2027-01-22"]]
    assert keys(store, "insurers", start="J-1", end="yesterday") == ["4"]
    assert keys(store, "insurers", end="J+61", sort="name") == ["1", "2", "3"]
    assert keys(store, "insurers", insurer="mutuelle deux") == []


def test_whoever_is_covered_by_another_of_its_kind_is_left_out(store: SqlPatientStore) -> None:
    cover(store, "1", "m1", day(10))
    cover(store, "1", "m2", day(400))
    cover(store, "2", "m1", day(10))
    cover(store, "2", "m2", None)
    cover(store, "3", "m1", day(10))
    cover(store, "3", "am", None)
    assert keys(store, "insurers") == ["3"]


def test_two_that_end_are_one_row_with_the_first(store: SqlPatientStore) -> None:
    cover(store, "1", "m1", day(20))
    cover(store, "1", "am", day(10))
    frame = found(store, "insurers")
    assert frame["insurer_id"].tolist() == ["am"]
    assert found(store, "insurers", insurer="m1")["valid_until"].tolist() == [pd.Timestamp(day(20))]
    assert keys(store, "insurers", end="J+5") == []
