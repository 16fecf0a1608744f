"""The walls of the rendering process: memory, the processor's time, files, other processes (DESIGN 8.10).

They are the system's own on Linux and macOS (which does not hold to the one of memory). Windows has none of them:
there the practice watches the process from outside (`pipes.ThreadedPipes`).
"""

from __future__ import annotations

import contextlib
import sys
import time

MEMORY = 512 << 20
"""Bytes of address space, Python and its libraries included."""

if sys.platform == "win32":  # pragma: no cover - Linux is what is tested

    def close_in(descriptors: int) -> None:
        """Do nothing: there are no such limits here."""

    def allow_seconds(seconds: float) -> None:
        """Do nothing: the practice counts the time."""

else:
    import resource

    def close_in(descriptors: int) -> None:
        """Take from this process what merging does not need: memory, files, other processes, memory dumps.

        `descriptors` is how many it has open: it can open no other file and no socket.
        """
        for limit, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NPROC, 0),
            (resource.RLIMIT_NOFILE, descriptors),
        ):
            # A limit that is lower already stays; a system that does not know one goes without it.
            with contextlib.suppress(ValueError, OSError):
                _soft, hard = resource.getrlimit(limit)
                resource.setrlimit(
                    limit, (most, most) if hard == resource.RLIM_INFINITY or hard > most else (hard, hard)
                )

    def allow_seconds(seconds: float) -> None:
        """Let the system end this process when it has used so many more seconds of the processor's time."""
        used = int(time.process_time() + seconds) + 1
        with contextlib.suppress(ValueError, OSError):
            _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (used, hard))
