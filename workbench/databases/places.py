"""Where the file of a SQLite database is, and whether it still is the one that was opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from workbench.language import _


@dataclass(slots=True)
class Place:
    """Where the file of an engine is, and which one it is: a path may come to lead to another file."""

    path: Path
    unclean: bool
    file: tuple[int, int] = (0, 0)
    log: tuple[int, int] | None = None
    connections: int = 0
    # Asked after every commit, and three times as quick with a text.
    path_text: str = field(init=False)
    log_text: str = field(init=False)

    def __post_init__(self) -> None:
        self.path_text, self.log_text = str(self.path), str(log_of(self.path))

    def refuse_another(self) -> None:
        """Raise the driver's error when the path leads to another file now, or to none."""
        if identity(self.path) != self.file:
            raise _taken_away()


PLACES: WeakKeyDictionary[Engine, Place] = WeakKeyDictionary()


def _taken_away() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(_("its file was taken away or replaced while it was in use"))
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    return error


def check_place(engine: Engine) -> None:
    """Refuse what was committed to a file, or a log, that is not there any more: nobody would read it."""
    place = PLACES.get(engine)
    if place is None:
        return
    log = identity(place.log_text)
    if place.log is None:
        place.log = log
    if identity(place.path_text) != place.file or log != place.log:
        raise OperationalError(None, None, _taken_away(), hide_parameters=True)


def identity(path: Path | str) -> tuple[int, int] | None:
    """Return which file a path leads to, or nothing when it leads to none."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


def log_of(path: Path) -> Path:
    """Return the write-ahead log of a SQLite file."""
    return path.with_name(path.name + "-wal")


def suspicion(path: Path) -> Path:
    """Return the file that says that damage was met."""
    return path.with_name(path.name + ".damaged")


def watch(engine: Engine, place: Place) -> None:
    """Never connect to another file than the one that was opened: its path may come to lead to a new one."""
    PLACES[engine] = place

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


def ended_uncleanly(engine: Engine) -> bool:
    """Tell whether a SQLite file was searched for damage when it was opened: its last user had not closed it."""
    place = PLACES.get(engine)
    return place is not None and place.unclean


def write_ahead_bytes(engine: Engine) -> int:
    """Return how much of a SQLite file still stands in its log; nothing for another database."""
    place = PLACES.get(engine)
    try:
        return 0 if place is None else log_of(place.path).stat().st_size
    except OSError:
        return 0


def make_private_file(path: Path) -> None:
    """Make an empty file (0600) in a folder (0700), unless it is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # another process made it meanwhile, as privately
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
