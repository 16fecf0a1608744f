"""Jobs: what is done by itself, as somebody set it; every change is an act with who and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.jobs import Job
from workbench.ledger import schema
from workbench.ledger.acts import write_act

_table = schema.jobs


class Jobs:
    """The jobs of one practice, by key."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def save(self, job: Job, *, by: str, now: datetime) -> Job:
        """Keep a job as it is now, journalled, and return it with its number; one that is as it was is left so.

        What passed before it was made, switched on or given another recurrence counts for nothing (``since``).
        """
        with writing(self._engine) as connection:
            alone(connection, f"jobs:{self._practice_id}")
            before = self._found(connection, job.key)
            if before is not None and (before.to_dict(), before.active) == (job.to_dict(), job.active):
                return before
            anew = before is None or before.recurrence != job.recurrence or (job.active and not before.active)
            kept = replace(
                job,
                number=(before.number if before else 0) + 1,
                since=now if anew or before is None else before.since,
                saved_at=now,
                saved_by=by,
            )
            row = {
                "number": kept.number,
                "active": kept.active,
                "content": kept.to_dict(),
                "since": kept.since,
                "saved_at": now,
                "saved_by": by,
            }
            if before is None:
                connection.execute(_table.insert(), {"practice_id": self._practice_id, "key": job.key, **row})
            else:
                connection.execute(_table.update().where(*self._here(job.key)), row)
            # Which parts changed; their values may say whom it is about (P12).
            changed = _changed(before, kept)
            write_act(
                connection,
                self._practice_id,
                "job.made" if before is None else "job.changed",
                f"job:{job.key}",
                by=by,
                now=now,
                details={"number": kept.number, "changed": changed, "active": kept.active},
            )
        return kept

    def remove(self, key: str, *, by: str, now: datetime) -> bool:
        """Take a job away, journalled, and tell whether there was one; what it did stays."""
        with writing(self._engine) as connection:
            found = connection.execute(_table.delete().where(*self._here(key))).rowcount
            if found:
                write_act(connection, self._practice_id, "job.removed", f"job:{key}", by=by, now=now)
        return bool(found)

    def job(self, key: str) -> Job | None:
        """Return a job; nothing when there is none of this key."""
        with reading(self._engine) as connection:
            return self._found(connection, key)

    def all(self) -> dict[str, Job]:
        """Return every job by key, in the order of their titles."""
        with reading(self._engine) as connection:
            query = _table.select().where(_table.c.practice_id == self._practice_id)
            found = [_job(row) for row in connection.execute(query)]
        return {one.key: one for one in sorted(found, key=lambda one: (one.title.casefold(), one.key))}

    def _found(self, connection: sa.Connection, key: str) -> Job | None:
        row = connection.execute(_table.select().where(*self._here(key))).one_or_none()
        return None if row is None else _job(row)

    def _here(self, key: str) -> tuple[sa.ColumnElement[bool], ...]:
        return _table.c.practice_id == self._practice_id, _table.c.key == key


def _changed(before: Job | None, now: Job) -> list[str]:
    if before is None:
        return []
    old, new = before.to_dict(), now.to_dict()
    return [
        *sorted(name for name in new if new[name] != old[name]),
        *(["active"] if before.active != now.active else []),
    ]


def _job(row: Any) -> Job:
    return Job.from_dict(
        row.content,
        number=row.number,
        active=row.active,
        since=row.since,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
    )
