"""A sample practice to look at, whose screens come to rest before it is closed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.beside import screens_at_rest
from workbench.practice import Practice
from workbench.wiring import open_practice


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    """A copy of the sample practice."""
    with open_practice(shutil.copytree(sample_made_once, tmp_path / "cabinet")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def at_rest(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no screen of a test be at work any more when its practice is closed."""
    for name in ("practice", "desk"):
        if name in request.fixturenames:
            request.getfixturevalue(name)  # whatever is asked for before this one is ended after it
    yield
    screens_at_rest()
