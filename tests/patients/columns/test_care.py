from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.contracts.patient_store_contract import TODAY, add
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore

EARLY, LATE = date(2026, 3, 1), date(2026, 9, 1)
TO_COME = TODAY + timedelta(days=10)


def rows(table: sa.Table, *values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Make rows of one patient, whose keys are a, b, c … in the order they are written."""
    key = next(column.name for column in table.primary_key if column.name != "practice_id")
    return [{key: "abcdef"[place], "patient_id": "007", **row} for place, row in enumerate(values)]


@pytest.mark.parametrize(
    ("quotes", "chosen"),
    [
        ([{"dated_on": EARLY}, {"dated_on": LATE, "signed_on": LATE}], "a"),
        ([{"dated_on": EARLY}, {"dated_on": LATE}], "b"),
        ([{"dated_on": EARLY, "answered_on": LATE}, {"dated_on": LATE, "signed_on": LATE}], "b"),
        ([{"dated_on": LATE}, {"dated_on": LATE}], "b"),
    ],
)
def test_the_quote_of_a_letter_is_the_latest_without_answer(
    store: SqlPatientStore, quotes: Sequence[Mapping[str, Any]], chosen: str
) -> None:
    add(store, schema.quotes, rows(schema.quotes, *({"amount_cents": 1, **quote} for quote in quotes)))
    assert store.columns("patient", ["007"], ["current_quote_id"], today=TODAY).iloc[0].tolist() == [chosen]


@pytest.mark.parametrize(
    ("recalls", "chosen"),
    [
        ([{"due_on": EARLY, "done_on": EARLY}, {"due_on": LATE}, {"due_on": TO_COME}], "b"),
        ([{"due_on": TO_COME}, {"due_on": EARLY}], "b"),
        ([{"due_on": LATE, "done_on": LATE}, {"due_on": EARLY, "done_on": EARLY}], "a"),
    ],
)
def test_the_recall_of_a_letter_is_the_earliest_not_done(
    store: SqlPatientStore, recalls: Sequence[Mapping[str, Any]], chosen: str
) -> None:
    add(store, schema.recalls, rows(schema.recalls, *recalls))
    assert store.columns("patient", ["007"], ["current_recall_id"], today=TODAY).iloc[0].tolist() == [chosen]


@pytest.mark.parametrize(
    ("starts", "chosen"),
    [([EARLY, LATE, TO_COME, None], "b"), ([TO_COME, None], "a"), ([None, None], "b"), ([TODAY, LATE], "a")],
)
def test_the_plan_of_a_letter_is_the_one_that_started_last(
    store: SqlPatientStore, starts: Sequence[date | None], chosen: str
) -> None:
    plans = rows(schema.treatment_plans, *({"title": "Plan", "starts_on": one} for one in starts))
    add(store, schema.treatment_plans, plans)
    assert store.columns("patient", ["007"], ["current_plan_id"], today=TODAY).iloc[0].tolist() == [chosen]


def test_the_agreement_of_a_letter_is_the_one_asked_for_last(store: SqlPatientStore) -> None:
    add(store, schema.prior_agreements, rows(schema.prior_agreements, {"asked_on": LATE}, {"asked_on": EARLY}))
    assert store.columns("patient", ["007"], ["current_agreement_id"], today=TODAY).iloc[0].tolist() == ["a"]


def test_papers_are_missing_until_they_are_received(store: SqlPatientStore) -> None:
    papers = rows(
        schema.papers,
        {"label": "Carte de mutuelle", "asked_on": LATE},
        {"label": "Questionnaire médical", "asked_on": EARLY},
        {"label": "Ordonnance", "asked_on": EARLY, "received_on": LATE},
        {"label": "Carte de mutuelle", "asked_on": LATE},
    )
    add(store, schema.papers, papers)
    told = store.columns("patient", ["007", "008"], ["missing_papers"], today=TODAY)["missing_papers"].tolist()
    assert told == [["Questionnaire médical", "Carte de mutuelle"], None]


def test_the_last_image_and_prescription_are_of_today_at_the_latest(store: SqlPatientStore) -> None:
    file = {"file_name": "f", "path": "f"}
    add(
        store,
        schema.media,
        rows(
            schema.media,
            {"taken_on": EARLY, "media_type": "image/png", **file},
            {"taken_on": LATE, "media_type": "application/pdf", **file},
            {"taken_on": None, "media_type": "image/png", **file},
        ),
    )
    dates = rows(schema.prescriptions, {"dated_on": LATE}, {"dated_on": EARLY}, {"dated_on": TO_COME})
    add(store, schema.prescriptions, dates)
    names = ["last_image_on", "last_prescription_on"]
    frame = store.columns("patient", ["007", "008"], names, today=TODAY)
    assert frame.loc["007"].tolist() == [pd.Timestamp(EARLY), pd.Timestamp(LATE)]
    assert frame.loc["008"].isna().all()


def test_recalls_plans_and_agreements_have_the_columns_of_their_tables(store: SqlPatientStore) -> None:
    add(store, schema.recalls, rows(schema.recalls, {"due_on": EARLY, "rank": 2, "reason": "contrôle"}))
    add(
        store,
        schema.treatment_plans,
        rows(schema.treatment_plans, {"title": "Orthodontie", "stage": "milieu", "semester": 2, "semesters": 6}),
    )
    answer = {"asked_on": EARLY, "answered_on": LATE, "decision": "granted", "valid_until": TO_COME}
    add(store, schema.prior_agreements, rows(schema.prior_agreements, answer))

    def told(source: str, *names: str) -> list[Any]:
        return store.columns(source, ["a"], names, today=TODAY).iloc[0].tolist()

    assert told("recall", "due_on", "rank", "reason") == [pd.Timestamp(EARLY), 2, "contrôle"]
    assert told("plan", "title", "stage", "semester", "semesters") == ["Orthodontie", "milieu", 2, 6]
    assert told("agreement", "asked_on", "decision", "valid_until") == [
        pd.Timestamp(EARLY),
        "granted",
        pd.Timestamp(TO_COME),
    ]
