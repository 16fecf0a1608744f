"""The albums and papers of many patients, read at once; alike in SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tests.contracts.patient_store_contract import add
from workbench.domain.frames import ALBUM_COLUMNS, DOCUMENT_COLUMNS
from workbench.errors import UnknownName
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


@pytest.fixture(params=["empty_store", "empty_postgres_store"], ids=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> SqlPatientStore:
    found: SqlPatientStore = request.getfixturevalue(request.param)
    add(found, schema.patients, [{"patient_id": "1", "last_name": "A"}, {"patient_id": "2", "last_name": "B"}])
    file = {"media_type": "image/png", "file_name": "x.png"}
    add(
        found,
        schema.media,
        [
            {"media_id": "M2", "patient_id": "1", "kind": "panoramique", "stage": "début", "view": "face",
             "taken_on": date(2026, 1, 2), "path": "documents/a.png", "digest": "ab", **file},
            {"media_id": "M1", "patient_id": "1", "kind": "moulage", "path": "documents/b.png", "health": False,
             **file},
            {"media_id": "M3", "patient_id": "2", "kind": "Panoramique", "path": "documents/c.png", **file},
            {"media_id": "S1", "kind": "logo", "path": "documents/logo.png", "health": False, **file},
        ],
    )  # fmt: skip
    money = {"patient_id": "1", "dated_on": date(2026, 2, 3), "amount_cents": 100}
    add(found, schema.invoices, [
        {"invoice_id": "F2", "number": "2026-2", "document": "documents/f2.pdf", **money},
        {"invoice_id": "F1", "cancelled_on": date(2026, 2, 4), **money},
    ])  # fmt: skip
    add(found, schema.quotes, [{"quote_id": "D1", "document": "documents/d1.pdf", **money}])
    add(found, schema.prescriptions, [{"prescription_id": "O1", "patient_id": "2", "dated_on": date(2026, 2, 3)}])
    return found


def test_the_album_of_some_patients_is_theirs_alone(store: SqlPatientStore) -> None:
    album = store.album(["1", "nobody"])
    assert tuple(album.columns) == ALBUM_COLUMNS
    assert album["media_id"].tolist() == ["M1", "M2"]
    assert album["health"].tolist() == [False, True]
    assert album["taken_on"].tolist() == [pd.NaT, pd.Timestamp("2026-01-02")]
    assert isinstance(album["kind"].dtype, pd.CategoricalDtype)
    assert store.album([]).empty
    assert tuple(store.album([]).columns) == ALBUM_COLUMNS


def test_the_words_of_the_albums_are_those_of_patients_images(store: SqlPatientStore) -> None:
    assert store.album_words() == {
        "kind": ["Panoramique", "moulage", "panoramique"], "stage": ["début"], "view": ["face"],
    }  # fmt: skip


def test_papers_tell_their_file_their_number_and_whether_they_were_taken_back(store: SqlPatientStore) -> None:
    invoices = store.documents("invoice", ["1", "2"])
    assert tuple(invoices.columns) == DOCUMENT_COLUMNS
    assert invoices["document_id"].tolist() == ["F1", "F2"]
    assert invoices["path"].isna().tolist() == [True, False]
    assert invoices["cancelled_on"].notna().tolist() == [True, False]
    assert store.documents("quote", ["1", "2"])["path"].tolist() == ["documents/d1.pdf"]
    prescriptions = store.documents("prescription", ["1", "2"])
    assert prescriptions["dated_on"].tolist() == [pd.Timestamp("2026-02-03")]
    assert prescriptions[["path", "number"]].isna().all(axis=None)
    assert prescriptions["cancelled_on"].dtype == invoices["cancelled_on"].dtype == "datetime64[us]"


def test_a_kind_of_paper_that_there_is_not_is_refused(store: SqlPatientStore) -> None:
    with pytest.raises(UnknownName, match="invoice, quote, prescription"):
        store.documents("radio", ["1"])
