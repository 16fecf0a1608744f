"""What every source of columns is made of: a table, its key, and groups of columns that are read together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows

Expression = sa.ColumnElement[Any]

_MANY = 2_000
"""From so many rows on it is worth asking whether they are most of the table."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The rows of a source that are being read: which they are, for which practice, on which day.

    `keys` are those that were found, in the order asked for; `values` holds what the groups need of the source's own
    table, a value a key. When they are `most` rows of their table, other tables are read whole rather than row by row.
    """

    connection: sa.Connection
    practice_id: str
    keys: Sequence[str]
    values: Mapping[str, rows.Values]
    most: bool
    today: date
    zone: ZoneInfo

    def rows_of(
        self,
        by: sa.Column[Any],
        *columns: Expression,
        where: Iterable[Expression] = (),
        order: Iterable[Expression] = (),
        among: Collection[str] | None = None,
    ) -> Sequence[Any]:
        """Return the rows of a table that name, in its column `by`, rows that are read (else `among`).

        Each row begins with `by`; of most rows of a table, some that nobody asked for come with them.
        """
        wanted = self.keys if among is None else among
        found = self.connection.execute(
            sa.select(by, *columns)
            .where(*_theirs(self.connection, self.practice_id, by, wanted, most=self.most), *where)
            .order_by(*order)
        )
        return found.all()

    def whole(self, table: sa.Table) -> dict[str | None, dict[str, Any]]:
        """Return a small table of the practice whole, by its key."""
        key = next(column.name for column in table.primary_key if column.name != "practice_id")
        found = self.connection.execute(sa.select(table).where(table.c.practice_id == self.practice_id))
        return {row[key]: dict(row) for row in found.mappings()}

    def along(self, found: Mapping[str, Any], missing: Any = None) -> list[Any]:
        """Return what was found, a value a key."""
        return [found.get(key, missing) for key in self.keys]


def _theirs(
    connection: sa.Connection, practice_id: str, by: sa.Column[Any], keys: Collection[str], *, most: bool
) -> list[sa.ColumnElement[bool]]:
    practice: Expression = by.table.c.practice_id
    if not most:
        return [practice == practice_id, rows.among(by, keys, connection.dialect)]
    if connection.dialect.name == "sqlite":
        # An index on the practice would only send it to each row of a practice's table in turn: four times as long.
        practice = sa.func.coalesce(practice, "")
    return [practice == practice_id, by.is_not(None)]


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that are looked for together in other tables, by a fixed number of statements however many the rows.

    `read` returns whole columns, a value a key of the reading; `needs` names what it wants of the source's own table.
    """

    names: tuple[str, ...]
    read: Callable[[Reading], Mapping[str, Any]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A table whose rows have columns: its own, and groups of them looked for elsewhere.

    Its own columns keep their names, but money loses its ``_cents`` and may have another name (`renamed`: from the
    column to its name); those in `hidden` are not given.
    """

    table: sa.Table
    key: str
    groups: tuple[Group, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @cached_property
    def own(self) -> dict[str, sa.Column[Any]]:
        """The columns of the table itself, by the names they are given under."""
        return {
            self.renamed.get(column.name, column.name.removesuffix("_cents")): column
            for column in self.table.columns
            if column.name != "practice_id" and column.name not in self.hidden
        }

    @cached_property
    def names(self) -> frozenset[str]:
        """The name of every column of the source."""
        return frozenset(self.own).union(*(group.names for group in self.groups))

    def frame(
        self,
        connection: sa.Connection,
        practice_id: str,
        keys: Sequence[str],
        wanted: Sequence[str],
        *,
        today: date,
        zone: ZoneInfo,
    ) -> pd.DataFrame:
        """Return the wanted columns of the rows with these keys, in their order; unknown keys are absent."""
        groups = [group for group in self.groups if not set(group.names).isdisjoint(wanted)]
        needed = [self.own[name].name for name in wanted if name in self.own]
        needed = list(dict.fromkeys([*needed, *(name for group in groups for name in group.needs)]))
        most = self._are_most(connection, practice_id, keys)
        key = self.table.c[self.key]
        found = connection.execute(
            sa.select(key.label("_key"), *(self.table.c[name] for name in needed)).where(
                *_theirs(connection, practice_id, key, keys, most=most)
            )
        )
        by_key = {row[0]: row for row in found.all()}
        there = [one for one in dict.fromkeys(keys) if one in by_key]
        values = rows.columns_of([by_key[one] for one in there], ["_key", *needed])
        reading = Reading(
            connection=connection,
            practice_id=practice_id,
            keys=there,
            values=values,
            most=most,
            today=today,
            zone=zone,
        )
        columns = {
            name: _own_column(self.own[name], values[self.own[name].name], zone) for name in wanted if name in self.own
        }
        for group in groups:
            columns.update(group.read(reading))
        return pd.DataFrame({name: columns[name] for name in wanted}, index=pd.Index(rows.text(there), name=self.key))

    def _are_most(self, connection: sa.Connection, practice_id: str, keys: Sequence[str]) -> bool:
        """Tell whether so many rows are asked for that the table is read faster whole than they are looked up."""
        if len(keys) < _MANY:
            return False
        there = sa.select(sa.func.count()).where(self.table.c.practice_id == practice_id)
        return 2 * len(keys) > connection.execute(there).scalar_one()


def _own_column(column: sa.Column[Any], values: rows.Values, zone: ZoneInfo) -> Any:
    if column.name.endswith("_cents"):
        return rows.money(values)
    if isinstance(column.type, sa.DateTime):
        return rows.moment(values, zone)
    if isinstance(column.type, sa.Date):
        return rows.day(values)
    if isinstance(column.type, sa.Boolean):
        return rows.flag(values)
    if isinstance(column.type, sa.Integer):
        return rows.number(values)
    return rows.text([one or None for one in values])
