"""Run a program and tell what it took: seconds, processor time and memory, of it and of all it started."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EVERY = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a program took. `processor` is user and system time in seconds, of it and of the children it waited for.

    `memory` is the resident memory in bytes of all its processes together, by seconds since its start: pages that two
    of them share count twice. `told` is the JSON object of the last line of its output.
    """

    seconds: float
    processor: float
    status: int
    memory: Sequence[tuple[float, int]]
    told: Mapping[str, Any] = field(default_factory=dict)
    complaint: str = ""

    @property
    def peak(self) -> int:
        """The most memory it had at once, in bytes."""
        return max((size for _at, size in self.memory), default=0)


def measure(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    here: str | None = None,
    show: bool = False,
) -> Measured:
    """Run a program to its end and measure it; `show` passes on what it says meanwhile."""
    began = time.perf_counter()
    program = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment) if environment is not None else None,
        cwd=here,
    )
    memory: list[tuple[float, int]] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(EVERY):
            memory.append((time.perf_counter() - began, family_memory(program.pid)))

    complaints: list[bytes] = []
    watching = threading.Thread(target=look, daemon=True)

    def read() -> None:
        for line in program.stderr:  # type: ignore[union-attr]
            complaints.append(line)
            if show:
                print("   ", line.decode("utf-8", "replace").rstrip(), file=sys.stderr, flush=True)

    reading = threading.Thread(target=read, daemon=True)
    watching.start()
    reading.start()
    output = program.stdout.read()  # type: ignore[union-attr]
    _pid, waited, used = os.wait4(program.pid, 0)
    seconds = time.perf_counter() - began
    program.returncode = os.waitstatus_to_exitcode(waited)
    ended.set()
    watching.join()
    reading.join(5)
    for stream in (program.stdout, program.stderr):
        stream.close()  # type: ignore[union-attr]
    return Measured(
        seconds=seconds,
        processor=used.ru_utime + used.ru_stime,
        status=program.returncode,
        memory=memory,
        told=_last_object(output),
        complaint=b"".join(complaints).decode("utf-8", "replace"),
    )


def family_memory(root: int) -> int:
    """Return the resident memory of a process and all its children, in bytes."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for process in [root, *_children(root)]:
        with contextlib.suppress(OSError):  # it ended meanwhile
            total += int(Path(f"/proc/{process}/statm").read_bytes().split()[1]) * page
    return total


def processor_used() -> float:
    """Return the processor seconds that this process and its children, living or ended, have used."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for child in _children(os.getpid()):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{child}/stat").read_bytes().rpartition(b")")[2].split()
            total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def _children(parent: int) -> list[int]:
    """Return the numbers of the processes below one; quicker than a look at every process of the machine."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it ended meanwhile
        for thread in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (thread / "children").read_bytes().split())
    return found + [below for child in found for below in _children(child)]


def _last_object(output: bytes) -> Mapping[str, Any]:
    for line in reversed(output.decode("utf-8", "replace").splitlines()):
        if line.startswith("{"):
            told: Mapping[str, Any] = json.loads(line)
            return told
    return {}
