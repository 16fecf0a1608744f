from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import BadValue, ReadOnlyStore, UnknownName
from workbench.patients.store import SqlPatientStore


def test_a_practice_says_its_name_and_takes_it_back(empty_store: SqlPatientStore) -> None:
    empty_store.set_practice(
        {"name": " Cabinet des  Tilleuls ", "phone": "02 99", "website": "https://tilleuls.example"}
    )
    empty_store.set_practice({"phone": None})
    card = empty_store.columns("practice", [], ["name", "phone", "website"]).iloc[0]
    assert (card["name"], card["website"]) == ("Cabinet des Tilleuls", "https://tilleuls.example")
    assert pd.isna(card["phone"])


@pytest.mark.parametrize(
    ("values", "error", "told"),
    [
        ({"colour": "red"}, UnknownName, "address_line_1"),
        ({"practice_id": "other"}, UnknownName, "name"),
        ({"name": " "}, BadValue, "name"),
        ({"email": "nowhere"}, BadValue, "@|mail"),
        ({"language": "de"}, BadValue, "fr, en"),
        ({"zone": "Europe/Rennes"}, BadValue, "Europe/Rennes"),
        ({"zone": "../etc"}, BadValue, "../etc"),
        ({"booking_url": "javascript:alert(1)"}, BadValue, "booking_url"),
    ],
)
def test_what_a_practice_cannot_be_is_refused_whole(
    empty_store: SqlPatientStore, values: dict[str, str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        empty_store.set_practice({"city": "Rennes", **values})
    assert empty_store.columns("practice", [], ["city"])["city"].isna().all()


def test_another_practices_store_keeps_its_card(empty_store: SqlPatientStore) -> None:
    store = SqlPatientStore(empty_store.engine, practice_id="practice", writable=False)
    with pytest.raises(ReadOnlyStore):
        store.set_practice({"name": "X"})
