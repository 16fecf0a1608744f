"""Renderers for the tests: warm processes are shared, those that are spoilt are a test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.rendering.pool import RenderingPool
from workbench.rendering.renderer import Renderer

UNBOUNDED = (sys.executable, "-I", str(Path(__file__).with_name("unbounded_child.py")))

Build = Callable[..., Renderer]


def renderer(html: str, pool: RenderingPool, *, subject: str = "x", columns: object = ("nom",)) -> Renderer:
    template = Template(label="x", subject=subject, html=html)
    return Renderer(template, builtin_catalogue(), columns=columns, pool=pool)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def warm() -> Iterator[RenderingPool]:
    """A pool that a test does not spoil."""
    pool = RenderingPool()
    yield pool
    pool.close()


@pytest.fixture
def pool() -> Iterator[RenderingPool]:
    """A pool of the test's own, which waits for one second only."""
    pool = RenderingPool(seconds=1.0)
    yield pool
    pool.close()


@pytest.fixture(scope="package")
def unbounded() -> Iterator[RenderingPool]:
    """Processes in which nothing but the system's limits stands."""
    pool = RenderingPool(UNBOUNDED, seconds=1.0)
    yield pool
    pool.close()
