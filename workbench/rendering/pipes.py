"""The two pipes to a rendering process, which never make the practice wait longer than it says.

`PosixPipes` ask the system what is ready. `ThreadedPipes` work everywhere, with two threads, and hold the process to
its memory from outside where the system has no limit for it (Windows). Linux is what is tested.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections import deque
from typing import IO, Protocol

_AT_ONCE = 1 << 20  # bytes of one reading, and of what may wait in a pipe; more than the system gives by itself
_LOOKED_AT = 0.2  # seconds between two looks at the memory of a process


class Pipes(Protocol):
    """What a process is written to, and read from; `ended` says that it was ended for its memory."""

    ended: bool

    def write(self, data: bytes) -> None:
        """Write, now or while something is waited for."""
        ...

    def read(self, seconds: float) -> bytes | None:
        """Return what came, ``b""`` when nothing will any more, or nothing when the seconds are over."""
        ...

    def close(self) -> None:
        """Let go of the process, which has ended."""
        ...


def pipes_of(process: subprocess.Popen[bytes], memory: int) -> Pipes:
    """Return the pipes of a process that may take so many bytes of memory."""
    return ThreadedPipes(process, memory) if sys.platform == "win32" else PosixPipes(process)


class PosixPipes:
    """Pipes that do not block: what the process does not take yet waits here."""

    ended = False

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._in, self._out = _both(process)
        self._waiting: deque[memoryview] = deque()
        for pipe in (self._in, self._out):
            os.set_blocking(pipe.fileno(), False)
            _widen(pipe.fileno())

    def write(self, data: bytes) -> None:
        """Write what the process takes at once; the rest waits."""
        self._waiting.append(memoryview(data))
        self._push()

    def read(self, seconds: float) -> bytes | None:
        """Return what came; what waits is written meanwhile."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN | select.POLLHUP)
        if self._waiting:
            poll.register(self._in, select.POLLOUT)
        poll.poll(max(0.0, seconds) * 1000)
        self._push()
        try:
            return os.read(self._out.fileno(), _AT_ONCE)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def _push(self) -> None:
        try:
            while self._waiting:
                rest = self._waiting[0]
                written = os.write(self._in.fileno(), rest)
                if written < len(rest):
                    self._waiting[0] = rest[written:]
                else:
                    self._waiting.popleft()
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._waiting.clear()  # told when its answers are read to their end


class ThreadedPipes:
    """Pipes with a thread each, and an eye on the memory of the process while it is waited for."""

    def __init__(self, process: subprocess.Popen[bytes], memory: int) -> None:
        self._process = process
        self._memory = memory
        self.ended = False
        self._closed = False
        self._in, self._out = _both(process)
        self._asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._came: queue.Queue[bytes] = queue.Queue(maxsize=16)
        for work in (self._writing, self._reading):
            threading.Thread(target=work, name="workbench-rendering", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Have it written."""
        self._asked.put(data)

    def read(self, seconds: float) -> bytes | None:
        """Return what came; a process that takes too much memory meanwhile is ended."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            try:
                return self._came.get(timeout=max(0.0, min(left, _LOOKED_AT)))
            except queue.Empty:
                self._look()
            if left <= 0:
                return None

    def _look(self) -> None:
        import psutil

        with contextlib.suppress(psutil.Error):
            if psutil.Process(self._process.pid).memory_info().rss > self._memory:
                self.ended = True
                self._process.kill()

    def close(self) -> None:
        """End both threads."""
        self._closed = True
        self._asked.put(b"")

    def _writing(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := self._asked.get():
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._in.fileno(), rest) :]

    def _reading(self) -> None:
        piece = b"-"
        while piece:
            try:
                piece = os.read(self._out.fileno(), _AT_ONCE)
            except (OSError, ValueError):
                piece = b""
            while not self._closed:
                with contextlib.suppress(queue.Full):
                    self._came.put(piece, timeout=_LOOKED_AT)
                    break


def _both(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101 - both were asked for
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout


def _widen(descriptor: int) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # the system may allow less
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _AT_ONCE)
