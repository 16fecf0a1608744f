"""The columns of care: of a recall, of a plan, of a prior agreement, and what a patient's file holds of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.columns.reading import Expression, Group, Reading, Source
from workbench.patients.schema import (
    media,
    papers,
    prescriptions,
    prior_agreements,
    quotes,
    recalls,
    treatment_plans,
)


def _missing_papers(reading: Reading) -> Mapping[str, Any]:
    """List what was asked of a patient and has not been received, what was asked first in front."""
    lists: dict[str, list[str]] = {}
    for who, label in reading.rows_of(
        papers.c.patient_id,
        papers.c.label,
        where=[papers.c.received_on.is_(None)],
        order=[papers.c.asked_on, papers.c.paper_id],
    ):
        labels = lists.setdefault(who, [])
        if label not in labels:
            labels.append(label)
    return {"missing_papers": rows.lists(reading.along(lists))}


def _latest(reading: Reading, by: sa.Column[Any], day: Expression, *where: Expression) -> Any:
    latest: dict[str, date] = {}
    for who, on in reading.rows_of(by, day, where=[day <= reading.today, *where]):
        if who not in latest or on > latest[who]:
            latest[who] = on
    return rows.day(reading.along(latest))


def _current(
    reading: Reading,
    by: sa.Column[Any],
    key: sa.Column[Any],
    day: Expression,
    *marks: Expression,
    rank: Callable[..., tuple[Any, ...]],
) -> Any:
    """Return the key of each patient's row of the highest rank (of its day and marks); of two alike, the later key."""
    best: dict[str, tuple[Any, ...]] = {}
    for who, one, on, *told in reading.rows_of(by, key, day, *marks):
        place = (*rank(on, *told), one)
        if who not in best or place > best[who]:
            best[who] = place
    return rows.text([place and place[-1] for place in reading.along(best)])


def _current_quote(reading: Reading) -> Mapping[str, Any]:
    """Choose the latest quote that nobody has answered, else the latest."""
    quote = quotes.c
    keys = _current(
        reading,
        quote.patient_id,
        quote.quote_id,
        quote.dated_on,
        sa.func.coalesce(quote.answered_on, quote.signed_on),
        rank=lambda dated_on, answered_on: (answered_on is None, dated_on),
    )
    return {"current_quote_id": keys}


def _current_recall(reading: Reading) -> Mapping[str, Any]:
    """Choose the earliest recall that is not done, else the latest."""
    recall = recalls.c

    def rank(due_on: date, done_on: date | None) -> tuple[Any, ...]:
        return (0, due_on.toordinal()) if done_on else (1, -due_on.toordinal())

    keys = _current(reading, recall.patient_id, recall.recall_id, recall.due_on, recall.done_on, rank=rank)
    return {"current_recall_id": keys}


def _current_plan(reading: Reading) -> Mapping[str, Any]:
    """Choose the plan that started last; where none has, the one that starts last, and one without a day at the end."""
    plan = treatment_plans.c

    def rank(starts_on: date | None) -> tuple[Any, ...]:
        return (2 if starts_on <= reading.today else 1, starts_on.toordinal()) if starts_on else (0, 0)

    return {"current_plan_id": _current(reading, plan.patient_id, plan.plan_id, plan.starts_on, rank=rank)}


def _current_agreement(reading: Reading) -> Mapping[str, Any]:
    asked = prior_agreements.c
    keys = _current(reading, asked.patient_id, asked.agreement_id, asked.asked_on, rank=lambda asked_on: (asked_on,))
    return {"current_agreement_id": keys}


OF_PATIENT = (
    Group(("missing_papers",), _missing_papers),
    Group(
        ("last_image_on",),
        lambda reading: {
            "last_image_on": _latest(reading, media.c.patient_id, media.c.taken_on, media.c.media_type.like("image/%"))
        },
    ),
    Group(
        ("last_prescription_on",),
        lambda reading: {
            "last_prescription_on": _latest(reading, prescriptions.c.patient_id, prescriptions.c.dated_on)
        },
    ),
    Group(("current_quote_id",), _current_quote),
    Group(("current_recall_id",), _current_recall),
    Group(("current_plan_id",), _current_plan),
    Group(("current_agreement_id",), _current_agreement),
)

RECALL = Source(table=recalls, key="recall_id")
PLAN = Source(table=treatment_plans, key="plan_id")
AGREEMENT = Source(table=prior_agreements, key="agreement_id")
