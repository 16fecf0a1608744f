"""Who else a patient is, so that an opt-out by file number finds the whole person."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.contracts.patient_store_contract import add, fill_small_practice
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


def test_a_patient_is_also_a_guardian_of_others_and_an_address(empty_store: SqlPatientStore) -> None:
    fill_small_practice(empty_store)
    add(
        empty_store,
        schema.persons,
        [
            {"person_id": "r1", "last_name": "ETIENNE", "patient_id": "007"},
            {"person_id": "r2", "last_name": "ELSEWHERE"},
        ],
    )
    address = empty_store.people(["007"])["email"].iloc[0]
    frame = empty_store.selves(["007", "nobody"])
    assert list(frame.columns) == ["patient_id", "person_key", "address"]
    told = [("007", "r1", "")] + ([("007", "", address)] if not pd.isna(address) else [])
    assert list(map(tuple, frame.to_numpy().tolist())) == told
    empty_store.correct("007", "email", "zoe@other.example", by="claire", now=pd.Timestamp("2026-11-22", tz="UTC"))
    assert empty_store.selves(["007"])["address"].tolist() == ["", "zoe@other.example"]
    assert empty_store.selves([]).empty


def test_a_search_says_how_many_rows_it_found(empty_store: SqlPatientStore) -> None:
    fill_small_practice(empty_store)
    frame = empty_store.search(
        "appointments", {"start": "2000-01-01", "end": "2100-01-01"}, today=pd.Timestamp(2026, 11, 22).date()
    )
    assert frame.attrs["workbench"]["rows"] == len(frame) > 1
    assert frame.iloc[1:].attrs["workbench"]["rows"] == len(frame)


@pytest.mark.parametrize("database", ["empty_store", "empty_postgres_store"])
@pytest.mark.parametrize("role", ["guardian", "payer"])
def test_whoever_died_answers_for_nobody(request: pytest.FixtureRequest, database: str, role: str) -> None:
    store: SqlPatientStore = request.getfixturevalue(database)
    child = {"patient_id": "child", "last_name": "AUBE"}
    add(store, schema.patients, [child, {"patient_id": "dead", "deceased": True}, {"patient_id": "archived"}])
    for rank, who in enumerate(("dead", "archived", None), start=1):
        add(store, schema.persons, [{"person_id": f"r{rank}", "patient_id": who}])
        add(
            store,
            schema.responsibilities,
            [{"patient_id": "child", "person_id": f"r{rank}", "role": role, "rank": rank}],
        )
    assert store.relations(["child"], role)["person_key"].tolist() == ["r2", "r3"]
