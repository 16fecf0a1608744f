"""An outbox that gives its rows out at the pace of an account's limits, and in the sending hours only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workbench.domain.calendar import Now
from workbench.domain.deliveries import Outcome
from workbench.domain.departures import WaitingFor
from workbench.domain.messages import Letter
from workbench.ports import Claimed, Departed, Outbox, Quota


@dataclass(slots=True)
class _Let:
    """One allowance in use: the rows that have not left yet, how many count, and when one last left."""

    number: int
    waiting: set[int]
    count: int
    left_at: datetime | None = field(default=None)

    def told(self) -> Departed:
        over = not self.waiting
        return Departed(allowance_id=self.number, count=self.count, left_at=self.left_at if over else None)


class PacedOutbox:
    """The outbox of one mailing for one sender, held back; fills ``ports.Outbox``. It belongs to one thread.

    Parameters
    ----------
    outbox
        Whose rows are given out.
    quota
        What is left of the account's limits; no limit without one.
    opening
        Gives the first instant from its argument on at which a message may leave (``SendingHours.next_opening``);
        always without it.
    now
        The clock that `next_due` is told by.
    """

    def __init__(
        self, outbox: Outbox, *, quota: Quota | None, opening: Callable[[datetime], datetime] | None, now: Now
    ) -> None:
        self._outbox = outbox
        self._quota = quota
        self._opening = opening
        self._now = now
        self._let: list[_Let] = []
        self._free_at: datetime | None = None
        self.waiting_for = WaitingFor.NOTHING

    def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
        """Take up to `limit` due rows, and no more than the limits allow; none outside the hours."""
        self._free_at = None
        if self._opening is not None and self._opening(now) > now:
            return []
        if self._quota is None:
            return self._outbox.claim(limit, now=now)
        due = self._outbox.next_due()
        if due is None or due > now:  # nothing to ask for: what comes back meanwhile is seen at the next look
            return []
        allowed = self._quota.take(limit, self._told(), now=now)
        if not allowed.count:
            self._free_at = allowed.free_at
            return []
        let = _Let(allowed.id, set(), 0)
        self._let.append(let)
        rows = self._outbox.claim(allowed.count, now=now)
        let.waiting.update(row.delivery_id for row in rows)
        let.count = len(rows)
        return rows

    def turn(
        self,
        results: Sequence[Outcome],
        about_to_go: Sequence[Letter],
        *,
        now: datetime,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Write outcomes and « in flight » lines, and note what left when."""
        self._outbox.turn(results, about_to_go, now=now, meanwhile=meanwhile)
        left_at = self._now()  # the ledger may have kept the letters waiting
        for let in self._let:
            gone = let.waiting.intersection(
                [letter.delivery_id for letter in about_to_go] + [outcome.delivery_id for outcome in results]
            )
            if gone:
                let.waiting -= gone
                let.left_at = left_at

    def release(self, delivery_ids: Sequence[int]) -> None:
        """Give back rows that were not sent: they count no more."""
        self._outbox.release(delivery_ids)
        for let in self._let:
            back = let.waiting.intersection(delivery_ids)
            let.waiting -= back
            let.count -= len(back)

    def next_due(self) -> datetime | None:
        """Return when the next row may leave, as its own time, the limits and the hours have it."""
        self.waiting_for = WaitingFor.NOTHING
        due = self._outbox.next_due()
        if due is None:
            return None
        earliest = max(due, self._now())
        if self._free_at is not None and self._free_at > earliest:
            due = earliest = self._free_at
            self.waiting_for = WaitingFor.LIMITS
        if self._opening is not None and (opens := self._opening(earliest)) > earliest:
            due = opens
            self.waiting_for = WaitingFor.HOURS
        return due

    def held_elsewhere(self) -> int:
        """Return how many open rows other senders hold."""
        return self._outbox.held_elsewhere()

    def recover(self, *, now: datetime) -> None:
        """Give back what senders that died meanwhile held."""
        self._outbox.recover(now=now)

    def close(self) -> None:
        """Tell the ledger what left, so that the next sender knows what is allowed."""
        if self._quota is not None and self._let:
            self._quota.settle(self._told(), now=self._now())

    def _told(self) -> list[Departed]:
        """Return what became of the allowances since it was last told, and forget those that are used up."""
        told = [let.told() for let in self._let]
        self._let = [let for let in self._let if let.waiting]
        return told
