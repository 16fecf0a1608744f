"""When a delivery is too late, when a mailing may leave, and what an account's limits allowed so far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what was not there; what was queued before expires never, and no hours were said of it."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("deliveries", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mailings", sa.Column("hours", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "allowances",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False, server_default=""),
        sa.Column("sender_id", number, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["senders.id"], name=op.f("fk_allowances_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowances")),
    )
    op.create_index(
        op.f("ix_allowances_practice_id_account_left_at"), "allowances", ["practice_id", "account", "left_at"]
    )
