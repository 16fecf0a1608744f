"""Whom a delivery tells about besides its own patient."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what left before it was there stands under its own patient alone."""
    op.create_table(
        "further_patients",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_further_patients_delivery_id")),
        sa.PrimaryKeyConstraint("practice_id", "patient_id", "delivery_id", name=op.f("pk_further_patients")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_further_patients_delivery_id"), "further_patients", ["delivery_id"], unique=False)
