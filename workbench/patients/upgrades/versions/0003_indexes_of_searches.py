"""Indexes of what searches ask of every row: the practice's own words, what was paid, whose colleague somebody is."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MADE = (
    ("appointments", ("nature",)),
    ("appointments", ("kind",)),
    ("patients", ("patient_type",)),
    ("patients", ("file_state",)),
    ("patients", ("language",)),
    ("recalls", ("reason",)),
    ("papers", ("kind",)),
    ("payments", ("invoice_id", "amount_cents")),
    ("patient_correspondents", ("correspondent_id", "kind", "patient_id")),
)


def upgrade() -> None:
    """Make the indexes; that of payments takes the place of one that led to the rows alone."""
    for table, columns in _MADE:
        every = ["practice_id", *columns]
        op.create_index(op.f(f"ix_{table}_{'_'.join(every)}"), table, every, unique=False)
    op.drop_index(op.f("ix_payments_practice_id_invoice_id"), table_name="payments")
