"""Occasions: what has been told to whom, across mailings, so that nobody is told the same thing twice (DESIGN 8.2).

An occasion is a subject at its time (or a row of a table with its values) told for a purpose at a step to one
addressee. A delivery may speak of several: it is a duplicate when all of them are taken already; when some are
still free it leaves, since it has something new to say. It then holds every one of them, those that another told or
waits to tell under the next number, so that what it told stays told when that other one gives them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from workbench.ledger import schema
from workbench.ledger.prepared import inserting

_Key = tuple[str, str, str, str]  # occasion, addressee_key, role, channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A delivery that wants to leave, as its occasions see it."""

    addressee_key: str
    role: str
    channel: str
    occasions: tuple[str, ...]
    on_purpose: bool
    """Sent again because a person asked: nothing makes it a duplicate."""

    def keys(self) -> list[_Key]:
        """Return the occasions it speaks of, each once, in order."""
        if len(self.occasions) == 1:
            return [(self.occasions[0], self.addressee_key, self.role, self.channel)]
        return [(occasion, self.addressee_key, self.role, self.channel) for occasion in dict.fromkeys(self.occasions)]


@dataclass(slots=True)
class Occasions:
    """The occasions of one purpose and step, inside one transaction.

    `look_up` reads what a batch may touch; `granted` then decides row by row, and `written` keeps what was
    granted once the deliveries have their numbers.
    """

    connection: sa.Connection
    practice_id: str
    purpose: str
    step: str
    _newest: dict[_Key, int] = field(default_factory=dict)

    def look_up(self, texts: Iterable[str]) -> None:
        """Read who was told about these occasions."""
        table = schema.occasions.c
        query = sa.select(
            table.occasion, table.addressee_key, table.role, table.channel, sa.func.max(table.again)
        ).where(
            table.practice_id == self.practice_id,
            table.purpose == self.purpose,
            table.step == self.step,
            table.occasion.in_(sorted(set(texts))),
        )
        for row in self.connection.execute(query.group_by(*query.selected_columns[:4])):
            self._newest[row[0], row[1], row[2], row[3]] = row[4]

    def tellers(self, texts: Iterable[str]) -> dict[_Key, tuple[int, int]]:
        """Return who told each of these occasions last: a mailing, and its round."""
        table, told_by = schema.occasions.c, schema.deliveries.c
        query = (
            sa.select(table.occasion, table.addressee_key, table.role, table.channel, told_by.mailing_id, told_by.again)
            .join_from(schema.occasions, schema.deliveries)
            .where(
                table.practice_id == self.practice_id,
                table.purpose == self.purpose,
                table.step == self.step,
                table.occasion.in_(sorted(set(texts))),
            )
            .order_by(table.again)
        )
        return {(row[0], row[1], row[2], row[3]): (row[4], row[5]) for row in self.connection.execute(query)}

    def granted(self, speaker: Speaker) -> list[tuple[_Key, int]] | None:
        """Take the occasions of a row, with their again numbers; nothing when they are all taken already."""
        keys = speaker.keys()
        if keys and not speaker.on_purpose and all(key in self._newest for key in keys):
            return None
        grants = [(key, self._newest.get(key, -1) + 1) for key in keys]
        self._newest.update(grants)
        return grants

    def written(self, grants: Iterable[tuple[int, Sequence[tuple[_Key, int]]]]) -> None:
        """Write the occasions granted to deliveries, given as (delivery number, grants)."""
        rows = [
            (self.practice_id, self.purpose, self.step, occasion, addressee_key, role, channel, again, delivery_id)
            for delivery_id, granted in grants
            for (occasion, addressee_key, role, channel), again in granted
        ]
        inserting(schema.occasions, self.connection.dialect).run(self.connection, rows)


def release_occasions(connection: sa.Connection, delivery_ids: Sequence[int]) -> None:
    """Free the occasions of deliveries that failed, were left out or were cancelled."""
    if delivery_ids:
        connection.execute(
            schema.occasions.delete().where(schema.occasions.c.delivery_id == sa.bindparam("of_delivery")),
            [{"of_delivery": delivery_id} for delivery_id in delivery_ids],
        )
