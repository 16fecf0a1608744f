"""What messages said, taken away: emptied in the ledger, and written over in its file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from workbench.databases import sqlite_path
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK, slices

_rows, _letters = schema.deliveries.c, schema.letters.c


def empty_letters(connection: sa.Connection, practice_id: str, numbers: Sequence[int], *, now: datetime) -> None:
    """Take what these messages said away, and the texts that were written for them alone."""
    for some in slices(numbers, CHUNK):
        mine = [_letters.delivery_id.in_(some), _letters.emptied_at.is_(None)]
        connection.execute(schema.letters.update().where(*mine), {"content": {}, "emptied_at": now})
        _empty_one_offs(connection, practice_id, some)


def _empty_one_offs(connection: sa.Connection, practice_id: str, numbers: Sequence[int]) -> None:
    """Empty the texts that were written for these messages alone, once no message needs them: they are the message.

    They are found by the mailings that were made of them.
    """
    templates, revisions, mailings = schema.templates, schema.template_revisions, schema.mailings
    theirs = (
        sa.select(templates.c.id, templates.c.path)
        .distinct()
        .join_from(schema.deliveries, revisions, _rows.template_revision_id == revisions.c.id)
        .join(templates, templates.c.id == revisions.c.template_id)
        .where(_rows.id.in_(numbers), templates.c.one_off.is_(sa.true()))
    )
    for template_id, path in connection.execute(theirs).all():
        full = (
            sa.select(_rows.id)
            .join_from(mailings, schema.deliveries, _rows.mailing_id == mailings.c.id)
            .join(schema.letters, _letters.delivery_id == _rows.id)
            .where(
                mailings.c.practice_id == practice_id,
                mailings.c.template == path,
                _rows.practice_id == practice_id,
                _letters.emptied_at.is_(None),
            )
            .limit(1)
        )
        if connection.execute(full).first() is not None:
            continue
        query = sa.select(revisions.c.id, revisions.c.content).where(revisions.c.template_id == template_id)
        for number, content in connection.execute(query).all():
            bare = {**content, "subject": "", "html": "", "text": None}
            connection.execute(revisions.update().where(revisions.c.id == number), {"content": bare, "digest": ""})


def overwriting(connection: sa.Connection) -> None:
    """Have SQLite write zeros over what is taken away, instead of leaving it in the file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def compact(engine: sa.Engine) -> bool:
    """Write a SQLite file anew, so that nothing that was taken away is left in its unused parts; tells whether.

    A server does so by itself (PostgreSQL's autovacuum). It is not done while another program writes.
    """
    if sqlite_path(engine.url) is None:
        return True
    with contextlib.closing(engine.raw_connection()) as connection:
        try:
            connection.cursor().execute("VACUUM")
            busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            return False
    return not busy
