"""What an error of a database is about: the file or the machine, damage, or the question itself."""

from __future__ import annotations

import contextlib
import sqlite3

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from workbench.databases.names import first_line, shown
from workbench.databases.places import PLACES, make_private_file, suspicion
from workbench.errors import DatabaseRefused
from workbench.language import _

_SQLITE_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    }
)  # fmt: skip
"""Results of SQLite that are about the file or the machine, not about the question."""

_SQLITE_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_SERVER_TROUBLE = ("08", "53", "57", "58", "XX", "25006")
"""Beginnings of SQLSTATEs that are about the server: its connections, room, operator, disk, itself; read only now."""


def is_trouble(error: DBAPIError) -> bool:
    """Tell whether an error is about the database rather than about what it was asked."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _SQLITE_TROUBLE
    state = getattr(cause, "sqlstate", None)
    if state is None:  # the connection itself
        return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    return str(state).startswith(_SERVER_TROUBLE)


def is_damage(engine: Engine, error: DBAPIError) -> bool:
    """Tell whether a SQLite file is damaged, and have it searched wherever it is opened next."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _SQLITE_DAMAGE:
        return False
    place = PLACES.get(engine)
    if place is not None:
        with contextlib.suppress(OSError):
            make_private_file(suspicion(place.path))
    return True


def damaged(url: URL, cause: str) -> DatabaseRefused:
    """Return the refusal of a database that is damaged."""
    return DatabaseRefused(damage(url, cause))


def damage(url: URL, cause: object) -> str:
    """Return the sentence about a database that is damaged."""
    return _("The database {database} is damaged or is not a SQLite file ({cause}). Restore the last backup.").format(
        database=shown(url), cause=first_line(cause)
    )
