"""What is to be known of an address stands beside every row of a search (F76), on both databases."""

from __future__ import annotations

import pytest

from tests.patients.searches.cases import found, put
from workbench.domain.address_status import ADDRESS_STATUS_WORDS, AddressStatus
from workbench.domain.frames import ADDRESS_COLUMNS
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.searches import SEARCHES
from workbench.patients.store import SqlPatientStore


def files(store: SqlPatientStore, **emails: str | None) -> None:
    rows = [{"patient_id": key, "last_name": key, "email": email} for key, email in emails.items()]
    put(store, schema.patients, *rows)


def test_each_address_has_one_word(either_store: SqlPatientStore) -> None:
    files(
        either_store,
        a="ada@mail.example",
        b=None,
        c="not an address",
        d="dora@gmial.com",
        e="eve@Tiscali.FR",
        f="mother@mail.example",
        g=" Mother@mail.example ",
    )
    put(either_store, schema.patients, {"patient_id": "h", "last_name": "h", "email": "mother@mail.example"})
    frame = found(either_store, "patients").set_index("patient_id")
    assert frame["address_status"].to_dict() == {
        "a": "ok", "b": "missing", "c": "malformed", "d": "likely_typo", "e": "dead_domain", "f": "shared",
        "g": "shared", "h": "shared",
    }  # fmt: skip
    assert frame["address_shared_by"].fillna(0).to_dict()["a"] == 1
    assert frame["address_shared_by"].fillna(0).to_dict()["b"] == 0
    assert frame["address_shared_by"].fillna(0).to_dict()["f"] == 3
    assert list(frame["address_status"].cat.categories) == [str(one) for one in AddressStatus]


def test_closed_files_share_nothing(either_store: SqlPatientStore) -> None:
    files(either_store, a="one@mail.example")
    for key, state in (("b", "deceased"), ("c", "archived"), ("d", "external")):
        put(
            either_store,
            schema.patients,
            {"patient_id": key, "last_name": key, "email": "one@mail.example", state: True},
        )
    frame = found(either_store, "patients", gone="yes").set_index("patient_id")
    assert frame.loc["a", "address_status"] == "ok"
    assert frame.loc["a", "address_shared_by"] == 1


def test_a_doubt_weighs_more_than_sharing(either_store: SqlPatientStore) -> None:
    files(either_store, a="x@orage.fr", b="x@orage.fr")
    frame = found(either_store, "patients")
    assert frame["address_status"].tolist() == ["likely_typo", "likely_typo"]
    assert frame["address_shared_by"].tolist() == [2, 2]


def test_colleagues_share_the_address_that_they_are_written_to(either_store: SqlPatientStore) -> None:
    put(
        either_store,
        schema.correspondents,
        {"correspondent_id": "1", "last_name": "A", "email": "group@mail.example"},
        {"correspondent_id": "2", "last_name": "B", "mss_email": "group@mail.example"},
        {"correspondent_id": "3", "last_name": "C", "email": "c@mail.example", "mss_email": "group@mail.example"},
    )
    frame = found(either_store, "correspondents")
    assert frame["address_status"].tolist() == ["shared", "shared", "ok"]
    assert frame["address_shared_by"].tolist() == [2, 2, 1]


@pytest.mark.parametrize("name", list(SEARCHES))
def test_every_search_may_be_asked_for_it_and_tells_it(either_store: SqlPatientStore, name: str) -> None:
    [parameter] = [one for one in SEARCHES[name].parameters if one.name == "address_status"]
    assert parameter.choices == tuple(map(str, AddressStatus))
    frame = found(either_store, name)
    assert set(ADDRESS_COLUMNS) <= set(frame.columns)
    assert str(frame["address_shared_by"].dtype) == "Int64"


def test_each_has_a_word_in_french_which_asks_for_it_too(either_store: SqlPatientStore) -> None:
    from workbench.language import _

    use_language("fr")
    try:
        words = {str(status): _(word) for status, word in ADDRESS_STATUS_WORDS.items()}
        assert len(set(words.values())) == len(words)
        for status, word in words.items():
            assert word not in ADDRESS_STATUS_WORDS.values()
            asked = found(either_store, "patients", address_status=word).attrs["workbench"]["resolved"]
            assert asked["address_status"] == status
    finally:
        use_language(None)
