"""Open a database safely, a SQLite file or a PostgreSQL server (DESIGN 8.14)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from workbench.databases.names import first_line, shown, sqlite_path
from workbench.databases.places import Place, identity, log_of, make_private_file, suspicion, watch
from workbench.databases.transactions import driven
from workbench.databases.troubles import damaged
from workbench.errors import DatabaseRefused
from workbench.language import _

BUSY_SECONDS = 15.0
"""How long a SQLite writer waits for another one."""

CACHE_MEBIBYTES = 64
"""How much of a SQLite file a connection keeps at hand: a search over an agenda looks up patients here and there."""

_SERVER_PATIENCE = {
    "connect_timeout": 15, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}  # fmt: skip
"""How long a PostgreSQL server that does not answer, or whose computer has vanished, is waited for (libpq's names)."""

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smbfs", "smb3", "afs", "ceph", "davfs", "fuse.sshfs", "fuse.davfs2", "fuse.glusterfs"}
)
"""File systems whose locks SQLite cannot trust: two machines would write over each other."""


def network_file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """Return the kind of network file system that holds `path`, or nothing when it is local (or nobody can tell)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    target = Path(os.path.realpath(path))
    best: tuple[int, str] = (-1, "")
    for line in lines:
        words = line.split(" ")
        if len(words) < 3:
            continue
        point = Path(words[1].replace("\\040", " "))
        # A later line of /proc/mounts covers an earlier one at the same place, hence >=.
        if (target == point or point in target.parents) and len(point.parts) >= best[0]:
            best = (len(point.parts), words[2])
    return best[1] if best[1] in NETWORK_FILE_SYSTEMS else None


def open_engine(
    url: str | URL, *, create: bool = True, read_only: bool = False, cache: int = CACHE_MEBIBYTES
) -> Engine:
    """Open a database and return its engine; nothing is read from its tables yet.

    A SQLite file is made when `create` allows (0600, in folders made 0700), set to write-ahead logging with
    ``synchronous=FULL``, and checked when its last user did not close it. PostgreSQL commits are synchronous.
    With `read_only` the database refuses every change and its file is left exactly as it is. `cache` is how many
    mebibytes of a SQLite file each connection may keep at hand.

    Transactions of the engine are deferred; use `writing` for those that write. No error shows the values of a
    statement, which are patients' (P12).

    Raises
    ------
    DatabaseRefused
        When the URL is not understood, the database cannot be reached, the file is absent (without `create`),
        damaged, not a SQLite file, or on a network folder.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed, create=create, read_only=read_only, cache=cache)
        return _open_server(parsed, read_only=read_only)
    except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        raise DatabaseRefused(
            _("The database {database} cannot be opened: {cause}.").format(
                database=shown(url), cause=first_line(getattr(error, "orig", None) or error)
            )
        ) from error


def _open_sqlite(url: URL, *, create: bool, read_only: bool, cache: int) -> Engine:
    path = sqlite_path(url)
    unclean = suspected = False
    if path is not None:
        kind = network_file_system(path)
        if kind:
            raise DatabaseRefused(
                _(
                    "{database} is on a network folder ({kind}), where two computers could damage it. "
                    "Move the workspace to a local disk, or use PostgreSQL to share the work."
                ).format(database=path.name, kind=kind)
            )
        if not path.exists():
            if read_only or not create:
                raise DatabaseRefused(
                    _("The database {database} does not exist. Put its newest copy or backup in its place.").format(
                        database=path.name
                    )
                )
            make_private_file(path)
        log = log_of(path)
        # The last user to close a file removes its log: one that is left means a crash, or somebody at work.
        unclean = not read_only and log.exists() and log.stat().st_size > 0
        suspected = not read_only and suspicion(path).exists()
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: object) -> None:
        # The driver's own idea of when to begin is switched off: `_begin` below decides.
        dbapi_connection.isolation_level = None
        dbapi_connection.execute("PRAGMA foreign_keys = ON")
        dbapi_connection.execute("PRAGMA synchronous = FULL")
        dbapi_connection.execute(f"PRAGMA cache_size = -{cache * 1024}")
        if read_only:
            dbapi_connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        with driven(connection) as cursor:
            cursor.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    try:
        if path is not None and not read_only:
            watch(engine, Place(path, unclean or suspected, identity(path) or (0, 0)))
            _log_ahead(engine)
        _check(engine, thoroughly=unclean or suspected)
        if suspected and path is not None:
            suspicion(path).unlink(missing_ok=True)  # searched and sound: it was repaired, or another one put there
    except BaseException as error:
        engine.dispose()
        cause = getattr(error, "orig", None) or error
        # Not OperationalError: « unable to open » or « locked » says nothing about what the file holds.
        if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
            raise damaged(url, str(cause)) from error
        raise
    return engine


def _open_server(url: URL, *, read_only: bool) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    patience = _SERVER_PATIENCE if url.drivername == "postgresql+psycopg" else {}
    # What the URL itself says of it stands.
    patience = {name: value for name, value in patience.items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=patience)
    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "connect")
        def _prepare(dbapi_connection: Any, _record: object) -> None:
            was = dbapi_connection.autocommit
            dbapi_connection.autocommit = True  # a setting made inside a transaction is undone with it
            dbapi_connection.execute("SET synchronous_commit = on")
            dbapi_connection.execute("SET timezone = 'UTC'")
            if read_only:
                dbapi_connection.execute("SET default_transaction_read_only = on")
            dbapi_connection.autocommit = was

    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        engine.dispose()
        raise
    return engine


def _log_ahead(engine: Engine) -> None:
    """Switch a SQLite file to write-ahead logging; only the first user has anything to do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        with contextlib.closing(engine.raw_connection()) as connection:
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL").fetchall()
            except sqlite3.OperationalError:
                # SQLite does not wait here when two users switch the mode at once.
                if time.monotonic() > deadline:
                    raise
            else:
                return
        time.sleep(0.02)


def _check(engine: Engine, *, thoroughly: bool) -> None:
    with engine.connect() as connection:
        if not thoroughly:
            connection.exec_driver_sql("PRAGMA schema_version")
            return
        report = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    if report != "ok":
        raise damaged(engine.url, report)
