"""What a patient owes: the balance the practice's software states, else invoices less payments; and on each invoice."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.schema import invoices, patients, payments

Condition = sa.ColumnElement[bool]


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


def paid_on(bills: sa.FromClause, practice_id: str) -> sa.ColumnElement[int]:
    """Return what was paid on each of these invoices, by whomever, in cents."""
    sums = payments.alias("sums_paid")
    total = sa.select(sa.func.coalesce(sa.func.sum(sums.c.amount_cents), 0))
    return (
        total.where(sums.c.practice_id == practice_id, sums.c.invoice_id == bills.c.invoice_id)
        .correlate(bills)
        .scalar_subquery()
    )


def remaining_on_invoices(practice_id: str, among: Callable[[sa.ColumnElement[Any]], Condition] | None) -> sa.Subquery:
    """Return each invoice that is not paid itself, with what is still to be paid on it.

    What was paid on no invoice (or too much on one, or on a cancelled one), and credit notes, are set against the
    patient's oldest invoices; of who has a balance stated by the practice's software, no more than it is left.

    Parameters
    ----------
    among
        Says of which patients, given a column that holds their keys; ``None``: of everybody.

    Returns
    -------
    Subquery
        Columns ``invoice_id patient_id remaining_cents``; the last is 0 where a credit covers all of it.
    """
    bills, sums = invoices.alias("bills"), payments.alias("sums")
    bill, paid = bills.c, sums.c

    def theirs(table: sa.FromClause) -> tuple[Condition, ...]:
        if among is None:
            # Most rows are looked at: taken by an index they would be read one here and one there, far slower.
            return (sa.func.coalesce(table.c.practice_id, "") == practice_id,)
        return table.c.practice_id == practice_id, among(table.c.patient_id)

    each = (
        sa.select(
            bill.patient_id,
            bill.invoice_id,
            sa.func.coalesce(bill.due_on, bill.dated_on).label("due_on"),
            bill.dated_on,
            (bill.amount_cents - paid_on(bills, practice_id)).label("cents"),
        )
        .where(*theirs(bills), bill.cancelled_on.is_(None))
        .subquery("each_bill")
    )
    left = sa.select(each).where(each.c.cents != 0).cte("left_on_bills")
    cancelled = sa.select(bill.invoice_id).where(bill.practice_id == practice_id, bill.cancelled_on.is_not(None))
    of_patients = (paid.practice_id == practice_id, *((among(paid.patient_id),) if among is not None else ()))
    # Payments on no invoice and on cancelled ones are few, and found by their index.
    credits_ = sa.union_all(
        sa.select(left.c.patient_id, (-left.c.cents).label("cents")).where(left.c.cents < 0),
        sa.select(paid.patient_id, paid.amount_cents).where(*of_patients, paid.invoice_id.is_(None)),
        sa.select(paid.patient_id, paid.amount_cents).where(*of_patients, paid.invoice_id.in_(cancelled)),
    ).subquery("credits")
    owing = sa.select(left).where(left.c.cents > 0).subquery("owing")
    credit = _sums(credits_, "credit")
    whole = _sums(owing, "whole")
    stated = patients.c.balance_cents
    given = sa.case(
        (stated.is_not(None), whole.c.cents - _at_least_0(stated)),
        else_=sa.func.coalesce(credit.c.cents, 0),
    )
    so_far = sa.func.sum(owing.c.cents).over(
        partition_by=owing.c.patient_id,
        order_by=(owing.c.due_on, owing.c.dated_on, owing.c.invoice_id),
        rows=(None, 0),
    )
    told = sa.select(owing.c.invoice_id, owing.c.patient_id, owing.c.cents, so_far.label("so_far")).subquery("told")
    rest = told.c.so_far - _at_least_0(given)
    return (
        sa.select(
            told.c.invoice_id,
            told.c.patient_id,
            sa.case((rest <= 0, 0), (rest < told.c.cents, rest), else_=told.c.cents).label("remaining_cents"),
        )
        .select_from(
            told.join(
                patients, sa.and_(patients.c.practice_id == practice_id, patients.c.patient_id == told.c.patient_id)
            )
            .join(whole, whole.c.patient_id == told.c.patient_id)
            .outerjoin(credit, credit.c.patient_id == told.c.patient_id)
        )
        .subquery("remaining")
    )


def remaining_of_patients(
    connection: sa.Connection, practice_id: str, patient_ids: Collection[str] | None
) -> dict[str, int]:
    """Return what is still to be paid on each invoice that is not paid itself, in cents; ``None``: of everybody.

    The rule is `remaining_on_invoices`.
    """

    def among(column: sa.ColumnElement[Any]) -> Condition:
        return rows.among(column, patient_ids or (), connection.dialect)

    owed = remaining_on_invoices(practice_id, None if patient_ids is None else among)
    return {row[0]: int(row[1]) for row in connection.execute(sa.select(owed.c.invoice_id, owed.c.remaining_cents))}


def _sums(amounts: sa.FromClause, name: str) -> sa.Subquery:
    """Add amounts up by patient."""
    total = sa.func.sum(amounts.c.cents).label("cents")
    return sa.select(amounts.c.patient_id, total).group_by(amounts.c.patient_id).subquery(name)


def _at_least_0(cents: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((cents > 0, cents), else_=0)
