"""The colleagues of the practice and of one patient, on both databases."""

from __future__ import annotations

import pytest

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients
from workbench.domain.frames import CORRESPONDENT_COLUMNS
from workbench.errors import BadValue
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    put(
        either_store,
        schema.practitioners,
        {"practitioner_id": "MM", "code": "MM", "last_name": "Molaire"},
        {"practitioner_id": "CC", "code": "CC", "last_name": "Canine"},
    )
    put_patients(either_store, "1", main_practitioner_id="MM")
    put_patients(either_store, "2", main_practitioner_id="CC")
    put_patients(either_store, "gone", archived=True, main_practitioner_id="CC")
    put(
        either_store,
        schema.correspondents,
        {"correspondent_id": "a", "title": "Dr", "last_name": "Éloi", "first_name": "Ana", "email": "a@mail.example",
         "speciality": "Orthodontie", "city": "Cesson-Sévigné"},
        {"correspondent_id": "b", "last_name": "Blanc", "mss_email": "b@ann.mssante.fr", "speciality": "Médecine"},
        {"correspondent_id": "c", "last_name": "Zola", "email": "nowhere"},
    )  # fmt: skip
    put(
        either_store,
        schema.patient_correspondents,
        {"patient_id": "1", "correspondent_id": "a", "kind": "orthodontist"},
        {"patient_id": "1", "correspondent_id": "a", "kind": "referring"},
        {"patient_id": "2", "correspondent_id": "a", "kind": "treating_dentist"},
        {"patient_id": "1", "correspondent_id": "b", "kind": "treating_physician"},
        {"patient_id": "gone", "correspondent_id": "c", "kind": "correspondent"},
    )
    put(
        either_store,
        schema.correspondent_relations,
        {"correspondent_id": "b", "practitioner_id": "", "relation": "colleague"},
        {"correspondent_id": "c", "practitioner_id": "CC", "relation": "friend", "form": "tu"},
    )
    return either_store


def test_every_colleague_is_one_row_of_no_patient(store: SqlPatientStore) -> None:
    frame = found(store, "correspondents")
    assert tuple(frame.columns) == CORRESPONDENT_COLUMNS
    assert frame["subject_key"].tolist() == ["correspondent:b", "correspondent:a", "correspondent:c"]
    assert frame["patient_id"].tolist() == ["", "", ""]
    assert frame["patients"].tolist() == [1, 2, 0]
    assert frame["address_status"].tolist() == ["ok", "ok", "malformed"]
    assert keys(store, "correspondents", sort="patients") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"name": "eloi ana"}, ["a"]),
        ({"kind": "orthodontist"}, ["a"]),
        ({"kind": "treating physician,correspondent"}, ["b", "c"]),
        ({"speciality": "medecine"}, ["b"]),
        ({"city": "cesson"}, ["a"]),
        ({"with_mss": "yes"}, ["b"]),
        ({"with_mss": "no", "with_email": "yes"}, ["a", "c"]),
        ({"relation": "friend"}, ["c"]),
        ({"practitioner": "MM"}, ["b", "a"]),
        ({"practitioner": "canine"}, ["a", "c"]),
        ({"has_patients": "no"}, ["c"]),
        ({"has_patients": "yes"}, ["b", "a"]),
        ({"where": "city == 'Cesson-Sévigné'"}, ["a"]),
    ],
)
def test_each_filter_keeps_what_it_says(store: SqlPatientStore, asked: dict[str, object], who: list[str]) -> None:
    assert keys(store, "correspondents", **asked) == who


def test_the_colleagues_of_one_patient_are_about_that_patient(store: SqlPatientStore) -> None:
    frame = found(store, "correspondents", patient="1")
    assert frame["subject_key"].tolist() == ["correspondent:b", "correspondent:a"]
    assert frame["patient_id"].tolist() == ["1", "1"]
    assert keys(store, "correspondents", patient="1", kind="treating_dentist") == []
    assert keys(store, "correspondents", patient="2", kind="treating_dentist") == ["a"]
    assert keys(store, "correspondents", patient="nobody") == []
    with pytest.raises(BadValue, match="one file number"):
        keys(store, "correspondents", patient="1,2")


def test_another_practice_is_never_seen(store: SqlPatientStore) -> None:
    from workbench.databases import writing

    with writing(store.engine) as connection:
        connection.execute(schema.practices.insert().values(practice_id="other", name="Other"))
        connection.execute(schema.correspondents.insert().values(practice_id="other", correspondent_id="x"))
        connection.execute(schema.patients.insert().values(practice_id="other", patient_id="x"))
    assert "x" not in keys(store, "correspondents")
    assert "x" not in keys(store, "patients", today=TODAY)
