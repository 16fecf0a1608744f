"""The kept files that went with messages: which of them nothing needs any more (F16)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

import sqlalchemy as sa

from workbench.databases import reading
from workbench.domain.deliveries import OPEN, DeliveryStatus
from workbench.ledger import schema

_S = DeliveryStatus
_rows, _letters = schema.deliveries.c, schema.letters.c
_DIGEST = re.compile("[0-9a-f]{64}")
"""By what a kept file is named, wherever a text or a list names it."""


def unkept_letterheads(engine: sa.Engine, practice_id: str, option: str) -> set[int]:
    """Return the letterheads that say no to an option."""
    table = schema.letterheads.c
    query = sa.select(table.id, table.content).where(table.practice_id == practice_id)
    with reading(engine) as connection:
        return {row.id for row in connection.execute(query) if not row.content.get(option, True)}


def unneeded_files(
    engine: sa.Engine, practice_id: str, numbers: Collection[int] | None = None, *, also: Collection[str] = ()
) -> set[str]:
    """Return the kept files that went with messages and that nothing needs any more; see `Keeping.unneeded_files`."""
    unkept = unkept_letterheads(engine, practice_id, "keep_attachments")
    waiting = {status.value for status in (*OPEN, _S.IN_DOUBT, _S.FAILED)}
    query = (
        sa.select(
            _rows.id, _rows.status, _rows.letterhead_id, _letters.emptied_at,
            sa.cast(_letters.attachments, sa.Text).label("attachments"),
        )
        .join_from(schema.deliveries, schema.letters)
        .where(_rows.practice_id == practice_id, sa.cast(_letters.attachments, sa.Text) != "[]")
        .execution_options(yield_per=1000)
    )  # fmt: skip
    gone = {*also}
    chosen = None if numbers is None else set(numbers)
    lists: dict[str, list[str]] = {}
    with reading(engine) as connection:
        needed, prepared = _named_elsewhere(connection, practice_id), _named_in_drafts(connection, practice_id)
        for row in connection.execute(query):
            files = lists.setdefault(row.attachments, [])
            if not files:
                files += json.loads(row.attachments)
            emptied = row.emptied_at is not None
            if not emptied and (row.status in waiting or row.letterhead_id not in unkept):
                needed.update(files)
            elif chosen is None or row.id in chosen:
                gone.update(files)
    return {name for name in gone - needed if name.partition("/")[0] not in prepared}


def _named_in_drafts(connection: sa.Connection, practice_id: str) -> set[str]:
    """Return the digests of all that drafts name: files to go with a message, and pictures that a text shows."""
    table = schema.drafts.c
    query = sa.select(sa.cast(table.content, sa.Text)).where(table.practice_id == practice_id)
    return {digest for content in connection.execute(query).scalars() for digest in _DIGEST.findall(content)}


def _named_elsewhere(connection: sa.Connection, practice_id: str) -> set[str]:
    """Return the files that email types, signatures and letterheads name; those of one message are its own."""
    templates, revisions = schema.templates, schema.template_revisions
    contents = [
        sa.select(revisions.c.content).join(templates).where(
            templates.c.practice_id == practice_id, templates.c.one_off.is_(sa.false())
        ),
        *(
            sa.select(table.c.content).where(table.c.practice_id == practice_id)
            for table in (schema.signatures, schema.letterheads)
        ),
    ]  # fmt: skip
    named: set[str] = set()
    for query in contents:
        for content in connection.execute(query).scalars():
            named.update(content.get("attachments", ()), content.get("pictures", ()))
    return named
