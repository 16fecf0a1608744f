"""Keep letters in memory: the way out that leads nowhere, for trials and tests."""

from __future__ import annotations

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.ports import Journal, Queue


class MemoryTransport:
    """Letters that left are in `letters`, in their order."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def deliver(self, queue: Queue, journal: Journal) -> None:
        """Take every letter, one turn of the journal each."""
        results: list[Outcome] = []
        while not journal.stopping and (letter := queue.take()) is not None:
            journal.turn(results, [letter])
            self.letters.append(letter)
            results = [Outcome(delivery_id=letter.delivery_id, status=DeliveryStatus.SENT)]
        if results:
            journal.turn(results, [])
