"""How many connections an account bears just now (DESIGN 5): halved when the server asks, one more per 20 successes."""

from __future__ import annotations

LONGEST_PAUSE = 30.0
"""Seconds; the longest silence after the server asked for fewer messages."""
SUCCESSES_PER_CONNECTION = 20


class SlowDown:
    """The number of connections allowed, and until when none may begin a letter; times are the caller's, in seconds."""

    def __init__(self, connections: int) -> None:
        self.limit = max(1, connections)
        self._ceiling = self.limit
        self._paused_until = float("-inf")
        self._pause = 1.0
        self._successes = 0

    def asked(self, now: float) -> None:
        """Note that the server asked for fewer messages; what arrives during a pause is part of the same request."""
        self._successes = 0
        if self.paused(now):
            return
        self.limit = max(1, self.limit // 2)
        self._paused_until = now + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def succeeded(self, now: float) -> None:
        """Note an accepted letter."""
        if self.paused(now):
            return  # it was under way before the pause and tells nothing of what comes after
        self._pause = 1.0
        self._successes += 1
        if self._successes >= SUCCESSES_PER_CONNECTION:
            self._successes = 0
            self.limit = min(self._ceiling, self.limit + 1)

    def full_at(self, live: int) -> None:
        """Note that the server takes no more connections than the `live` ones."""
        self.limit = max(1, min(self.limit, live))
        self._successes = 0

    def paused(self, now: float) -> bool:
        """Tell whether no letter may be begun now."""
        return now < self._paused_until

    def pause_left(self, now: float) -> float:
        """Return the seconds until a letter may be begun."""
        return max(0.0, self._paused_until - now)
