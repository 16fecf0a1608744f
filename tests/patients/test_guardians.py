from __future__ import annotations

import pytest

from tests.contracts.patient_store_contract import NOW, add
from workbench.errors import BadValue, UnknownName
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


@pytest.fixture
def store(empty_store: SqlPatientStore) -> SqlPatientStore:
    add(empty_store, schema.patients, [{"patient_id": "1", "phone": "01"}, {"patient_id": "2"}, {"patient_id": "3"}])
    add(
        empty_store,
        schema.persons,
        [
            {"person_id": "mum", "last_name": "A", "email": "mum@mail.example", "patient_id": "1"},
            {"person_id": "dad", "last_name": "B", "email": None, "patient_id": None},
        ],
    )
    add(
        empty_store,
        schema.responsibilities,
        [
            {"patient_id": "2", "person_id": "mum", "role": "guardian", "relation": "mère", "rank": 2},
            {"patient_id": "2", "person_id": "dad", "role": "guardian", "relation": "père", "rank": 1},
            {"patient_id": "2", "person_id": "mum", "role": "payer", "relation": None, "rank": 1},
            {"patient_id": "3", "person_id": "mum", "role": "payer", "relation": None, "rank": 1},
        ],
    )
    return empty_store


def test_who_answers_for_a_patient_comes_best_first_with_what_the_own_file_adds(store: SqlPatientStore) -> None:
    frame = store.responsible("2")
    assert frame[["role", "person_key"]].to_numpy().tolist() == [
        ["guardian", "dad"], ["guardian", "mum"], ["payer", "mum"],
    ]  # fmt: skip
    assert frame.loc[1, ["relation", "own_patient_id", "email", "phone"]].tolist() == [
        "mère", "1", "mum@mail.example", "01",
    ]  # fmt: skip
    assert store.responsible("1").empty


@pytest.mark.parametrize(("called", "key"), [(1, "dad"), ("2", "mum"), ("mum", "mum"), (" dad ", "dad")])
def test_a_guardian_is_called_by_place_or_by_key(store: SqlPatientStore, called: str | int, key: str) -> None:
    store.correct("2", "email", "new@mail.example", by="Claire", now=NOW, guardian=called)
    frame = store.responsible("2").set_index("person_key")
    assert (frame["email"].fillna("") == "new@mail.example").to_dict() == {one: one == key for one in ("dad", "mum")}
    assert store.people(["2"])["email"].isna().all()


@pytest.mark.parametrize("called", [0, 3, "aunt", "", "1.5"])
def test_a_guardian_who_is_not_there_is_refused(store: SqlPatientStore, called: str | int) -> None:
    with pytest.raises(UnknownName, match="patient show 2"):
        store.correct("2", "email", "new@mail.example", by="Claire", now=NOW, guardian=called)
    with pytest.raises(UnknownName):
        store.correct("3", "email", "new@mail.example", by="Claire", now=NOW, guardian=1)


def test_only_who_a_guardian_is_and_how_to_reach_her_is_corrected(store: SqlPatientStore) -> None:
    with pytest.raises(UnknownName, match="mobile"):
        store.correct("2", "deceased", "yes", by="Claire", now=NOW, guardian=1)
    with pytest.raises(BadValue):
        store.correct("2", "email", "nowhere", by="Claire", now=NOW, guardian=1)
    assert store.corrections().empty


@pytest.mark.parametrize(("word", "sex"), [("f", "F"), ("Homme", "M"), ("U", "U"), ("", "U")])
def test_a_sex_is_one_of_ours(store: SqlPatientStore, word: str, sex: str) -> None:
    store.correct("1", "sex", word, by="Claire", now=NOW)
    assert store.people(["1"])["sex"].tolist() == [sex]


@pytest.mark.parametrize("word", ["Z", "X", "I", "autre chose"])
def test_another_letter_is_no_unknown_sex(store: SqlPatientStore, word: str) -> None:
    with pytest.raises(BadValue):
        store.correct("1", "sex", word, by="Claire", now=NOW)
