"""What a journey needs: a home of its own, a command line, an SMTP server in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.journeys.running import run_workbench
from tests.journeys.smtp_sink import SmtpSink, serving


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with nothing in it."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def workbench(home: Path) -> Callable[..., CompletedProcess[str]]:
    """The command line of somebody whose home is empty: ``workbench("search", "missed", workspace=W)``."""
    return partial(run_workbench, home=home)


@pytest.fixture
def start_sink(tmp_path: Path) -> Iterator[Callable[..., SmtpSink]]:
    """Start an SMTP server in another process; see `serving` for its options."""
    with ExitStack() as stack:

        def start(name: str = "sink", **options: Any) -> SmtpSink:
            return stack.enter_context(serving(tmp_path / name, **options))

        yield start


@pytest.fixture
def smtp_sink(start_sink: Callable[..., SmtpSink]) -> SmtpSink:
    """An SMTP server that accepts everything at once."""
    return start_sink()
