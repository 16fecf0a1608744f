"""Indexes of what the front desk asks every day: what failed, what is uncertain, what left today, who was called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TOLD = "ix_occasions_practice_id_occasion_delivery_id"
_OF_A_STATUS = {"in_doubt": "mailing_id", "failed": "decided_at", "sent": "decided_at"}


def upgrade() -> None:
    """Make the indexes; no row is changed."""
    op.create_index(op.f("ix_acts_practice_id_what_id_at"), "acts", ["practice_id", "what", "id", "at"])
    for status, column in _OF_A_STATUS.items():
        where = sa.text(f"status = '{status}'")
        op.create_index(
            f"ix_deliveries_{status}",
            "deliveries",
            ["practice_id", column],
            sqlite_where=where,
            postgresql_where=where,
        )
    if op.get_context().dialect.name == "postgresql":
        # Made anew so that it also finds what begins with a text; SQLite's does.
        op.drop_index(_TOLD, "occasions")
        op.create_index(
            _TOLD,
            "occasions",
            ["practice_id", "occasion", "delivery_id"],
            postgresql_ops={"occasion": "text_pattern_ops"},
        )
