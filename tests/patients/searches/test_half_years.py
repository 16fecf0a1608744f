"""Whose half-year of orthodontic treatment ends, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients, put_visit
from workbench.domain.frames import HALF_YEAR_COLUMNS
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


def plan(store: SqlPatientStore, key: str, patient_id: str, days: int, semester: int | None = 2) -> None:
    row = {"title": "ODF", "ends_on": TODAY + timedelta(days=days), "semester": semester, "semesters": 6}
    put(store, schema.treatment_plans, {"plan_id": key, "patient_id": patient_id, **row})


def test_thirty_days_are_looked_ahead(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "1", "2")
    put_patients(either_store, "gone", archived=True)
    plan(either_store, "last", "1", 30)
    plan(either_store, "first", "2", 0)
    plan(either_store, "later", "1", 31)
    plan(either_store, "ended", "1", -1)
    plan(either_store, "prosthetics", "1", 5, semester=None)
    plan(either_store, "gone", "gone", 5)
    frame = found(either_store, "half_years")
    assert tuple(frame.columns) == HALF_YEAR_COLUMNS
    assert frame["subject_key"].tolist() == ["plan:first", "plan:last"]
    assert frame["semester"].tolist() == [2, 2]
    assert keys(either_store, "half_years", start="J-1", end="yesterday") == ["ended"]
    assert keys(either_store, "half_years", where="semester > 2") == []


def test_the_agreement_is_the_plans_latest(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "1")
    plan(either_store, "a", "1", 1)
    plan(either_store, "b", "1", 2)
    put(
        either_store,
        schema.prior_agreements,
        *(
            {"agreement_id": key, "patient_id": "1", "plan_id": "a", "asked_on": asked, "valid_until": until}
            for key, asked, until in (
                ("e1", date(2025, 1, 1), date(2026, 1, 1)),
                ("e2", date(2026, 1, 1), date(2027, 1, 1)),
            )
        ),
    )
    frame = found(either_store, "half_years")
    assert frame["agreement_until"].tolist()[0] == pd.Timestamp(2027, 1, 1)
    assert frame["agreement_until"].isna().tolist() == [False, True]


def test_those_who_come_are_told_from_those_who_do_not(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "1", "2")
    plan(either_store, "a", "1", 1)
    plan(either_store, "b", "2", 1)
    put_visit(either_store, "1", TODAY, "upcoming")
    assert keys(either_store, "half_years", upcoming="yes") == ["a"]
    assert keys(either_store, "half_years", upcoming="no") == ["b"]
    told = found(either_store, "half_years")["next_appointment"]
    assert told.tolist()[0] == pd.Timestamp("2026-11-23 09:00", tz="Europe/Paris")
