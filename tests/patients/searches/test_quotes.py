"""Which quotes wait for an answer, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.patients.searches.cases import TODAY, found, keys, put, put_patients
from workbench.domain.frames import QUOTE_COLUMNS
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


def quote(store: SqlPatientStore, key: str, days_ago: int = 30, **more: object) -> None:
    row = {"patient_id": "1", "dated_on": TODAY - timedelta(days=days_ago), "amount_cents": 100_000, **more}
    put(store, schema.quotes, {"quote_id": key, **row})


@pytest.fixture
def store(either_store: SqlPatientStore) -> SqlPatientStore:
    put_patients(either_store, "1")
    put_patients(either_store, "dead", deceased=True)
    return either_store


def test_quotes_of_fifteen_days_without_an_answer_are_found(store: SqlPatientStore) -> None:
    quote(store, "old", 40)
    quote(store, "just", 15)
    quote(store, "fresh", 14)
    quote(store, "answered", answered_on=TODAY)
    quote(store, "signed", signed_on=TODAY)
    quote(store, "dead", patient_id="dead")
    assert keys(store, "quotes") == ["old", "just"]
    assert keys(store, "quotes", unanswered_for=40) == ["old"]
    assert keys(store, "quotes", unanswered_for=0) == ["old", "just", "fresh"]
    assert keys(store, "quotes", answered="yes") == ["answered", "signed"]
    assert keys(store, "quotes", signed="yes") == ["signed"]
    assert keys(store, "quotes", gone="yes") == ["old", "dead", "just"]


def test_a_quote_is_valid_on_its_last_day(store: SqlPatientStore) -> None:
    quote(store, "today", valid_until=TODAY)
    quote(store, "past", valid_until=TODAY - timedelta(days=1))
    quote(store, "always")
    assert keys(store, "quotes", valid="yes") == ["always", "today"]
    assert keys(store, "quotes") == ["always", "today"]  # nobody is asked to sign what has run out
    assert keys(store, "quotes", valid="no") == ["past"]


def test_amounts_are_in_euros(store: SqlPatientStore) -> None:
    quote(store, "small", amount_cents=49_999)
    quote(store, "large", amount_cents=50_000)
    assert keys(store, "quotes", amount_from=500) == ["large"]
    assert keys(store, "quotes", amount_to=499) == []
    assert keys(store, "quotes", amount_to=500, sort="amount") == ["large", "small"]
    assert keys(store, "quotes", where="amount < 500") == ["small"]


def test_a_quote_tells_what_it_is_for_and_what_is_left(store: SqlPatientStore) -> None:
    put(store, schema.treatment_plans, {"plan_id": "t", "patient_id": "1", "title": "Couronne"})
    quote(store, "q1", 30, number="D-1", plan_id="t", insurance_cents=20_000, complementary_cents=30_000)
    quote(store, "q2", 20)
    frame = found(store, "quotes")
    assert tuple(frame.columns) == QUOTE_COLUMNS
    assert frame["subject_key"].tolist() == ["quote:q1", "quote:q2"]
    row = frame.iloc[0]
    assert (row["number"], row["title"], row["amount"], row["remaining_charge"]) == ("D-1", "Couronne", 1000.0, 500.0)
    assert frame["remaining_charge"].isna().tolist() == [False, True]
    assert frame["days_waiting"].tolist() == [30, 20]
    assert frame["dated_on"].dt.date.tolist() == [date(2026, 10, 24), date(2026, 11, 3)]
    assert found(store, "quotes", answered="no")["signed_on"].isna().all()
