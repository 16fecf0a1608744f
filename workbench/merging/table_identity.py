"""What identifies a practice's own table and each row of it, worked out part by part for a table of any length.

A table is what its rows say, in whatever order (DESIGN 8.3); a row is known by its own id, else by its address. Of a
table looked through in parts nothing is kept but seventeen bytes a row, and of its repeated rows what becomes of them.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from workbench.addresses import address_key
from workbench.domain.mailings import Finding, Severity
from workbench.language import _

Numbers = npt.NDArray[np.int64]

Columns = Sequence[Sequence[object]]
"""A table's cells as plain values, column by column; a missing or empty one is ``None``."""

_encode = json.JSONEncoder(ensure_ascii=True).encode  # ASCII: half a character, which a frame may hold, counts too
_WIDTH = 32  # bytes of a digest
_WHOLE = 1 << (8 * _WIDTH)
_FIRST_LINE = 2  # of a file: its headings are on line 1
_LINES_TOLD = 20

KEPT, DUPLICATE_ROW, DUPLICATE_ID, REPEATED = range(4)
_REASONS = ("", "duplicate_row", "duplicate_id")


def _texts(column: Sequence[object]) -> Sequence[str]:
    if all(type(cell) is str for cell in column):
        return column  # type: ignore[return-value]
    return [_text(cell) for cell in column]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return _encode(cell) if isinstance(cell, (list, dict)) else str(cell)


def row_digests(headings: Sequence[str], columns: Columns) -> bytes:
    """Return one SHA-256 after the other, of each row's cells as text in the order of their headings."""
    order = sorted(range(len(headings)), key=lambda place: (headings[place], place))
    rows = zip(*(_texts(columns[place]) for place in order), strict=True)
    return b"".join([hashlib.sha256(_encode(row).encode()).digest() for row in rows])


class TableDigest:
    """The digest of a table, whatever the order of its rows and of its columns: their number and the sum of theirs.

    Parameters
    ----------
    headings
        Its headings as they are written.
    """

    def __init__(self, headings: Sequence[str]) -> None:
        self._headings = sorted(headings)
        self._sum = 0
        self.rows = 0

    def add(self, digests: bytes) -> None:
        """Add rows by their digests (`row_digests`)."""
        words = np.frombuffer(digests, dtype="<u4").reshape(-1, _WIDTH // 4).sum(axis=0, dtype=np.uint64)
        self._sum = (self._sum + sum(int(word) << (32 * place) for place, word in enumerate(words))) % _WHOLE
        self.rows += len(digests) // _WIDTH

    def hexdigest(self) -> str:
        """Return the digest as text."""
        whole = _encode([self._headings, self.rows]).encode() + self._sum.to_bytes(_WIDTH, "little")
        return hashlib.sha256(whole).hexdigest()


def keys_of(emails: Sequence[object], stated: Sequence[object] | None, *, first: int = 0) -> list[str]:
    """Return what each row is known by: its id as stated, else its mailbox, else the line it stands on.

    Parameters
    ----------
    first
        How many rows of the table come before these.
    """
    keys = []
    ids: Iterable[object] = [None] * len(emails) if stated is None else stated
    for place, (said, email) in enumerate(zip(ids, emails, strict=True), first):
        key = str(said).strip() if said is not None else ""
        key = key or address_key(email) or f"line-{place + _FIRST_LINE}"
        keys.append(key if key.isascii() else unicodedata.normalize("NFC", key))
    return keys


def repeated_among(parts: Sequence[Numbers]) -> Numbers:
    """Return, sorted, the numbers that come more than once in all the parts together."""
    if not parts:
        return np.empty(0, dtype=np.int64)
    whole = np.concatenate(parts)
    whole.sort()
    return np.unique(whole[1:][whole[1:] == whole[:-1]])


def are_among(some: Numbers, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Tell of each number whether it is one of `some`, which are sorted."""
    if not len(some):
        return np.zeros(len(numbers), dtype=np.bool_)
    found: npt.NDArray[np.bool_] = some[np.searchsorted(some, numbers).clip(max=len(some) - 1)] == numbers
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of some rows are recipients (places from 0), under which keys, why some are left out, and what to tell."""

    places: list[int]
    keys: list[str]
    reasons: list[str]
    findings: list[Finding]


class RepeatedRows:
    """Which rows of a table repeat or contradict another one, found by 64-bit hashes of their keys and contents.

    Identical rows are one row; rows that share an id and differ are all left out (``duplicate_id``); without ids, a
    further row of an address is left out (``duplicate_row``), and the first one stays.
    """

    def __init__(self) -> None:
        self._keys: list[npt.NDArray[np.int64]] = []
        self._contents: list[npt.NDArray[np.int64]] = []
        self._stated: list[npt.NDArray[np.bool_]] = []
        self._numbered: set[int] = set()  # keys that look like those which repeated rows get
        nothing = np.empty(0, dtype=np.int64)
        self._places, self._fates, self._counts = nothing, nothing, nothing
        self._firsts, self._starts, self._members = nothing, nothing, nothing

    def add(self, keys: Sequence[str], digests: bytes, stated: Sequence[object] | None) -> None:
        """Add the next rows: their keys (`keys_of`), their digests (`row_digests`), and their ids as stated."""
        self._keys.append(np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys)))
        self._numbered.update(hash(key) for key in keys if "#" in key)
        self._contents.append(np.frombuffer(digests, dtype="<i8")[:: _WIDTH // 8].copy())
        said = [False] * len(keys) if stated is None else [one is not None for one in stated]
        self._stated.append(np.array(said, dtype=np.bool_))

    def end(self) -> None:
        """Work out what becomes of the rows that share a key; what identifies the others is forgotten."""
        where, keys, contents, stated = self._sharing()
        self._keys, self._contents, self._stated = [], [], []
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.diff(keys[order], prepend=keys[order[:1]] - 1 if len(order) else 0))
        sizes = np.diff(edges, append=len(order))
        fates = array("q")  # place, fate, count, one after the other
        groups: list[tuple[int, list[int]]] = []
        for start, size in zip(edges.tolist(), sizes.tolist(), strict=True):
            rows = order[start : start + size]
            places = where[rows].tolist()  # in the table's order: the sort is stable
            distinct: dict[int, int] = {}
            for place, content in zip(places, contents[rows].tolist(), strict=True):
                distinct.setdefault(content, place)
            own = {place: count for count, place in enumerate(distinct.values(), 1)}
            said = bool(stated[rows[0]])
            for place in places:
                count = own.get(place, 0)
                fate = REPEATED if not count else DUPLICATE_ID if said else DUPLICATE_ROW
                if count == 1 and (len(distinct) == 1 or not said):
                    fate = KEPT
                fates.extend((place, fate, count))
            if len(distinct) > 1:
                groups.append((places[0], places))
        if fates:
            told = np.frombuffer(fates, dtype=np.int64).reshape(-1, 3)
            self._places, self._fates, self._counts = told[np.argsort(told[:, 0])].T
        if groups:
            groups.sort()
            self._firsts = np.array([first for first, _places in groups], dtype=np.int64)
            self._starts = np.cumsum([0, *(len(places) for _first, places in groups)])
            self._members = np.concatenate([places for _first, places in groups])

    def _sharing(self) -> tuple[Numbers, Numbers, Numbers, npt.NDArray[np.bool_]]:
        """Return the places of the rows that share a key, in the table's order, with key, content and stated id."""
        shared = repeated_among(self._keys)
        where, first = [np.empty(0, dtype=np.int64)], 0
        keys, contents, stated = where[:], where[:], [np.empty(0, dtype=np.bool_)]
        for some, content, said in zip(self._keys, self._contents, self._stated, strict=True):
            places = np.flatnonzero(are_among(shared, some))
            where.append(places + first)
            keys.append(some[places])
            contents.append(content[places])
            stated.append(said[places])
            first += len(some)
        return np.concatenate(where), np.concatenate(keys), np.concatenate(contents), np.concatenate(stated)

    def kept(self, keys: Sequence[str], stated: Sequence[object] | None, *, first: int = 0) -> Kept:
        """Say of the rows from `first` on which are recipients, under which keys."""
        low, high = np.searchsorted(self._places, [first, first + len(keys)])
        if low == high:
            return Kept(list(range(len(keys))), list(keys), [""] * len(keys), [])
        known = zip(self._places[low:high].tolist(), self._fates[low:high], self._counts[low:high], strict=True)
        fates = {place - first: (int(fate), int(count)) for place, fate, count in known}
        places = [place for place in range(len(keys)) if fates.get(place, (KEPT, 1))[0] != REPEATED]
        told = [fates.get(place, (KEPT, 1)) for place in places]
        return Kept(
            places=places,
            keys=[
                keys[place] if count == 1 else self._further(keys[place], count)
                for place, (_fate, count) in zip(places, told, strict=True)
            ],
            reasons=[_REASONS[fate] for fate, _count in told],
            findings=self._findings(keys, stated, first),
        )

    def _further(self, key: str, count: int) -> str:
        """Return the key of a further row of `key`, which is no row's own."""
        made = f"{key}#{count}"
        while hash(made) in self._numbered:
            made += "#"
        return made

    def _findings(self, keys: Sequence[str], stated: Sequence[object] | None, first: int) -> list[Finding]:
        low, high = np.searchsorted(self._firsts, [first, first + len(keys)])
        found = []
        bounds = pairwise(self._starts[low : high + 1].tolist()) if high > low else ()
        for place, (start, end) in zip(self._firsts[low:high].tolist(), bounds, strict=True):
            members = self._members[start:end].tolist()
            lines = ", ".join(str(one + _FIRST_LINE) for one in members[:_LINES_TOLD])
            said = stated is not None and stated[place - first] is not None
            found.append(
                Finding(
                    code="duplicate_id" if said else "duplicate_row",
                    severity=Severity.ERROR,
                    message=_told(said).format(lines=lines + (" …" if len(members) > _LINES_TOLD else "")),
                    recipient=f"row:{keys[place - first]}",
                    line=place + _FIRST_LINE,
                )
            )
        return found


def _told(by_id: bool) -> str:
    if by_id:
        return _(
            "Lines {lines} have the same id and differ; none of them is written to. Give each row an id of its own."
        )
    return _("Lines {lines} have the same address and no id; only the first is written to. Add a column « id ».")
