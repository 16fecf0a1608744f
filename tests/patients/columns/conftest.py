"""A store with six patients, on each database."""

from __future__ import annotations

import pytest

from tests.contracts.patient_store_contract import fill_small_practice
from workbench.patients.store import SqlPatientStore


@pytest.fixture(params=["empty_store", "empty_postgres_store"], ids=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> SqlPatientStore:
    store: SqlPatientStore = request.getfixturevalue(request.param)
    fill_small_practice(store)
    return store
