"""The list of mailings with their counts, and which of them is the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.databases import reading
from workbench.domain.mailings import MailingStatus, Tally
from workbench.ledger import schema

if TYPE_CHECKING:
    import pandas as pd

MAILING_COLUMNS = (
    "mailing_id", "status", "reason", "template", "account", "role", "channel", "search", "key", "purpose", "step",
    "opened_at", "opened_by", "sent", "failed", "in_doubt", "skipped", "pending", "cancelled",
)  # fmt: skip
_COUNTED = MAILING_COLUMNS[-6:]


def latest_mailing(connection: sa.Connection, practice_id: str) -> int | None:
    """Return the mailing queued last: the newest act of queueing tells, else the newest number."""
    acts, mailings = schema.acts.c, schema.mailings.c
    queued = connection.execute(
        sa.select(acts.object)
        .where(acts.practice_id == practice_id, acts.what == "mailing_queued")
        .order_by(acts.id.desc())
        .limit(1)
    ).scalar()
    if queued is not None:
        return int(queued.removeprefix("mailing:"))
    return connection.execute(sa.select(sa.func.max(mailings.id)).where(mailings.practice_id == practice_id)).scalar()


def mailings_frame(engine: sa.Engine, practice_id: str) -> pd.DataFrame:
    """Return one row a mailing, the newest first (`MAILING_COLUMNS`; key ``mailing_id``).

    Numbers are int64, texts string, ``opened_at`` UTC, ``status`` a category.
    """
    import pandas as pd

    table, rows = schema.mailings.c, schema.deliveries.c
    query = (
        sa.select(
            table.id, table.status, table.reason, table.template, table.account, table.role, table.channel,
            table.search, table.key, table.purpose, table.step, table.opened_at, table.opened_by,
        )
        .where(table.practice_id == practice_id)
        .order_by(table.id.desc())
    )  # fmt: skip
    tally = (
        sa.select(rows.mailing_id, rows.status, rows.reason, sa.func.count())
        .where(rows.practice_id == practice_id)
        .group_by(rows.mailing_id, rows.status, rows.reason)
    )
    with reading(engine) as connection:
        found = connection.execute(query).all()
        counted: dict[int, dict[tuple[str, str], int]] = {}
        for mailing_id, status, reason, count in connection.execute(tally):
            counted.setdefault(mailing_id, {})[status, reason] = count
    counts = [Tally(counted.get(row[0], {})).counts for row in found]
    frame = pd.DataFrame(
        [(*row, *(getattr(count, name) for name in _COUNTED)) for row, count in zip(found, counts, strict=True)],
        columns=list(MAILING_COLUMNS),
    )
    frame["opened_at"] = pd.to_datetime(frame["opened_at"], utc=True)
    frame["status"] = pd.Categorical(frame["status"], categories=[status.value for status in MailingStatus])
    numbers = dict.fromkeys(("mailing_id", *_COUNTED), "int64")
    texts = dict.fromkeys(set(MAILING_COLUMNS) - set(numbers) - {"opened_at", "status"}, "string")
    return frame.astype({**numbers, **texts})
