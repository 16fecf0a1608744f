"""When messages may leave: hours of the day on some days, in the practice's zone (F145; DESIGN 8.13)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from workbench.domain.calendar import PracticeCalendar
from workbench.errors import BadValue
from workbench.language import _

_HOURS = re.compile(r"(\d{1,2})(?:[:h](\d\d)?)?-(\d{1,2})(?:[:h](\d\d)?)?")
_DAYS = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6,
}  # fmt: skip
_OPEN = frozenset({"open", "ouvrés", "ouvres", "ouvré", "ouvre"})
_MIDNIGHT = 24 * 60
_LONGEST_CLOSURE = 3660


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingHours:
    """The hours in which messages may leave; without any, they always may.

    `opens` and `closes` are minutes after midnight of the practice's wall clock, the first one in, the last one out.
    `days` counts from Monday = 0; with `open_days` only the days on which the practice works are meant.
    """

    opens: int = 0
    closes: int = _MIDNIGHT
    days: frozenset[int] = field(default=frozenset(range(7)))
    open_days: bool = False

    def __bool__(self) -> bool:
        return self != type(self)()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read « 08:00-20:00 », « 8h-20h mon-fri », « 8:00-19:30 lun-ven,sam », « 8:00-20:00 open »; "" is always.

        Raises
        ------
        BadValue
            When it is none of these, or ends before it begins.
        """
        words = text.lower().replace("–", "-").replace(" - ", "-").split()
        if not words:
            return cls()
        hours = _HOURS.fullmatch(words[0])
        if hours is None or len(words) > 2:
            raise _unreadable(text)
        first, last = (int(hours[place]) * 60 + int(hours[place + 1] or 0) for place in (1, 3))
        if not 0 <= first < last <= _MIDNIGHT or any(int(hours[place] or 0) > 59 for place in (2, 4)):
            raise _unreadable(text)
        open_days = len(words) == 2 and words[1] in _OPEN
        days = frozenset(range(7)) if open_days or len(words) == 1 else _days(words[1], text)
        return cls(opens=first, closes=last, days=days, open_days=open_days)

    def next_opening(self, now: datetime, calendar: PracticeCalendar) -> datetime:
        """Return the first instant from `now` on, in UTC, at which a message may leave: `now` itself within the hours.

        A wall-clock hour that a change to summer time leaves out is the hour after it.

        Raises
        ------
        BadValue
            When there is no such day within ten years.
        """
        today = calendar.today(now)
        for later in range(_LONGEST_CLOSURE):
            day = today + timedelta(days=later)
            if day.weekday() not in self.days or (self.open_days and not calendar.is_open(day)):
                continue
            opens, closes = (_instant(day, minutes, calendar) for minutes in (self.opens, self.closes))
            if now < closes:
                return max(now, opens)
        raise BadValue(_("The practice has no open day within ten years of {day}.").format(day=today.isoformat()))


def _instant(day: date, minutes: int, calendar: PracticeCalendar) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    # What a change of the clock leaves out reads as its hour before; UTC and back gives the hour that there is.
    return wall.replace(tzinfo=calendar.zone).astimezone(UTC)


def _days(word: str, text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in word.split(","):
        first, _dash, last = part.partition("-")
        if first[:3] not in _DAYS or (last and last[:3] not in _DAYS):
            raise _unreadable(text)
        begin, end = _DAYS[first[:3]], _DAYS[(last or first)[:3]]
        found |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(found)


def _unreadable(text: str) -> BadValue:
    return BadValue(
        _(
            "« {text} » says no sending hours: write 08:00-20:00, and, for some days only, 08:00-20:00 mon-fri, or "
            "08:00-20:00 open for the days on which the practice works."
        ).format(text=text)
    )
