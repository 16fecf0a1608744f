"""One rendering process as the practice sees it: begun without anything of ours, asked, waited for, ended.

Its pipes never block the practice: what it does not take yet waits here, and what it has said is read whenever
something is asked of it, so that it can work ahead while letters leave.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Sequence

from workbench.rendering.limits import MEMORY
from workbench.rendering.pipes import Pipes, pipes_of
from workbench.rendering.wire import HEAD, LARGEST_FRAME, READY, SECONDS_A_MESSAGE, Garbled, Prepared

COMMAND = (sys.executable, "-I", "-m", "workbench.rendering.child")
"""How a rendering process is begun: its own modules only, and none of the environment's wishes."""

_NEEDED = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_BEGINNING = 30.0  # seconds in which Python and what is merged with are loaded
_ENDING = 1.0


class ProcessEnded(Exception):
    """The rendering process is gone; `outside` says that somebody else ended it, `out_of_time` that the system did."""

    def __init__(self, code: int | None, *, outside: bool = False) -> None:
        super().__init__(code)
        self.outside = outside
        self.out_of_time = code is not None and code == -getattr(signal, "SIGXCPU", 0)


class OutOfTime(Exception):
    """The rendering process did not answer in time."""


class RenderingProcess:
    """A process to which frames are put and from which frames come, in their order.

    Raises
    ------
    OSError
        When it cannot be begun.
    """

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        seconds: float = SECONDS_A_MESSAGE,
        pipes: Callable[[subprocess.Popen[bytes], int], Pipes] = pipes_of,
    ) -> None:
        self.programs: dict[str, Prepared] = {}
        """What it has prepared, by the key of the email type; the oldest first."""
        self.languages: set[str] = set()
        """The languages whose sentences it was given."""
        self.begun = False
        """Whether it has said that it is ready."""
        self._seconds = seconds
        self._read: list[bytes] = []
        self._have = 0
        self._silent = False
        self._ended_here = False
        with _interrupts_held():
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _NEEDED if name in os.environ},
                bufsize=0,
                # A Jupyter kernel that is told to end first ends all processes of its group, again and again, while a
                # sending that has not been told yet would begin others.
                process_group=None if sys.platform == "win32" else 0,
            )
        self._pipes = pipes(self._process, MEMORY)
        # Whoever loses it, or ends without a word, ends it too.
        self._finalizer = weakref.finalize(self, _put_away, self._process, self._pipes)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def alive(self) -> bool:
        """Tell whether it is still there."""
        return self._process.poll() is None

    # --- frames -----------------------------------------------------------------------------------------------

    def put(self, kind: int, payload: bytes) -> None:
        """Ask something; returns at once."""
        self._pipes.write(HEAD.pack(len(payload), kind) + payload)

    def frame(self, *, patience: float = 1.0) -> tuple[int, bytes]:
        """Return the next answer; with `patience`, it may take so many times as long as one message may.

        Raises
        ------
        ProcessEnded
            When the process is gone.
        OutOfTime
            When none came within the time that one message may take; the process is to be ended.
        Garbled
            When the answer is larger than any may be; the process is to be ended.
        """
        seconds = self._seconds * patience
        until = time.monotonic() + (seconds if self.begun else _BEGINNING)
        while (frame := self._taken()) is None or frame[0] == READY:
            if frame is not None:
                self.begun = True
                until = time.monotonic() + seconds
                continue
            if self._silent:
                raise self._gone()
            left = until - time.monotonic()
            if left <= 0:
                raise OutOfTime
            piece = self._pipes.read(left)
            if piece:
                self._read.append(piece)
                self._have += len(piece)
            elif piece is not None:
                self._silent = True  # what it has said before counts
        return frame

    def _taken(self) -> tuple[int, bytes] | None:
        if self._have < HEAD.size:
            return None
        if len(self._read) > 1 and len(self._read[0]) < HEAD.size:
            self._read = [b"".join(self._read)]
        size, kind = HEAD.unpack_from(self._read[0])
        if size > LARGEST_FRAME:
            raise Garbled("an answer is too large")
        if self._have < HEAD.size + size:
            return None
        whole = self._read[0] if len(self._read) == 1 else b"".join(self._read)
        end = HEAD.size + size
        rest = whole[end:]
        self._read = [rest] if rest else []
        self._have = len(rest)
        return kind, whole[HEAD.size : end]

    def _gone(self) -> ProcessEnded:
        try:
            code: int | None = self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:  # it has only closed its output
            self.kill()
            return ProcessEnded(None)
        killed = {-signal.SIGTERM, -getattr(signal, "SIGKILL", signal.SIGTERM)}
        return ProcessEnded(code, outside=code in killed and not self._ended_here and not self._pipes.ended)

    # --- the end ------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Let it end, at the end of what it reads; when it does not, end it."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)
        self._finalizer()

    def kill(self) -> None:
        """End it at once."""
        self._ended_here = True
        self._finalizer()


def _put_away(process: subprocess.Popen[bytes], pipes: Pipes) -> None:
    process.kill()  # nothing, when it has ended
    process.wait()
    pipes.close()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Begin a process that an interrupt of the whole group does not end before it can say so itself."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
