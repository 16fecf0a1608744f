"""``workbench scheduler`` as it runs for days: what is due is done, and a database that is away stops nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import typer

from tests.beside import ended_after, until
from tests.journeys.running import start_workbench
from workbench.cli import scheduler, sending
from workbench.cli.session import Session
from workbench.domain.jobs import OccurrenceState
from workbench.errors import DatabaseUnreadable
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice


def test_it_does_what_is_due_until_it_is_asked_to_end(due_workspace: Path, tmp_path: Path) -> None:
    with ended_after(start_workbench("scheduler", workspace=due_workspace, home=tmp_path)) as running:
        with open_practice(due_workspace) as practice:
            done = partial(practice.ledger.occurrences.in_state, OccurrenceState.DONE)
            until(lambda: running.poll() is not None or bool(done()))
        assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        _out, told = running.communicate(timeout=60)
    assert running.returncode == 0, told
    assert "The scheduler is running; Ctrl-C stops it." in told
    assert "what was in flight is finished" in told


def test_asked_to_end_twice_at_once_it_stops_as_cleanly(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    tidied = []

    def for_ever(*_given: object, **_more: object) -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)  # while it tidies up
            tidied.append(True)
        return 1

    def say(text: str) -> None:
        signal.raise_signal(signal.SIGTERM)
        print(text)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(scheduler, "_for_ever", for_ever)
    monkeypatch.setattr(scheduler, "say", say)
    monkeypatch.setattr(sending, "AT_ONCE", 3600.0)
    with pytest.raises(typer.Exit) as ended:
        scheduler.scheduler(cast(Any, SimpleNamespace(obj=None)))
    assert (ended.value.exit_code, tidied) == (0, [True])
    assert "what was in flight is finished" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before


class Away:
    """A session whose database cannot be opened at some of the times it is asked for."""

    def __init__(self, folder: Path, *, away: set[int]) -> None:
        self.folder = folder
        self.away = away
        self.times = 0

    @contextmanager
    def practice(self, *, now: Any) -> Iterator[Practice]:
        self.times += 1
        if self.times in self.away:
            raise DatabaseUnreadable("the server is away")
        with open_practice(self.folder, now=now) as opened:
            yield opened


@pytest.fixture
def a_day_a_rest(monkeypatch: pytest.MonkeyPatch) -> scheduler.Clock:
    """A clock that goes on by a day with each rest, until the third one is interrupted."""
    clock, rests = scheduler.Clock(None), []

    def sleep(seconds: float) -> None:
        rests.append(seconds)
        clock._shift += timedelta(days=1)
        if len(rests) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(scheduler, "time", SimpleNamespace(sleep=sleep))
    return clock


def test_a_database_that_is_away_at_midnight_is_waited_for(
    tmp_path: Path, a_day_a_rest: scheduler.Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Away(init_workspace(tmp_path / "W"), away={2})
    with pytest.raises(KeyboardInterrupt):
        scheduler._for_ever(cast(Session, session), a_day_a_rest)
    assert session.times == 3
    assert "the server is away" in capsys.readouterr().err


def test_one_that_cannot_even_begin_says_so_at_once(tmp_path: Path, a_day_a_rest: scheduler.Clock) -> None:
    session = Away(tmp_path, away={1})
    with pytest.raises(DatabaseUnreadable):
        scheduler._for_ever(cast(Session, session), a_day_a_rest)
