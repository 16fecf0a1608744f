"""The columns of money: of an invoice, of a quote, and what a patient owes and has paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.money import remaining_of_patients
from workbench.patients.schema import contacts, instalments, invoices, payments, quotes, treatment_plans

# --- what a patient owes, and pays ----------------------------------------------------------------------


def _account(reading: Reading) -> Mapping[str, Any]:
    """Read the invoices that stand and the payments of each patient, and tell what follows from both."""
    bill, payment = invoices.c, payments.c
    bills = reading.rows_of(
        bill.patient_id,
        bill.invoice_id,
        bill.number,
        bill.dated_on,
        bill.due_on,
        bill.payer_id,
        bill.amount_cents,
        where=[bill.cancelled_on.is_(None)],
    )
    received = reading.rows_of(payment.patient_id, payment.invoice_id, payment.paid_on, payment.amount_cents)
    # What was given back is no payment.
    paid = [(who, on, cents) for who, _key, on, cents in received if cents > 0 and on <= reading.today]
    return {
        "balance": _balance(reading, bills, received),
        **_day_and_sum(reading, "last_payment", paid, later=True),
        **_unpaid(reading, bills),
    }


def _balance(reading: Reading, bills: Sequence[Any], received: Sequence[Any]) -> Any:
    """Add up what `money.balance_cents` does, for everybody at once."""
    owed: dict[str, int] = {}
    for row in bills:
        owed[row[0]] = owed.get(row[0], 0) + row[-1]
    for row in received:
        owed[row[0]] = owed.get(row[0], 0) - row[-1]
    stated = reading.values["balance_cents"]
    return rows.money(
        [owed.get(key, 0) if cents is None else cents for key, cents in zip(reading.keys, stated, strict=True)]
    )


def _unpaid(reading: Reading, bills: Sequence[Any]) -> Mapping[str, Any]:
    """List the invoices on which something remains, by when they are due.

    The current one is the first of them, else the latest. Each names who is asked to pay it, if not who pays for all.
    """
    left = remaining_of_patients(reading.connection, reading.practice_id, None if reading.most else reading.keys)
    latest: dict[str, tuple[date, str]] = {}
    unpaid: dict[str, list[tuple[tuple[date, date, str], dict[str, Any]]]] = {}
    for who, key, number, dated_on, due_on, payer_id, _amount in bills:
        if remaining := left.get(key, 0):
            told = {
                "invoice_id": key,
                "payer_id": payer_id or None,
                "number": number or None,
                "dated_on": pd.Timestamp(dated_on),
                "due_on": due_on and pd.Timestamp(due_on),
                "remaining": remaining / 100,
            }
            unpaid.setdefault(who, []).append(((due_on or dated_on, dated_on, key), told))
        elif who not in latest or (dated_on, key) > latest[who]:
            latest[who] = (dated_on, key)
    current = {who: key for who, (_on, key) in latest.items()}
    lists = {}
    for who, theirs in unpaid.items():
        lists[who] = [told for _order, told in sorted(theirs, key=lambda one: one[0])]
        current[who] = lists[who][0]["invoice_id"]
    return {
        "unpaid_invoices": rows.lists(reading.along(lists)),
        "current_invoice_id": rows.text(reading.along(current)),
    }


def _next_instalment(reading: Reading) -> Mapping[str, Any]:
    """Find the next day on which something is to be paid, and how much; a cancelled invoice asks for nothing."""
    part = instalments.c
    cancelled = sa.exists().where(
        invoices.c.practice_id == part.practice_id,
        invoices.c.invoice_id == part.invoice_id,
        invoices.c.cancelled_on.is_not(None),
    )
    to_pay = reading.rows_of(
        part.patient_id,
        part.due_on,
        part.amount_cents,
        where=[part.due_on >= reading.today, part.paid_on.is_(None), ~cancelled],
    )
    return _day_and_sum(reading, "next_instalment", to_pay, later=False)


def _day_and_sum(reading: Reading, name: str, amounts: Iterable[Any], *, later: bool) -> Mapping[str, Any]:
    """Return each patient's last day (else the first), and the sum of that day: one cheque may pay two invoices."""
    best: dict[str, tuple[date, int]] = {}
    for who, on, cents in amounts:
        there = best.get(who)
        if there is None or (on > there[0] if later else on < there[0]):
            best[who] = (on, cents)
        elif on == there[0]:
            best[who] = (on, there[1] + cents)
    told = reading.along(best, (None, None))
    return {f"{name}_on": rows.day([on for on, _sum in told]), f"{name}_amount": rows.money([one for _on, one in told])}


OF_PATIENT = (
    Group(
        ("balance", "last_payment_on", "last_payment_amount", "unpaid_invoices", "current_invoice_id"),
        _account,
        needs=("balance_cents",),
    ),
    Group(("next_instalment_on", "next_instalment_amount"), _next_instalment),
)

# --- of an invoice --------------------------------------------------------------------------------------


def _paid(reading: Reading) -> Mapping[str, Any]:
    """Add up what was paid, and tell what remains and for how many days it has been late."""
    paid: dict[str, int] = {}
    for key, cents in reading.rows_of(payments.c.invoice_id, payments.c.amount_cents):
        paid[key] = paid.get(key, 0) + cents
    sums = reading.along(paid, 0)
    owed = remaining_of_patients(
        reading.connection, reading.practice_id, None if reading.most else reading.values["patient_id"]
    )
    left = reading.along(owed, 0)
    late = [
        (reading.today - due_on).days if cents and due_on and due_on < reading.today else None
        for cents, due_on in zip(left, reading.values["due_on"], strict=True)
    ]
    return {"paid": rows.money(sums), "remaining": rows.money(left), "days_late": rows.number(late)}


def _reminders_sent(reading: Reading) -> Mapping[str, Any]:
    """Count the reminders of an invoice that the store knows of; those of the workbench stand in its ledger."""
    counts: dict[str, int] = {}
    for (key,) in reading.rows_of(contacts.c.invoice_id, where=[contacts.c.purpose == "unpaid"]):
        counts[key] = counts.get(key, 0) + 1
    return {"reminders_sent": rows.number(reading.along(counts, 0))}


INVOICE = Source(
    table=invoices,
    key="invoice_id",
    groups=(
        Group(("paid", "remaining", "days_late"), _paid, needs=("patient_id", "due_on")),
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
    """Find the title of the quote's plan, where both are the same patient's."""
    plans, people = reading.values["plan_id"], reading.values["patient_id"]
    plan = treatment_plans.c
    found = reading.rows_of(plan.plan_id, plan.patient_id, plan.title, among=[one for one in plans if one])
    titles = {(key, who): title for key, who, title in found}
    return {"title": rows.text([titles.get(one) for one in zip(plans, people, strict=True)])}


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
        Group(("title",), _title, needs=("plan_id", "patient_id")),
    ),
)
