"""Small stand-ins for the parts that a test is not about."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from workbench.domain.deliveries import DeliveryStatus, Outcome, check_move
from workbench.domain.messages import Letter
from workbench.errors import JournalBroken
from workbench.ports import Claimed


def a_letter(
    number: int = 1, *, recipient: str = "", content: bytes = b"Subject: hello\r\n\r\nGood morning.\r\n"
) -> Letter:
    """A letter of the practice to an invented patient."""
    return Letter(number, "practice@cabinet.example", recipient or f"patient{number}@example.test", content)


class ListQueue:
    """A queue of letters known beforehand."""

    def __init__(self, letters: Iterable[Letter]) -> None:
        self.letters = deque(letters)

    def prepare(self, most: int) -> None:
        """They are all ready."""

    def take(self) -> Letter | None:
        """Return the next letter."""
        return self.letters.popleft() if self.letters else None


class RecordingJournal:
    """A journal that keeps every turn and refuses what would break the promises."""

    def __init__(self, *, on_turn: Callable[[Sequence[Outcome], Sequence[Letter]], None] | None = None) -> None:
        self.turns: list[tuple[list[Outcome], list[int]]] = []
        self.outcomes: dict[int, Outcome] = {}
        self.announced: set[int] = set()
        self.stopping = False
        self._on_turn = on_turn

    def turn(self, results: Sequence[Outcome], about_to_go: Sequence[Letter]) -> None:
        """Keep it."""
        if self._on_turn is not None:
            self._on_turn(results, about_to_go)
        numbers = [letter.delivery_id for letter in about_to_go]
        self.turns.append((list(results), numbers))
        for result in results:
            assert result.delivery_id not in self.outcomes, "one attempt has one outcome"
            self.outcomes[result.delivery_id] = result
        for number in numbers:
            assert number not in self.announced, "a letter leaves once"
            self.announced.add(number)

    def statuses(self) -> dict[int, str]:
        """Where each letter stands."""
        return {number: str(outcome.status) for number, outcome in sorted(self.outcomes.items())}


class Clock:
    """A clock that moves only when told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time."""
        return self.instant

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self.instant += timedelta(seconds=seconds)


class MemoryOutbox:
    """The deliveries of one mailing in memory, with the ledger's rules."""

    def __init__(self, count: int = 0, *, now: Callable[[], datetime] | None = None) -> None:
        clock = Clock()
        self.now = now or clock.now
        self.status = dict.fromkeys(range(1, count + 1), DeliveryStatus.PENDING)
        self.attempts = dict.fromkeys(self.status, 0)
        self.due = dict.fromkeys(self.status, self.now())
        self.reasons: dict[int, str] = {}
        self.last: dict[int, Outcome] = {}
        self.held: set[int] = set()
        self.elsewhere: set[int] = set()
        self.dying: set[int] = set()
        self.recovered = 0
        self.commits = 0
        self.broken = False

    def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
        """Take due rows that nobody holds."""
        free = [
            number
            for number, status in self.status.items()
            if status is DeliveryStatus.PENDING and number not in self.held | self.elsewhere and self.due[number] <= now
        ][:limit]
        self.held.update(free)
        return [self._claimed(number) for number in free]

    def _claimed(self, number: int) -> Claimed:
        return Claimed(
            delivery_id=number,
            token=f"token{number}",
            mailing_id=1,
            template_revision_id=1,
            address=f"patient{number}@example.test",
            recipient="",
            language="fr",
            channel="email",
            purpose="",
            patient_id=str(number),
            values={},
            attempts=self.attempts[number],
        )

    def turn(
        self,
        results: Sequence[Outcome],
        about_to_go: Sequence[Letter],
        *,
        now: datetime,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Write outcomes and « sending » lines."""
        if self.broken:
            raise JournalBroken("the disk is full")
        for result in results:
            number = result.delivery_id
            assert number in self.held, "only the holder of a row decides about it"
            if result.status is not self.status[number]:
                check_move(
                    DeliveryStatus.SENDING
                    if result.status in (DeliveryStatus.SENT, DeliveryStatus.IN_DOUBT)
                    else self.status[number],
                    result.status,
                )
            self.status[number] = result.status
            self.reasons[number] = result.reason
            self.last[number] = result
            self.attempts[number] += 1
            self.due[number] = now + timedelta(seconds=result.retry_after)
            self.held.discard(number)
        for letter in about_to_go:
            assert letter.delivery_id in self.held, "only the holder of a row sends it"
            check_move(self.status[letter.delivery_id], DeliveryStatus.SENDING)
            self.status[letter.delivery_id] = DeliveryStatus.SENDING
        if meanwhile is not None:
            meanwhile()
        self.commits += 1

    def release(self, delivery_ids: Sequence[int]) -> None:
        """Give rows back."""
        for number in delivery_ids:
            assert self.status[number] is DeliveryStatus.PENDING, "what is leaving cannot be given back"
        self.held.difference_update(delivery_ids)

    def next_due(self) -> datetime | None:
        """When the earliest free row is due."""
        free = [
            self.due[number]
            for number, status in self.status.items()
            if status is DeliveryStatus.PENDING and number not in self.held | self.elsewhere
        ]
        return min(free, default=None)

    def held_elsewhere(self) -> int:
        """How many rows others hold."""
        return len(self.elsewhere)

    def recover(self, *, now: datetime) -> None:
        """Take back the rows of senders that died: here, those named in `dying`."""
        self.recovered += 1
        self.elsewhere -= self.dying

    def count(self, status: DeliveryStatus) -> int:
        """How many rows stand there."""
        return sum(known is status for known in self.status.values())
