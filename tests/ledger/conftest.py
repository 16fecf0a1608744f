from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import postgres_database
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


@pytest.fixture(scope="session")
def blank_ledger_database(postgres_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database that is to be copied, as `blank_ledger` is."""
    with postgres_database(postgres_server) as url, tempfile.TemporaryDirectory() as locks:
        open_ledger(url, practice_id="practice", locks=Path(locks)).close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def postgres_ledger_url(postgres_server: str, blank_ledger_database: str) -> Iterator[str]:
    """The URL of a ledger in PostgreSQL of its own for each test."""
    with postgres_database(postgres_server, like=blank_ledger_database) as url:
        yield url


@pytest.fixture
def postgres_ledger(postgres_ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in PostgreSQL, open."""
    with open_ledger(postgres_ledger_url, practice_id="practice", locks=tmp_path / "locks") as opened:
        yield opened


@pytest.fixture(params=["ledger", "postgres_ledger"], ids=["sqlite", "postgresql"])
def either_ledger(request: pytest.FixtureRequest) -> Ledger:
    """A ledger in a file, then one in PostgreSQL."""
    found: Ledger = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def world(ledger: Ledger) -> World:
    """The ledger with an email type, an account and a clock."""
    return World(ledger)
