"""Read or write a database in short transactions; no error of one shows its values, which are patients' (P12)."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, text
from sqlalchemy.exc import DBAPIError, OperationalError

from workbench.databases.names import first_line, shown
from workbench.databases.places import check_place
from workbench.databases.troubles import damage, is_damage, is_trouble
from workbench.errors import DatabaseUnreadable, DatabaseUnwritable
from workbench.language import _

RESTED_SECONDS = 1.0
"""After so long without work, a kept connection is tried before it is used again: its server may have ended it."""


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
        check_place(engine)


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
        try:
            transaction.commit()
        except BaseException:
            # Else SQLAlchemy takes it for ended, and its connection would come back from the pool in the middle of it.
            transaction.rollback()
            raise
        check_place(self._engine)

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
        if is_damage(engine, error):
            raise DatabaseUnwritable(damage(engine.url, error.orig or error)) from error
        if not isinstance(error, OperationalError) and not is_trouble(error):
            raise
        raise DatabaseUnwritable(
            _(
                "{database} cannot be written ({cause}). Check the disk's free space and the rights of its folder."
            ).format(database=shown(engine.url), cause=first_line(error.orig or error))
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
        if is_damage(engine, error):
            raise DatabaseUnreadable(damage(engine.url, error.orig or error)) from error
        if not is_trouble(error):
            raise
        raise DatabaseUnreadable(
            _("{database} cannot be read just now ({cause}).").format(
                database=shown(engine.url), cause=first_line(error.orig or error)
            )
        ) from error


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
