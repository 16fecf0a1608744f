"""What a search finds is cut between families, and asked for list by list, the same on both databases."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from workbench.databases import writing
from workbench.patients.schema import appointments, patients
from workbench.patients.store import SqlPatientStore

TODAY = date(2026, 11, 22)
ASKED = {"start": "2026-11-23", "end": "2026-11-23"}


@pytest.fixture(params=["empty_store", "empty_postgres_store"])
def store(request: pytest.FixtureRequest) -> SqlPatientStore:
    """Thirty patients, every third alone, the others in families of four, each with two appointments a day."""
    made: SqlPatientStore = request.getfixturevalue(request.param)
    people = [
        {
            "patient_id": f"é{n}",
            "last_name": f"Nom {n}",
            "family_id": f"F{n // 6}" if n % 3 else ("" if n % 2 else None),
        }
        for n in range(30)
    ]
    rows = [
        {
            "appointment_id": f"{who['patient_id']}-{hour}",
            "patient_id": who["patient_id"],
            "starts_at": datetime(2026, 11, 23, hour),
            "state": "upcoming",
        }
        for who in people
        for hour in (9, 15)
    ]
    with writing(made.engine) as connection:
        connection.execute(patients.insert(), [{"practice_id": "practice", **one} for one in people])
        connection.execute(appointments.insert(), [{"practice_id": "practice", **one} for one in rows])
    return made


@pytest.mark.parametrize("rows", [1, 7, 59])
def test_the_lists_together_are_the_whole_search_and_cut_no_family(store: SqlPatientStore, rows: int) -> None:
    whole = store.search("appointments", ASKED, today=TODAY)
    count, lists = store.found_patients("appointments", ASKED, today=TODAY, rows=rows)
    assert count == len(whole) == 60
    parts = [store.search("appointments", ASKED, today=TODAY, patients=some) for some in lists]
    assert all(len(part) >= rows for part in parts[:-1])
    assert max(len(part) for part in parts) <= rows + 8
    together = pd.concat(parts, ignore_index=True).sort_values("subject_key", ignore_index=True)
    pd.testing.assert_frame_equal(
        together.astype("object"), whole.sort_values("subject_key", ignore_index=True).astype("object")
    )
    families = [set(part["family"].dropna()) - {""} for part in parts]
    assert all(not one & other for place, one in enumerate(families) for other in families[:place])


def test_few_rows_and_rows_of_nobody_are_not_cut(store: SqlPatientStore) -> None:
    assert store.found_patients("appointments", ASKED, today=TODAY, rows=60) == (60, [])
    assert store.found_patients("correspondents", {}, today=TODAY, rows=1)[1] == []
