"""Answer a question that somebody wrote in SQL, and never change a thing: the connection itself refuses.

A question may take a minute and find so many rows, no more: a whole practice is far below, and a join that was
forgotten is far above. What the database says of it is passed on only where it repeats the question's own words.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
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

MOST_SECONDS = 60.0
"""How long a question may take."""

MOST_ROWS = 1_000_000
"""How many rows it may find."""

MOST_BYTES = 256 * 1024 * 1024
"""How much text it may find, in one value and in all."""

_ROWS_AT_ONCE = 10_000
_STEPS = 20_000  # of the database's machine, some milliseconds: how often an interrupt and the time are looked at


def sql_frame(engine: sa.Engine, question: str, values: Mapping[str, object]) -> pd.DataFrame:
    """Return what a ``select`` finds; ``:name`` in it stands for a value.

    Texts are ``string``, numbers ``Int64`` or ``Float64``; days and moments are as the database keeps them (SQLite
    keeps texts). ``frame.attrs["of_people"]`` is set.

    Raises
    ------
    ReadOnlyStore
        When it would do anything but read.
    BadValue
        When it is not one question that the database understands, or a value is missing, or the answer takes longer
        or is larger than is allowed here.
    """
    if _QUESTION.match(question, _whole(_ASIDE.match(question))) is None:
        raise ReadOnlyStore(
            _("Only questions are answered here: begin with SELECT. Nothing was read, nothing was changed.")
        )
    # A trailing semicolon is how people end a question; anything after it would be another one.
    statement = sa.text(question.strip().removesuffix(";"))
    with reading(engine) as connection, _nothing_left_behind(connection):
        deadline = time.monotonic() + MOST_SECONDS
        try:
            with rows.undisturbed(), _only_reading(connection), _in_time(connection, deadline):
                # PostgreSQL's driver would hold the whole answer before the first row of it is counted.
                answer = connection.execution_options(stream_results=True).execute(statement, dict(values))
                names, found = list(answer.keys()), _bounded(answer, deadline)
        except DBAPIError as error:
            if _said(error) == _STOPPED and time.monotonic() <= deadline:
                # Python met the interrupt while the database asked whether to go on, and could not pass it on there.
                raise KeyboardInterrupt from None
            raise _refused(error, question) from None
        except StatementError as error:
            raise BadValue(
                _("A value is missing: write sql(question, name=value) for each :name in the question.")
            ) from error
    frame = pd.DataFrame.from_records(found, columns=names)
    typed = frame.apply(_typed).convert_dtypes() if len(frame) else frame
    # Nobody can tell what a column of a free question holds: a notebook keeps nothing of it (P12).
    typed.attrs["of_people"] = True
    return typed


def reaches_beyond(engine: sa.Engine) -> bool:
    """Tell whether the role on a PostgreSQL server is a superuser, or may read the server's own files."""
    if engine.dialect.name != "postgresql":
        return False
    with reading(engine) as connection:
        return bool(connection.execute(sa.text(_BEYOND)).scalar())


_BEYOND = (
    "select rolsuper or pg_has_role(current_user, 'pg_read_server_files', 'member') "
    "from pg_roles where rolname = current_user"
)


def _whole(found: re.Match[str] | None) -> int:
    return found.end() if found else 0


@contextlib.contextmanager
def _nothing_left_behind(connection: sa.Connection) -> Iterator[None]:
    """Undo whatever a question did to its session: settings, and locks that outlive a transaction."""
    transaction = connection.begin()
    if connection.dialect.name != "postgresql":
        try:
            yield
        finally:
            transaction.rollback()
        return
    driver: Any = connection.connection.dbapi_connection
    make, made = driver.server_cursor_factory, []

    def remembered(*given: Any, **named: Any) -> Any:
        made.append(make(*given, **named))
        return made[-1]

    driver.server_cursor_factory = remembered
    try:
        yield
    finally:
        transaction.rollback()
        connection.invalidate()  # the server forgets the session; the next one asks for a new one
        for cursor in made:
            cursor.close()  # one that was refused or interrupted is still open on this side


@contextlib.contextmanager
def _in_time(connection: sa.Connection, deadline: float) -> Iterator[None]:
    """Let the database give up when the time is over, or when whoever asked interrupts."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield  # it was told with the transaction, and its driver answers an interrupt by itself
        return

    def go_on() -> bool:
        return time.monotonic() > deadline

    longest = driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    driver.set_progress_handler(go_on, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
        driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)


def _bounded(answer: sa.CursorResult[Any], deadline: float) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    size = 0
    with contextlib.closing(answer):
        for part in answer.partitions(_ROWS_AT_ONCE):
            found += [tuple(row) for row in part]
            size += sum(len(value) for row in part for value in row if isinstance(value, (str, bytes)))
            if len(found) > MOST_ROWS or size > MOST_BYTES:
                raise _too_large()
            if time.monotonic() > deadline:
                raise _too_long()
    return found


def _too_large() -> BadValue:
    return BadValue(
        _("The answer is too large: at most {rows} rows or {size} MB. Ask for less, with WHERE or LIMIT.").format(
            rows=MOST_ROWS, size=MOST_BYTES // 1024**2
        )
    )


def _too_long() -> BadValue:
    return BadValue(
        _("The answer takes longer than {seconds} seconds: ask for less, or look at the joins.").format(
            seconds=round(MOST_SECONDS)
        )
    )


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
    connection.execute(sa.text(f"SET LOCAL statement_timeout = {round(MOST_SECONDS * 1000)}"))
    # A statement that is prepared is a single one: the server takes no second one behind it, no COMMIT.
    before, driver.prepare_threshold = driver.prepare_threshold, 0
    try:
        yield
    finally:
        driver.prepare_threshold = before


def _said(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or [""])[0].rstrip(".")


def _refused(error: DBAPIError, question: str) -> ReadOnlyStore | BadValue:
    """Tell why a question has no answer; what the database says is passed on only where it speaks of the question.

    It may quote a value, and that may be a patient's name (P12).
    """
    state, said = getattr(error.orig, "sqlstate", None), _said(error)
    if (
        state in _CHANGES
        or (state == "42601" and _CHANGING.search(said))
        or "not authorized" in said
        or "prohibited" in said
    ):
        return ReadOnlyStore(_("The patient store is only read here; nothing was changed."))
    if "one statement at a time" in said or "multiple commands" in said:
        return BadValue(_("Ask one question at a time: a single SELECT, without a semicolon in the middle."))
    if state == "57014" or said == _STOPPED:
        return _too_long()
    if said == "string or blob too big":
        return _too_large()
    return BadValue(
        _("The database cannot answer this question: {cause}.").format(
            cause=_own_words(said, question) or type(error.orig).__name__
        )
    )


def _own_words(said: str, question: str) -> str:
    """Return what the database said when it is a known sentence whose names all stand in the question; else nothing."""
    known = next((found for shape in _SAID if (found := shape.match(said))), None)
    if known is None:
        return ""
    asked = question.casefold()
    return known[0] if all(name.casefold() in asked for name in known.groups()) else ""


_CHANGING = re.compile(r"\"(?:delete|insert|update|merge)\"$", re.IGNORECASE)
"""The word at which PostgreSQL stops where only a SELECT may stand."""

_STOPPED = "interrupted"
"""What SQLite says when it was told not to go on."""

_CHANGES = frozenset({"25006", "0A000", "42P11"})
"""PostgreSQL's words for « this would write » (25006), or is nothing that only gives rows (0A000, 42P11)."""

_SAID = tuple(
    re.compile(shape)
    for shape in (
        # SQLite
        r'near "(.+)": syntax error$',
        r'unrecognized token: "(.+)"$',
        r"incomplete input$",
        r"no such (?:table|column|function): (\S+)$",
        r"ambiguous column name: (\S+)$",
        r"wrong number of arguments to function ([^\s()]+)\(\)$",
        r"misuse of (?:aggregate|window function):? ?([^\s()]+)\(\)$",
        # PostgreSQL
        r'syntax error at or near "(.+)"$',
        r"syntax error at end of input$",
        r'(?:column|relation) "([^"]+)" does not exist$',
        r"column ([^\s\"]+) does not exist$",
        r'missing FROM-clause entry for table "([^"]+)"$',
        r'column reference "([^"]+)" is ambiguous$',
        r'column "([^"]+)" must appear in the GROUP BY clause',
        r"function ([^\s()\"]+)\([a-z ,\[\]]*\) does not exist$",
    )
)
"""What databases say of a question as it is written; each group is a name out of it."""


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
