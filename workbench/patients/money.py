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


def remaining_cents(amount: int, paid: int) -> int:
    """Return what remains to be paid on an invoice that stands, in cents, whoever paid.

    Paying too much leaves nothing, no less: the credit shows in the balance.
    """
    return max(amount - paid, 0)
