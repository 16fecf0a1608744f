"""The practice's days: relative dates, open days, wall-clock times (DESIGN 8.13)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workbench.errors import BadValue
from workbench.language import _

Now = Callable[[], datetime]
"""The one injected clock: returns an aware datetime in UTC."""


def system_now() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeCalendar:
    """The days on which the practice works.

    `closed_weekdays` counts from Monday = 0; `closed_days` holds holidays and closures. A practitioner's
    own leave closes nothing for the others and lives with the practitioner.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    closed_weekdays: frozenset[int] = frozenset({6})
    closed_days: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """Tell whether the practice works on `day`."""
        return day.weekday() not in self.closed_weekdays and day not in self.closed_days

    def shift_open(self, day: date, offset: int) -> date:
        """Return the `offset`-th open day after (negative: before) `day`; 0 gives the next open day from `day` on."""
        step = timedelta(days=1 if offset >= 0 else -1)
        left = abs(offset)
        current = day
        for _attempt in range(3660):
            if left == 0 and self.is_open(current):
                return current
            current += step
            if left and self.is_open(current):
                left -= 1
        raise BadValue(_("The practice has no open day within ten years of {day}.").format(day=day.isoformat()))

    def today(self, now: datetime) -> date:
        """Return the practice's date at the instant `now`."""
        return now.astimezone(self.zone).date()


_RELATIVE = re.compile(r"(?:[jd]\s*)?([+-]\s*\d{1,4})?\s*(open|ouvré|ouvre|ouvrés)?", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?")
_NAMED = {
    "today": 0, "aujourd'hui": 0, "aujourd’hui": 0, "j": 0,
    "tomorrow": 1, "demain": 1,
    "yesterday": -1, "hier": -1,
}  # fmt: skip


def parse_day(text: str | date, *, today: date, calendar: PracticeCalendar) -> date:
    """Read a day: ISO, ``today``, ``tomorrow``, ``yesterday``, ``J-1``, ``J+1``, ``J+1 open`` (the next open day).

    As people write it in French, the day goes first: ``22/11/2026``, or ``22/11`` of this year.

    Raises
    ------
    BadValue
        When the text is none of these.
    """
    if isinstance(text, datetime):
        return text.date()
    if isinstance(text, date):
        return text
    words = text.strip().lower()
    if words in _NAMED:
        return today + timedelta(days=_NAMED[words])
    relative = _RELATIVE.fullmatch(words)
    if relative and words and (relative[1] or relative[2]):
        offset = int((relative[1] or "0").replace(" ", ""))
        return calendar.shift_open(today, offset) if relative[2] else today + timedelta(days=offset)
    written = _DAY_FIRST.fullmatch(words)
    try:
        if written:
            return date(int(written[3] or today.year), int(written[2]), int(written[1]))
        return date.fromisoformat(words)
    except ValueError as error:
        raise BadValue(
            _(
                "« {text} » is not a date: write 2026-11-22, 22/11/2026, today, tomorrow, yesterday, J-1, J+1 or "
                "J+1 open."
            ).format(text=text)
        ) from error


def counted_day(text: str | date, *, today: date, calendar: PracticeCalendar) -> str:
    """Return a day as one that counts from the day of asking (``J-1``, ``J+1 open``), read as `parse_day` reads it.

    A fixed day is so many days from today; the next open day, where it is not tomorrow, is the next open one.
    """
    words = "" if isinstance(text, date) else text.strip().lower()
    counted = _RELATIVE.fullmatch(words) if words not in _NAMED else None
    if counted and counted[2]:
        return f"{_offset(int((counted[1] or '0').replace(' ', '')))} open"
    day = parse_day(text, today=today, calendar=calendar)
    fixed = words not in _NAMED and not (counted and counted[1])
    if fixed and day == calendar.shift_open(today, 1) != today + timedelta(days=1):
        return "J+1 open"
    return _offset((day - today).days)


def _offset(days: int) -> str:
    return f"J{days:+d}" if days else "J"


def wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return `moment` as the practice's wall clock shows it, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def years_between(first: date, last: date) -> int:
    """Return the whole years from one day to a later one: an age. Of a 29 February they are full on 1 March."""
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def months_between(first: date, last: date) -> int:
    """Return the whole months from one day to a later one."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def day_bounds(start: date, end: date) -> tuple[datetime, datetime]:
    """Return the wall-clock bounds [start at midnight, the day after end at midnight) of two days, both included."""
    return datetime.combine(start, time.min), datetime.combine(end + timedelta(days=1), time.min)
