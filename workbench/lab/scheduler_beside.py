"""Have what is due by itself done while a server of the workbench runs: a scheduler of its own beside it.

It is a process of its own, so that no kernel that is restarted or busy keeps it from its work; it ends with the server,
however that ends, since it reads from a pipe that ends then. Other schedulers may run at the same time: whatever is
due is done by one of them (P14).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from workbench.lab.configuration import STATE_FOLDER
from workbench.settings import private_folder, write_private

LOG = "scheduler.log"
"""The file of the server's own folder that tells what the scheduler did since the server was started."""

WITH_PARENT = "--with-parent"
"""Has a scheduler end with whoever started it."""

FIRST_AFTER = 10.0
"""Seconds in which the page comes up before the scheduler takes its share of the machine."""

AGAIN_AFTER = 30.0
"""Seconds after which one that ended by mistake is started again."""

ENDS_WITHIN = 60.0
"""Seconds in which it finishes what is in flight, once it was asked to end."""

_LOOK = 0.5


@contextmanager
def scheduler_beside(
    workspace: Path, variables: Mapping[str, str] | None = None, *, after: float = FIRST_AFTER
) -> Iterator[None]:
    """Run ``workbench scheduler`` on a workspace as long as the block.

    Parameters
    ----------
    variables
        Further environment variables of it.
    after
        Seconds until it begins.
    """
    log = private_folder(workspace / STATE_FOLDER) / LOG
    write_private(log, b"")
    stop = Event()
    given = {**os.environ, **(variables or {})}  # as it is now: a server changes its own for its kernels
    thread = Thread(target=_attend, args=(workspace, log, given, stop, after), name="workbench-scheduler", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _attend(workspace: Path, log: Path, variables: Mapping[str, str], stop: Event, after: float) -> None:
    """Keep a scheduler running until `stop`."""
    rest = after
    while not stop.wait(rest):
        rest = AGAIN_AFTER
        with log.open("ab") as lines:
            # -P: no module that lies in the workspace is taken for one of Python's.
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-m", "workbench", "-w", str(workspace), "scheduler", WITH_PARENT],
                stdin=subprocess.PIPE,
                stdout=lines,
                stderr=lines,
                cwd=workspace,
                env=dict(variables),
                # Ctrl-C is for the server, which then has it end in order: asked twice, it would leave at once.
                start_new_session=os.name == "posix",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        while process.poll() is None and not stop.wait(_LOOK):
            pass
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have it finish what is in flight and end; one that does not is ended like a sender that was killed."""
    with process:  # which closes what it reads from
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
