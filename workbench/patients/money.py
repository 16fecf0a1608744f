"""What a patient owes: the balance the practice's software states, else invoices less payments; and on each invoice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.schema import invoices, patients, payments


def balance_cents(patient_id: sa.ColumnElement[Any], practice_id: str) -> sa.ColumnElement[int]:
    """Return the balance of the patient of each row of a statement that reads ``patients``, in cents (F127).

    Positive when the patient owes money; cancelled invoices do not count.
    """
    billed = (
        sa.select(sa.func.coalesce(sa.func.sum(invoices.c.amount_cents), 0))
        .where(
            invoices.c.practice_id == practice_id,
            invoices.c.patient_id == patient_id,
            invoices.c.cancelled_on.is_(None),
        )
        .correlate(patients)
        .scalar_subquery()
    )
    paid = (
        sa.select(sa.func.coalesce(sa.func.sum(payments.c.amount_cents), 0))
        .where(payments.c.practice_id == practice_id, payments.c.patient_id == patient_id)
        .correlate(patients)
        .scalar_subquery()
    )
    return sa.func.coalesce(patients.c.balance_cents, billed - paid)


def paid_on_invoices(practice_id: str) -> sa.Subquery:
    """Return what was paid on each invoice, whoever paid: ``invoice_id paid_cents``; without a payment, no row."""
    return (
        sa.select(payments.c.invoice_id, sa.func.sum(payments.c.amount_cents).label("paid_cents"))
        .where(payments.c.practice_id == practice_id, payments.c.invoice_id.is_not(None))
        .group_by(payments.c.invoice_id)
        .subquery("paid")
    )


def remaining_of_patients(
    connection: sa.Connection, practice_id: str, patient_ids: Collection[str] | None
) -> dict[str, int]:
    """Return what is still to be paid on each invoice that is not paid itself, in cents; ``None``: of everybody.

    What was paid on no invoice (or too much on one, or on a cancelled one), and credit notes, are set against the
    patient's oldest invoices; of who has a balance stated by the practice's software, no more than it is left.
    """

    def theirs(table: sa.Table) -> list[sa.ColumnElement[bool]]:
        here = [table.c.practice_id == practice_id]
        return here if patient_ids is None else [*here, rows.among(table.c.patient_id, patient_ids, connection.dialect)]

    bill, payment = invoices.c, payments.c
    due = sa.func.coalesce(bill.due_on, bill.dated_on)
    paid = sa.func.coalesce(
        sa.select(sa.func.sum(payment.amount_cents))
        .where(payment.practice_id == practice_id, payment.invoice_id == bill.invoice_id)
        .correlate(invoices)
        .scalar_subquery(),
        0,
    )
    credit: dict[str, int] = {}
    unpaid: dict[str, list[tuple[str, int]]] = {}
    for patient_id, invoice_id, left in connection.execute(
        sa.select(bill.patient_id, bill.invoice_id, bill.amount_cents - paid)
        .where(*theirs(invoices), bill.cancelled_on.is_(None))
        .order_by(due, bill.dated_on, bill.invoice_id)
    ):
        if left > 0:
            unpaid.setdefault(patient_id, []).append((invoice_id, left))
        elif left < 0:
            credit[patient_id] = credit.get(patient_id, 0) - left
    on_no_invoice = payments.outerjoin(
        invoices, sa.and_(bill.practice_id == payment.practice_id, bill.invoice_id == payment.invoice_id)
    )
    for patient_id, cents in connection.execute(
        sa.select(payment.patient_id, sa.func.sum(payment.amount_cents))
        .select_from(on_no_invoice)
        .where(*theirs(payments), sa.or_(payment.invoice_id.is_(None), bill.cancelled_on.is_not(None)))
        .group_by(payment.patient_id)
    ):
        credit[patient_id] = credit.get(patient_id, 0) + int(cents)
    for patient_id, stated in connection.execute(
        sa.select(patients.c.patient_id, patients.c.balance_cents).where(
            *theirs(patients), patients.c.balance_cents.is_not(None)
        )
    ):
        credit[patient_id] = sum(left for _key, left in unpaid.get(patient_id, ())) - max(stated, 0)
    return {
        invoice_id: left
        for patient_id, bills in unpaid.items()
        for invoice_id, left in _less(bills, credit.get(patient_id, 0))
    }


def _less(bills: Iterable[tuple[str, int]], credit: int) -> Iterator[tuple[str, int]]:
    """Set a credit against invoices, the first one first."""
    for invoice_id, left in bills:
        used = min(left, max(credit, 0))
        credit -= used
        yield invoice_id, left - used


def patients_with_credit(connection: sa.Connection, practice_id: str) -> list[str]:
    """Return whose invoices have less left than themselves say (`remaining_of_patients`), and maybe some more."""
    bill, payment = invoices.c, payments.c
    paid = paid_on_invoices(practice_id)
    asked = sa.union(
        sa.select(payment.patient_id).where(payment.practice_id == practice_id, payment.invoice_id.is_(None)),
        sa.select(payment.patient_id)
        .select_from(
            payments.join(
                invoices, sa.and_(bill.practice_id == payment.practice_id, bill.invoice_id == payment.invoice_id)
            )
        )
        .where(payment.practice_id == practice_id, bill.cancelled_on.is_not(None)),
        sa.select(bill.patient_id).where(bill.practice_id == practice_id, bill.amount_cents < 0),
        sa.select(bill.patient_id)
        .select_from(invoices.join(paid, paid.c.invoice_id == bill.invoice_id))
        .where(bill.practice_id == practice_id, paid.c.paid_cents > bill.amount_cents),
        sa.select(patients.c.patient_id).where(
            patients.c.practice_id == practice_id, patients.c.balance_cents.is_not(None)
        ),
    )
    return list(connection.execute(asked).scalars())
