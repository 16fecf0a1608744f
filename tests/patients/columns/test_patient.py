from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.contracts.patient_store_contract import TODAY, add
from workbench.databases import writing
from workbench.patients import schema
from workbench.patients.columns import SOURCES, reading
from workbench.patients.store import SqlPatientStore

PAST, AHEAD = TODAY - timedelta(days=100), TODAY + timedelta(days=100)


def test_every_appointment_to_come_is_listed_the_next_one_first(store: SqlPatientStore) -> None:
    today = {"patient_id": "007", "starts_at": datetime(2026, 11, 23, 0, 0)}
    off = {"appointment_id": "off", "state": "cancelled", **today}
    add(store, schema.appointments, [{"appointment_id": "now", **today}, off])
    frame = store.columns("patient", ["007", "011"], ["next_appointments", "next_appointment_at"], today=TODAY)
    assert [moment.isoformat() for moment in frame.loc["007", "next_appointments"]] == [
        "2026-11-23T00:00:00+01:00",
        "2026-11-24T08:40:00+01:00",
    ]
    assert frame.loc["007", "next_appointment_at"] == frame.loc["007", "next_appointments"][0]
    assert frame.loc["011", "next_appointments"] is None  # the one of the 21st is past


def test_the_last_visit_is_told_with_its_key(store: SqlPatientStore) -> None:
    tonight = datetime(2026, 11, 23, 23, 59)
    add(
        store,
        schema.appointments,
        [
            {"appointment_id": "v1", "patient_id": "011", "starts_at": tonight, "state": "present"},
            {"appointment_id": "v0", "patient_id": "011", "starts_at": tonight, "state": "present"},
            {
                "appointment_id": "v2",
                "patient_id": "011",
                "starts_at": tonight + timedelta(minutes=1),
                "state": "present",
            },
        ],
    )
    frame = store.columns("patient", ["008", "011", "009"], ["last_visit_id", "last_visit_at"], today=TODAY)
    assert frame["last_visit_id"].fillna("").tolist() == ["p1", "v1", ""]
    assert frame.loc["011", "last_visit_at"].isoformat() == "2026-11-23T23:59:00+01:00"


@pytest.mark.parametrize(
    ("covers", "insurer", "until"),
    [
        ([("A", None, PAST), ("B", PAST, AHEAD)], "Mutuelle B", AHEAD),
        ([("A", None, PAST), ("B", None, PAST - timedelta(days=9))], "Mutuelle A", PAST),
        ([("A", AHEAD, None), ("B", None, PAST)], "Mutuelle B", PAST),
        ([("A", None, TODAY), ("B", AHEAD, None)], "Mutuelle A", TODAY),
        ([("A", None, AHEAD), ("B", None, None)], "Mutuelle B", None),
        ([("A", AHEAD, None)], "Mutuelle A", None),
        ([], None, None),
    ],
)
def test_the_insurer_is_the_one_that_covers_today_else_the_one_that_did_last(
    store: SqlPatientStore, covers: list[tuple[str, date | None, date | None]], insurer: str | None, until: date | None
) -> None:
    add(store, schema.insurers, [{"insurer_id": key, "name": f"Mutuelle {key}"} for key in "AB"])
    rows = [
        {"patient_id": "007", "insurer_id": key, "valid_from": since, "valid_until": end} for key, since, end in covers
    ]
    add(store, schema.patient_insurances, rows)
    told = store.columns("patient", ["007"], ["insurer", "insurer_valid_until"], today=TODAY).iloc[0].tolist()
    wanted: list[Any] = [insurer, until and pd.Timestamp(until)]
    assert [None if pd.isna(one) else one for one in told] == wanted


def members(store: SqlPatientStore, key: str) -> list[str]:
    told = store.columns("patient", [key], ["family_members"], today=TODAY).loc[key, "family_members"]
    return [one["name"] for one in told]


def test_a_family_names_its_oldest_first_and_those_without_a_birth_date_last(store: SqlPatientStore) -> None:
    add(
        store,
        schema.patients,
        [
            {"patient_id": "020", "family_id": "fam-1", "first_name": "Inès"},
            {"patient_id": "021", "family_id": "fam-1", "first_name": "Ugo", "birth_date": date(2015, 1, 1)},
            {"patient_id": "022", "family_id": "fam-1", "first_name": "Max", "archived": True},
        ],
    )
    assert members(store, "007") == ["Léo", "Ugo", "Inès"]
    assert members(store, "021") == ["Zoé", "Léo", "Inès"]


def test_of_each_of_a_family_it_is_told_who_answers_for_him(store: SqlPatientStore) -> None:
    add(store, schema.patients, [{"patient_id": "021", "family_id": "fam-1", "first_name": "Ugo"}])
    add(store, schema.persons, [{"person_id": "mum", "patient_id": "007"}, {"person_id": "gran"}])
    link = {"patient_id": "021", "relation": "other"}
    add(
        store,
        schema.responsibilities,
        [
            link | {"person_id": "mum", "role": "guardian", "rank": 1},
            link | {"person_id": "gran", "role": "payer", "rank": 2},
        ],
    )
    told = store.columns("patient", ["007"], ["family_members"], today=TODAY).loc["007", "family_members"]
    answering = {one["name"]: one["answering"] for one in told}
    assert answering["Ugo"] == ["guardian:mum", "patient:007", "payer:gran"]


def test_nothing_of_another_practice_is_told(store: SqlPatientStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(store.engine) as connection:
        connection.execute(schema.practices.insert().values(practice_id="other", name="Other"))
    neighbour = SqlPatientStore(store.engine, practice_id="other", writable=True)
    add(neighbour, schema.patients, [{"patient_id": "007", "family_id": "fam-1", "first_name": "Intrus"}])
    key = {"patient_id": "007"}
    add(neighbour, schema.invoices, [{"invoice_id": "i", "dated_on": PAST, "amount_cents": 100, **key}])
    add(neighbour, schema.payments, [{"payment_id": "p", "paid_on": PAST, "amount_cents": 30, **key}])
    add(neighbour, schema.papers, [{"paper_id": "x", "label": "Carte", "asked_on": PAST, **key}])
    add(neighbour, schema.appointments, [{"appointment_id": "n", "starts_at": datetime(2026, 12, 1), **key}])
    names = sorted(SOURCES["patient"].names - {"last_name"})
    for least in (0, reading._MANY):
        monkeypatch.setattr(reading, "_MANY", least)
        told = store.columns("patient", ["007", "008", "009", "010"], names, today=TODAY).loc["007"]
        assert told["balance"] == 0
        assert [one["name"] for one in told["family_members"]] == ["Léo"]
        assert len(told["next_appointments"]) == 1
        assert told[["unpaid_invoices", "missing_papers", "last_payment_on"]].isna().all()
