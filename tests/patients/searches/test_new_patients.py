"""Who is new, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from tests.patients.searches.cases import TODAY, found, keys, put_patients, put_visit
from workbench.domain.frames import NEW_PATIENT_COLUMNS
from workbench.patients.store import SqlPatientStore


def test_thirty_days_are_looked_back(either_store: SqlPatientStore) -> None:
    for key, days in (("today", 0), ("month", 30), ("older", 31), ("future", -1)):
        put_patients(either_store, key, created_on=TODAY - timedelta(days=days))
    put_patients(either_store, "unknown")
    put_patients(either_store, "dead", created_on=TODAY, deceased=True)
    frame = found(either_store, "new_patients")
    assert tuple(frame.columns) == NEW_PATIENT_COLUMNS
    assert frame["subject_key"].tolist() == ["patient:month", "patient:today"]
    assert keys(either_store, "new_patients", created_from="J-31", created_to="J-31") == ["older"]


def test_the_first_appointment_was_kept_or_is_to_come(either_store: SqlPatientStore) -> None:
    put_patients(either_store, "kept", "coming", "missed", "both", created_on=TODAY - timedelta(days=5))
    put_visit(either_store, "kept", TODAY, "present")
    put_visit(either_store, "coming", TODAY + timedelta(days=1), "upcoming")
    put_visit(either_store, "missed", TODAY - timedelta(days=1), "missed")
    put_visit(either_store, "both", date(2026, 11, 20), "present")
    put_visit(either_store, "both", TODAY + timedelta(days=1), "upcoming")
    assert keys(either_store, "new_patients", first_appointment="kept") == ["both", "kept"]
    assert keys(either_store, "new_patients", first_appointment="to come") == ["coming"]
    assert keys(either_store, "new_patients", first_appointment="none") == ["missed"]
    assert keys(either_store, "new_patients", first_appointment="kept,none") == ["both", "kept", "missed"]
    frame = found(either_store, "new_patients").set_index("patient_id")
    assert frame.loc["both", "first_visit"] == pd.Timestamp(2026, 11, 20)
    assert frame["next_appointment"].notna().to_dict() == {"both": True, "coming": True, "kept": False, "missed": False}
