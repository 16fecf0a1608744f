"""What the core asks of an outbox and its journal, and of a way for letters to leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from workbench.domain.deliveries import Outcome
from workbench.domain.messages import Letter


@dataclass(slots=True, kw_only=True)
class Claimed:
    """A delivery taken from the outbox by one sender: frozen, ready to be rendered.

    `letterhead_id` is that of who writes; nothing for what was queued by an older version. `expires_at` is told when it
    comes too late before long. Its ``repr`` names nobody (P12).
    """

    delivery_id: int
    token: str = field(repr=False)
    mailing_id: int
    template_revision_id: int
    letterhead_id: int | None = None
    address: str = field(repr=False)
    recipient: str = field(repr=False)
    language: str
    channel: str
    purpose: str
    patient_id: str = field(repr=False)
    values: Mapping[str, object] = field(repr=False)
    attempts: int
    attachments: tuple[str, ...] = field(default=())
    expires_at: datetime | None = None


class Outbox(Protocol):
    """The pending deliveries of one mailing, as one sender sees them."""

    def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
        """Take up to `limit` due rows for this sender alone, opt-outs applied again (P13)."""
        ...

    def turn(
        self,
        results: Sequence[Outcome],
        about_to_go: Sequence[Letter],
        *,
        now: datetime,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Write outcomes and « in flight » lines in one durable commit (P3).

        `meanwhile` may be called while that is put on the disk; it does not ask the outbox anything.

        Raises
        ------
        JournalBroken
            When it could not be written, or a row is no longer this sender's: nothing of `about_to_go` may leave.
        """
        ...

    def release(self, delivery_ids: Sequence[int]) -> None:
        """Give back claimed rows that were not sent."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the earliest row that nobody holds becomes due (maybe in the past), or nothing without any."""
        ...

    def held_elsewhere(self) -> int:
        """Return how many open rows other senders hold: they may come back when a sender dies."""
        ...

    def recover(self, *, now: datetime) -> None:
        """Give back what senders that died meanwhile held: waiting rows wait again, leaving ones are in doubt."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many messages a sender may let leave now; when it is none, from when on some may, if that is known."""

    id: int
    count: int
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """What became of an allowance: how many left or were tried, and when the last; ``None`` while some may leave."""

    allowance_id: int
    count: int
    left_at: datetime | None = None


class Quota(Protocol):
    """What is left of an account's limits, whoever else sends from it."""

    def take(self, wanted: int, departed: Sequence[Departed] = (), *, now: datetime) -> Allowance:
        """Let up to `wanted` messages leave; `departed` tells first what became of what was allowed before."""
        ...

    def settle(self, departed: Sequence[Departed], *, now: datetime) -> None:
        """Tell what became of what was allowed."""
        ...

    def free_at(self, *, now: datetime) -> datetime:
        """Return when the next message may leave: now, or later."""
        ...


class Queue(Protocol):
    """Where a transport takes its letters from."""

    def prepare(self, most: int) -> None:
        """Have a few more letters ready, up to so many: a good use of a moment in which the server is waited for."""
        ...

    def take(self) -> Letter | None:
        """Return the next letter, or nothing when there is none now."""
        ...


class Journal(Protocol):
    """What a transport must tell before and after each letter."""

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        """Record outcomes and the letters whose content is about to leave; returns once that is durable."""
        ...

    @property
    def stopping(self) -> bool:
        """Whether the transport should finish what is in flight, take no more, and return."""
        ...


class AccessTokens(Protocol):
    """Where a transport takes the access tokens that stand in place of a password (OAuth 2.0)."""

    def token(self, *, renewed: bool = False) -> str:
        """Return an access token that is good for a while; `renewed` asks for a new one although there is one.

        Raises
        ------
        SendingStopped
            When there is none any more, or none can be had now.
        """
        ...


class Transport(Protocol):
    """A way for messages to leave the practice.

    `deliver` takes letters until the queue is empty and every one taken has an outcome, then returns.
    It raises a ``SendingStopped`` when the way itself is closed; letters taken but not announced by
    ``journal.turn(…, about_to_go)`` may then be forgotten: the sender gives their rows back.
    """

    def deliver(self, queue: Queue, journal: Journal) -> None:
        """Send everything in `queue`, telling `journal`."""
        ...


# --- the ledger ---------------------------------------------------------------------------------------
