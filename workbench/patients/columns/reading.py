"""What every source of columns is made of: a table, its key, and groups of columns that are read together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows

Expression = sa.ColumnElement[Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The rows of a source that are being read: which they are, for which practice, on which day.

    `keys` are those that were found, in the order asked for; `values` holds what the groups need of the source's own
    table, a value a key.
    """

    connection: sa.Connection
    practice_id: str
    keys: Sequence[str]
    values: Mapping[str, rows.Values]
    today: date
    zone: ZoneInfo

    def among(self, column: Expression) -> sa.ColumnElement[bool]:
        """Say that a column of another table names one of the rows that are read."""
        return rows.among(column, self.keys, self.connection.dialect)

    def of_practice(self, *tables: sa.Table | sa.Alias) -> sa.ColumnElement[bool]:
        """Say that the rows of other tables are this practice's."""
        return sa.and_(*(table.c.practice_id == self.practice_id for table in tables))

    def along(self, found: Mapping[str, Any], missing: Any = None) -> list[Any]:
        """Return what was found, a value a key."""
        return [found.get(key, missing) for key in self.keys]

    def pairs(self, statement: sa.Select[Any]) -> dict[str, Any]:
        """Return what a statement of two columns finds, the second by the first."""
        return {row[0]: row[1] for row in self.connection.execute(statement)}

    def first_rows(
        self,
        table: sa.Table,
        columns: Iterable[Expression],
        *,
        order: Iterable[Expression],
        where: Iterable[Expression] = (),
        joined: sa.FromClause | None = None,
    ) -> dict[str, Any]:
        """Return of each patient the first row of a table in an order, by one statement."""
        place = sa.func.row_number().over(partition_by=table.c.patient_id, order_by=[*order]).label("_place")
        ranked = (
            sa.select(table.c.patient_id, *columns, place)
            .select_from(table if joined is None else joined)
            .where(self.of_practice(table), self.among(table.c.patient_id), *where)
            .subquery()
        )
        read = [column for column in ranked.c if column.name != "_place"]
        found = self.connection.execute(sa.select(*read).where(ranked.c["_place"] == 1))
        return {row[0]: row for row in found}


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
        read = [self.own[name].name for name in wanted if name in self.own]
        read = list(dict.fromkeys([*read, *(name for group in groups for name in group.needs)]))
        key = self.table.c[self.key]
        found = connection.execute(
            sa.select(key.label("_key"), *(self.table.c[name] for name in read)).where(
                self.table.c.practice_id == practice_id, rows.among(key, keys, connection.dialect)
            )
        )
        by_key = {row[0]: row for row in found}
        there = [one for one in dict.fromkeys(keys) if one in by_key]
        values = rows.columns_of([by_key[one] for one in there], ["_key", *read])
        reading = Reading(
            connection=connection, practice_id=practice_id, keys=there, values=values, today=today, zone=zone
        )
        columns = {
            name: _own_column(self.own[name], values[self.own[name].name], zone) for name in wanted if name in self.own
        }
        for group in groups:
            columns.update(group.read(reading))
        return pd.DataFrame({name: columns[name] for name in wanted}, index=pd.Index(rows.text(there), name=self.key))


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
