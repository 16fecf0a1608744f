"""Do the latest piece of long work beside the kernel, so that the screens answer meanwhile."""

from __future__ import annotations

import threading
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

    def wait(self) -> None:
        """Wait until the latest work is done, also while newer work overtakes it."""
        waited_for = None
        while waited_for != self._newest:
            waited_for = self._newest
            thread = self._thread
            if thread is not None:
                thread.join()
            with self._turn:
                pass
