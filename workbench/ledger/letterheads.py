"""The letterheads that deliveries were frozen with: kept once each, never changed (P7, DESIGN 8.6)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.letterheads import Letterhead
from workbench.errors import UnknownTemplate
from workbench.language import _
from workbench.ledger import schema

_table = schema.letterheads


class Letterheads:
    """The letterheads of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def keep(self, letterhead: Letterhead, *, now: datetime) -> int:
        """Keep a letterhead, once, and return its number."""
        digest = letterhead.digest()
        query = sa.select(_table.c.id).where(_table.c.practice_id == self._practice_id, _table.c.digest == digest)
        with reading(self._engine) as connection:
            known = connection.execute(query).scalar_one_or_none()
        if known is not None:
            return int(known)
        with writing(self._engine) as connection:
            alone(connection, f"letterheads:{self._practice_id}")
            known = connection.execute(query).scalar_one_or_none()
            if known is None:
                values = {
                    "practice_id": self._practice_id,
                    "digest": digest,
                    "content": letterhead.to_dict(),
                    "saved_at": now,
                }
                known = connection.execute(_table.insert().returning(_table.c.id), values).scalar_one()
        return int(known)

    def letterhead(self, number: int) -> Letterhead:
        """Return a letterhead by its number.

        Raises
        ------
        UnknownTemplate
            When there is none.
        """
        query = sa.select(_table.c.content).where(_table.c.practice_id == self._practice_id, _table.c.id == number)
        with reading(self._engine) as connection:
            found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise UnknownTemplate(_("There is no letterhead number {number}.").format(number=number))
        return Letterhead.from_dict(found)
