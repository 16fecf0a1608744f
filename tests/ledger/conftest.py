from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.world import World
from workbench.ledger.ledger import Ledger, open_ledger


@pytest.fixture(scope="session")
def blank_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's file with its tables and nothing in them, to be copied: made once, it costs a tenth of a second."""
    folder = tmp_path_factory.mktemp("blank")
    open_ledger(f"sqlite:///{folder}/ledger.sqlite", practice_id="practice", locks=folder / "locks").close()
    return folder / "ledger.sqlite"


@pytest.fixture
def ledger(blank_ledger: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of its own for each test."""
    shutil.copy(blank_ledger, tmp_path / "ledger.sqlite")
    with open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", practice_id="practice", locks=tmp_path / "locks") as opened:
        yield opened


@pytest.fixture
def world(ledger: Ledger) -> World:
    """The ledger with an email type, an account and a clock."""
    return World(ledger)
