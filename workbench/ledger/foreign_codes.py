"""What a practice said that the codes of its old texts mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.ledger import schema
from workbench.ledger.acts import write_act

if TYPE_CHECKING:
    import pandas as pd

FOREIGN_CODE_COLUMNS = ("code", "field", "saved_at", "saved_by")


class ForeignCodes:
    """The codes of other programs that one practice gave a meaning; ``""`` leaves a code out."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def learn(self, meanings: Mapping[str, str], *, by: str, now: datetime) -> None:
        """Keep what codes mean, each in the place of what was said before; what is the same is not said again."""
        table = schema.foreign_codes
        with writing(self._engine) as connection:
            alone(connection, f"foreign_codes:{self._practice_id}")
            known = self._all(connection)
            for code, field in meanings.items():
                if known.get(code) == field:
                    continue
                connection.execute(table.delete().where(self._is(code)))
                connection.execute(
                    table.insert(),
                    {
                        "practice_id": self._practice_id,
                        "code": code,
                        "field": field,
                        "saved_at": now,
                        "saved_by": by,
                    },
                )
                self._act(connection, "foreign_code_set", code, by=by, now=now, details={"field": field})

    def forget(self, code: str, *, by: str, now: datetime) -> bool:
        """Forget what a code means, journalled, and tell whether it was known."""
        with writing(self._engine) as connection:
            known = bool(connection.execute(schema.foreign_codes.delete().where(self._is(code))).rowcount)
            if known:
                self._act(connection, "foreign_code_forgotten", code, by=by, now=now, details={})
        return known

    def all(self) -> Mapping[str, str]:
        """Return what every code means: the codes of fields, with blanks between, or ``""`` to leave it out."""
        with reading(self._engine) as connection:
            return self._all(connection)

    def frame(self) -> pd.DataFrame:
        """Return the same with who said it and when; columns ``code field saved_at saved_by``, by code."""
        import pandas as pd

        table = schema.foreign_codes.c
        query = sa.select(table.code, table.field, table.saved_at, table.saved_by).where(
            table.practice_id == self._practice_id
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(table.code)).all()
        frame = pd.DataFrame([tuple(row) for row in rows], columns=list(FOREIGN_CODE_COLUMNS))
        frame["saved_at"] = pd.to_datetime(frame["saved_at"], utc=True)
        return frame.astype({"code": "string", "field": "string", "saved_by": "string"})

    def _all(self, connection: sa.Connection) -> dict[str, str]:
        table = schema.foreign_codes.c
        query = sa.select(table.code, table.field).where(table.practice_id == self._practice_id).order_by(table.code)
        return {row.code: row.field for row in connection.execute(query)}

    def _is(self, code: str) -> sa.ColumnElement[bool]:
        table = schema.foreign_codes.c
        return sa.and_(table.practice_id == self._practice_id, table.code == code)

    def _act(
        self, connection: sa.Connection, what: str, code: str, *, by: str, now: datetime, details: Mapping[str, str]
    ) -> None:
        write_act(connection, self._practice_id, what, f"foreign_code:{code}", by=by, now=now, details=details)
