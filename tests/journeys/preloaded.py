"""A Python that has imported what every command needs, and becomes one command after the other: a process each.

Most of what a short command costs is reading pandas and SQLAlchemy again. A process that was forked from one that knows
them begins where ``python -m workbench`` begins, with its own words, environment, folder and three streams, and ends as
any Python does. What the environment says while modules are imported is what it said to the tests; a command that is to
hear something else of that is refused. The streams are files: who leaves a child behind that holds one is not noticed
here, and by the commands that are started anew.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import itertools
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.beside import ended_after, next_line

ROOT = Path(__file__).parents[2]
ASKED = 2**20
"""Bytes that the words and the environment of a command may take."""

_READ_BEFORE = ("PYTHON", "TZ", "LANG", "LC_")
"""How the variables begin that Python and its libraries read while they are imported."""

_KEYRING = "PYTHON_KEYRING_BACKEND"
"""One that is read later all the same."""

_SEEDS = itertools.cycle(("1", "2"))
"""By which seed of hashes the next command is done."""


def run(
    words: Sequence[str], *, text: str, timeout: float, env: Mapping[str, str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run ``workbench`` with some words to its end, as ``subprocess.run`` would; `text` is what it reads."""
    read_before = {name: value for name, value in env.items() if name.startswith(_READ_BEFORE) and name != _KEYRING}
    assert all(os.environ.get(name) == value for name, value in read_before.items()), read_before.keys()
    asked = json.dumps({"words": [*words], "env": dict(env), "cwd": str(cwd)}).encode()
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _number in "012"]
        streams[0].write(text)
        streams[0].seek(0)
        line = stack.enter_context(socket.socket(socket.AF_UNIX))
        line.settimeout(timeout)
        line.connect(_standing_by(next(_SEEDS)))
        assert socket.send_fds(line, [asked], [stream.fileno() for stream in streams]) == len(asked) < ASKED
        line.shutdown(socket.SHUT_WR)
        told = stack.enter_context(line.makefile())
        pid = int(told.readline())
        try:
            status = int(told.readline())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired([*words], timeout) from None
        for stream in streams:
            stream.seek(0)
        out, errors = (stream.read() for stream in streams[1:])
    return subprocess.CompletedProcess([*words], status, out, errors)


@functools.cache
def _standing_by(seed: str) -> str:
    """Start the Python that stands by, until this one ends; return the address at which it is asked.

    The same command given twice is so done by two that put their sets into different orders.
    """
    folder = tempfile.mkdtemp(prefix="wb-ready-")  # a short path, as a socket needs
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.preloaded", f"{folder}/asked"],
        cwd=ROOT,
        env={
            "PYTHONHASHSEED": seed,
            **{name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ},
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    ending = ended_after(process)
    ending.__enter__()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(ending.__exit__, None, None, None)
    assert next_line(process) == "ready\n"
    return f"{folder}/asked"


def _become_what_is_asked(address: str) -> None:
    """Answer until whoever started it is gone; return in each process that is to be a command."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(8)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for who waits
        print("ready", flush=True)
        while True:
            heard, _none, _none = select.select([listening, sys.stdin], [], [])
            if sys.stdin in heard:
                os._exit(0)
            line, _from = listening.accept()
            if os.fork() == 0:
                break
            line.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, streams, _flags, _from = socket.recv_fds(line, ASKED, 3)
    while part := line.recv(ASKED):
        asked += part
    command = os.fork()
    if command:
        line.sendall(f"{command}\n".encode())
        _pid, status = os.waitpid(command, 0)
        with contextlib.suppress(OSError):  # nobody waits any more
            line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    line.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    told = json.loads(asked)
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    os.chdir(told["cwd"])
    sys.path[0] = told["cwd"]
    sys.argv[1:] = told["words"]


if __name__ == "__main__":
    for name in ("holidays", "psycopg", "rich.console", "sqlalchemy.dialects.sqlite", "typer", "workbench.wiring"):
        importlib.import_module(name)
    gc.freeze()
    _become_what_is_asked(sys.argv[1])
    runpy.run_module("workbench", run_name="__main__", alter_sys=True)
