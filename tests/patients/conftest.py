"""An empty patient store of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.patients.store import SqlPatientStore, open_store


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[SqlPatientStore]:
    store = open_store(f"sqlite:///{tmp_path / 'patients.sqlite'}", practice_id="practice", create=True)
    yield store
    store.close()
