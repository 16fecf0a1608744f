"""What was done and asked of patients, what was told them elsewhere, and what an import's headings mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns of care, papers, contacts and import mappings."""
    op.create_table(
        "aftercare",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_aftercare_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "nature", "language", name=op.f("pk_aftercare")),
    )
    op.create_table(
        "import_mappings",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("headings", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_import_mappings_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "kind", "headings", name=op.f("pk_import_mappings")),
    )
    op.create_table(
        "papers",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("paper_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_papers_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_papers_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "paper_id", name=op.f("pk_papers")),
    )
    op.create_index(op.f("ix_papers_practice_id_patient_id"), "papers", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "prescriptions",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("prescription_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_prescriptions_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_prescriptions_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_prescriptions_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "prescription_id", name=op.f("pk_prescriptions")),
    )
    op.create_index(
        op.f("ix_prescriptions_practice_id_patient_id"), "prescriptions", ["practice_id", "patient_id"], unique=False
    )
    op.create_table(
        "prior_agreements",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("decision IN ('granted', 'refused')", name=op.f("ck_prior_agreements_decision")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_prior_agreements_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "plan_id"],
            ["treatment_plans.practice_id", "treatment_plans.plan_id"],
            name=op.f("fk_prior_agreements_practice_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_prior_agreements_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "agreement_id", name=op.f("pk_prior_agreements")),
    )
    op.create_index(
        op.f("ix_prior_agreements_practice_id_patient_id"),
        "prior_agreements",
        ["practice_id", "patient_id"],
        unique=False,
    )
    op.create_table(
        "procedures",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("procedure_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("teeth", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointments.practice_id", "appointments.appointment_id"],
            name=op.f("fk_procedures_practice_id_appointment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_procedures_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "plan_id"],
            ["treatment_plans.practice_id", "treatment_plans.plan_id"],
            name=op.f("fk_procedures_practice_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_procedures_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_procedures_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "procedure_id", name=op.f("pk_procedures")),
    )
    op.create_index(
        op.f("ix_procedures_practice_id_appointment_id"), "procedures", ["practice_id", "appointment_id"], unique=False
    )
    op.create_index(
        op.f("ix_procedures_practice_id_patient_id_done_on"),
        "procedures",
        ["practice_id", "patient_id", "done_on"],
        unique=False,
    )
    op.create_table(
        "contacts",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=True),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("quote_id", sa.Text(), nullable=True),
        sa.Column("recall_id", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.Column("told_start", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'letter', 'sms', 'phone')", name=op.f("ck_contacts_channel")),
        sa.ForeignKeyConstraint(
            ["practice_id", "appointment_id"],
            ["appointments.practice_id", "appointments.appointment_id"],
            name=op.f("fk_contacts_practice_id_appointment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "invoice_id"],
            ["invoices.practice_id", "invoices.invoice_id"],
            name=op.f("fk_contacts_practice_id_invoice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_contacts_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "quote_id"],
            ["quotes.practice_id", "quotes.quote_id"],
            name=op.f("fk_contacts_practice_id_quote_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "recall_id"],
            ["recalls.practice_id", "recalls.recall_id"],
            name=op.f("fk_contacts_practice_id_recall_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_contacts_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "contact_id", name=op.f("pk_contacts")),
    )
    op.create_index(
        op.f("ix_contacts_practice_id_appointment_id"), "contacts", ["practice_id", "appointment_id"], unique=False
    )
    op.create_index(op.f("ix_contacts_practice_id_invoice_id"), "contacts", ["practice_id", "invoice_id"], unique=False)
    op.create_index(
        op.f("ix_contacts_practice_id_patient_id_at"), "contacts", ["practice_id", "patient_id", "at"], unique=False
    )
    op.add_column("corrections", sa.Column("copied_back_by", sa.Text(), nullable=True))
    op.add_column("invoices", sa.Column("payment_url", sa.Text(), nullable=True))
    op.add_column("treatment_plans", sa.Column("semester", sa.Integer(), nullable=True))
    op.add_column("treatment_plans", sa.Column("semesters", sa.Integer(), nullable=True))
    op.add_column("treatment_plans", sa.Column("retention_from", sa.Date(), nullable=True))
    op.create_index(
        op.f("ix_treatment_plans_practice_id_ends_on"), "treatment_plans", ["practice_id", "ends_on"], unique=False
    )
