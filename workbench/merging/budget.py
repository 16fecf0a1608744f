"""What one rendering may use: so many rounds of its loops, characters and seconds; whatever asks for more is refused.

Every text, list and loop of an email type is counted here before or as it is made, so that no template can fill the
memory or run for ever (promise P10), even where rendering shares the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2.exceptions import SecurityError

from workbench.language import _

LARGEST_VALUE = 2_000_000
"""Characters of any one text or list that a template makes on its way, as many as of a message (DESIGN 8.10)."""

MOST_CHARACTERS = 10 * LARGEST_VALUE
"""Characters of all of them together."""

MOST_ROUNDS = 200_000
"""Rounds of all loops together."""

LONGEST_WORK = 0.5
"""Seconds of the processor's time that the loops may take."""

_AT_ONCE = 16  # rounds: asking each time for what is left, and for the time, would cost more than the round

ITEM = 20
"""What an item of a list counts beside its characters: it takes memory, however short."""

SMALL = 1000
"""A text of no more characters is not counted by itself: an ordinary message is made of such, at no cost."""


def weight(value: object) -> int:
    """Return how many characters a value stands for, whatever it holds; counting ends beyond `LARGEST_VALUE`."""
    if isinstance(value, str):
        return len(value)
    total = 0
    pending = [value]
    while pending and total <= LARGEST_VALUE:
        one = pending.pop()
        total += ITEM
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, Mapping):
            pending += one.keys()
            pending += one.values()
        elif isinstance(one, (list, tuple)):
            pending += one
    return total


class Budget(threading.local):
    """What is left to one rendering; each thread has its own, since a preview may be read while a mailing leaves."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin a rendering."""
        self._rounds = 0
        self._characters = MOST_CHARACTERS
        self._until: float | None = None

    def charge(self, size: int) -> None:
        """Count a text or list of `size` characters, before it is made where that can be told.

        Raises
        ------
        jinja2.exceptions.SecurityError
            When it is too large, or all of them together are.
        """
        self._characters -= size
        if size > LARGEST_VALUE or self._characters < 0:
            raise SecurityError(
                _("this text grows beyond {most} MB").format(most=LARGEST_VALUE // 1_000_000)
                if size > LARGEST_VALUE
                else _("the texts made here grow beyond {most} MB").format(most=MOST_CHARACTERS // 1_000_000)
            )

    def charged(self, value: Any) -> Any:
        """Count a value that was just made, and give it back; what is made piece by piece counts later."""
        if isinstance(value, str):
            if len(value) > SMALL:
                self.charge(len(value))
        elif isinstance(value, (list, tuple, dict)):
            self.charge(weight(value))
        return value

    def spend(self, rounds: int) -> None:
        """Count some rounds of a loop."""
        before = self._rounds
        self._rounds = gone = before + rounds
        if gone > MOST_ROUNDS:
            raise SecurityError(_("the loops go round more than {most} times").format(most=MOST_ROUNDS))
        if gone // _AT_ONCE != before // _AT_ONCE:
            self._watch()

    def _watch(self) -> None:
        used = time.thread_time()
        if self._until is None:
            self._until = used + LONGEST_WORK
        elif used > self._until:
            raise SecurityError(_("this takes too long to merge"))

    def counted(self, items: Iterable[Any]) -> Counted:
        """Return what a loop goes through, each item of it counted as a round."""
        return Counted(items, self)


class Counted:
    """Items that count as rounds of a loop while they are gone through."""

    __slots__ = ("_budget", "_items")

    def __init__(self, items: Iterable[Any], budget: Budget) -> None:
        self._items = items
        self._budget = budget

    def __iter__(self) -> Iterator[Any]:
        rounds = 0
        for item in self._items:
            rounds += 1
            if rounds == _AT_ONCE:
                self._budget.spend(rounds)
                rounds = 0
            yield item
        self._budget.spend(rounds)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        # For ``loop.length``; items made one by one have none, and Jinja2 knows what to do about the TypeError.
        return len(self._items)  # type: ignore[arg-type]


class Pile(list[str]):
    """The pieces of a ``{% set %}`` or ``{% filter %}`` block, counted as they are laid down."""

    __slots__ = ("_budget", "_size")

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget
        self._size = 0

    def append(self, piece: str) -> None:
        """Lay one piece down."""
        self.extend((piece,))

    def extend(self, pieces: Iterable[str]) -> None:
        """Lay pieces down."""
        for piece in pieces:
            self._size += len(piece)
            self._budget.charge(self._size if self._size > LARGEST_VALUE else len(piece))
            super().append(piece)
