"""An index of what was told, whatever its purpose: asked for each row of a search."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        op.f("ix_occasions_practice_id_occasion_delivery_id"),
        "occasions",
        ["practice_id", "occasion", "delivery_id"],
        unique=False,
    )
