"""The columns of care: of a recall, of a plan, of a prior agreement, and what a patient's file holds of them."""

from __future__ import annotations

from collections.abc import Mapping
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
    for who, label in reading.connection.execute(
        sa.select(papers.c.patient_id, papers.c.label)
        .where(reading.of_practice(papers), papers.c.received_on.is_(None), reading.among(papers.c.patient_id))
        .order_by(papers.c.asked_on, papers.c.paper_id)
    ):
        labels = lists.setdefault(who, [])
        if label not in labels:
            labels.append(label)
    return {"missing_papers": rows.lists(reading.along(lists))}


def _latest(reading: Reading, table: sa.Table, day: Expression, *where: Expression) -> Any:
    found = reading.pairs(
        sa.select(table.c.patient_id, sa.func.max(day))
        .where(reading.of_practice(table), reading.among(table.c.patient_id), day <= reading.today, *where)
        .group_by(table.c.patient_id)
    )
    return rows.day(reading.along(found))


def _current(reading: Reading, table: sa.Table, key: str, *order: Expression) -> Any:
    """Return the key of each patient's first row in an order; of two that are alike, the later key."""
    found = reading.first_rows(table, [table.c[key]], order=[*order, table.c[key].desc()])
    return rows.text([row and row[1] for row in reading.along(found)])


def _current_quote(reading: Reading) -> Mapping[str, Any]:
    """Choose the latest quote that nobody has answered, else the latest."""
    quote = quotes.c
    unanswered = sa.and_(quote.answered_on.is_(None), quote.signed_on.is_(None))
    order = (sa.case((unanswered, 0), else_=1), quote.dated_on.desc())
    return {"current_quote_id": _current(reading, quotes, "quote_id", *order)}


def _current_recall(reading: Reading) -> Mapping[str, Any]:
    """Choose the earliest recall that is not done, else the latest."""
    recall = recalls.c
    to_do = recall.done_on.is_(None)
    order = (sa.case((to_do, 0), else_=1), sa.case((to_do, recall.due_on)), recall.due_on.desc())
    return {"current_recall_id": _current(reading, recalls, "recall_id", *order)}


def _current_plan(reading: Reading) -> Mapping[str, Any]:
    """Choose the plan that started last; where none has, the one that starts last, and one without a day at the end."""
    starts_on = treatment_plans.c.starts_on
    started = sa.case((starts_on <= reading.today, 0), (starts_on.is_not(None), 1), else_=2)
    return {"current_plan_id": _current(reading, treatment_plans, "plan_id", started, starts_on.desc())}


def _current_agreement(reading: Reading) -> Mapping[str, Any]:
    asked_on = prior_agreements.c.asked_on
    return {"current_agreement_id": _current(reading, prior_agreements, "agreement_id", asked_on.desc())}


OF_PATIENT = (
    Group(("missing_papers",), _missing_papers),
    Group(
        ("last_image_on",),
        lambda reading: {
            "last_image_on": _latest(reading, media, media.c.taken_on, media.c.media_type.like("image/%"))
        },
    ),
    Group(
        ("last_prescription_on",),
        lambda reading: {"last_prescription_on": _latest(reading, prescriptions, prescriptions.c.dated_on)},
    ),
    Group(("current_quote_id",), _current_quote),
    Group(("current_recall_id",), _current_recall),
    Group(("current_plan_id",), _current_plan),
    Group(("current_agreement_id",), _current_agreement),
)

RECALL = Source(table=recalls, key="recall_id")
PLAN = Source(table=treatment_plans, key="plan_id")
AGREEMENT = Source(table=prior_agreements, key="agreement_id")
