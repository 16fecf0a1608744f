"""The search on quotes that nobody has answered for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import QUOTE_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.schema import quotes, treatment_plans
from workbench.patients.searches.addressing import PATIENT_FILTERS
from workbench.patients.searches.clauses import (
    Context,
    Filter,
    KnownSearch,
    Question,
    SqlCondition,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import question_of, sort_by

_MOST_EUROS = 1_000_000


def _either(condition: Callable[[Context], SqlCondition]) -> Callable[[bool, Context], SqlCondition]:
    return lambda wanted, context: condition(context) if wanted else ~condition(context)


def _answered(context: Context) -> SqlCondition:
    """Say that somebody answered: whoever signed has answered, whatever else was written down."""
    return sa.or_(quotes.c.answered_on.is_not(None), quotes.c.signed_on.is_not(None))


def _signed(context: Context) -> SqlCondition:
    return quotes.c.signed_on.is_not(None)


def _valid(context: Context) -> SqlCondition:
    return sa.or_(quotes.c.valid_until.is_(None), quotes.c.valid_until >= context.today)


_FILTERS = (
    Filter(
        parameter=SearchParameter(
            name="unanswered_for",
            kind="number",
            label=marked("Made at least so many days ago"),
            default="15",
            least=0,
            most=36_600,
        ),
        sql=lambda days, context: quotes.c.dated_on <= context.today - timedelta(days=days),
    ),
    Filter(
        parameter=SearchParameter(name="answered", kind="yes_no", label=marked("Answered or signed"), default="no"),
        sql=_either(_answered),
    ),
    Filter(
        parameter=SearchParameter(name="signed", kind="yes_no", label=marked("Signed")),
        sql=_either(_signed),
    ),
    Filter(
        parameter=SearchParameter(name="valid", kind="yes_no", label=marked("Still valid today"), default="yes"),
        sql=_either(_valid),
    ),
    Filter(
        parameter=SearchParameter(
            name="amount_from", kind="number", label=marked("Amount from (euros)"), least=0, most=_MOST_EUROS
        ),
        sql=lambda euros, context: quotes.c.amount_cents >= euros * 100,
    ),
    Filter(
        parameter=SearchParameter(
            name="amount_to", kind="number", label=marked("Amount to (euros)"), least=0, most=_MOST_EUROS
        ),
        sql=lambda euros, context: quotes.c.amount_cents <= euros * 100,
    ),
    *PATIENT_FILTERS,
)


def _question(asked: Asked, context: Context) -> Question:
    quote = quotes.c
    # Whoever asks for signed quotes does not want them without an answer.
    filters = [one for one in _FILTERS if not (asked.signed and one.parameter.name == "answered")]
    title = (
        sa.select(treatment_plans.c.title)
        .where(
            treatment_plans.c.practice_id == context.practice_id,
            treatment_plans.c.plan_id == quote.plan_id,
            treatment_plans.c.patient_id == quote.patient_id,
        )
        .correlate(quotes)
        .scalar_subquery()
    )

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        answers = zip(found["dated_on"], found["answered_on"], found["signed_on"], strict=True)
        shares = zip(found["amount_cents"], found["insurance_cents"], found["complementary_cents"], strict=True)
        return {
            "number": rows.text(found["number"]),
            "dated_on": rows.day(found["dated_on"]),
            "valid_until": rows.day(found["valid_until"]),
            "title": rows.text(found["title"]),
            "amount": rows.money(found["amount_cents"]),
            "remaining_charge": rows.money(
                [
                    None if one is None and other is None else amount - (one or 0) - (other or 0)
                    for amount, one, other in shares
                ]
            ),
            "answered_on": rows.day(found["answered_on"]),
            "signed_on": rows.day(found["signed_on"]),
            "days_waiting": rows.number(
                [None if answered or signed else (context.today - dated).days for dated, answered, signed in answers]
            ),
        }

    return question_of(
        asked,
        context,
        clauses_of(filters, asked, context),
        frame=QUOTE_COLUMNS,
        columns=columns,
        table=quotes,
        key="quote_id",
        subject="quote",
        read=(
            quote.number, quote.dated_on, quote.valid_until, title.label("title"), quote.amount_cents,
            quote.insurance_cents, quote.complementary_cents, quote.answered_on, quote.signed_on,
        ),
        named={
            "number": quote.number, "dated_on": quote.dated_on, "valid_until": quote.valid_until, "title": title,
            "amount": quote.amount_cents / 100.0, "answered_on": quote.answered_on, "signed_on": quote.signed_on,
        },
        day="dated_on",
        amount="amount",
    )  # fmt: skip


QUOTES = KnownSearch(
    search=Search(
        name="quotes",
        reads=("quotes",),
        label=marked("Quotes without an answer"),
        kind="finances",
        parameters=(*parameters_of(_FILTERS), sort_by("day", "name", "amount", "practitioner")),
    ),
    question=_question,
)
