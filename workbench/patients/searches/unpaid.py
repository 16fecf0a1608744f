"""The search on invoices of which something remains to be paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from workbench.domain.frames import UNPAID_COLUMNS
from workbench.domain.searches import Search, SearchParameter
from workbench.language import marked
from workbench.patients import rows
from workbench.patients.money import paid_on, remaining_on_invoices
from workbench.patients.schema import contacts, invoices, patients, persons, responsibilities
from workbench.patients.searches.addressing import PATIENT_FILTERS
from workbench.patients.searches.beyond import REMINDERS
from workbench.patients.searches.clauses import (
    Context,
    Filter,
    KnownSearch,
    Question,
    clauses_of,
    parameters_of,
)
from workbench.patients.searches.parameters import Asked
from workbench.patients.searches.patient_rows import question_of, sort_by

_MOST_EUROS = 1_000_000

_due = sa.func.coalesce(invoices.c.due_on, invoices.c.dated_on)
"""An invoice that does not say when it is due is due when it is made out."""


def _reminders(context: Context) -> sa.ColumnElement[int]:
    """Return how often the invoice was asked for outside the workbench; the practice adds what its ledger sent."""
    return (
        sa.select(sa.func.count())
        .where(
            contacts.c.practice_id == context.practice_id,
            contacts.c.invoice_id == invoices.c.invoice_id,
            contacts.c.purpose == "unpaid",
        )
        .correlate(invoices)
        .scalar_subquery()
    )


def _filters(remaining: sa.ColumnElement[int]) -> tuple[Filter, ...]:
    """Return what may be asked, given what remains to be paid on the invoice."""
    return (
        Filter(
            parameter=SearchParameter(
                name="overdue_by",
                kind="number",
                label=marked("Due at least so many days ago (0: today; less: not yet due)"),
                default="1",
                least=-3660,
                most=36_600,
            ),
            sql=lambda days, context: _due <= context.today - timedelta(days=days),
        ),
        Filter(
            parameter=SearchParameter(
                name="min_amount",
                kind="number",
                label=marked("At least so many euros remain"),
                least=0,
                most=_MOST_EUROS,
            ),
            sql=lambda euros, context: remaining >= euros * 100,
        ),
        Filter(
            parameter=SearchParameter(
                name="exclude_settled",
                kind="yes_no",
                label=marked("Leave out patients who owe nothing in all (credit, payment on account)"),
                default="yes",
            ),
            sql=lambda wanted, context: remaining > 0 if wanted else None,
        ),
        *PATIENT_FILTERS,
    )


_FILTERS = _filters(sa.literal_column("remaining_cents", sa.Integer))
"""The parameters; the column is the one of the statement that a search is."""


def _question(asked: Asked, context: Context) -> Question:
    paid, reminders = paid_on(invoices, context.practice_id), _reminders(context)
    owed = remaining_on_invoices(context.practice_id, None)
    remaining = owed.c.remaining_cents
    bill = invoices.c

    def columns(found: Mapping[str, rows.Values]) -> dict[str, Any]:
        amounts, sums = found["amount_cents"], found["paid_cents"]
        late = [
            (context.today - due).days if due is not None and due < context.today else None for due in found["due_on"]
        ]
        names, addresses = _payers(context, found)
        return {
            "number": rows.text(found["number"]),
            "dated_on": rows.day(found["dated_on"]),
            "due_on": rows.day(found["due_on"]),
            "amount": rows.money(amounts),
            "paid": rows.money(sums),
            "remaining": rows.money(found["remaining_cents"]),
            "days_late": rows.number(late),
            "reminders_sent": rows.number(found["reminders_sent"]),
            "payer": rows.text(names),
            "payer_email": rows.text(addresses),
        }

    return question_of(
        asked,
        context,
        clauses_of(_filters(remaining), asked, context),
        frame=UNPAID_COLUMNS,
        columns=columns,
        table=invoices,
        key="invoice_id",
        subject="invoice",
        beside=((owed, owed.c.invoice_id == invoices.c.invoice_id),),
        read=(
            bill.number, bill.dated_on, bill.due_on, bill.amount_cents, paid.label("paid_cents"),
            remaining, reminders.label("reminders_sent"), bill.payer_id, bill.billing_email,
        ),
        named={
            "number": bill.number, "dated_on": bill.dated_on, "due_on": bill.due_on, "label": bill.label,
            "amount": bill.amount_cents / 100.0, "paid": paid / 100.0, "remaining": remaining / 100.0,
        },
        day="due_on",
        amount="remaining",
    )  # fmt: skip


def _payers(context: Context, found: Mapping[str, rows.Values]) -> tuple[list[str | None], list[str | None]]:
    """Return the name and the address of each invoice's payer: the invoice's own, else the first one of the file."""
    own = patients.alias("own_file")
    known = persons.outerjoin(
        own, sa.and_(own.c.practice_id == persons.c.practice_id, own.c.patient_id == persons.c.patient_id)
    )
    # What a person lacks is taken from his own file, as for a mailing.
    told = [sa.func.coalesce(persons.c[name], own.c[name]).label(name) for name in ("last_name", "first_name", "email")]
    dialect = context.connection.dialect
    paying = responsibilities.c
    first: dict[str, str] = {}
    for patient_id, person_id in context.connection.execute(
        sa.select(paying.patient_id, paying.person_id)
        .select_from(
            responsibilities.join(
                known, sa.and_(persons.c.practice_id == paying.practice_id, persons.c.person_id == paying.person_id)
            )
        )
        .where(
            paying.practice_id == context.practice_id,
            paying.role == "payer",
            # Whoever died pays no more: the next one does.
            own.c.deceased.is_not(sa.true()),
            rows.among(paying.patient_id, found["patient_id"], dialect),
        )
        .order_by(paying.patient_id, paying.rank, paying.person_id)
    ):
        first.setdefault(patient_id, person_id)
    keys = [
        stated or first.get(patient_id)
        for stated, patient_id in zip(found["payer_id"], found["patient_id"], strict=True)
    ]
    people = {
        row.person_id: row
        for row in context.connection.execute(
            sa.select(persons.c.person_id, *told)
            .select_from(known)
            .where(
                persons.c.practice_id == context.practice_id,
                rows.among(persons.c.person_id, [key for key in keys if key], dialect),
            )
        )
    }
    names: list[str | None] = []
    addresses: list[str | None] = []
    for key, stated in zip(keys, found["billing_email"], strict=True):
        row = people.get(key) if key else None
        names.append(" ".join(filter(None, (row.last_name, row.first_name))) or None if row else None)
        addresses.append(stated or (row.email if row else None))
    return names, addresses


UNPAID = KnownSearch(
    search=Search(
        name="unpaid",
        reads=("invoices", "payments"),
        label=marked("Unpaid invoices"),
        kind="finances",
        parameters=(*parameters_of(_FILTERS), REMINDERS, sort_by("day", "name", "amount", "practitioner")),
    ),
    question=_question,
)
