"""What goes on beside a test, processes and threads: nothing of it is waited for without a limit."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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


def screens_at_rest(*, seconds: float = 60.0) -> None:
    """Wait until no screen works beside the kernel any more: its practice may be closed then."""
    while working := [one for one in threading.enumerate() if one.name in {"workbench-desk", "workbench-dispatcher"}]:
        for thread in working:
            thread.join(seconds)
            assert not thread.is_alive(), "a screen is still at work"
