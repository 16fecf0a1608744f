"""Letterheads, the practice's own fields, email types of searches, codes of old texts, what left the history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what was not there; what was queued before has no letterhead: its account dresses it as before."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "letterheads",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, server_default=""),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letterheads")),
        sa.UniqueConstraint("practice_id", "digest", name=op.f("uq_letterheads_practice_id_digest")),
    )
    op.add_column("deliveries", sa.Column("letterhead_id", number, nullable=True))
    op.add_column("templates", sa.Column("one_off", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("letters", sa.Column("emptied_at", _MOMENT, nullable=True))
    op.create_table(
        "search_templates",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False, server_default=""),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("practice_id", "search", name=op.f("pk_search_templates")),
    )
    op.create_table(
        "custom_fields",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("archived_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "code", name=op.f("pk_custom_fields")),
    )
    op.create_table(
        "foreign_codes",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False, server_default=""),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("practice_id", "code", name=op.f("pk_foreign_codes")),
    )
    op.create_table(
        "tombstones",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", number, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_tombstones_delivery_id")),
        sa.PrimaryKeyConstraint("practice_id", "delivery_id", name=op.f("pk_tombstones")),
    )
