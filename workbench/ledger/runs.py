"""The runs of notebooks: begun, ended, and which mailings each one confirmed.

A run lives as long as whoever started it holds its lock; one that died without a word is « interrupted », and what
it had sent stands in the results all the same.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout

from workbench.databases import reading, writing
from workbench.domain.runs import RunRecord, RunStatus
from workbench.errors import UnknownRun
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.senders import this_host

_runs = schema.runs
_linked = schema.run_mailings


@dataclass(slots=True, kw_only=True)
class Run:
    """A run that is going on; `end` tells how it ended."""

    id: str
    engine: sa.Engine = field(repr=False)
    lock: FileLock = field(repr=False)

    def end(self, status: RunStatus, *, error: str = "", now: datetime) -> None:
        """Write how the run ended, and let go of its lock."""
        self._end(_runs.c.id == self.id, status, error=error, now=now)

    def interrupted(self, *, now: datetime) -> bool:
        """Call the run interrupted unless it has said meanwhile how it ended; tells whether it was."""
        mine = sa.and_(_runs.c.id == self.id, _runs.c.status == RunStatus.RUNNING.value)
        return self._end(mine, RunStatus.INTERRUPTED, now=now)

    def _end(self, which: sa.ColumnElement[bool], status: RunStatus, *, error: str = "", now: datetime) -> bool:
        try:
            with writing(self.engine) as connection:
                written = connection.execute(
                    _runs.update().where(which), {"status": status.value, "error": error, "ended_at": now}
                )
            with contextlib.suppress(OSError):
                Path(self.lock.lock_file).unlink()
        finally:
            self.lock.release()
        return bool(written.rowcount)


class Runs:
    """The runs of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str, locks: Path) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._locks = locks

    def start(
        self, *, notebook: str, digest: str, parameters: Mapping[str, object], by: str, now: datetime, job_id: str = ""
    ) -> Run:
        """Write down that a notebook begins to run."""
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = secrets.token_hex(6)
        lock = FileLock(self._lock_of(number), mode=0o600, thread_local=False)
        lock.acquire(timeout=0)
        try:
            with writing(self._engine) as connection:
                connection.execute(
                    _runs.insert(),
                    {
                        "id": number,
                        "practice_id": self._practice_id,
                        "job_id": job_id,
                        "notebook": notebook,
                        "digest": digest,
                        "parameters": dict(parameters),
                        "started_at": now,
                        "status": RunStatus.RUNNING.value,
                        "by": by,
                        "host": this_host(),
                    },
                )
        except BaseException:
            lock.release()
            raise
        return Run(id=number, engine=self._engine, lock=lock)

    def recover(self, now: datetime) -> int:
        """Call those runs of this host interrupted whose process is gone; return how many."""
        query = sa.select(_runs.c.id).where(
            _runs.c.practice_id == self._practice_id,
            _runs.c.status == RunStatus.RUNNING.value,
            _runs.c.host == this_host(),
        )
        with reading(self._engine) as connection:
            going = list(connection.execute(query).scalars())
        ended = 0
        for number in going:
            file = self._lock_of(number)
            if not file.exists() and self._engine.dialect.name != "sqlite":
                continue  # it runs from another folder of this machine, on a shared database
            lock = FileLock(file, mode=0o600, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            ended += Run(id=number, engine=self._engine, lock=lock).interrupted(now=now)
        return ended

    def run(self, run_id: str) -> RunRecord:
        """Return a run.

        Raises
        ------
        UnknownRun
            When there is none of this number.
        """
        found = self._read(_runs.c.id == run_id)
        if not found:
            raise UnknownRun(_("There is no run « {number} ».").format(number=run_id))
        return found[0]

    def runs(self, *, limit: int = 100) -> list[RunRecord]:
        """Return the runs, the latest first."""
        return self._read(limit=limit)

    def _read(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[RunRecord]:
        query = (
            sa.select(_runs)
            .where(_runs.c.practice_id == self._practice_id, *where)
            .order_by(_runs.c.started_at.desc(), _runs.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            linked: dict[str, list[int]] = {}
            of_them = _linked.c.run_id.in_([row.id for row in rows])
            for run_id, mailing_id in connection.execute(
                sa.select(_linked.c.run_id, _linked.c.mailing_id)
                .where(_linked.c.practice_id == self._practice_id, of_them)
                .order_by(_linked.c.mailing_id)
            ):
                linked.setdefault(run_id, []).append(mailing_id)
        return [_record(row, tuple(linked.get(row.id, ()))) for row in rows]

    def _lock_of(self, run_id: str) -> Path:
        return self._locks / f"run-{run_id}.lock"


def job_of_run(connection: sa.Connection, practice_id: str, run_id: str) -> str:
    """Return the job that a run is one of; nothing of a run that a person started, and outside any run."""
    if not run_id:
        return ""
    query = sa.select(_runs.c.job_id).where(_runs.c.practice_id == practice_id, _runs.c.id == run_id)
    return connection.execute(query).scalar() or ""


def note_mailing(connection: sa.Connection, practice_id: str, run_id: str, mailing_id: int, *, now: datetime) -> None:
    """Note, inside the transaction that confirms a mailing, which run does so; nothing outside a run.

    Raises
    ------
    UnknownRun
        When the run is another ledger's: it could not tell what it sent, so nothing is confirmed.
    """
    if not run_id:
        return
    ours = sa.select(_runs.c.id).where(_runs.c.practice_id == practice_id, _runs.c.id == run_id)
    if connection.execute(ours).first() is None:
        raise UnknownRun(
            _(
                "The notebook is run on another workspace, so nothing is sent from this one. Open the workspace that "
                "it is run on, or run it on this one: workbench -w DIR run"
            )
        )
    key = {"practice_id": practice_id, "run_id": run_id, "mailing_id": mailing_id}
    there = sa.select(_linked.c.run_id).where(*(_linked.c[name] == value for name, value in key.items()))
    if connection.execute(there).first() is None:
        connection.execute(_linked.insert(), {**key, "confirmed_at": now})


def _record(row: Any, mailings: tuple[int, ...]) -> RunRecord:
    return RunRecord(
        id=row.id,
        notebook=row.notebook,
        digest=row.digest,
        parameters=row.parameters,
        started_at=row.started_at,
        ended_at=row.ended_at,
        status=RunStatus(row.status),
        error=row.error,
        by=row.by,
        mailings=mailings,
    )
