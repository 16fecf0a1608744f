"""The two databases that every search is asked on."""

from __future__ import annotations

import pytest

from workbench.patients.store import SqlPatientStore


@pytest.fixture(params=["empty_store", "empty_postgres_store"], ids=["sqlite", "postgresql"])
def either_store(request: pytest.FixtureRequest) -> SqlPatientStore:
    """Give an empty store in SQLite, then one in PostgreSQL."""
    store: SqlPatientStore = request.getfixturevalue(request.param)
    return store
