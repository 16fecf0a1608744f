"""Anybody is found by what somebody remembers: a name without its accents, a number however it is written, a day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.contracts.patient_store_contract import add
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore

PEOPLE = [
    {"patient_id": "1893", "last_name": "LEFÈVRE", "first_name": "Éloïse", "birth_date": date(2001, 5, 24),
     "email": "eloise.l@mail.example", "mobile": "06 39 98 12 34"},
    {"patient_id": "2001", "last_name": "Marchand", "first_name": "Zoé", "birth_name": "Le Cœur",
     "birth_date": date(1956, 2, 29), "phone": "+33 2 99 00 11 22"},
    {"patient_id": "18", "last_name": "Škoda", "first_name": "Anaïs", "birth_date": date(1980, 5, 24),
     "phone": "02.99.33.44.55"},
    {"patient_id": "3000", "last_name": "LEFEVRE", "first_name": "Ange", "archived": True},
    {"patient_id": "3001", "last_name": "Ange", "first_name": "Paul_50%"},
]  # fmt: skip


@pytest.fixture(params=["empty_store", "empty_postgres_store"])
def store(request: pytest.FixtureRequest) -> SqlPatientStore:
    filled: SqlPatientStore = request.getfixturevalue(request.param)
    everything = {name: None for one in PEOPLE for name in one} | {"archived": False}
    add(filled, schema.patients, [{**everything, **one} for one in PEOPLE])
    return filled


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lefevre", ["1893", "3000"]),  # closed files come last
        ("LEFÈVRE élo", ["1893"]),
        ("eloise lef", ["1893"]),
        ("coeur", ["2001"]),
        ("le cœur", ["2001"]),
        ("skoda", ["18"]),
        ("anais", ["18"]),
        ("ange", ["3001", "3000"]),  # whose name begins so comes first
        ("18", ["18", "1893"]),  # the very number comes first
        ("189", ["1893"]),
        ("0639981234", ["1893"]),
        ("06 39 98 12", ["1893"]),
        ("+33 6 39 98 12 34", ["1893"]),
        ("0299001122", ["2001"]),
        ("0299334455", ["18"]),
        ("24/05/2001", ["1893"]),
        ("24.5.01", ["1893"]),
        ("2001-05-24", ["1893"]),
        ("24/05", ["1893", "18"]),
        ("anais 1980", ["18"]),
        ("2001", ["2001", "1893"]),  # a file number, and a year
        ("31/02", []),
        ("99/99/2001", []),
        ("eloise.l@mail", ["1893"]),
        ("paul_ang%", ["3001"]),
        ("%%", []),
        ("__", []),
        ("' or 1=1", []),
        ("lefevre zoe", []),
        ("x", []),
        ("", []),
        ("\x00'", []),
        ("9" * 500, []),
    ],
)
def test_every_word_has_to_fit(store: SqlPatientStore, words: str, found: list[str]) -> None:
    assert store.find(words, limit=20)["patient_id"].tolist() == found


def test_so_many_and_no_more_are_found(store: SqlPatientStore) -> None:
    assert len(store.find("lefevre", limit=1)) == 1
    assert store.find("lefevre", limit=0).empty
    one = store.find("1893", limit=20).iloc[0]
    assert (one["patient"], one["birth_date"].date(), bool(one["archived"])) == (
        "LEFÈVRE Éloïse", date(2001, 5, 24), False,
    )  # fmt: skip
