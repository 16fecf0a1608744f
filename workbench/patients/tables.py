"""Whole tables of the patient store as frames: the columns that are for reading, the rows of one practice."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.domain.tables import TABLE_COLUMNS
from workbench.errors import UnknownName
from workbench.language import _
from workbench.patients import rows
from workbench.patients.schema import metadata

_STORED_AS = {"groups": "patient_groups"}
"""Where a table's name in the database is another one (``groups`` is a word of SQL)."""

_CATEGORIES = frozenset(
    {
        "channel", "civility", "declined_by", "file_state", "kind", "language", "media_type", "method", "nature",
        "patient_type", "relation", "role", "sex", "stage", "state", "view",
    }
)  # fmt: skip
_OF_PEOPLE = frozenset({"patient_id", "person_id", "correspondent_id", "practitioner_id"})
_ACTED_AT = frozenset({"at", "copied_back_at", "recorded_at"})
"""When somebody did something: kept as UTC texts."""


def table_frame(connection: sa.Connection, practice_id: str, name: str, *, zone: ZoneInfo) -> pd.DataFrame:
    """Return a table of one practice, in the order of its key; columns as in ``domain.tables.TABLE_COLUMNS``.

    ``frame.attrs["of_people"]`` tells whether its rows speak of somebody.

    Raises
    ------
    UnknownName
        When there is no such table; the sentence names those there are.
    """
    if name not in TABLE_COLUMNS:
        raise UnknownName(
            _("There is no table called « {name} ». The tables are: {known}.").format(
                name=name, known=", ".join(sorted(TABLE_COLUMNS))
            )
        )
    table = metadata.tables[_STORED_AS.get(name, name)]
    shown = TABLE_COLUMNS[name]
    stored = [table.c[f"{one}_cents"] if f"{one}_cents" in table.c else table.c[one] for one in shown]
    key = [column for column in table.primary_key if column.name != "practice_id"]
    with rows.undisturbed():
        found = connection.execute(sa.select(*stored).where(table.c.practice_id == practice_id).order_by(*key)).all()
        values = rows.columns_of(found, shown)
        frame = pd.DataFrame(
            {one: _column(column, values[one], zone) for one, column in zip(shown, stored, strict=True)}
        )
    # A notebook keeps nothing of it, whatever its columns are called (P12).
    frame.attrs["of_people"] = not _OF_PEOPLE.isdisjoint(shown)
    return frame


def _column(column: sa.Column[Any], values: rows.Values, zone: ZoneInfo) -> Any:
    if column.name.endswith("_cents"):
        return rows.money(values)
    if column.name in _ACTED_AT:
        return pd.to_datetime(pd.Series(values, dtype="string"), format="ISO8601", utc=True).astype(
            "datetime64[us, UTC]"
        )
    if isinstance(column.type, sa.DateTime):
        return rows.moment(values, zone)
    if isinstance(column.type, sa.Date):
        return rows.day(values)
    if isinstance(column.type, sa.Boolean):
        return rows.flag(values)
    if isinstance(column.type, sa.Integer):
        return rows.number(values)
    return rows.category(values) if column.name in _CATEGORIES else rows.text(values)
