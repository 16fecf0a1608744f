"""Which rows were met, a bit each: a set of a million numbers would take a hundred megabytes."""

from __future__ import annotations

from collections.abc import Iterable


class Seen:
    """Numbers between a first and a last one, met or not; others are never met.

    Parameters
    ----------
    first, last
        The range; empty when `last` is less.
    """

    def __init__(self, first: int = 0, last: int = -1) -> None:
        self._first = first
        self._last = last
        self._bits = bytearray(max(0, last - first) // 8 + 1)

    def add(self, numbers: Iterable[int]) -> None:
        """Take note of numbers; those outside the range are forgotten."""
        for number in numbers:
            if self._first <= number <= self._last:
                place = number - self._first
                self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, number: int) -> bool:
        place = number - self._first
        return self._first <= number <= self._last and bool(self._bits[place >> 3] >> (place & 7) & 1)
