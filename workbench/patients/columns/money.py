"""The columns of money: of an invoice, of a quote, and what a patient owes and has paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.columns.reading import Expression, Group, Reading, Source
from workbench.patients.money import paid_on_invoices, remaining_cents
from workbench.patients.schema import contacts, instalments, invoices, payments, quotes, treatment_plans

# --- what a patient owes, and pays ----------------------------------------------------------------------


def _balance(reading: Reading) -> Mapping[str, Any]:
    """Add up what `money.balance_cents` does, for everybody at once."""
    acts = sa.union_all(
        sa.select(invoices.c.patient_id, invoices.c.amount_cents.label("cents")).where(
            reading.of_practice(invoices), invoices.c.cancelled_on.is_(None), reading.among(invoices.c.patient_id)
        ),
        sa.select(payments.c.patient_id, -payments.c.amount_cents).where(
            reading.of_practice(payments), reading.among(payments.c.patient_id)
        ),
    ).subquery()
    found = reading.connection.execute(
        sa.select(acts.c.patient_id, sa.func.sum(acts.c.cents)).group_by(acts.c.patient_id)
    )
    owed = {who: int(cents) for who, cents in found}
    stated = reading.values["balance_cents"]
    return {
        "balance": rows.money(
            [owed.get(key, 0) if cents is None else cents for key, cents in zip(reading.keys, stated, strict=True)]
        )
    }


def _last_payment(reading: Reading) -> Mapping[str, Any]:
    """Find the last day on which a patient paid, and how much that day; what was given back is no payment."""
    paid = payments.c
    where = (paid.paid_on <= reading.today, paid.amount_cents > 0)
    return _day_and_sum(reading, "last_payment", payments, paid.paid_on, sa.func.max, where)


def _next_instalment(reading: Reading) -> Mapping[str, Any]:
    """Find the next day on which something is to be paid, and how much; a cancelled invoice asks for nothing."""
    part = instalments.c
    cancelled = sa.exists().where(
        invoices.c.practice_id == part.practice_id,
        invoices.c.invoice_id == part.invoice_id,
        invoices.c.cancelled_on.is_not(None),
    )
    where = (part.due_on >= reading.today, part.paid_on.is_(None), ~cancelled)
    return _day_and_sum(reading, "next_instalment", instalments, part.due_on, sa.func.min, where)


def _day_and_sum(
    reading: Reading,
    name: str,
    table: sa.Table,
    day: Expression,
    best: Callable[[Expression], Expression],
    where: tuple[Expression, ...],
) -> Mapping[str, Any]:
    """Return each patient's best day, and the sum of all amounts of that day: one cheque may pay two invoices."""
    that = (
        sa.select(table.c.patient_id, best(day).label("day"))
        .where(reading.of_practice(table), reading.among(table.c.patient_id), *where)
        .group_by(table.c.patient_id)
        .subquery()
    )
    same_day = sa.and_(table.c.patient_id == that.c.patient_id, day == that.c.day)
    found = reading.connection.execute(
        sa.select(that.c.patient_id, that.c.day, sa.func.sum(table.c.amount_cents))
        .select_from(that.join(table, same_day))
        .where(reading.of_practice(table), *where)
        .group_by(that.c.patient_id, that.c.day)
    )
    days = {who: (on, cents) for who, on, cents in found}
    told = reading.along(days, (None, None))
    return {
        f"{name}_on": rows.day([on for on, _cents in told]),
        f"{name}_amount": rows.money([one for _on, one in told]),
    }


def _paid(reading: Reading) -> sa.Subquery:
    """Return what was paid on the invoices of the patients that are read."""
    theirs = sa.select(invoices.c.invoice_id).where(reading.of_practice(invoices), reading.among(invoices.c.patient_id))
    return paid_on_invoices(reading.practice_id, payments.c.invoice_id.in_(theirs))


def _unpaid_invoices(reading: Reading) -> Mapping[str, Any]:
    """List the invoices on which something remains, oldest first."""
    bill, paid = invoices.c, _paid(reading)
    remaining = remaining_cents(paid)
    lists: dict[str, list[dict[str, Any]]] = {}
    for who, number, dated_on, due_on, cents in reading.connection.execute(
        sa.select(bill.patient_id, bill.number, bill.dated_on, bill.due_on, remaining)
        .select_from(invoices.outerjoin(paid, paid.c.invoice_id == bill.invoice_id))
        .where(reading.of_practice(invoices), reading.among(bill.patient_id), remaining > 0)
        .order_by(bill.dated_on, bill.invoice_id)
    ):
        lists.setdefault(who, []).append(
            {
                "number": number or None,
                "dated_on": pd.Timestamp(dated_on),
                "due_on": due_on and pd.Timestamp(due_on),
                "remaining": cents / 100,
            }
        )
    return {"unpaid_invoices": rows.lists(reading.along(lists))}


def _current_invoice(reading: Reading) -> Mapping[str, Any]:
    """Choose the oldest invoice that is not paid, else the latest; a cancelled one is nobody's concern."""
    bill, paid = invoices.c, _paid(reading)
    unpaid = remaining_cents(paid) > 0
    found = reading.first_rows(
        invoices,
        [bill.invoice_id],
        joined=invoices.outerjoin(paid, paid.c.invoice_id == bill.invoice_id),
        where=[bill.cancelled_on.is_(None)],
        order=[
            sa.case((unpaid, 0), else_=1),
            sa.case((unpaid, bill.dated_on)),
            sa.case((unpaid, bill.invoice_id)),
            bill.dated_on.desc(),
            bill.invoice_id.desc(),
        ],
    )
    return {"current_invoice_id": rows.text([row and row.invoice_id for row in reading.along(found)])}


OF_PATIENT = (
    Group(("balance",), _balance, needs=("balance_cents",)),
    Group(("last_payment_on", "last_payment_amount"), _last_payment),
    Group(("next_instalment_on", "next_instalment_amount"), _next_instalment),
    Group(("unpaid_invoices",), _unpaid_invoices),
    Group(("current_invoice_id",), _current_invoice),
)

# --- of an invoice --------------------------------------------------------------------------------------


def _remaining(reading: Reading) -> Mapping[str, Any]:
    """Find what was paid and what remains, and for how many days it has been late."""
    bill, paid = invoices.c, paid_on_invoices(reading.practice_id, reading.among(payments.c.invoice_id))
    found = reading.connection.execute(
        sa.select(bill.invoice_id, sa.func.coalesce(paid.c.paid_cents, 0), remaining_cents(paid))
        .select_from(invoices.outerjoin(paid, paid.c.invoice_id == bill.invoice_id))
        .where(reading.of_practice(invoices), reading.among(bill.invoice_id))
    )
    told = reading.along({key: (cents, left) for key, cents, left in found})
    late = [
        (reading.today - due_on).days if left and due_on and due_on < reading.today else None
        for (_cents, left), due_on in zip(told, reading.values["due_on"], strict=True)
    ]
    return {
        "paid": rows.money([cents for cents, _left in told]),
        "remaining": rows.money([left for _cents, left in told]),
        "days_late": rows.number(late),
    }


def _reminders_sent(reading: Reading) -> Mapping[str, Any]:
    """Count the reminders of an invoice that the store knows of; those of the workbench stand in its ledger."""
    counts = reading.pairs(
        sa.select(contacts.c.invoice_id, sa.func.count())
        .where(reading.of_practice(contacts), contacts.c.purpose == "unpaid", reading.among(contacts.c.invoice_id))
        .group_by(contacts.c.invoice_id)
    )
    return {"reminders_sent": rows.number(reading.along(counts, 0))}


INVOICE = Source(
    table=invoices,
    key="invoice_id",
    groups=(
        Group(("paid", "remaining", "days_late"), _remaining, needs=("due_on",)),
        Group(("reminders_sent",), _reminders_sent),
    ),
)

# --- of a quote -----------------------------------------------------------------------------------------


def _remaining_charge(reading: Reading) -> Mapping[str, Any]:
    """Compute what is left for the patient; unknown while nobody knows what any insurance pays."""
    parts = zip(*(reading.values[f"{name}_cents"] for name in ("amount", "insurance", "complementary")), strict=True)
    return {
        "remaining_charge": rows.money(
            [
                None
                if insurance is None and complementary is None
                else amount - (insurance or 0) - (complementary or 0)
                for amount, insurance, complementary in parts
            ]
        )
    }


def _title(reading: Reading) -> Mapping[str, Any]:
    plans = [one for one in reading.values["plan_id"] if one]
    titles = reading.pairs(
        sa.select(treatment_plans.c.plan_id, treatment_plans.c.title).where(
            reading.of_practice(treatment_plans),
            rows.among(treatment_plans.c.plan_id, plans, reading.connection.dialect),
        )
    )
    return {"title": rows.text([titles.get(one) for one in reading.values["plan_id"]])}


QUOTE = Source(
    table=quotes,
    key="quote_id",
    renamed={"insurance_cents": "insurance_part", "complementary_cents": "complementary_part"},
    groups=(
        Group(
            ("remaining_charge",),
            _remaining_charge,
            needs=("amount_cents", "insurance_cents", "complementary_cents"),
        ),
        Group(("title",), _title, needs=("plan_id",)),
    ),
)
