"""A sample practice at a fixed instant, copied for each test: making one takes seconds, copying it does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def made_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample practice as it was made."""
    return init_workspace(tmp_path_factory.mktemp("made") / "W", demo=True, user="claire", now=lambda: NOW)


@pytest.fixture
def practice(made_sample: Path, tmp_path: Path) -> Iterator[Practice]:
    """The sample practice, to do with as one likes; its messages go to a folder."""
    shutil.copytree(made_sample, tmp_path / "W")
    with open_practice(tmp_path / "W", user="claire", now=lambda: NOW) as opened:
        opened.accounts.set("folder", kind="folder", folder="out")
        yield opened
