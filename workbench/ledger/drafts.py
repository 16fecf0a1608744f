"""Mailings that are being prepared, each kept as it is done, so that nothing is lost with a tab or a kernel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import reading, writing
from workbench.domain.drafts import Draft, Step
from workbench.domain.identities import Identity
from workbench.ledger import schema

_table = schema.drafts
_KEPT = ("by", "host", "search", "parameters", "template", "purpose", "step", "content", "mailing_id", "saved_at")


class Drafts:
    """The drafts of one practice. They are no acts: what is only prepared is not journalled."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def save(self, draft: Draft) -> None:
        """Keep a draft as it stands, in the place of what was kept of it before."""
        row = {name: getattr(draft, name) for name in ("key", "begun_at", *_KEPT)}
        row |= {
            "practice_id": self._practice_id,
            "parameters": dict(draft.parameters),
            "content": dict(draft.content),
            "step": str(draft.step),
        }
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_table).values(row)
        changed = {name: statement.excluded[name] for name in _KEPT}
        with writing(self._engine) as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[_table.c.practice_id, _table.c.key], set_=changed)
            )

    def draft(self, key: str) -> Draft | None:
        """Return a draft; nothing when there is none of this key."""
        with reading(self._engine) as connection:
            found = connection.execute(self._read().where(_table.c.key == key)).one_or_none()
        return None if found is None else _draft(found)

    def since(self, moment: datetime) -> list[Draft]:
        """Return the drafts that somebody touched since then, the latest first."""
        query = self._read().where(_table.c.saved_at >= moment).order_by(_table.c.saved_at.desc(), _table.c.key)
        with reading(self._engine) as connection:
            return [_draft(row) for row in connection.execute(query)]

    def forget(self, key: str) -> bool:
        """Forget a draft, and tell whether there was one."""
        return self._delete(_table.c.key == key) > 0

    def expire(self, before: datetime) -> int:
        """Forget the drafts that nobody touched since then; return how many."""
        return self._delete(_table.c.saved_at < before)

    def _delete(self, where: sa.ColumnElement[bool]) -> int:
        with writing(self._engine) as connection:
            return connection.execute(_table.delete().where(_table.c.practice_id == self._practice_id, where)).rowcount

    def _read(self) -> sa.Select[Any]:
        return sa.select(_table).where(_table.c.practice_id == self._practice_id)


def forget_in_drafts(connection: sa.Connection, practice_id: str, patient: Identity) -> int:
    """Take a patient out of every draft of a practice; return how many told of the patient and are forgotten whole."""
    forgotten = 0
    for row in connection.execute(sa.select(_table).where(_table.c.practice_id == practice_id)).all():
        before = _draft(row)
        after = before.without_patient(patient)
        mine = sa.and_(_table.c.practice_id == practice_id, _table.c.key == row.key)
        if after is None:
            forgotten += connection.execute(_table.delete().where(mine)).rowcount
        elif after != before:
            connection.execute(_table.update().where(mine), {"content": dict(after.content)})
    return forgotten


def _draft(row: Any) -> Draft:
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's values
    values.pop("practice_id")
    return Draft(**{**values, "step": Step(values["step"])})
