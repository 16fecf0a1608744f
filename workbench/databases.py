"""Open a database safely, bring its tables up to date, and read or write it in short transactions (DESIGN 8.14)."""

from __future__ import annotations

import contextlib
import gc
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from workbench.errors import DatabaseRefused, DatabaseUnreadable, DatabaseUnwritable
from workbench.language import _

BUSY_SECONDS = 15.0
"""How long a SQLite writer waits for another one."""

RESTED_SECONDS = 1.0
"""After so long without work, a kept connection is tried before it is used again: its server may have ended it."""

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


def sqlite_path(url: str | URL) -> Path | None:
    """Return the file of a SQLite URL; nothing for another database or one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database)).absolute()


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
                database=shown(url), cause=_first_line(getattr(error, "orig", None) or error)
            )
        ) from error


def shown(url: str | URL) -> str:
    """Return a database's name for a sentence: its file's name, or its URL without the password."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        return "?"  # an unreadable URL may hold a password anywhere
    path = sqlite_path(parsed)
    return path.name if path else parsed.render_as_string(hide_password=True)


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a short transaction that writes, committed at the end, rolled back on an error.

    On SQLite it is a ``BEGIN IMMEDIATE``: the turn to write is waited for at the start (at most
    `BUSY_SECONDS`), so it never has to be given up half-way.

    Raises
    ------
    DatabaseUnwritable
        When the disk is full, the file may not be written, another writer did not end in time, or the server is
        gone; nothing of the transaction is kept. Also when it was committed to a file that was taken away or
        replaced meanwhile: nobody would find it there.
    """
    with _unwritable(engine):
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection
        _check_place(engine)


class Beside:
    """A thread that does one thing at a time while whoever asks does another: the disk is slow, not busy."""

    def __init__(self, name: str) -> None:
        self._asked: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._begun = threading.Lock()  # free once the thread has begun what it was asked
        self._begun.acquire()
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def do(self, work: Callable[[], object], meanwhile: Callable[[], object]) -> None:
        """Do both at once and return when both are done; an error of `work` is raised rather than one of the other."""
        self._asked.put(work)
        self._begun.acquire()  # or `meanwhile` would keep the interpreter to itself, and the two follow each other
        try:
            meanwhile()
        finally:
            error = self._ended.get()
            if error is not None:
                raise error

    def close(self) -> None:
        """End the thread."""
        self._asked.put(None)

    def _work(self) -> None:
        while (work := self._asked.get()) is not None:
            self._begun.release()
            try:
                work()
            except BaseException as error:
                self._ended.put(error)
            else:
                self._ended.put(None)
            del work


class Writer:
    """A connection kept for many short transactions, one after another.

    To take one from the pool for each would cost more than a small transaction does.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._used_at = 0.0
        self._beside: Beside | None = None
        # To close a connection in the middle of a transaction takes it back, and who writes would not be told.
        self._turn = threading.RLock()

    @contextlib.contextmanager
    def writing(self, *, meanwhile: Callable[[], object] | None = None) -> Iterator[Connection]:
        """As `writing`; after an error the next transaction has a connection of its own.

        `meanwhile` is called at the end, while the transaction is being put on the disk by another thread; it may not
        use this database.
        """
        with _unwritable(self._engine), self._turn:
            if time.monotonic() - self._used_at >= RESTED_SECONDS:
                self.close()  # the pool tries a server's connection before it gives it out again
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(writes=True)
            try:
                with self._connection.begin() as transaction:
                    yield self._connection
                    if meanwhile is None:
                        self._keep(transaction)
                    else:
                        self._beside = self._beside or Beside("workbench-commit")
                        self._beside.do(partial(self._keep, transaction), meanwhile)
                self._used_at = time.monotonic()
            except BaseException:
                self.close()
                raise

    def _keep(self, transaction: RootTransaction) -> None:
        transaction.commit()
        _check_place(self._engine)

    def close(self) -> None:
        """Give the connection back, after the transaction of another thread; the next one takes another connection."""
        with self._turn:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                connection.close()
            if self._beside is not None:
                beside, self._beside = self._beside, None
                beside.close()


@contextlib.contextmanager
def _unwritable(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if _is_damage(engine, error):
            raise DatabaseUnwritable(_damage(engine.url, error.orig or error)) from error
        if not isinstance(error, OperationalError) and not _is_trouble(error):
            raise
        raise DatabaseUnwritable(
            _(
                "{database} cannot be written ({cause}). Check the disk's free space and the rights of its folder."
            ).format(database=shown(engine.url), cause=_first_line(error.orig or error))
        ) from error


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose reads all see the same instant.

    Raises
    ------
    DatabaseUnreadable
        When the file is damaged or was taken away, another process holds it too long, or the server is gone; an
        error of the question itself is the driver's own.
    """
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        if _is_damage(engine, error):
            raise DatabaseUnreadable(_damage(engine.url, error.orig or error)) from error
        if not _is_trouble(error):
            raise
        raise DatabaseUnreadable(
            _("{database} cannot be read just now ({cause}).").format(
                database=shown(engine.url), cause=_first_line(error.orig or error)
            )
        ) from error


def ended_uncleanly(engine: Engine) -> bool:
    """Tell whether a SQLite file was searched for damage when it was opened: its last user had not closed it."""
    place = _PLACES.get(engine)
    return place is not None and place.unclean


def write_ahead_bytes(engine: Engine) -> int:
    """Return how much of a SQLite file still stands in its log; nothing for another database."""
    place = _PLACES.get(engine)
    try:
        return 0 if place is None else _log_of(place.path).stat().st_size
    except OSError:
        return 0


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector at rest while many rows are held.

    Rows hold no cycles, yet every few thousand new ones it would look at all of them again: a quarter of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextlib.contextmanager
def driven(connection: Connection) -> Iterator[Any]:
    """Give a cursor of the driver, in the transaction that is open, for what is done tens of thousands of times.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        What the driver raises, as SQLAlchemy does, without the values.
    """
    bare, dialect = connection.connection, connection.dialect
    known = dialect.dbapi
    assert known is not None  # noqa: S101 - an engine that is connected has a driver
    cursor: Any = None
    try:
        cursor = bare.cursor()
        yield cursor
    except known.Error as error:
        gone = dialect.is_disconnect(error, bare, cursor)
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, known.Error, hide_parameters=True, connection_invalidated=gone, dialect=dialect
        ) from error
    finally:
        if cursor is not None:
            cursor.close()


def alone(connection: Connection, name: str) -> None:
    """Let no other transaction that asked for the same `name` run beside this one, until it ends.

    On SQLite there is never more than one writer, so nothing is to be done.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def bring_up_to_date(engine: Engine, *, scripts: Path, version_table: str, head: str) -> None:
    """Make or upgrade the tables by the alembic `scripts` of a room, in one transaction.

    `head` is the newest revision the code knows, `version_table` the table that keeps the database's own; when
    they agree, alembic is not even imported. A SQLite file is copied beside itself before an upgrade
    (``<name>.before-<head>``). Two processes that open a new database at once make it once.

    Raises
    ------
    DatabaseRefused
        When the database is newer than the code, or its tables cannot be made.
    """
    try:
        stored = _stored_revision(engine, version_table)
        if stored == head:
            return
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        if stored is not None:
            known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
            if stored not in known:
                raise DatabaseRefused(
                    _(
                        "{database} was written by a newer version of the workbench (revision {revision}). "
                        "Update the workbench on this computer, then open it again."
                    ).format(database=shown(engine.url), revision=stored)
                )
            copy_sqlite(engine, f".before-{head}")
        with writing(engine) as connection:
            alone(connection, version_table)
            config.attributes["connection"] = connection
            config.attributes["version_table"] = version_table
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        raise DatabaseRefused(
            _("The tables of {database} cannot be made or upgraded: {cause}.").format(
                database=shown(engine.url), cause=_first_line(getattr(error, "orig", None) or error)
            )
        ) from error


def run_upgrade_steps() -> None:
    """Run the pending steps; the whole of every room's alembic ``env.py``."""
    from alembic import context

    context.configure(
        connection=context.config.attributes["connection"],
        version_table=context.config.attributes["version_table"],
        transactional_ddl=True,
        render_as_batch=True,
    )
    context.run_migrations()


def copy_sqlite(engine: Engine, suffix: str) -> Path | None:
    """Copy a SQLite file beside itself, with everything committed so far; returns the copy (0600)."""
    path = sqlite_path(engine.url)
    if path is None:
        return None
    copy = path.with_name(path.name + suffix)
    partial = path.with_name(copy.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    partial.replace(copy)
    return copy


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


def _is_trouble(error: DBAPIError) -> bool:
    """Tell whether an error is about the database rather than about what it was asked."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _SQLITE_TROUBLE
    state = getattr(cause, "sqlstate", None)
    if state is None:  # the connection itself
        return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    return str(state).startswith(_SERVER_TROUBLE)


def _is_damage(engine: Engine, error: DBAPIError) -> bool:
    """Tell whether a SQLite file is damaged, and have it searched wherever it is opened next."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _SQLITE_DAMAGE:
        return False
    place = _PLACES.get(engine)
    if place is not None:
        with contextlib.suppress(OSError):
            _make_private_file(_suspicion(place.path))
    return True


@dataclass(slots=True)
class _Place:
    """Where the file of an engine is, and which one it is: a path may come to lead to another file."""

    path: Path
    unclean: bool
    file: tuple[int, int] = (0, 0)
    log: tuple[int, int] | None = None
    connections: int = 0
    place: str = field(init=False)
    log_place: str = field(init=False)

    def __post_init__(self) -> None:
        self.place, self.log_place = str(self.path), str(_log_of(self.path))

    def refuse_another(self) -> None:
        """Raise the driver's error when the path leads to another file now, or to none."""
        if _identity(self.path) != self.file:
            raise _taken_away()


_PLACES: WeakKeyDictionary[Engine, _Place] = WeakKeyDictionary()


def _taken_away() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(_("its file was taken away or replaced while it was in use"))
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return error


def _check_place(engine: Engine) -> None:
    """Refuse what was committed to a file, or a log, that is not there any more: nobody would read it."""
    place = _PLACES.get(engine)
    if place is None:
        return
    log = _identity(place.log_place)
    if place.log is None:
        place.log = log
    if _identity(place.place) != place.file or log != place.log:
        raise OperationalError(None, None, _taken_away(), hide_parameters=True)


def _identity(path: Path | str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - asked after every commit, and three times as quick with a text
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _suspicion(path: Path) -> Path:
    """Return the file that says that damage was met."""
    return path.with_name(path.name + ".damaged")


def _stored_revision(engine: Engine, version_table: str) -> str | None:
    with reading(engine) as connection:
        if not inspect(connection).has_table(version_table):
            return None
        return connection.execute(text(f"SELECT version_num FROM {version_table}")).scalar()  # noqa: S608 (our own name)


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
            _make_private_file(path)
        log = _log_of(path)
        # The last user to close a file removes its log: one that is left means a crash, or somebody at work.
        unclean = not read_only and log.exists() and log.stat().st_size > 0
        suspected = not read_only and _suspicion(path).exists()
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
            _watch(engine, _Place(path, unclean or suspected, _identity(path) or (0, 0)))
            _log_ahead(engine)
        _check(engine, thoroughly=unclean or suspected)
        if suspected and path is not None:
            _suspicion(path).unlink(missing_ok=True)  # searched and sound: it was repaired, or another one put there
    except BaseException as error:
        engine.dispose()
        cause = getattr(error, "orig", None) or error
        # Not OperationalError: « unable to open » or « locked » says nothing about what the file holds.
        if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
            raise _damaged(url, str(cause)) from error
        raise
    return engine


def _watch(engine: Engine, place: _Place) -> None:
    """Never connect to another file than the one that was opened: its path may come to lead to a new one."""
    _PLACES[engine] = place

    @event.listens_for(engine, "do_connect")
    def _same_file(*_how: object) -> None:
        place.refuse_another()

    @event.listens_for(engine, "connect")
    def _opened(*_which: object) -> None:
        place.connections += 1

    @event.listens_for(engine, "close")
    def _closed(*_which: object) -> None:
        place.connections -= 1
        if place.connections <= 0:
            place.log = None  # SQLite takes its log away with the last connection


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


def _make_private_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # another process made it meanwhile, as privately
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


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
        raise _damaged(engine.url, report)


def _damaged(url: URL, cause: str) -> DatabaseRefused:
    return DatabaseRefused(_damage(url, cause))


def _damage(url: URL, cause: object) -> str:
    return _("The database {database} is damaged or is not a SQLite file ({cause}). Restore the last backup.").format(
        database=shown(url), cause=_first_line(cause)
    )


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or ["?"])[0].rstrip(".")[:200]
