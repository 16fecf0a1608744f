"""Who has not brought a paper yet, on both databases."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients, put_visit
from workbench.domain.frames import PAPER_COLUMNS
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


def ask(store: SqlPatientStore, key: str, patient_id: str, label: str = "Carte", **more: object) -> None:
    row = {"paper_id": key, "patient_id": patient_id, "label": label, "asked_on": date(2026, 10, 1), **more}
    put(store, schema.papers, row)


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    put_patients(either_store, "1", "2", "3")
    put_patients(either_store, "dead", deceased=True)
    return either_store


def test_a_patient_is_one_row_with_all_that_is_missing(store: SqlPatientStore) -> None:
    ask(store, "a", "1", "Attestation", asked_on=date(2026, 10, 2))
    ask(store, "b", "1", "Panoramique", asked_on=date(2026, 9, 1))
    ask(store, "c", "1", "Mandat", received_on=TODAY)
    ask(store, "d", "2", received_on=TODAY)
    ask(store, "e", "dead")
    frame = found(store, "papers")
    assert tuple(frame.columns) == PAPER_COLUMNS
    assert frame["subject_key"].tolist() == ["patient:1"]
    assert frame["papers"].tolist() == ["Panoramique, Attestation"]
    assert frame["papers_count"].tolist() == [2]
    assert frame["occasions"].tolist() == [["patient:1@paper:b", "patient:1@paper:a"]]
    assert frame["oldest_asked_on"].tolist() == [pd.Timestamp(2026, 9, 1)]
    assert keys(store, "papers", gone="yes") == ["1", "dead"]


def test_what_is_asked_is_asked_of_one_paper(store: SqlPatientStore) -> None:
    ask(store, "a", "1", "Carte", kind="carte", due_on=date(2026, 12, 1))
    ask(store, "b", "1", "RIB", kind="rib", due_on=date(2026, 11, 1))
    ask(store, "c", "2", "Carte", kind="carte", due_on=date(2026, 11, 22))
    ask(store, "d", "3", "Carte", kind="carte", due_on=TODAY, asked_on=date(2026, 11, 1))
    assert keys(store, "papers", paper="carte") == ["1", "2", "3"]
    assert keys(store, "papers", overdue="yes") == ["1", "2"]
    assert keys(store, "papers", overdue="no") == ["1", "3"]
    assert keys(store, "papers", paper="carte", overdue="yes") == ["2"]
    assert keys(store, "papers", asked_before="2026-10-02") == ["1", "2"]
    assert keys(store, "papers", asked_before="2026-10-01") == []
    assert found(store, "papers", paper="carte")["papers"].tolist() == ["Carte"] * 3
    explained = store.explain("papers", {"paper": "carte", "overdue": "yes"}, today=TODAY)
    assert explained.loc[explained["parameter"] == "paper", "alone"].tolist() == [3]
    assert "one and the same paper" in " ".join(explained["condition"])


def test_a_paper_without_a_day_is_never_overdue(store: SqlPatientStore) -> None:
    ask(store, "a", "1")
    assert keys(store, "papers", overdue="yes") == []
    assert keys(store, "papers", overdue="no") == ["1"]


def test_whoever_comes_anyway_can_bring_it(store: SqlPatientStore) -> None:
    ask(store, "a", "1")
    ask(store, "b", "2")
    put_visit(store, "2", TODAY, "upcoming")
    assert keys(store, "papers", upcoming="no") == ["1"]
    assert keys(store, "papers", upcoming="yes") == ["2"]
