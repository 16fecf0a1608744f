"""The scheduler beside a server, as a process of its own on a real workspace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.beside import ended_after, next_line, schedulers, until
from workbench.domain.jobs import OccurrenceState
from workbench.lab import scheduler_beside as beside
from workbench.wiring import open_practice


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_is_due_is_done_once_by_two_and_they_end_with_the_block(due_workspace: Path) -> None:
    with open_practice(due_workspace) as practice:
        book = practice.ledger.occurrences
        assert not practice.jobs.attended
        with beside.scheduler_beside(due_workspace, after=0), beside.scheduler_beside(due_workspace, after=0):
            until(lambda: len(book.in_state(OccurrenceState.DONE)) >= 1)
            until(lambda: practice.jobs.attended)
            until(lambda: len(schedulers(os.getpid())) == 2)
            running = schedulers(os.getpid())
        assert all(gone(one) for one in running)
        assert not practice.jobs.attended
        done = [one for one in book.of() if one.state is OccurrenceState.DONE]
        assert len({one.occurrence for one in done}) == len(done)
        assert {one.trace.get("taken_up", 0) for one in done} == {0}
    log = due_workspace / ".lab/scheduler.log"
    assert log.stat().st_mode & 0o077 == 0
    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert "what was in flight is finished" in told


def test_a_file_of_the_workspace_is_taken_for_no_module(due_workspace: Path) -> None:
    (due_workspace / "typer.py").write_text("raise SystemExit('taken for typer')\n", encoding="utf-8")
    with beside.scheduler_beside(due_workspace, after=0), open_practice(due_workspace) as practice:
        until(lambda: practice.jobs.attended)


def test_one_that_was_killed_comes_back(due_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "AGAIN_AFTER", 0.1)
    with beside.scheduler_beside(due_workspace, after=0):
        until(lambda: len(schedulers(os.getpid())) == 1)
        (first,) = schedulers(os.getpid())
        first.kill()
        until(lambda: [one.pid for one in schedulers(os.getpid())] not in ([], [first.pid]))


def test_it_ends_by_itself_when_its_server_is_killed(due_workspace: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from workbench.lab.scheduler_beside import scheduler_beside\n"
        "with scheduler_beside(Path(sys.argv[1]), after=0):\n    print('begun', flush=True); time.sleep(120)\n"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", program, str(due_workspace)], stdout=subprocess.PIPE, text=True
        ) as started,
        ended_after(started) as server,
    ):
        assert next_line(server) == "begun\n"
        until(lambda: len(schedulers(server.pid)) == 1)
        (running,) = schedulers(server.pid)
        with open_practice(due_workspace) as practice:
            until(lambda: practice.jobs.attended)
            server.send_signal(signal.SIGKILL)
            until(lambda: gone(running), seconds=30.0)
            assert not practice.jobs.attended


def test_a_moved_workspace_is_waited_for_until_somebody_lets_it_send(due_workspace: Path, tmp_path: Path) -> None:
    with open_practice(due_workspace, user="claire") as practice:
        practice.jobs.run("manques")
    moved = due_workspace.rename(tmp_path / "moved")
    log = moved / ".lab/scheduler.log"
    with beside.scheduler_beside(moved, after=0):
        until(lambda: log.is_file() and "rearm" in log.read_text(encoding="utf-8"))
        (running,) = schedulers(os.getpid())
        assert not gone(running)
