"""The scheduler beside a server, as a process of its own on a real workspace."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from tests.beside import ended_after, next_line
from workbench.domain.jobs import OccurrenceState
from workbench.lab import scheduler_beside as beside
from workbench.wiring import init_workspace, open_practice


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A practice with a job that comes round every five minutes, and has just come round."""
    folder = init_workspace(tmp_path / "W", demo=True)
    lately = datetime.now(UTC) - timedelta(minutes=7)
    with open_practice(folder, user="claire", now=lambda: lately) as practice:
        practice.accounts.set("folder", kind="folder", folder="out")
        practice.jobs.add(
            "Manqués", search="missed", template="Rendez-vous/Rendez-vous manqué", account="folder",
            every="cron", on="*/5 * * * *",
        )  # fmt: skip
    return folder


def until(met: Callable[[], bool], seconds: float = 60.0) -> None:
    last = time.monotonic() + seconds
    while not met() and time.monotonic() < last:
        threading.Event().wait(0.2)
    assert met()


def schedulers(parent: int) -> list[psutil.Process]:
    found = []
    for one in psutil.Process(parent).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has just ended
            if "scheduler" in one.cmdline():
                found.append(one)
    return found


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_is_due_is_done_once_by_two_and_they_end_with_the_block(workspace: Path) -> None:
    with open_practice(workspace) as practice:
        book = practice.ledger.occurrences
        assert not practice.jobs.attended
        with beside.scheduler_beside(workspace, after=0), beside.scheduler_beside(workspace, after=0):
            until(lambda: len(book.in_state(OccurrenceState.DONE)) >= 1)
            until(lambda: practice.jobs.attended)
            until(lambda: len(schedulers(os.getpid())) == 2)
            running = schedulers(os.getpid())
        assert all(gone(one) for one in running)
        assert not practice.jobs.attended
        done = [one for one in book.of() if one.state is OccurrenceState.DONE]
        assert len({one.occurrence for one in done}) == len(done)
        assert {one.trace.get("taken_up", 0) for one in done} == {0}
    log = workspace / ".lab/scheduler.log"
    assert log.stat().st_mode & 0o077 == 0
    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert "what was in flight is finished" in told


def test_one_that_was_killed_comes_back(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "AGAIN_AFTER", 0.1)
    with beside.scheduler_beside(workspace, after=0):
        until(lambda: len(schedulers(os.getpid())) == 1)
        (first,) = schedulers(os.getpid())
        first.kill()
        until(lambda: [one.pid for one in schedulers(os.getpid())] not in ([], [first.pid]))


def test_it_ends_by_itself_when_its_server_is_killed(workspace: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from workbench.lab.scheduler_beside import scheduler_beside\n"
        "with scheduler_beside(Path(sys.argv[1]), after=0):\n    print('begun', flush=True); time.sleep(120)\n"
    )
    with (
        subprocess.Popen([sys.executable, "-c", program, str(workspace)], stdout=subprocess.PIPE, text=True) as started,
        ended_after(started) as server,
    ):
        assert next_line(server) == "begun\n"
        until(lambda: len(schedulers(server.pid)) == 1)
        (running,) = schedulers(server.pid)
        with open_practice(workspace) as practice:
            until(lambda: practice.jobs.attended)
            server.send_signal(signal.SIGKILL)
            until(lambda: gone(running), 30.0)
            assert not practice.jobs.attended


def test_a_moved_workspace_is_waited_for_until_somebody_lets_it_send(workspace: Path, tmp_path: Path) -> None:
    with open_practice(workspace, user="claire") as practice:
        practice.jobs.run("manques")
    moved = workspace.rename(tmp_path / "moved")
    log = moved / ".lab/scheduler.log"
    with beside.scheduler_beside(moved, after=0):
        until(lambda: log.is_file() and "rearm" in log.read_text(encoding="utf-8"))
        (running,) = schedulers(os.getpid())
        assert not gone(running)
