"""An empty patient store of its own for each test, copied from one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import postgres_database
from workbench.patients.store import SqlPatientStore, open_store


@pytest.fixture(scope="session")
def blank_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "patients.sqlite"
    open_store(f"sqlite:///{path}", practice_id="practice", create=True).close()
    return path


@pytest.fixture
def empty_store(blank_file: Path, tmp_path: Path) -> Iterator[SqlPatientStore]:
    shutil.copy(blank_file, tmp_path)
    store = open_store(f"sqlite:///{tmp_path / blank_file.name}", practice_id="practice", create=False)
    yield store
    store.close()


@pytest.fixture(scope="session")
def blank_database(postgres_server: str) -> Iterator[str]:
    with postgres_database(postgres_server) as url:
        open_store(url, practice_id="practice", create=True).close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def empty_postgres_store(postgres_server: str, blank_database: str) -> Iterator[SqlPatientStore]:
    with postgres_database(postgres_server, like=blank_database) as url:
        store = open_store(url, practice_id="practice", create=False, writable=True)
        yield store
        store.close()
