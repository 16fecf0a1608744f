"""What the tests of searches write into a store, a few words a row, and what they read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.databases import writing
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore

TODAY = date(2026, 11, 23)  # a Monday


def put(store: SqlPatientStore, table: sa.Table, *rows: Mapping[str, Any]) -> None:
    """Put rows into a table of the store's practice; every column that a row lacks is empty."""
    with writing(store.engine) as connection:
        for row in rows:
            connection.execute(table.insert().values(practice_id=store.practice_id, **row))


def put_patients(store: SqlPatientStore, *patient_ids: str, **of_all: Any) -> None:
    """Put patients who are called after their numbers, all with these values."""
    put(store, schema.patients, *({"patient_id": one, "last_name": f"P{one}", **of_all} for one in patient_ids))


def put_visit(store: SqlPatientStore, patient_id: str, day: date, state: str, hour: int = 9) -> None:
    """Put an appointment, known by its patient, day and hour."""
    at = datetime(day.year, day.month, day.day, hour)
    key = f"{patient_id}@{at.isoformat()}"
    put(
        store,
        schema.appointments,
        {"appointment_id": key, "patient_id": patient_id, "starts_at": at, "state": state},
    )


def found(store: SqlPatientStore, search: str, today: date = TODAY, **parameters: object) -> pd.DataFrame:
    """Ask a search, and hold what every one of them promises: as many rows as its explanation, each told once."""
    frame = store.search(search, parameters, today=today)
    assert frame["subject_key"].is_unique
    assert store.explain(search, parameters, today=today)["left"].tolist()[-1] == len(frame)
    return frame


def keys(store: SqlPatientStore, search: str, today: date = TODAY, **parameters: object) -> list[str]:
    """Return the keys of what a search finds, without the kind of subject, in its order."""
    return [key.split(":", 1)[1] for key in found(store, search, today, **parameters)["subject_key"]]
