"""The tables of care and papers: plans, quotes, acts, images, recalls, what is asked of a patient."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer

from workbench.patients.schema.base import table
from workbench.patients.schema.columns import belongs_to, day, key_part, needed, number, text

treatment_plans = table(
    "treatment_plans",
    key_part("plan_id"),
    needed("patient_id"),
    text("practitioner_id"),
    needed("title"),
    text("stage"),
    day("starts_on"),
    day("ends_on"),
    number("semester"),  # the current half-year of an orthodontic treatment, from 1
    number("semesters"),  # half-years in all
    day("retention_from"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, treatment_plans.c.practice_id, treatment_plans.c.patient_id)
Index(None, treatment_plans.c.practice_id, treatment_plans.c.ends_on)

quotes = table(
    "quotes",
    key_part("quote_id"),
    needed("patient_id"),
    text("plan_id"),
    text("practitioner_id"),
    text("number"),
    Column("dated_on", Date, nullable=False),
    day("valid_until"),
    Column("amount_cents", Integer, nullable=False),
    number("insurance_cents"),
    number("complementary_cents"),
    day("answered_on"),
    day("signed_on"),
    text("document"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("treatment_plans", "plan_id"),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, quotes.c.practice_id, quotes.c.patient_id)

media = table(
    "media",
    key_part("media_id"),
    text("patient_id"),
    text("practitioner_id"),
    text("plan_id"),
    text("stage"),
    text("kind"),
    text("view"),
    day("taken_on"),
    needed("file_name"),
    needed("media_type"),
    needed("path"),
    text("digest"),
    text("caption"),
    Column("health", Boolean(create_constraint=False), nullable=False, server_default=sa.true()),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
    belongs_to("treatment_plans", "plan_id"),
)
Index(None, media.c.practice_id, media.c.patient_id)

recalls = table(
    "recalls",
    key_part("recall_id"),
    needed("patient_id"),
    text("practitioner_id"),
    Column("due_on", Date, nullable=False),
    text("reason"),
    Column("rank", Integer, nullable=False, server_default="1"),
    day("done_on"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, recalls.c.practice_id, recalls.c.due_on)
Index(None, recalls.c.practice_id, recalls.c.patient_id)
Index(None, recalls.c.practice_id, recalls.c.reason)

procedures = table(
    "procedures",
    key_part("procedure_id"),
    needed("patient_id"),
    text("appointment_id"),
    text("practitioner_id"),
    text("plan_id"),
    Column("done_on", Date, nullable=False),
    text("code"),  # of the nomenclature in use (CCAM)
    needed("label"),
    text("teeth"),  # as they are numbered, « 26 » or « 11, 12 »
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("appointments", "appointment_id"),
    belongs_to("practitioners", "practitioner_id"),
    belongs_to("treatment_plans", "plan_id"),
)
"""What was done: the acts of a report to a colleague."""

Index(None, procedures.c.practice_id, procedures.c.patient_id, procedures.c.done_on)
Index(None, procedures.c.practice_id, procedures.c.appointment_id)

prescriptions = table(
    "prescriptions",
    key_part("prescription_id"),
    needed("patient_id"),
    text("practitioner_id"),
    Column("dated_on", Date, nullable=False),
    text("label"),
    text("document"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, prescriptions.c.practice_id, prescriptions.c.patient_id)

prior_agreements = table(
    "prior_agreements",
    key_part("agreement_id"),
    needed("patient_id"),
    text("plan_id"),
    Column("asked_on", Date, nullable=False),
    day("answered_on"),
    text("decision"),  # granted, refused
    day("valid_until"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("treatment_plans", "plan_id"),
    CheckConstraint("decision IN ('granted', 'refused')", name="decision"),
)
"""What the health insurance was asked before orthodontic care (« entente préalable »)."""

Index(None, prior_agreements.c.practice_id, prior_agreements.c.patient_id)

papers = table(
    "papers",
    key_part("paper_id"),
    needed("patient_id"),
    text("kind"),
    needed("label"),
    Column("asked_on", Date, nullable=False),
    day("due_on"),
    day("received_on"),
    belongs_to("patients", "patient_id", cascade=True),
)
"""What a patient was asked to bring or send back; it is missing until it was received."""

Index(None, papers.c.practice_id, papers.c.patient_id)
Index(None, papers.c.practice_id, papers.c.kind)
