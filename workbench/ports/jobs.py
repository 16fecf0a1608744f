"""What the core asks of a ledger for what is done by itself: its jobs, and each time they came round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, Self

from workbench.domain.jobs import Job, OccurrenceRecord, OccurrenceState
from workbench.domain.recurrence import Occurrence


class JobBook(Protocol):
    """The jobs of a practice, by key."""

    def save(self, job: Job, *, by: str, now: datetime) -> Job:
        """Keep a job as it is now, and return it with its number."""
        ...

    def remove(self, key: str, *, by: str, now: datetime) -> bool:
        """Take a job away, and tell whether there was one; what it did stays."""
        ...

    def job(self, key: str) -> Job | None:
        """Return a job; nothing when there is none of this key."""
        ...

    def all(self) -> Mapping[str, Job]:
        """Return every job by key, in the order of their titles."""
        ...


class Owner(Protocol):
    """Who does the work of occurrences, alive until `close`; a context manager."""

    name: str

    def close(self) -> None:
        """Let go."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_error: Any) -> None: ...


class OccurrenceBook(Protocol):
    """The occurrences of jobs: whoever makes the row of one does it, and nobody else."""

    def owner(self) -> Any:
        """Begin to do work (an `Owner`), with a lock that is held until the end."""
        ...

    def attending(self) -> AbstractContextManager[Any]:
        """Begin to look after the jobs as a scheduler."""
        ...

    def passed(self, *, now: datetime) -> None:
        """Take note that a scheduler has ended a single pass."""
        ...

    def attended(self, *, now: datetime) -> bool:
        """Tell whether a scheduler runs on this machine, or made a single pass lately."""
        ...

    def claim(
        self,
        owner: Any,
        job: Job,
        occurrence: Occurrence,
        *,
        by_hand: bool = False,
        asked_by: str = "",
        now: datetime,
    ) -> OccurrenceRecord | None:
        """Make the row of an occurrence and return it; nothing when somebody made it before."""
        ...

    def leave_out(self, job: Job, occurrences: Iterable[tuple[Occurrence, str]], *, now: datetime) -> int:
        """Write down which occurrences are not done, each with its reason."""
        ...

    def take_over(self, owner: Any, *, machine: str = "") -> list[OccurrenceRecord]:
        """Take what dead owners were doing, and what was interrupted, to go on with it on a machine."""
        ...

    def take(self, owner: Any, record: OccurrenceRecord) -> OccurrenceRecord | None:
        """Take an occurrence that waits or failed; nothing when it stands otherwise by now."""
        ...

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
        """Say how an occurrence stands now; tells whether it was still as its record says."""
        ...

    def note(self, record: OccurrenceRecord, **values: Any) -> bool:
        """Write down its mailing, its run or the days it searches; tells as `move` does."""
        ...

    def beating(self, owner: Any) -> AbstractContextManager[None]:
        """Say now and then, while the work goes on, that its owner is alive."""
        ...

    def last(self, job: str, *, until: str) -> str | None:
        """Return the latest occurrence of a job that its schedule made, up to the one called `until`."""
        ...

    def record(self, job: str, occurrence: str) -> OccurrenceRecord:
        """Return an occurrence that has a row."""
        ...

    def of(self, job: str | None = None, *, limit: int = 100) -> list[OccurrenceRecord]:
        """Return the occurrences of a job, or of all, the latest first."""
        ...

    def running(self, job: str) -> OccurrenceRecord | None:
        """Return the occurrence of a job that somebody alive is doing; nothing when nobody does."""
        ...

    def in_state(self, *states: OccurrenceState) -> list[OccurrenceRecord]:
        """Return the occurrences that stand so, the latest first."""
        ...

    def with_mailing(self, mailing_id: int) -> OccurrenceRecord | None:
        """Return the occurrence that made a mailing, be it one of several of its run; nothing when none did."""
        ...
