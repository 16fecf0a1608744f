"""What is done by itself, and each time it came round."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    """Add the tables of jobs and of their occurrences."""
    op.create_table(
        "jobs",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        _text("saved_by"),
        sa.PrimaryKeyConstraint("practice_id", "key", name=op.f("pk_jobs")),
    )
    op.create_table(
        "job_occurrences",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        _text("state"),
        _text("reason"),
        _text("asked_by"),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("mailing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        _text("run_id"),
        _text("host"),
        _text("owner"),
        sa.Column("heartbeat_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("approve_until", _MOMENT, nullable=True),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'awaiting_approval', 'done', 'failed', 'skipped', 'interrupted')",
            name=op.f("ck_job_occurrences_state"),
        ),
        sa.CheckConstraint("state <> 'skipped' OR reason <> ''", name=op.f("ck_job_occurrences_reason")),
        sa.PrimaryKeyConstraint("practice_id", "job", "occurrence", name=op.f("pk_job_occurrences")),
    )
    for column in ("state", "mailing_id"):
        op.create_index(op.f(f"ix_job_occurrences_practice_id_{column}"), "job_occurrences", ["practice_id", column])
