"""A store to import into, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.patients.imports.importer import Importer
from workbench.patients.store import SqlPatientStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> SqlPatientStore:
    name = "empty_store" if request.param == "sqlite" else "empty_postgres_store"
    found = request.getfixturevalue(name)
    assert isinstance(found, SqlPatientStore)
    return found


@pytest.fixture
def imported(store: SqlPatientStore, tmp_path: Path) -> Importer:
    return Importer(store, tmp_path)
