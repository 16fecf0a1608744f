"""The list of mailings with their counts, and which of them is the latest."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.databases import reading
from workbench.domain.mailings import TO_ONESELF, MailingStatus, Tally
from workbench.ledger import schema

if TYPE_CHECKING:
    import pandas as pd

MAILING_COLUMNS = (
    "mailing_id", "status", "reason", "template", "account", "role", "channel", "search", "key", "purpose", "step",
    "opened_at", "opened_by", "sent", "failed", "in_doubt", "skipped", "pending", "cancelled",
)  # fmt: skip
_COUNTED = MAILING_COLUMNS[-6:]


def latest_mailing(connection: sa.Connection, practice_id: str) -> int | None:
    """Return the mailing queued last: the newest act of queueing tells, else the newest number.

    What the practice wrote to itself (`TO_ONESELF`) is none.
    """
    acts, mailings = schema.acts.c, schema.mailings.c
    to_oneself = sa.or_(*(mailings.key.startswith(begins, autoescape=True) for begins in TO_ONESELF))
    ours = sa.select("mailing:" + sa.cast(mailings.id, sa.Text)).where(mailings.practice_id == practice_id, to_oneself)
    queued = connection.execute(
        sa.select(acts.object)
        .where(acts.practice_id == practice_id, acts.what == "mailing_queued", acts.object.not_in(ours))
        .order_by(acts.id.desc())
        .limit(1)
    ).scalar()
    if queued is not None:
        return int(queued.removeprefix("mailing:"))
    newest = sa.select(sa.func.max(mailings.id)).where(mailings.practice_id == practice_id, sa.not_(to_oneself))
    return connection.execute(newest).scalar()


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


def sent_to_one(engine: sa.Engine, practice_id: str, *, since: datetime) -> dict[str, int]:
    """Return of how many mailings of a single message each email type was, by its path, the most used first.

    At most two messages of a mailing are looked at, however long it is.
    """
    table, rows = schema.mailings.c, schema.deliveries
    theirs = sa.select(rows.c.id).where(rows.c.practice_id == practice_id, rows.c.mailing_id == table.id)
    first_two = theirs.limit(2).correlate(schema.mailings).subquery()
    to_oneself = sa.or_(*(table.key.startswith(begins, autoescape=True) for begins in TO_ONESELF))
    count = sa.func.count()
    query = (
        sa.select(table.template, count)
        .where(table.practice_id == practice_id, table.opened_at >= since, sa.not_(to_oneself))
        .where(sa.select(sa.func.count()).select_from(first_two).scalar_subquery() == 1)
        .group_by(table.template)
        .order_by(count.desc(), table.template)
    )
    with reading(engine) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


UNFINISHED_COLUMNS = ("mailing_id", "status", "reason", "template", "opened_at", "opened_by", "pending", "in_doubt")
_ENDED = (MailingStatus.FINISHED.value, MailingStatus.CANCELLED.value)


def unfinished_frame(engine: sa.Engine, practice_id: str) -> pd.DataFrame:
    """Return the mailings that have not ended and those with a row nobody is certain of, the newest first.

    Columns `UNFINISHED_COLUMNS`; dtypes as in `mailings_frame`.
    """
    import pandas as pd

    table, rows = schema.mailings.c, schema.deliveries.c
    # Spelled as in the indexes of what is uncertain, due and held, so that the other deliveries are not looked at.
    uncertain = rows.status == sa.literal_column("'in_doubt'")
    due = [rows.status == sa.literal_column("'pending'"), rows.sender_id.is_(None)]
    held = [rows.sender_id.is_not(None), rows.status.in_(["pending", "sending"])]
    counted = (
        sa.select(rows.mailing_id, sa.func.count()).where(rows.practice_id == practice_id).group_by(rows.mailing_id)
    )
    query = (
        sa.select(table.id, table.status, table.reason, table.template, table.opened_at, table.opened_by)
        .where(table.practice_id == practice_id)
        .order_by(table.id.desc())
    )
    with reading(engine) as connection:
        doubts = {row[0]: row[1] for row in connection.execute(counted.where(uncertain))}
        found = connection.execute(query.where(sa.or_(table.status.not_in(_ENDED), table.id.in_(list(doubts))))).all()
        open_ones = [row.id for row in found if row.status not in _ENDED]
        waiting: Counter[int] = Counter()
        for where in (due, held):
            waiting.update(
                {row[0]: row[1] for row in connection.execute(counted.where(rows.mailing_id.in_(open_ones), *where))}
            )
    told = [(*row, waiting[row[0]], doubts.get(row[0], 0)) for row in found]
    frame = pd.DataFrame(told, columns=list(UNFINISHED_COLUMNS))
    frame["opened_at"] = pd.to_datetime(frame["opened_at"], utc=True)
    return frame.astype(
        {
            **dict.fromkeys(("mailing_id", "pending", "in_doubt"), "int64"),
            **dict.fromkeys(("status", "reason", "template", "opened_by"), "string"),
        }
    )
