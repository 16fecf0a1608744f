"""Mailings that are being prepared, each kept as it is done, so that nothing is lost with a tab or a kernel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import reading, writing
from workbench.domain.drafts import Draft, Step
from workbench.domain.identities import Identity
from workbench.domain.mailings import MailingStatus
from workbench.ledger import schema

_table = schema.drafts
_ENDED = (MailingStatus.FINISHED, MailingStatus.CANCELLED)
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

    def since(self, moment: datetime, *, kind: str, by: str, host: str) -> list[Draft]:
        """Return somebody's drafts of a kind, at one computer, touched since then, the latest first.

        Parameters
        ----------
        kind
            How their keys begin (``TEXT_KEY``, ``LETTER_KEY``).
        """
        mine = [_table.c.by == by, _table.c.host == host]
        query = self._latest(self._read(), moment).where(*mine, _table.c.key.startswith(kind, autoescape=True))
        with reading(self._engine) as connection:
            return [_draft(row) for row in connection.execute(query)]

    def heads(self, moment: datetime, *, kind: str = "") -> list[Draft]:
        """Return the drafts of a kind that somebody touched since then, the latest first, each without its content.

        A mailing that ended, or is gone, is no draft any more.

        Parameters
        ----------
        kind
            How their keys begin; of mailings they begin in no such way.
        """
        mailings = schema.mailings.c
        mine = sa.and_(mailings.id == _table.c.mailing_id, mailings.practice_id == _table.c.practice_id)
        columns = [column for column in _table.c if column.name != "content"]
        query = self._latest(sa.select(*columns).outerjoin(schema.mailings, mine), moment).where(
            _table.c.key.startswith(kind, autoescape=True) if kind else ~_table.c.key.contains(":"),
            sa.or_(_table.c.mailing_id.is_(None), mailings.status.not_in([status.value for status in _ENDED])),
        )
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

    def _latest(self, query: sa.Select[Any], moment: datetime) -> sa.Select[Any]:
        mine = [_table.c.practice_id == self._practice_id, _table.c.saved_at >= moment]
        return query.where(*mine).order_by(_table.c.saved_at.desc(), _table.c.key)

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
