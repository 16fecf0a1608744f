"""The rendering processes of this program: begun when first needed, kept warm, ended with it.

Whoever merges has a process for itself as long as it merges, and the next one who does finds it warm, with the email
types it knows already. An idle process holds no patient's data but the last it merged.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Sequence

from workbench.errors import RenderingFailed
from workbench.language import _
from workbench.rendering.process import COMMAND, RenderingProcess
from workbench.rendering.wire import SECONDS_A_MESSAGE

MOST_IDLE = 2
"""Processes kept while nobody merges: one for the screen, one for what is being sent."""


class RenderingPool:
    """Lends rendering processes and takes them back.

    Parameters
    ----------
    command
        What begins one.
    seconds
        Wall-clock seconds that one message may take.
    """

    def __init__(self, command: Sequence[str] = COMMAND, *, seconds: float = SECONDS_A_MESSAGE) -> None:
        self._command = command
        self._seconds = seconds
        self._lock = threading.Lock()
        self._idle: list[RenderingProcess] = []
        self._closed = False

    def warm(self) -> None:
        """Begin a process if none is idle, and do not wait for it; that none can be begun is told when it is needed."""
        with self._lock, contextlib.suppress(RenderingFailed):
            if not self._idle and not self._closed:
                self._idle.append(self._begun())

    def lend(self, program: str) -> RenderingProcess:
        """Return a process, one that knows this email type if there is one.

        Raises
        ------
        RenderingFailed
            When none can be begun.
        """
        with self._lock:
            for process in [*self._idle]:
                if not process.alive():
                    self._idle.remove(process)
                    process.end()
            knowing = [process for process in self._idle if program in process.programs]
            if found := (knowing or self._idle)[-1:]:
                self._idle.remove(found[0])
                return found[0]
        return self._begun()

    def take_back(self, process: RenderingProcess) -> None:
        """Take back a process that owes no answer."""
        with self._lock:
            if not self._closed and len(self._idle) < MOST_IDLE and process.alive():
                self._idle.append(process)
                return
        process.end()

    def close(self) -> None:
        """End the idle processes; those that are lent end when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.kill()  # it owes nothing, and whoever ends need not wait

    def _begun(self) -> RenderingProcess:
        try:
            return RenderingProcess(self._command, seconds=self._seconds)
        except OSError as error:
            raise RenderingFailed(
                _("The process that merges the messages cannot be started ({error}); nothing was merged.").format(
                    error=error.strerror or type(error).__name__
                )
            ) from error


_shared: RenderingPool | None = None
_lock = threading.Lock()


def shared_pool() -> RenderingPool:
    """Return the pool of this program; a program that was forked from it has one of its own."""
    global _shared  # one for all practices: what is warm stays warm
    with _lock:
        if _shared is None:
            _shared = RenderingPool()
            atexit.register(_shared.close)
        return _shared


def _forget() -> None:
    global _shared, _lock
    _shared, _lock = None, threading.Lock()  # the processes are those of the program that was copied


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
