"""Statements that run tens of thousands of times a mailing, compiled once for their database and given plain values.

Compiling and converting each row anew through SQLAlchemy costs several times what the database itself does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from workbench.databases import driven
from workbench.ledger import schema

_NAMED = re.compile(r"%\((\w+)\)s")


class Prepared:
    """A statement compiled once, run for many rows of plain values.

    Parameters
    ----------
    names
        The names of the statement's parameters, in the order in which each row gives their values.
    """

    def __init__(self, statement: sa.Insert | sa.Update, dialect: sa.Dialect, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect)
        order: Sequence[str] | None = getattr(compiled, "positiontup", None)
        self.sql = str(compiled)
        if order is None:  # parameters by name: by their place from now on
            order = _NAMED.findall(self.sql)
            self.sql = _NAMED.sub("%s", self.sql)
        self._ordered = None if [*order] == [*names] else itemgetter(*map(names.index, order))

    def run(self, connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Run the statement for each row, in the transaction that is open, and return how many rows it changed.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            As SQLAlchemy raises it, without the values.
        """
        if not rows:
            return 0
        with driven(connection) as cursor:
            cursor.executemany(self.sql, rows if self._ordered is None else [*map(self._ordered, rows)])
            return int(cursor.rowcount)


@lru_cache(maxsize=32)
def inserting(table: sa.Table, dialect: sa.Dialect) -> Prepared:
    """Return the statement that adds rows to a table, each the values of all its columns in their order."""
    values = {column.name: sa.bindparam(column.name, type_=column.type) for column in table.columns}
    return Prepared(table.insert().values(values), dialect, [*values])


@lru_cache(maxsize=8)
def instants(dialect: sa.Dialect) -> Callable[[datetime], Any]:
    """Return what turns a moment into the driver's value for it; many rows share one."""
    convert = schema.Instant().dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=256)(convert) if convert is not None else lambda moment: moment


json_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
"""Writes a value as both databases take it for JSON."""


@lru_cache(maxsize=64)
def json_list(items: tuple[str, ...]) -> str:
    """Return a list of texts as `json_text` does; many rows share one."""
    return json_text(items)


def among(column: sa.ColumnElement[Any], numbers: Collection[int], dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Say that a column holds one of these numbers, however many, as one parameter."""
    if dialect.name == "postgresql":
        return column == sa.any_(sa.bindparam(None, list(numbers), type_=ARRAY(sa.BigInteger)))
    listed = sa.func.json_each(json_text(list(numbers))).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def new_numbers(connection: sa.Connection, table: sa.Table, count: int) -> list[int]:
    """Return the numbers of rows that this transaction is about to add, in order."""
    if connection.dialect.name == "postgresql":
        sequence = sa.func.nextval(sa.func.pg_get_serial_sequence(table.name, "id"))
        return list(connection.execute(sa.select(sequence).select_from(sa.func.generate_series(1, count))).scalars())
    # There is no other writer until this transaction ends.
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()
    return list(range(last + 1, last + 1 + count))
