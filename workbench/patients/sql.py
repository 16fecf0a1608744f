"""Answer a question that somebody wrote in SQL, and never change a thing: the connection itself refuses."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError

from workbench.databases import reading
from workbench.errors import BadValue, ReadOnlyStore
from workbench.language import _
from workbench.patients import rows

_ASIDE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*", re.DOTALL)
_QUESTION = re.compile(r"(?:select|with|values)\b", re.IGNORECASE)

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


def sql_frame(engine: sa.Engine, question: str, values: Mapping[str, object]) -> pd.DataFrame:
    """Return what a ``select`` finds; ``:name`` in it stands for a value.

    Texts are ``string``, numbers ``Int64`` or ``Float64``; days and moments are as the database keeps them (SQLite
    keeps texts). ``frame.attrs["of_people"]`` is set.

    Raises
    ------
    ReadOnlyStore
        When it would do anything but read.
    BadValue
        When it is not one question that the database understands, or a value is missing.
    """
    if _QUESTION.match(question, _whole(_ASIDE.match(question))) is None:
        raise ReadOnlyStore(
            _("Only questions are answered here: begin with SELECT. Nothing was read, nothing was changed.")
        )
    # A trailing semicolon is how people end a question; anything after it would be another one.
    statement = sa.text(question.strip().removesuffix(";"))
    with reading(engine) as connection, connection.begin():
        try:
            with rows.undisturbed(), _only_reading(connection):
                answer = connection.execute(statement, dict(values))
                found, names = answer.all(), list(answer.keys())
        except DBAPIError as error:
            raise _refused(error) from None
        except StatementError as error:
            raise BadValue(
                _("A value is missing: write sql(question, name=value) for each :name in the question.")
            ) from error
    frame = pd.DataFrame.from_records([tuple(row) for row in found], columns=names)
    typed = frame.apply(_typed).convert_dtypes() if len(frame) else frame
    # Nobody can tell what a column of a free question holds: a notebook keeps nothing of it (P12).
    typed.attrs["of_people"] = True
    return typed


def _whole(found: re.Match[str] | None) -> int:
    return found.end() if found else 0


@contextlib.contextmanager
def _only_reading(connection: sa.Connection) -> Iterator[None]:
    """Have the database itself refuse whatever is not reading, and more than one statement."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        # Not even another file may be attached, or a setting changed: what is not named above is denied.
        driver.set_authorizer(lambda action, *_rest: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY)
        try:
            yield
        finally:
            driver.set_authorizer(None)
        return
    if connection.dialect.name != "postgresql":
        raise ReadOnlyStore(_("Questions in SQL are answered on SQLite and PostgreSQL only."))
    connection.execute(sa.text("SET TRANSACTION READ ONLY"))
    # A statement that is prepared is a single one: the server takes no second one behind it, no COMMIT.
    before, driver.prepare_threshold = driver.prepare_threshold, 0
    try:
        yield
    finally:
        driver.prepare_threshold = before


def _refused(error: DBAPIError) -> ReadOnlyStore | BadValue:
    """Tell why a question has no answer; what the database says is passed on only where it speaks of the question.

    A value that cannot be converted is quoted by PostgreSQL, and it may be a patient's name (P12).
    """
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    said = str(cause).strip().splitlines()[0] if str(cause).strip() else ""
    if state == "25006" or "not authorized" in said or "prohibited" in said:
        return ReadOnlyStore(_("The patient store is only read here; nothing was changed."))
    if "one statement at a time" in said or "multiple commands" in said:
        return BadValue(_("Ask one question at a time: a single SELECT, without a semicolon in the middle."))
    speaks_of_the_question = state is None or state.startswith("42")
    return BadValue(
        _("The database cannot answer this question: {cause}.").format(
            cause=said.rstrip(".") if speaks_of_the_question else type(cause).__name__
        )
    )


def _typed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of what the database's own days and decimal numbers are in a frame."""
    if column.dtype != object:
        return column
    some = column.dropna()
    if len(some) and all(type(one) is date for one in some):
        return pd.Series(rows.day(column.where(column.notna(), None).tolist()), index=column.index)
    if len(some) and all(isinstance(one, Decimal) for one in some):
        return column.astype("float64")
    return column
