"""The tables of money: invoices, payments, instalments."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer

from workbench.patients.schema.base import table
from workbench.patients.schema.columns import belongs_to, day, key_part, needed, text

invoices = table(
    "invoices",
    key_part("invoice_id"),
    needed("patient_id"),
    text("payer_id"),
    text("practitioner_id"),
    text("number"),
    Column("dated_on", Date, nullable=False),
    day("due_on"),
    Column("amount_cents", Integer, nullable=False),
    text("label"),
    text("language"),
    text("billing_email"),
    text("document"),
    day("cancelled_on"),
    text("payment_url"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("persons", "payer_id", to="person_id"),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, invoices.c.practice_id, invoices.c.patient_id)
Index(None, invoices.c.practice_id, invoices.c.due_on)

payments = table(
    "payments",
    key_part("payment_id"),
    needed("patient_id"),
    text("invoice_id"),
    Column("paid_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    text("method"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("invoices", "invoice_id"),
)
Index(None, payments.c.practice_id, payments.c.patient_id)
# With the amount in it, what was paid on all invoices is summed without a look at the payments.
Index(None, payments.c.practice_id, payments.c.invoice_id, payments.c.amount_cents)

instalments = table(
    "instalments",
    key_part("instalment_id"),
    needed("patient_id"),
    text("plan_id"),
    text("quote_id"),
    text("invoice_id"),
    Column("due_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    day("paid_on"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("treatment_plans", "plan_id"),
    belongs_to("quotes", "quote_id"),
    belongs_to("invoices", "invoice_id"),
)
Index(None, instalments.c.practice_id, instalments.c.patient_id)
Index(None, instalments.c.practice_id, instalments.c.due_on)
