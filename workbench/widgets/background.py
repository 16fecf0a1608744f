"""Do the latest piece of long work beside the kernel, so that the screens answer meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Overtaken(Exception):
    """A newer piece of work makes this one useless; whoever raises it only stops."""


class Background:
    """One piece of work at a time: a newer one overtakes the one before, which gives up at its next look.

    Work is a function that takes ``look``; it calls ``look()`` now and then, which raises `Overtaken` when the
    work has become useless.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._newest = 0
        self._thread: threading.Thread | None = None

    def do(self, work: Callable[[Callable[[], None]], None], *, here: bool = False) -> None:
        """Start `work` in a thread, or do it at once with ``here=True``; what was being done is overtaken."""
        self._newest += 1
        number = self._newest

        def look() -> None:
            if number != self._newest:
                raise Overtaken

        def turn() -> None:
            try:
                with self._turn:
                    look()
                    work(look)
            except Overtaken:
                return

        if here:
            turn()
        else:
            self._thread = threading.Thread(target=turn, name="workbench-desk", daemon=True)
            self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the latest work is done, also while newer work overtakes it; tell whether it is in time."""
        until = None if timeout is None else time.monotonic() + timeout
        waited_for = None
        while waited_for != self._newest:
            waited_for = self._newest
            thread = self._thread
            if thread is not None:
                thread.join(None if until is None else max(0.0, until - time.monotonic()))
                if thread.is_alive():
                    return False
            if not self._turn.acquire(timeout=-1 if until is None else max(0.0, until - time.monotonic())):
                return False
            self._turn.release()
        return True
