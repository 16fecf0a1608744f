"""How many messages an account may send: a minute, an hour, a day; and what providers publish about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

WINDOWS: Mapping[str, timedelta] = {
    "per_minute": timedelta(minutes=1),
    "per_hour": timedelta(hours=1),
    "per_day": timedelta(days=1),
}
"""The limits by name, and over how long each one counts: any so long a time, wherever it begins."""


MARGIN = timedelta(seconds=1)
"""Added to each window: a provider's clock sees a message a little later than ours, and not always as late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many messages may leave now; when it is none, `free_at` is when one may, if that is known."""

    count: int
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most messages that may leave in any minute, hour and day; 0 is no limit."""

    per_minute: int = 0
    per_hour: int = 0
    per_day: int = 0

    def __bool__(self) -> bool:
        return any((self.per_minute, self.per_hour, self.per_day))

    @property
    def windows(self) -> dict[timedelta, int]:
        """The limits that there are, by the time over which each one counts, the shortest first."""
        return {window: most for name, window in WINDOWS.items() if (most := getattr(self, name))}

    def room(self, departures: Collection[tuple[datetime | None, int]], *, wanted: int, now: datetime) -> Room:
        """Return how many of the messages wanted may leave now, so that no window ever holds more than its limit.

        Parameters
        ----------
        departures
            When messages left, the last ones of those allowed together, and how many; ``None`` for those that are
            allowed and may leave at any moment: they count until it is known.
        """
        known = sorted((left, count) for left, count in departures if left is not None)
        open_count = sum(count for left, count in departures if left is None)
        count, free_at, waits = wanted, now, False
        for window, most in self.windows.items():
            within = [(left, number) for left, number in known if left > now - window - MARGIN]
            over = open_count + sum(number for _left, number in within) - most
            count = min(count, -over)
            if over < 0:
                continue
            waits = waits or open_count >= most
            for left, number in within:
                over -= number
                if over < 0:
                    free_at = max(free_at, left + window + MARGIN)
                    break
        if count > 0:
            return Room(count=count)
        return Room(count=0, free_at=None if waits else free_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLimit:
    """What a provider says about its own server.

    `domains` are those of the sender's address for which it counts; all of them when there is none.
    """

    host: str
    limits: Limits
    source: str
    read_on: date
    domains: frozenset[str] = field(default=frozenset())


PUBLISHED_LIMITS = (
    PublishedLimit(
        host="smtp.gmail.com",
        domains=frozenset({"gmail.com", "googlemail.com"}),
        limits=Limits(per_day=500),
        # The provider's own words, quoted by a school for mail merges.
        source="https://www.bates.edu/campusconnect/2012/05/is-there-a-limit-to-the-amount-of-email-i-can-send/",
        read_on=date(2026, 11, 22),
    ),
    PublishedLimit(
        host="smtp.gmail.com",
        limits=Limits(per_day=2000),
        source="https://support.google.com/a/answer/166852",
        read_on=date(2026, 11, 22),
    ),
    PublishedLimit(
        host="smtp.office365.com",
        limits=Limits(per_minute=30, per_day=10_000),
        source="https://learn.microsoft.com/en-us/defender-office-365/outbound-spam-sending-limits-troubleshoot",
        read_on=date(2026, 11, 22),
    ),
    PublishedLimit(
        host="mail.infomaniak.com",
        # 500 or 1,440, as the offer is: the smaller one is right for both until somebody says more.
        limits=Limits(per_day=500),
        source="https://www.infomaniak.com/en/support/faq/2065/understanding-the-24-hour-outgoing-email-limit",
        read_on=date(2026, 11, 22),
    ),
)
"""Providers that publish what an account may send, the narrower rule of a host first; no other is supposed."""


def published_limits(host: str, email: str = "") -> Limits:
    """Return what the provider of this host publishes for this sender's address; no limit when it says nothing."""
    server, domain = host.rstrip(".").lower(), email.rpartition("@")[2].lower()
    for known in PUBLISHED_LIMITS:
        if known.host == server and (not known.domains or domain in known.domains):
            return known.limits
    return Limits()
