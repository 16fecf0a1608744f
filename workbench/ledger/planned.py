"""A list that is gone through several times and never held: its rows, and what is known of them, in a file of SQLite's.

The file is one of those that SQLite makes for what is temporary: without a name, gone with the program, and on the
disk only when the list is long.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from types import TracebackType
from typing import Self

from workbench.domain.deliveries import NewDelivery
from workbench.ledger.superseding import key_of

_BLOCK = 500
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE rows (place INTEGER PRIMARY KEY, first INTEGER NOT NULL, content TEXT NOT NULL);
CREATE TABLE known (digest BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class PlannedRows:
    """The rows of a list in their order, and sets of whatever is noted of them, kept as digests of 16 bytes.

    The keys of the rows are noted as ``key``. To be closed, as a context.

    Parameters
    ----------
    rows
        The list: gone through once.
    """

    def __init__(self, rows: Iterable[NewDelivery]) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.executescript(_TABLES)
        try:
            self._take(rows)
        except BaseException:
            self._file.close()
            raise

    def _take(self, rows: Iterable[NewDelivery]) -> None:
        waiting = iter(rows)
        while some := list(islice(waiting, _BLOCK)):
            firsts = self.note("key", [key_of(row) for row in some])
            self._file.execute("BEGIN")
            self._file.executemany(
                "INSERT INTO rows (first, content) VALUES (?, ?)",
                [(first, _written(row)) for first, row in zip(firsts, some, strict=True)],
            )
            self._file.execute("COMMIT")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Give the disk back."""
        self._file.close()

    def blocks(self, size: int) -> Iterator[list[tuple[NewDelivery, bool]]]:
        """Give the rows, so many at a time, with whether each is the first of its key.

        Of a row there are its key, address, reason and occasions, and whether it may come too late.
        """
        last = 0
        query = "SELECT place, first, content FROM rows WHERE place > ? ORDER BY place LIMIT ?"
        while some := self._file.execute(query, (last, size)).fetchall():
            yield [(_read(content), bool(first)) for _place, first, content in some]
            last = some[-1][0]

    def note(self, kind: str, keys: Sequence[Hashable]) -> list[bool]:
        """Add to the set `kind`, and tell of each whether it was not in it."""
        digests = [_digest(kind, key) for key in keys]
        known = self._known(digests)
        new = []
        for digest in digests:
            new.append(digest not in known)
            known.add(digest)
        self._file.execute("BEGIN")
        added = [(digest,) for digest, is_new in zip(digests, new, strict=True) if is_new]
        self._file.executemany("INSERT INTO known VALUES (?)", added)
        self._file.execute("COMMIT")
        return new

    def noted(self, kind: str, keys: Sequence[Hashable]) -> list[bool]:
        """Tell of each whether it is in the set `kind`."""
        digests = [_digest(kind, key) for key in keys]
        known = self._known(digests)
        return [digest in known for digest in digests]

    def _known(self, digests: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for start in range(0, len(digests), _BLOCK):
            some = digests[start : start + _BLOCK]
            marks = ",".join("?" * len(some))
            query = f"SELECT digest FROM known WHERE digest IN ({marks})"  # noqa: S608 - nothing but marks
            found.update(row[0] for row in self._file.execute(query, some))
        return found


def _digest(kind: str, key: Hashable) -> bytes:
    return blake2b(json.dumps([kind, key]).encode(), digest_size=16).digest()


def _written(row: NewDelivery) -> str:
    return json.dumps([*key_of(row), row.address, row.reason, row.occasions, row.expires_at is not None])


def _read(content: str) -> NewDelivery:
    recipient_id, addressee_key, role, channel, address, reason, occasions, expires = json.loads(content)
    return NewDelivery(
        recipient_id=recipient_id,
        addressee_key=addressee_key,
        role=role,
        channel=channel,
        recipient="",
        address=address,
        language="",
        reason=reason,
        occasions=tuple(occasions),
        expires_at=_SOME_TIME if expires else None,
    )
