"""What a patient owes: the balance the practice's software states, else invoices less payments; and on an invoice."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

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


def remaining_cents(paid: sa.Subquery) -> sa.ColumnElement[int]:
    """Return what remains on each invoice of a statement that joins ``invoices`` to `paid` (outer), as `cents_left`.

    Nothing remains on a cancelled one.
    """
    left = invoices.c.amount_cents - sa.func.coalesce(paid.c.paid_cents, 0)
    return sa.case((invoices.c.cancelled_on.is_not(None), 0), (left < 0, 0), else_=left)


def cents_left(amount: int, paid: int) -> int:
    """Return what remains to be paid on an invoice that stands, in cents.

    Paying too much leaves nothing, no less: the credit shows in the balance.
    """
    return max(amount - paid, 0)
