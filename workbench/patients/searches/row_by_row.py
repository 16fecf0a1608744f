"""Conditions on the practice's own words: looked at row by row, after an index has found the rows by something better.

The words stand in indexes, which tell what there is to choose from. Half of the rows share a word, so an index on them
is a poor way to rows, and SQLite, which does not count them, would prefer it to one on the days asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class RowByRow(FunctionElement[Any]):
    """A column whose index is not taken to find rows."""

    name = "row_by_row"
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(RowByRow)
def _as_it_is(element: RowByRow, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(RowByRow, "sqlite")
def _in_sqlite(element: RowByRow, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"  # SQLite's own sign for it


def holds_one_of(column: sa.ColumnElement[Any], words: Sequence[str]) -> sa.ColumnElement[bool]:
    """Say that a column of the practice's own words holds one of `words`."""
    one = RowByRow(column)
    return one == words[0] if len(words) == 1 else one.in_(words)
