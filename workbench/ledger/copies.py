"""A daily copy of the ledger's file, made beside it by the first writer of a day and kept for a while (DESIGN 8.14)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from workbench.databases import sqlite_path
from workbench.domain.health import CopyState
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.guard import COPIED

DAYS = 7
"""How many of the newest copies are kept, one a day."""

WEEKS = 4
"""How many weeks before them keep their first copy."""

ROOM = 200_000_000
"""Bytes that must stay free on the disk beside the copy."""

_NAME = re.compile(r"\A.+-(\d{4}-\d\d-\d\d)\.[^.]+\Z")


class DailyCopies:
    """The daily copies of one ledger; nothing is copied of a database on a server, whose own backups do that.

    Parameters
    ----------
    engine
        The ledger's.
    practice_id
        Whose acts tell that a copy is one.
    today
        The day it is.
    """

    def __init__(
        self,
        engine: sa.Engine,
        practice_id: str,
        *,
        today: Callable[[], date] = date.today,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self.path = sqlite_path(engine.url)
        self._practice_id = practice_id
        self._today = today
        self._free_bytes = free_bytes
        self._looked_on: date | None = None
        self._thread: threading.Thread | None = None
        if self.path is not None:
            sa.event.listen(engine, "begin", self._on_begin)

    @property
    def folder(self) -> Path | None:
        """Where the copies are."""
        return None if self.path is None else self.path.parent / "copies"

    def _on_begin(self, connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writes") and self._looked_on != (today := self._today()):
            self._looked_on = today
            # In a thread of its own: a reader of a SQLite file in WAL mode keeps no writer waiting.
            self._thread = threading.Thread(target=self.make, name="workbench-copy", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Let a copy that is being made end."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def make(self) -> Path | None:
        """Make today's copy unless it is there, another process is making it, or there is nothing of before today.

        Returns the copy. When the disk is short or the ledger cannot be read nothing is made, and `state` tells.
        """
        path, folder, today = self.path, self.folder, self._today()
        if path is None or folder is None:
            return None
        copy = folder / f"{path.stem}-{today.isoformat()}{path.suffix}"
        with contextlib.suppress(OSError, sqlite3.Error, SQLAlchemyError, Timeout):
            if copy.exists() or not _is_older(path, today):
                return None
            folder.mkdir(mode=0o700, exist_ok=True)
            with FileLock(folder / ".lock", mode=0o600, timeout=0, thread_local=False):
                for left in folder.glob("*.partial*"):
                    left.unlink()
                if copy.exists() or not self._room_for(path):
                    return None
                if self._write(path, copy):
                    self._let_go(folder)
                    return copy
        return None

    def state(self) -> CopyState:
        """Return what there is of copies, for the doctor."""
        if self.path is None or self.folder is None:
            return CopyState(by_server=True)
        days = _days(self.folder)
        return CopyState(last=max(days, default=None), count=len(days), room=self._room_for(self.path))

    def newest(self) -> Path | None:
        """Return the newest copy."""
        days = {} if self.folder is None else _days(self.folder)
        return days[max(days)] if days else None

    def _room_for(self, path: Path) -> bool:
        size = sum(file.stat().st_size for file in (path, path.with_name(path.name + "-wal")) if file.exists())
        return self._free_bytes(path.parent) > size + ROOM

    def _write(self, path: Path, copy: Path) -> bool:
        """Write a copy, whole or not at all; tells whether it is sound."""
        partial = copy.with_name(copy.name + ".partial")
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with (
                contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source,
                contextlib.closing(sqlite3.connect(partial)) as target,
            ):
                source.backup(target)
                # A copy in the place of the ledger sends nothing before somebody says that it may (`Guard`).
                target.execute("PRAGMA journal_mode = DELETE")
            self._stamp(partial)
            with contextlib.closing(sqlite3.connect(partial)) as target:
                if target.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                    return False  # a damaged copy must not push a sound one out
            with partial.open("rb") as stream:
                os.fsync(stream.fileno())
            partial.replace(copy)
            _sync(copy.parent)
            return True
        finally:
            for left in copy.parent.glob(f"{partial.name}*"):
                left.unlink()

    def _stamp(self, partial: Path) -> None:
        engine = sa.create_engine(f"sqlite:///{partial}", poolclass=sa.NullPool, hide_parameters=True)
        now = datetime.now(UTC)
        with engine.begin() as connection:
            practices = connection.execute(sa.select(schema.acts.c.practice_id).distinct()).scalars().all()
            for practice_id in {*practices, self._practice_id}:
                write_act(connection, practice_id, COPIED, "ledger", by="workbench", now=now)
        engine.dispose()

    def _let_go(self, folder: Path) -> None:
        days = _days(folder)
        for day in days.keys() - kept_days(days):
            days[day].unlink()


def kept_days(days: Iterable[date]) -> set[date]:
    """Return which copies are kept: the newest of `DAYS` days, and the first of each of `WEEKS` weeks before them."""
    newest_first = sorted(set(days), reverse=True)
    kept = set(newest_first[:DAYS])
    firsts: dict[tuple[int, int], date] = {}
    for day in newest_first[DAYS:]:
        firsts[day.isocalendar()[:2]] = day
    weeks = sorted(firsts, reverse=True)[:WEEKS]
    return kept | {firsts[week] for week in weeks}


def _days(folder: Path) -> dict[date, Path]:
    """Return the copies by their days."""
    files = folder.iterdir() if folder.is_dir() else ()
    return {date.fromisoformat(match[1]): file for file in files if (match := _NAME.match(file.name)) is not None}


def _is_older(path: Path, today: date) -> bool:
    """Tell whether the ledger holds anything of before today: on its first day there is nothing worth a copy."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as ledger:
        first = ledger.execute("SELECT min(at) FROM (SELECT at FROM acts ORDER BY id LIMIT 1)").fetchone()[0]
    if first is None:
        return False
    return datetime.fromisoformat(first).replace(tzinfo=UTC).astimezone().date() < today


def _sync(folder: Path) -> None:
    """Make the new name durable; a system that cannot open a folder does so by itself."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
