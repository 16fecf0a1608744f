"""What an account's limits leave room for, counted over every mailing, process and computer that shares the ledger.

A sender asks once a claim, not once a message: what it is allowed counts in full from that moment until it is known
when the last of it left, so that no minute, hour or day ever holds more than its limit, whoever sends beside it. Time
is the database's own, which all of them share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from workbench.databases import alone, reading, writing
from workbench.domain.limits import Limits, Room
from workbench.errors import DatabaseUnwritable, JournalBroken
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.senders import Sender
from workbench.ports import Allowance, Departed

KEPT = timedelta(days=1, minutes=5)
"""How long what left is remembered: a little longer than the longest window."""

PUT_BACK = timedelta(minutes=1)
"""Longer than anybody waits for a turn to write: what is later still was written before the clock was put back."""

Clock = Callable[[sa.Connection, datetime], datetime]
"""Gives the time that all senders share, from a connection and the caller's own time."""

_table = schema.allowances


def shared_clock(connection: sa.Connection, now: datetime) -> datetime:
    """Return the server's own time; a SQLite file is this computer's, and so is its clock."""
    if connection.dialect.name == "sqlite":
        return now
    return connection.execute(sa.select(sa.func.clock_timestamp(type_=schema.Instant()))).scalar_one()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The limits of one account for one sender, or for whoever only wants to know; fills ``ports.Quota``."""

    engine: sa.Engine
    practice_id: str
    account: str
    limits: Limits
    sender: Sender | None = None
    clock: Clock = shared_clock

    def take(self, wanted: int, departed: Sequence[Departed] = (), *, now: datetime) -> Allowance:
        """Let up to `wanted` messages leave; `departed` tells first what became of what was allowed before.

        Raises
        ------
        JournalBroken
            When the ledger cannot be written: nothing more may leave.
        """
        assert self.sender is not None  # noqa: S101 - only a sender takes
        try:
            with writing(self.engine) as connection:
                alone(connection, f"quota:{self.practice_id}:{self.account}")
                clock = self.clock(connection, now)
                self._settle(connection, departed, late=clock - now)
                self._tidy(connection, clock)
                room = self._room(connection, wanted, clock)
                number = 0
                if room.count:
                    number = connection.execute(
                        _table.insert().returning(_table.c.id),
                        {
                            "practice_id": self.practice_id,
                            "account": self.account,
                            "sender_id": self.sender.id,
                            "count": room.count,
                            "granted_at": clock,
                        },
                    ).scalar_one()
        except (SQLAlchemyError, DatabaseUnwritable) as error:
            raise JournalBroken(
                _("The ledger cannot be written, so the sending stopped before the next message. Send again later.")
            ) from error
        return Allowance(id=number, count=room.count, free_at=_on(now, clock, room.free_at))

    def settle(self, departed: Sequence[Departed], *, now: datetime) -> None:
        """Tell what became of what was allowed: how many left, and the last of them when.

        Raises
        ------
        DatabaseUnwritable
            When the ledger cannot be written; until the sender ends, all that was allowed counts.
        """
        with writing(self.engine) as connection:
            self._settle(connection, departed, late=self.clock(connection, now) - now)

    def free_at(self, *, now: datetime) -> datetime:
        """Return when the next message may leave: now, or later; nothing is taken."""
        with reading(self.engine) as connection:
            clock = self.clock(connection, now)
            room = self._room(connection, 1, clock)
        return now if room.count or room.free_at is None else now + (room.free_at - clock)

    def _room(self, connection: sa.Connection, wanted: int, clock: datetime) -> Room:
        # What a sender that has ended never told of left before it ended.
        left = sa.func.coalesce(_table.c.left_at, schema.senders.c.ended_at, type_=schema.Instant())
        longest = max(self.limits.windows, default=timedelta())
        query = (
            sa.select(left, _table.c.count)
            .join_from(_table, schema.senders)
            .where(*self._ours(), sa.or_(_table.c.left_at.is_(None), _table.c.left_at > clock - longest - KEPT))
        )
        return self.limits.room([(row[0], row[1]) for row in connection.execute(query)], wanted=wanted, now=clock)

    def _ours(self) -> list[sa.ColumnElement[bool]]:
        return [_table.c.practice_id == self.practice_id, _table.c.account == self.account]

    def _settle(self, connection: sa.Connection, departed: Sequence[Departed], *, late: timedelta) -> None:
        for told in departed:
            mine = _table.c.id == told.allowance_id
            if told.count:
                values: dict[str, Any] = {"count": told.count, "left_at": told.left_at and told.left_at + late}
                connection.execute(_table.update().where(mine), values)
            else:
                connection.execute(_table.delete().where(mine))

    def _tidy(self, connection: sa.Connection, clock: datetime) -> None:
        """Forget what is out of every window; what left long after now, by a clock put back since, left now."""
        connection.execute(_table.delete().where(*self._ours(), _table.c.left_at < clock - KEPT))
        connection.execute(
            _table.update().where(*self._ours(), _table.c.left_at > clock + PUT_BACK), {"left_at": clock}
        )


def _on(now: datetime, clock: datetime, moment: datetime | None) -> datetime | None:
    """Turn a moment of the shared clock into one of the caller's."""
    return None if moment is None else now + (moment - clock)
