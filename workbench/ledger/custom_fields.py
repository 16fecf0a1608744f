"""The practice's own merge fields, and where what waits to leave still says one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.custom_fields import CustomField
from workbench.domain.deliveries import DeliveryStatus
from workbench.ledger import schema
from workbench.ledger.acts import write_act

_table = schema.custom_fields
_OPEN = (DeliveryStatus.PENDING.value, DeliveryStatus.SENDING.value, DeliveryStatus.IN_DOUBT.value)


class CustomFields:
    """The merge fields of one practice's own; one is archived, never deleted, and its number is not given again."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def keep(self, decide: Callable[[Sequence[CustomField]], CustomField], *, by: str, now: datetime) -> CustomField:
        """Keep the field that `decide` returns of all there are, archived ones too; journalled, old → new.

        Nothing else is kept meanwhile: of two workstations that add a field at once, each gets a number of its own, and
        of two that change the same one the later finds what the earlier wrote. What `decide` raises is raised, and
        nothing is written.
        """
        with writing(self._engine) as connection:
            alone(connection, f"custom_fields:{self._practice_id}")
            known = {field.code: field for field in self._read(connection)}
            field = decide([*known.values()])
            before = known.get(field.code)
            if field == before:
                return field
            connection.execute(_table.delete().where(self._mine(), _table.c.code == field.code))
            connection.execute(
                _table.insert(),
                {
                    "practice_id": self._practice_id,
                    "code": field.code,
                    "content": field.to_dict(),
                    "saved_at": now,
                    "saved_by": by,
                    "archived_at": now if field.archived else None,
                },
            )
            write_act(
                connection,
                self._practice_id,
                _what_happened(before, field),
                f"field:{field.code}",
                by=by,
                now=now,
                details=_changes(before, field),
            )
        return field

    def fields(self) -> list[CustomField]:
        """Return every field by code, archived ones too."""
        with reading(self._engine) as connection:
            return self._read(connection)

    def stamp(self) -> tuple[Any, ...]:
        """Return something that is another once anything was changed, by whichever program."""
        table = _table.c
        query = sa.select(table.code, table.saved_at, table.archived_at).where(self._mine()).order_by(table.code)
        with reading(self._engine) as connection:
            return tuple(tuple(row) for row in connection.execute(query))

    def waiting(self) -> list[tuple[int, int, dict[str, Any], dict[str, Any] | None]]:
        """Return what the open deliveries were frozen with: mailing, how many, email type and letterhead, as kept."""
        rows, revisions, letterheads = schema.deliveries.c, schema.template_revisions.c, schema.letterheads.c
        counted = (
            sa.select(rows.mailing_id, rows.template_revision_id, rows.letterhead_id, sa.func.count().label("count"))
            .where(rows.practice_id == self._practice_id, rows.status.in_(_OPEN))
            .group_by(rows.mailing_id, rows.template_revision_id, rows.letterhead_id)
            .subquery()
        )
        query = (
            sa.select(counted.c.mailing_id, counted.c.count, revisions.content, letterheads.content)
            .join(schema.template_revisions, revisions.id == counted.c.template_revision_id)
            .outerjoin(schema.letterheads, letterheads.id == counted.c.letterhead_id)
            .order_by(counted.c.mailing_id)
        )
        with reading(self._engine) as connection:
            return [(mailing, count, text, head) for mailing, count, text, head in connection.execute(query)]

    def _mine(self) -> sa.ColumnElement[bool]:
        return _table.c.practice_id == self._practice_id

    def _read(self, connection: sa.Connection) -> list[CustomField]:
        query = sa.select(_table.c.content, _table.c.archived_at).where(self._mine()).order_by(_table.c.code)
        return [
            CustomField.from_dict(content, archived=archived is not None)
            for content, archived in connection.execute(query)
        ]


def _what_happened(before: CustomField | None, after: CustomField) -> str:
    if before is None:
        return "field.added"
    if after.archived != before.archived:
        return "field.archived" if after.archived else "field.restored"
    return "field.changed"


def _changes(before: CustomField | None, after: CustomField) -> dict[str, Any]:
    """Return what is another than before, old and new; the texts are the practice's own, of no patient."""
    old, new = before.to_dict() if before else {}, after.to_dict()
    return {name: {"old": old.get(name), "new": value} for name, value in new.items() if old.get(name) != value}
