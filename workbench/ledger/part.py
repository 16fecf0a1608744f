"""A part of a mailing's deliveries, known by their numbers and asked for in short lists, however many they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from workbench.domain.deliveries import DeliveryStatus
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK, slices

_table = schema.deliveries
_Where = list[sa.ColumnElement[bool]]


class Part:
    """The deliveries that one confirmation is about, and how far they were looked through.

    Parameters
    ----------
    numbers
        The deliveries' numbers.
    """

    def __init__(self, numbers: Sequence[int]) -> None:
        self._slices = list(slices(sorted(set(numbers)), CHUNK))
        self._place = 0

    def places(self) -> Iterator[sa.ColumnElement[bool]]:
        """Give the conditions that together are met by these deliveries alone."""
        return (_table.c.id.in_(some) for some in self._slices)

    def unclaimed(self) -> Iterator[_Where]:
        """Give the same for those that wait and that no sender holds."""
        # The status as a value, not spelled as in the partial index of what is due: SQLite then goes by the numbers.
        return (
            [place, _table.c.status == DeliveryStatus.PENDING.value, _table.c.sender_id.is_(None)]
            for place in self.places()
        )

    def first(self, limit: int, look: Callable[[_Where, int], Sequence[int]]) -> list[int]:
        """Return up to `limit` numbers that `look` finds, from where the last call ended, once around at most.

        Parameters
        ----------
        look
            Finds some under a condition, and at most so many.
        """
        places = list(self.unclaimed())
        found: list[int] = []
        for _place in places:
            found += look(places[self._place], limit - len(found))
            if len(found) >= limit:
                break  # there may be more at this place
            self._place = (self._place + 1) % len(places)
        return found
