"""What goes on beside a test, processes and threads: nothing of it is waited for without a limit."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil


def next_line(process: subprocess.Popen[str], *, seconds: float = 300.0) -> str:
    """Return the next line a process says; one that says none in time is killed, and its answer is empty."""
    assert process.stdout is not None
    late = threading.Timer(seconds, process.kill)
    late.start()
    try:
        return process.stdout.readline()
    finally:
        late.cancel()


@contextmanager
def ended_after(process: subprocess.Popen[str], *, seconds: float = 10.0) -> Iterator[subprocess.Popen[str]]:
    """Let a process live as long as the block: it is asked to end, and killed when it does not."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for end in (process.stdin, process.stdout, process.stderr):
            if end is not None:
                end.close()


def at_once(*deeds: Callable[[], object], seconds: float = 60.0) -> None:
    """Do several things at the same time, a thread each, and wait until all are done."""
    threads = [threading.Thread(target=deed, daemon=True) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads)


_SCREENS = (
    "workbench-answer", "workbench-desk", "workbench-dispatcher", "workbench-job", "workbench-notebook-form",
    "workbench-trial",
)  # fmt: skip
"""What the threads are called in which screens work beside the kernel."""


def screens_at_rest(*, seconds: float = 60.0) -> None:
    """Wait until no screen works beside the kernel any more: its practice may be closed then."""
    while working := [one for one in threading.enumerate() if one.name.startswith(_SCREENS)]:
        for thread in working:
            thread.join(seconds)
            assert not thread.is_alive(), f"{thread.name} is still at work"


def until(met: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Wait until something is so."""
    last = time.monotonic() + seconds
    while not met() and time.monotonic() < last:
        time.sleep(0.2)
    assert met()


def schedulers(parent: int) -> list[psutil.Process]:
    """Return the schedulers that run below a process."""
    found = []
    for one in psutil.Process(parent).children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if "scheduler" in one.cmdline():
                found.append(one)
    return found
