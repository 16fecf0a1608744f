"""The searches in SQL give what a plain computation over the whole agenda gives."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from workbench.databases import writing
from workbench.patients import schema
from workbench.patients.schema import STATES
from workbench.patients.store import SqlPatientStore

TODAY = date(2026, 11, 23)


def large_agenda(store: SqlPatientStore, *, rows: int) -> pd.DataFrame:
    """Fill a store with an agenda of chance, and return it as a plain frame."""
    chance = random.Random(20261123)
    patients = [f"{number:05}" for number in range(rows // 4)]
    agenda = [
        {
            "practice_id": store.practice_id,
            "appointment_id": f"a{number}",
            "patient_id": chance.choice(patients),
            # Few days and hours, so that several appointments of one patient often share an instant.
            "starts_at": datetime(2026, 10, 26) + timedelta(days=chance.randrange(60), hours=chance.randrange(8, 12)),
            "state": chance.choices(STATES, (3, 4, 1, 4, 1, 1))[0],
        }
        for number in range(rows)
    ]
    with writing(store.engine) as connection:
        connection.execute(
            schema.patients.insert(), [{"practice_id": store.practice_id, "patient_id": one} for one in patients]
        )
        connection.execute(schema.appointments.insert(), agenda)
    return pd.DataFrame(agenda)


def missed_by_hand(agenda: pd.DataFrame, *, exclude_upcoming: bool, exclude_returned: bool) -> list[str]:
    """F149 and F150 with nothing but pandas."""
    missed = agenda[agenda["state"] == "missed"]
    pairs = missed.merge(agenda, on="patient_id", suffixes=("", "_other"))
    later = pairs[pairs["starts_at_other"] > pairs["starts_at"]]
    coming = later[(later["state_other"] == "upcoming") & (later["starts_at_other"] >= pd.Timestamp(TODAY))]
    back = later[later["state_other"] == "present"]
    if exclude_upcoming:
        missed = missed[~missed["appointment_id"].isin(coming["appointment_id"])]
    if exclude_returned:
        missed = missed[~missed["appointment_id"].isin(back["appointment_id"])]
    return missed.sort_values(["starts_at", "appointment_id"])["appointment_id"].tolist()


@pytest.mark.parametrize("exclude_upcoming", [False, True])
@pytest.mark.parametrize("exclude_returned", [False, True])
def test_missed_appointments_equal_a_plain_computation(
    empty_store: SqlPatientStore, exclude_upcoming: bool, exclude_returned: bool
) -> None:
    agenda = large_agenda(empty_store, rows=5_000)
    by_hand = missed_by_hand(agenda, exclude_upcoming=exclude_upcoming, exclude_returned=exclude_returned)
    found = empty_store.search(
        "missed", {"exclude_upcoming": exclude_upcoming, "exclude_returned": exclude_returned}, today=TODAY
    )
    assert found["appointment_id"].tolist() == by_hand
    assert 0 < len(by_hand) < len(agenda)


def test_a_day_equals_a_plain_computation(empty_store: SqlPatientStore) -> None:
    agenda = large_agenda(empty_store, rows=2_000)
    found = empty_store.search("appointments", {"start": "J+1", "end": "J+3", "hours": "9-10"}, today=TODAY)
    days = agenda["starts_at"].between(datetime(2026, 11, 24), datetime(2026, 11, 26, 23, 59))
    wanted = agenda[days & agenda["starts_at"].dt.hour.isin([9, 10])]
    assert sorted(found["appointment_id"]) == sorted(wanted["appointment_id"])
    assert found["starts_at"].is_monotonic_increasing
