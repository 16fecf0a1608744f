"""The journal of acts: who did what, when, to which object. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import reading, writing
from workbench.ledger import schema

if TYPE_CHECKING:
    import pandas as pd

ACT_COLUMNS = ("act_id", "at", "by", "what", "object", "details")


def write_act(
    connection: sa.Connection,
    practice_id: str,
    what: str,
    object_key: str,
    *,
    by: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add an act inside the transaction that performs it: either both are there, or neither."""
    connection.execute(
        schema.acts.insert(),
        {"practice_id": practice_id, "at": now, "by": by, "what": what, "object": object_key, "details": details or {}},
    )


class Acts:
    """The acts of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def record(
        self, what: str, object_key: str, *, by: str, now: datetime, details: Mapping[str, Any] | None = None
    ) -> None:
        """Journal an act that is not the ledger's own, such as a correction in a patient's file.

        `object_key` names the object by kind and key (``patient:1042``); no name, address or value of a patient
        belongs in `details` (P12).
        """
        with writing(self._engine) as connection:
            write_act(connection, self._practice_id, what, object_key, by=by, now=now, details=details)

    def acts(self, object_key: str | None = None) -> pd.DataFrame:
        """Return the acts, oldest first; all of them or those about one object.

        Columns ``act_id at by what object details``: UTC times, texts, and a dict.
        """
        table = schema.acts.c
        query = (
            sa.select(table.id, table.at, table.by, table.what, table.object, table.details)
            .where(table.practice_id == self._practice_id)
            .order_by(table.id)
        )
        if object_key is not None:
            query = query.where(table.object == object_key)
        return self._frame(query)

    def of_kind(self, what: str, *, since: datetime) -> pd.DataFrame:
        """Return the acts of a kind since an instant, oldest first; columns as `acts`."""
        table = schema.acts.c
        return self._frame(
            sa.select(table.id, table.at, table.by, table.what, table.object, table.details)
            .where(table.practice_id == self._practice_id, table.what == what, table.at >= since)
            .order_by(table.id)
        )

    def _frame(self, query: sa.Select[Any]) -> pd.DataFrame:
        import pandas as pd

        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        frame = pd.DataFrame([tuple(row) for row in rows], columns=list(ACT_COLUMNS))
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        return frame.astype({"act_id": "int64", "by": "string", "what": "string", "object": "string"})
