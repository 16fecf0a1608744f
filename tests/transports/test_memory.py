"""The way out that leads nowhere keeps the contract of every way out."""

from __future__ import annotations

import pytest

from tests.contracts.transport_contract import TransportContract
from workbench.transports.memory import MemoryTransport


class TestMemory(TransportContract):
    @pytest.fixture
    def transport(self) -> MemoryTransport:
        self.memory = MemoryTransport()
        return self.memory

    def arrived(self) -> list[bytes]:
        return [letter.content for letter in self.memory.letters]
