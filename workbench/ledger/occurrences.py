"""The occurrences of jobs: each has one row, and whoever makes the row does the work, and nobody else (P14).

Who does it holds a lock of the system for his life, as a sender does (`senders`): a row whose owner died is taken over
by somebody else, who goes on with the same mailing. A row of an owner that was given up by mistake is fenced by the
owner's name: what he says of it later is not written.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.dialects import postgresql, sqlite

from workbench.databases import reading, writing
from workbench.domain.jobs import BY_HAND, Job, OccurrenceRecord, OccurrenceState, check_occurrence_move
from workbench.domain.recurrence import Occurrence
from workbench.errors import WorkspaceError
from workbench.ledger import schema
from workbench.ledger.senders import HEARTBEAT, LEASE, clock_of, found_dead, this_host

_table = schema.job_occurrences
_S = OccurrenceState

_SCHEDULER = "scheduler-"
"""The lock of whoever looks after the jobs begins so."""

_ENDED_LAST = "scheduler.last"
"""The file whose time is when the last single pass of a scheduler has ended."""

_BETWEEN_PASSES = timedelta(minutes=15)
"""For so long after a single pass the next one is awaited: a timetable makes one every five minutes."""


@dataclass(slots=True, kw_only=True)
class Owner:
    """Who does the work of occurrences, alive until `close`; a context manager."""

    name: str
    lock: FileLock = field(repr=False)

    def close(self) -> None:
        """Let go: what he has not ended is somebody else's to go on with."""
        if self.lock.is_locked:
            with contextlib.suppress(OSError):
                Path(self.lock.lock_file).unlink()
            self.lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


class Occurrences:
    """The occurrences of a practice's jobs, on every host that shares the ledger.

    Parameters
    ----------
    lease
        How long an owner of another host may be silent before what he does is taken over.
    """

    def __init__(self, engine: sa.Engine, practice_id: str, locks: Path, *, lease: timedelta = LEASE) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._locks = locks
        self._lease = lease

    def owner(self) -> Owner:
        """Begin to do work, with a lock that is held until the end."""
        return self._locked("job-")

    def attending(self) -> Owner:
        """Begin to look after the jobs as a scheduler, until the end of what is returned; see `attended`."""
        return self._locked(_SCHEDULER)

    def passed(self, *, now: datetime) -> None:
        """Take note that a scheduler has ended a single pass, which a timetable has made again and again."""
        file = self._locks / _ENDED_LAST
        with contextlib.suppress(OSError):  # it only tells
            file.touch(mode=0o600)
            os.utime(file, (now.timestamp(), now.timestamp()))

    def attended(self, *, now: datetime) -> bool:
        """Tell whether a scheduler runs on this machine, or made a pass lately; what dead ones left is taken away."""
        with contextlib.suppress(OSError):  # where there was none
            last = datetime.fromtimestamp((self._locks / _ENDED_LAST).stat().st_mtime, UTC)
            if abs(now - last) < _BETWEEN_PASSES:
                return True
        for file in self._locks.glob(f"{_SCHEDULER}*.lock"):
            with found_dead(file, host=this_host(), silent=timedelta(), lease=self._lease, is_file=True) as dead:
                if not dead:
                    return True
        return False

    def claim(
        self,
        owner: Owner,
        job: Job,
        occurrence: Occurrence,
        *,
        by_hand: bool = False,
        asked_by: str = "",
        now: datetime,
    ) -> OccurrenceRecord | None:
        """Make the row of an occurrence and return it; nothing when somebody made it before."""
        key = f"{BY_HAND if by_hand else ''}{occurrence.key}"
        running = {"state": _S.RUNNING.value, "reason": "", "ended_at": None}
        with writing(self._engine) as connection:
            clock = clock_of(connection)
            row = self._row(job, key, occurrence, now=now, clock=clock, asked_by=asked_by, owner=owner.name) | running
            made = self._made(connection, [row])
        return self.record(job.key, key) if made else None

    def leave_out(self, job: Job, occurrences: Iterable[tuple[Occurrence, str]], *, now: datetime) -> int:
        """Write down which occurrences are not done, each with its reason; those that have a row stay as they are."""
        skipped = {"state": _S.SKIPPED.value, "ended_at": now}
        with writing(self._engine) as connection:
            clock = clock_of(connection)
            rows = [
                self._row(job, occurrence.key, occurrence, now=now, clock=clock) | skipped | {"reason": reason}
                for occurrence, reason in occurrences
            ]
            return self._made(connection, rows) if rows else 0

    def take_over(self, owner: Owner, *, machine: str = "") -> list[OccurrenceRecord]:
        """Take what dead owners were doing, and what was interrupted, to go on with it.

        Parameters
        ----------
        machine
            Who goes on with it: what only another machine may run is left to that one. Without a name all is taken.
        """
        unfinished = _table.c.state.in_([_S.RUNNING.value, _S.INTERRUPTED.value])
        return self._taken(owner, [unfinished], only_dead=True, machine=machine)

    def take(self, owner: Owner, record: OccurrenceRecord) -> OccurrenceRecord | None:
        """Take an occurrence that waits or failed, to go on with it; nothing when it stands otherwise by now."""
        check_occurrence_move(record.state, _S.RUNNING)
        mine = [*self._here(record.key, record.occurrence), _table.c.state == record.state.value]
        found = self._taken(owner, mine, only_dead=False)
        return found[0] if found else None

    def move(
        self,
        record: OccurrenceRecord,
        state: OccurrenceState,
        *,
        reason: str = "",
        trace: Mapping[str, Any] | None = None,
        approve_until: datetime | None = None,
        now: datetime,
    ) -> bool:
        """Say how an occurrence stands now; tells whether it was still as its record says, in the same hands."""
        check_occurrence_move(record.state, state)
        values: dict[str, Any] = {"state": state.value, "reason": reason, "approve_until": approve_until}
        values["ended_at"] = None if state in (_S.RUNNING, _S.AWAITING_APPROVAL) else now
        if trace is not None:
            values["trace"] = dict(trace)
        return self._update(record, values)

    def note(self, record: OccurrenceRecord, **values: Any) -> bool:
        """Write down, while the work goes on, its mailing, its run or the days it searches; tells as `move` does."""
        return self._update(record, values)

    @contextlib.contextmanager
    def beating(self, owner: Owner) -> Iterator[None]:
        """Say now and then, while the work goes on, that its owner is alive; other hosts look at that."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(min(HEARTBEAT, self._lease / 6).total_seconds()):
                with contextlib.suppress(WorkspaceError), writing(self._engine) as connection:
                    mine = (_table.c.practice_id == self._practice_id, _table.c.owner == owner.name)
                    going = _table.update().where(*mine, _table.c.state == _S.RUNNING.value)
                    connection.execute(going, {"heartbeat_at": clock_of(connection)})

        thread = threading.Thread(target=beat, name="workbench-job", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    # --- what there is ------------------------------------------------------------------------------------------

    def last(self, job: str, *, until: str) -> str | None:
        """Return the latest occurrence of a job that its schedule made, up to the one called `until`."""
        query = sa.select(sa.func.max(_table.c.occurrence)).where(
            _table.c.practice_id == self._practice_id,
            _table.c.job == job,
            _table.c.occurrence <= until,
            sa.not_(_table.c.occurrence.startswith(BY_HAND)),
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def record(self, job: str, occurrence: str) -> OccurrenceRecord:
        """Return an occurrence that has a row."""
        return self._read(*self._here(job, occurrence))[0]

    def of(self, job: str | None = None, *, limit: int = 100) -> list[OccurrenceRecord]:
        """Return the occurrences of a job, or of all, the latest first."""
        return self._read(*([] if job is None else [_table.c.job == job]), limit=limit)

    def running(self, job: str) -> OccurrenceRecord | None:
        """Return the occurrence of a job that somebody alive is doing; nothing when nobody does."""
        with reading(self._engine) as connection:
            query = _table.select().where(
                _table.c.practice_id == self._practice_id, _table.c.job == job, _table.c.state == _S.RUNNING.value
            )
            rows = connection.execute(query.order_by(_table.c.started_at)).all()
            clock = clock_of(connection)
        for row in rows:
            with self._dead(row, clock - row.heartbeat_at, take_away=False) as dead:
                if not dead:
                    return _record(row)
        return None

    def in_state(self, *states: OccurrenceState) -> list[OccurrenceRecord]:
        """Return the occurrences that stand so, the latest first."""
        return self._read(_table.c.state.in_([state.value for state in states]))

    def with_mailing(self, mailing_id: int) -> OccurrenceRecord | None:
        """Return the occurrence that made a mailing, be it one of several of its run; nothing when none did."""
        linked = schema.run_mailings.c
        of_run = sa.select(linked.run_id).where(
            linked.practice_id == self._practice_id, linked.mailing_id == mailing_id
        )
        found = self._read(_table.c.mailing_id == mailing_id) or self._read(_table.c.run_id.in_(of_run))
        return found[0] if found else None

    # --- inside -------------------------------------------------------------------------------------------------

    def _locked(self, prefix: str, *, again: bool = True) -> Owner:
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{prefix}{secrets.token_hex(8)}.lock"
        lock = FileLock(self._locks / name, mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            # Somebody looked whether its owner lives (`attended`) after the file was made and before it was locked.
            if not again:
                raise
            return self._locked(prefix, again=False)
        return Owner(name=name, lock=lock)

    def _row(
        self,
        job: Job,
        key: str,
        occurrence: Occurrence,
        *,
        now: datetime,
        clock: datetime,
        asked_by: str = "",
        owner: str = "",
    ) -> dict[str, Any]:
        return {
            "practice_id": self._practice_id,
            "job": job.key,
            "occurrence": key,
            "number": job.number,
            "content": job.to_dict(),
            "asked_by": asked_by,
            "due_at": occurrence.at,
            "parameters": {},
            "host": this_host(),
            "owner": owner,
            "heartbeat_at": clock,
            "started_at": now,
            "trace": {},
        }

    def _taken(
        self, owner: Owner, where: list[sa.ColumnElement[bool]], *, only_dead: bool, machine: str = ""
    ) -> list[OccurrenceRecord]:
        with reading(self._engine) as connection:
            query = _table.select().where(_table.c.practice_id == self._practice_id, *where)
            rows = connection.execute(query.order_by(_table.c.due_at)).all()
            clock = clock_of(connection)
        taken = []
        for row in rows:
            if machine and row.content["host"] not in ("", machine):
                continue
            at_work = only_dead and row.state == _S.RUNNING
            if at_work and row.owner == owner.name:
                continue
            with contextlib.ExitStack() as stack:
                if at_work and not stack.enter_context(self._dead(row, clock - row.heartbeat_at)):
                    continue
                mine = [
                    *self._here(row.job, row.occurrence),
                    _table.c.owner == row.owner,
                    _table.c.state == row.state,
                    # One that has said something since it was looked at is alive.
                    _table.c.heartbeat_at == row.heartbeat_at,
                ]
                with writing(self._engine) as connection:
                    values = {
                        "state": _S.RUNNING.value,
                        "owner": owner.name,
                        "host": this_host(),
                        "heartbeat_at": clock_of(connection),
                        "ended_at": None,
                        "trace": {**row.trace, "taken_up": row.trace.get("taken_up", 0) + bool(only_dead)},
                    }
                    if connection.execute(_table.update().where(*mine), values).rowcount:
                        taken.append((row.job, row.occurrence))
        return [self.record(*one) for one in taken]

    def _dead(self, row: Any, silent: timedelta, *, take_away: bool = True) -> contextlib.AbstractContextManager[bool]:
        return found_dead(
            self._locks / row.owner,
            host=row.host,
            silent=silent,
            lease=self._lease,
            is_file=self._engine.dialect.name == "sqlite",
            take_away=take_away,
        )

    def _update(self, record: OccurrenceRecord, values: Mapping[str, Any]) -> bool:
        mine = (_table.c.owner == record.owner, _table.c.state == record.state.value)
        with writing(self._engine) as connection:
            changed = _table.update().where(*self._here(record.key, record.occurrence), *mine)
            return bool(connection.execute(changed, dict(values)).rowcount)

    def _here(self, job: str, occurrence: str) -> tuple[sa.ColumnElement[bool], ...]:
        return _table.c.practice_id == self._practice_id, _table.c.job == job, _table.c.occurrence == occurrence

    def _made(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Make rows and tell how many were made: nothing is done to one that is there."""
        insert: Any = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(_table).on_conflict_do_nothing().returning(_table.c.occurrence)
        return len(connection.execute(statement, [dict(row) for row in rows]).all())

    def _read(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[OccurrenceRecord]:
        query = (
            _table.select()
            .where(_table.c.practice_id == self._practice_id, *where)
            .order_by(_table.c.due_at.desc(), _table.c.started_at.desc(), _table.c.job)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_record(row) for row in connection.execute(query)]


def _record(row: Any) -> OccurrenceRecord:
    return OccurrenceRecord(
        key=row.job,
        occurrence=row.occurrence,
        job=Job.from_dict(row.content, number=row.number),
        state=OccurrenceState(row.state),
        reason=row.reason,
        due_at=row.due_at,
        asked_by=row.asked_by,
        parameters=row.parameters,
        mailing_id=row.mailing_id,
        run_id=row.run_id,
        host=row.host,
        owner=row.owner,
        started_at=row.started_at,
        ended_at=row.ended_at,
        approve_until=row.approve_until,
        trace=row.trace,
    )
