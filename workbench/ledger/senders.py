"""Who drains an outbox: a sender lives as long as it holds its lock, and what a dead one held is given back (8.5).

A sender of this host that died is recognised at once, since its lock is free. One of another host is given up
when its heartbeat, on the database's clock, is older than the lease. A sender given up by mistake does no harm:
each of its rows is fenced by its number, so it announces nothing any more.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from filelock import FileLock, Timeout

from workbench.databases import Writer, reading, writing
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.mailings import MailingStatus
from workbench.domain.messages import Letter
from workbench.errors import DatabaseUnwritable
from workbench.ledger import schema
from workbench.ledger.prepared import among
from workbench.ledger.witness import Remembering

LEASE = timedelta(minutes=20)
"""How long another host's sender may be silent: longer than the ten minutes RFC 5321 gives a reply."""

HEARTBEAT = timedelta(seconds=20)
"""How often a sender says that it is alive; six times a lease, when that is short."""

HOST_VARIABLE = "WORKBENCH_HOST"
"""Names this machine instead of the system, where several share one name and one number (copied images)."""

_OF = "-m"
"""What stands before a mailing's number in the name of a lock."""

INTERRUPTED = "interrupted"

OF_A_CANCELLED = schema.deliveries.c.mailing_id.in_(
    sa.select(schema.mailings.c.id).where(schema.mailings.c.status == MailingStatus.CANCELLED.value)
)
"""That a row is one of a cancelled mailing's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What dead senders left behind: rows that went back to waiting, and rows whose fate nobody knows."""

    returned: int = 0
    in_doubt: int = 0


@dataclass(slots=True, kw_only=True)
class Sender:
    """A registered sender, alive until `close`; a context manager."""

    id: int
    user: str
    engine: sa.Engine = field(repr=False)
    lock: FileLock = field(repr=False)
    heartbeat: timedelta = HEARTBEAT
    writer: Writer = field(init=False, repr=False)
    remembering: Remembering | None = field(default=None, repr=False)
    _beaten_at: datetime | None = field(default=None, repr=False)
    _ended: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.engine)

    def beat(self, connection: sa.Connection, now: datetime) -> None:
        """Say, inside a transaction that writes anyway, that this sender is alive; does little when said lately.

        One that was given up meanwhile (its machine slept) is alive again: what it takes from now on is recovered
        should it die. One that ended itself stays so, though an answer may still come (a second interrupt). The clock
        may have been set back since the last time.
        """
        if self._ended:
            return
        if self._beaten_at is not None and abs(now - self._beaten_at) < self.heartbeat:
            return
        connection.execute(
            schema.senders.update().where(schema.senders.c.id == self.id),
            {"heartbeat_at": clock_of(connection), "ended_at": None},
        )
        self._beaten_at = now

    def announced(self, letters: Sequence[Letter]) -> None:
        """Take note, for the restore guard, of letters whose « about to leave » is durable."""
        if self.remembering is not None:
            self.remembering.announced(letters)

    def close(self) -> None:
        """Give back what is still held (in doubt, where it was leaving), and end.

        Raises
        ------
        DatabaseUnwritable
            When the ledger cannot be told; whoever recovers next then finds the lock free, and does it.
        """
        if not self.lock.is_locked:
            return
        self._ended = True
        self.writer.close()
        try:
            with writing(self.engine) as connection:
                give_back(connection, self.id, now=clock_of(connection))
                ended_at = clock_of(connection)
                connection.execute(
                    schema.senders.update().where(schema.senders.c.id == self.id), {"ended_at": ended_at}
                )
                whole = self.remembering is None or _holds_announced(connection, self.remembering.last)
            if self.remembering is not None and whole:
                self.remembering.ended(ended_at)
            elif self.remembering is not None:
                self.remembering.cut_off()  # another server took over, without the newest commits
            # The file goes while it is still locked: whoever opens it later finds a sender that has ended.
            with contextlib.suppress(OSError):
                Path(self.lock.lock_file).unlink()
        except BaseException:
            if self.remembering is not None:
                self.remembering.cut_off()
            raise
        finally:
            self.lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except DatabaseUnwritable:
            if error is None:
                raise  # else what stopped the sending is what its caller needs to hear


class Senders:
    """The senders of one practice, on every host that shares the ledger.

    Parameters
    ----------
    lease
        How long a sender of another host may be silent before it is given up.
    """

    def __init__(self, engine: sa.Engine, practice_id: str, locks: Path, *, lease: timedelta = LEASE) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._locks = locks
        self._lease = lease
        self._started: list[Sender] = []

    def close(self) -> None:
        """Give back the connections of senders that were never ended here; they are found dead later."""
        for sender in self._started:
            sender.writer.close()

    def start(self, *, user: str, now: datetime, mailing_id: int | None = None) -> Sender:
        """Register a sender that holds a lock of the system for its life.

        Parameters
        ----------
        user
            Who sends, for the results.
        mailing_id
            The mailing that it drains, which its lock is called by: it is at work on no other.
        """
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"sender-{secrets.token_hex(8)}{'' if mailing_id is None else f'{_OF}{mailing_id}'}.lock"
        lock = FileLock(self._locks / name, mode=0o600, thread_local=False)
        # Locked before it is registered: a sender that is known is never taken for a dead one.
        lock.acquire(timeout=0)
        try:
            with writing(self._engine) as connection:
                number = connection.execute(
                    schema.senders.insert().returning(schema.senders.c.id),
                    {
                        "practice_id": self._practice_id,
                        "host": this_host(),
                        "pid": os.getpid(),
                        "user": user,
                        "lock": name,
                        "started_at": now,
                        "heartbeat_at": clock_of(connection),
                    },
                ).scalar_one()
        except BaseException:
            lock.release()
            raise
        sender = Sender(id=number, user=user, engine=self._engine, lock=lock, heartbeat=min(HEARTBEAT, self._lease / 6))
        self._started.append(sender)
        return sender

    def alive(self, connection: sa.Connection, mailing_id: int) -> bool:
        """Tell whether a sender that may drain a mailing has not ended; ask after `recover`, which ends the dead."""
        table = schema.senders.c
        of_another = table.lock.contains(_OF) & ~table.lock.endswith(f"{_OF}{mailing_id}.lock")
        query = sa.select(table.id).where(table.practice_id == self._practice_id, table.ended_at.is_(None), ~of_another)
        return connection.execute(query.limit(1)).first() is not None

    def recover(self, now: datetime) -> Recovered:
        """Give back what dead senders held: claimed rows wait again, rows that were leaving are in doubt (P2)."""
        table, held = schema.senders.c, schema.deliveries.c
        # One that was given up by mistake, went on, and died before it said so has ended, and holds rows.
        holders = sa.select(held.sender_id).where(
            held.sender_id.is_not(None),
            held.status.in_([DeliveryStatus.PENDING.value, DeliveryStatus.SENDING.value]),
        )
        query = sa.select(table.id, table.host, table.lock, table.heartbeat_at, table.ended_at).where(
            table.practice_id == self._practice_id, sa.or_(table.ended_at.is_(None), table.id.in_(holders))
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            clock = clock_of(connection)
        returned = in_doubt = 0
        for row in rows:
            with self._dead(row.host, row.lock, silent=clock - row.heartbeat_at) as dead:
                if not dead:
                    continue
                with writing(self._engine) as connection:
                    # One that has said something since it was looked at is alive; one that has ended, ended then.
                    unchanged = [
                        table.heartbeat_at == row.heartbeat_at,
                        table.ended_at.is_not_distinct_from(row.ended_at),
                    ]
                    ended = connection.execute(
                        schema.senders.update().where(table.id == row.id, *unchanged),
                        {"ended_at": clock_of(connection)},
                    )
                    if ended.rowcount:
                        given = give_back(connection, row.id, now=now)
                        returned, in_doubt = returned + given.returned, in_doubt + given.in_doubt
        return Recovered(returned=returned, in_doubt=in_doubt)

    def _dead(self, host: str, name: str, *, silent: timedelta) -> AbstractContextManager[bool]:
        """Tell whether a sender is dead; its lock is held meanwhile, so that two helpers do not help at once."""
        is_file = self._engine.dialect.name == "sqlite"
        return found_dead(self._locks / name, host=host, silent=silent, lease=self._lease, is_file=is_file)


@contextlib.contextmanager
def found_dead(
    lock_file: Path, *, host: str, silent: timedelta, lease: timedelta, is_file: bool, take_away: bool = True
) -> Iterator[bool]:
    """Tell whether who held a lock for his life is dead; it is held meanwhile, and taken away of a dead one.

    Parameters
    ----------
    host
        The machine that he works on.
    silent
        For how long he said nothing; of another machine's that decides, once it is longer than the `lease`.
    is_file
        The database is a file of this machine: whoever works with it has his lock here.
    take_away
        Take the lock of a dead one away. Whoever only looks leaves it: it is by what the next one knows that he died.
    """
    if host != this_host():
        yield silent > lease
        return
    if not lock_file.exists():
        # Its folder was emptied, or it runs from another folder of this host on a shared database.
        yield is_file or silent > lease
        return
    lock = FileLock(lock_file, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        if take_away:
            with contextlib.suppress(OSError):
                lock_file.unlink()
        lock.release()


def _holds_announced(connection: sa.Connection, delivery_ids: Sequence[int]) -> bool:
    """Tell whether the ledger still knows that these deliveries left."""
    table = schema.deliveries.c
    known = sa.select(sa.func.count()).where(table.id.in_(delivery_ids), table.sending_at.is_not(None))
    return not delivery_ids or connection.execute(known).scalar_one() == len(delivery_ids)


def give_back(connection: sa.Connection, sender_id: int, *, now: datetime) -> Recovered:
    """End what a sender holds: claimed rows wait again, rows that were leaving are in doubt.

    An interrupted row keeps the sender's number, so that its outcome is still believed if it comes after all.
    Claimed rows of a mailing cancelled meanwhile are cancelled.
    """
    table = schema.deliveries
    held = table.c.sender_id == sender_id
    in_doubt = connection.execute(
        table.update()
        .where(held, table.c.status == DeliveryStatus.SENDING.value)
        .values(status=DeliveryStatus.IN_DOUBT.value, reason=INTERRUPTED, attempts=table.c.attempts + 1, decided_at=now)
    ).rowcount
    waiting = [held, table.c.status == DeliveryStatus.PENDING.value]
    returned = release_rows(connection, waiting, now=now)
    return Recovered(returned=returned, in_doubt=in_doubt)


def release_rows(connection: sa.Connection, where: list[sa.ColumnElement[bool]], *, now: datetime) -> int:
    """Let claimed rows wait again, or be cancelled when their mailing was; returns how many."""
    table = schema.deliveries
    cancel_with_mailing(connection, where, now=now)
    return connection.execute(table.update().where(*where), {"sender_id": None}).rowcount


def cancel_with_mailing(connection: sa.Connection, where: list[sa.ColumnElement[bool]], *, now: datetime) -> None:
    """Cancel those of the pending rows whose mailing was cancelled; one that is being cancelled is waited for."""
    if connection.dialect.name == "postgresql":
        # Or the cancellation would not see these rows as nobody's yet, nor they the mailing as cancelled.
        mailings = sa.select(schema.deliveries.c.mailing_id).where(*where)
        locked = sa.select(schema.mailings.c.id).where(schema.mailings.c.id.in_(mailings))
        connection.execute(locked.with_for_update(read=True))
    cancel_rows(connection, [*where, OF_A_CANCELLED], now=now)


def cancel_rows(connection: sa.Connection, where: list[sa.ColumnElement[bool]], *, now: datetime) -> int:
    """Cancel pending rows and free their occasions; returns how many."""
    table = schema.deliveries
    # The rows first: one that a sender takes in this very moment is not cancelled, and keeps what it tells.
    cancelled = connection.execute(
        table.update()
        .where(*where, table.c.status == DeliveryStatus.PENDING.value)
        .values(status=DeliveryStatus.CANCELLED.value, sender_id=None, decided_at=now)
        .returning(table.c.id)
    )
    numbers = list(cancelled.scalars())
    if numbers:
        told = among(schema.occasions.c.delivery_id, numbers, connection.dialect)
        connection.execute(schema.occasions.delete().where(told))
    return len(numbers)


def this_host() -> str:
    """Return a name for this machine that another one does not share, even when both are called « localhost ».

    ``WORKBENCH_HOST`` names it where the system cannot tell machines apart.
    """
    named = os.environ.get(HOST_VARIABLE, "")
    if named:
        return named
    machine = ""
    with contextlib.suppress(OSError):
        machine = Path("/etc/machine-id").read_text(encoding="ascii", errors="replace").strip()[:12]
    return f"{socket.gethostname()}:{machine}"


def clock_of(connection: sa.Connection) -> datetime:
    """Return the database's own time, the one clock that all hosts share."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)  # the database is this machine
    return connection.execute(sa.select(sa.func.clock_timestamp(type_=schema.Instant()))).scalar_one()
