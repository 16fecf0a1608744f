"""Checked rows on their way to the ledger, in a file without a name that nobody else can read.

Everybody of a mailing is checked before anybody is queued (P6), and a long list is not held for that long. The file
is gone with the program, however it ends.
"""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from workbench.domain.deliveries import NewDelivery

_BLOCK = 500
_NAMES = tuple(field.name for field in fields(NewDelivery))
_encode = json.JSONEncoder(default=str).encode


class Spool:
    """Rows in the order they were added, to be read as often as one likes.

    Parameters
    ----------
    folder
        Where the file is made: the workspace, whose disk holds the ledger that the rows go to.
    """

    def __init__(self, folder: Path) -> None:
        self._open = ExitStack()
        self._file: IO[bytes] = self._open.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
        self._end = weakref.finalize(self, self._open.close)  # whoever forgets it
        self.rows = 0

    def close(self) -> None:
        """Give the disk back."""
        self._end()

    def add(self, rows: Iterable[NewDelivery]) -> None:
        """Keep rows.

        Raises
        ------
        OSError
            When the disk is full.
        """
        self._file.seek(0, 2)
        waiting = iter(rows)
        while some := list(islice(waiting, _BLOCK)):
            block = [_written([getattr(row, name) for row in some]) for name in _NAMES]
            self._file.write(_encode(block).encode() + b"\n")
            self.rows += len(some)

    def blocks(self) -> Iterator[list[NewDelivery]]:
        """Give the rows in short lists."""
        self._file.seek(0)
        place = 0
        while True:
            self._file.seek(place)
            line = self._file.readline()
            if not line:
                return
            place = self._file.tell()
            columns = [_read(column) for column in json.loads(line)]
            yield [NewDelivery(**dict(zip(_NAMES, row, strict=True))) for row in zip(*columns, strict=True)]

    def __iter__(self) -> Iterator[NewDelivery]:
        """Give the rows one by one."""
        for block in self.blocks():
            yield from block


def _written(column: list[Any]) -> list[Any]:
    """Return a column as its kind and what JSON keeps of it."""
    kinds = {type(value) for value in column}
    if datetime in kinds:
        return ["moments", [None if value is None else value.isoformat() for value in column]]
    return ["lists" if tuple in kinds else "plain", column]


def _read(column: list[Any]) -> list[Any]:
    kind, values = column
    if kind == "moments":
        return [None if value is None else datetime.fromisoformat(value) for value in values]
    return [tuple(value) for value in values] if kind == "lists" else values
