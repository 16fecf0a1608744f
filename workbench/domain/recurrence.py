"""When something comes round: once, each day, on open days, certain weekdays, once a month, or as a cron line says.

An occurrence is a moment of the practice's wall clock and is named by it (``2026-11-29T12:00``), so that a clock
that is put back names the same one again. Each maps to one instant: a time that the spring leaves out is the next one
that there is, a time that the autumn shows twice is the first of both (P14).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.fields import folded
from workbench.errors import BadValue
from workbench.language import _, marked

HORIZON = timedelta(days=3660)
"""So far ahead an occurrence is looked for."""

LEAST_APART = timedelta(minutes=5)
"""Nothing comes round more often."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WEEKDAY_WORDS = (
    marked("Monday"), marked("Tuesday"), marked("Wednesday"), marked("Thursday"), marked("Friday"),
    marked("Saturday"), marked("Sunday"),
)  # fmt: skip
_FRENCH = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_ENGLISH = tuple(word.lower() for word in _WEEKDAY_WORDS)
_RANKS = {
    "1": "1", "1er": "1", "first": "1", "premier": "1", "1st": "1",
    "2": "2", "2e": "2", "2eme": "2", "second": "2", "deuxieme": "2", "2nd": "2",
    "3": "3", "3e": "3", "3eme": "3", "third": "3", "troisieme": "3", "3rd": "3",
    "4": "4", "4e": "4", "4eme": "4", "fourth": "4", "quatrieme": "4", "4th": "4",
    "last": "last", "dernier": "last",
}  # fmt: skip
_RANK_WORDS = {
    "1": marked("first {weekday} of the month"), "2": marked("second {weekday} of the month"),
    "3": marked("third {weekday} of the month"), "4": marked("fourth {weekday} of the month"),
    "last": marked("last {weekday} of the month"),
}  # fmt: skip
_LAST_DAY = ("last", "dernier", "last day", "dernier jour")
_TIME = re.compile(r"(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?")


class Every(StrEnum):
    """How often something comes round (« périodicité »)."""

    ONCE = "once"
    DAILY = "daily"
    OPEN_DAYS = "open_days"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CRON = "cron"


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One time that it comes round: the wall clock's, and the instant that it stands for."""

    wall: datetime
    at: datetime

    @property
    def key(self) -> str:
        """What it is called, ``2026-11-29T12:00``."""
        return key_of(self.wall)

    @property
    def day(self) -> date:
        """The practice's date: relative days count from it, whenever the work is done."""
        return self.wall.date()


def key_of(wall: datetime) -> str:
    """Return what the occurrence at a wall-clock time is called."""
    return wall.strftime("%Y-%m-%dT%H:%M")


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall-clock time: the first of two, and of none the first that there is after it."""
    moment = wall.replace(fold=0)
    while True:
        instant = moment.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == moment:
            return instant
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """When something comes round; made by `of`, which reads what people write.

    `on` says on which days: ``mon,thu`` (weekly), ``15``, ``last``, ``1 mon`` or ``last fri`` (monthly), the five
    fields of cron; it is empty for the others. `start` is the first day, `until` the last one. `at` is the time of
    day, midnight for cron, whose line tells its own.
    """

    every: Every
    start: date
    at: time = time()
    on: str = ""
    until: date | None = None

    @classmethod
    def of(
        cls, *, every: str, start: date, at: str | time | None = None, on: str = "", until: date | None = None
    ) -> Self:
        """Read a recurrence.

        Raises
        ------
        BadValue
            When it is none, or never comes round.
        """
        known = [one.value for one in Every]
        if every not in known:
            raise BadValue(
                _("« {text} » says no recurrence; there is: {known}.").format(text=every, known=", ".join(known))
            )
        kind = Every(every)
        if until is not None and until < start:
            raise BadValue(_("The last day comes before the first one."))
        if kind is not Every.CRON and at is None:
            raise BadValue(_("Say at what time, as 12:00."))
        made = cls(
            every=kind,
            start=start,
            at=time() if kind is Every.CRON else read_time(at or ""),
            on=_READERS[kind](on),
            until=until,
        )
        if kind is Every.CRON:
            walls = list(islice(made._walls(datetime.combine(start, time()), PracticeCalendar()), 50))
            if not walls:
                raise BadValue(_("« {text} » never comes round.").format(text=on))
            if any(later - sooner < LEAST_APART for sooner, later in pairwise(walls)):
                raise BadValue(_("Nothing comes round more often than every five minutes."))
        return made

    def after(self, wall: datetime | None, calendar: PracticeCalendar) -> Iterator[Occurrence]:
        """Give the occurrences after a wall-clock time, which does not count; from the first one on without it."""
        begins = datetime.combine(self.start, time()) - timedelta(minutes=1)
        since = begins if wall is None or wall < begins else wall
        for one in self._walls(since, calendar):
            yield Occurrence(one, instant_of(one, calendar.zone))

    def due(self, *, after: datetime | None, now: datetime, calendar: PracticeCalendar) -> Iterator[Occurrence]:
        """Give the occurrences after a wall-clock time whose instant has come."""
        for occurrence in self.after(after, calendar):
            if occurrence.at > now:
                return
            yield occurrence

    def at_a_doubtful_hour(self, calendar: PracticeCalendar) -> bool:
        """Tell whether it comes round between 02:00 and 02:59, an hour that is missing or there twice in a year."""
        if self.every is not Every.CRON:
            return self.at.hour == 2
        return any(one.wall.hour == 2 for one in islice(self.after(None, calendar), 50))

    @property
    def sentence(self) -> str:
        """How a person reads it, « every day at 12:00 »."""
        at = f"{self.at:%H:%M}"
        if self.every is Every.ONCE:
            return _("on {day} at {time}").format(day=self.start.isoformat(), time=at)
        if self.every is Every.DAILY:
            return _("every day at {time}").format(time=at)
        if self.every is Every.OPEN_DAYS:
            return _("on open days at {time}").format(time=at)
        if self.every is Every.CRON:
            return f"cron {self.on}"
        if self.every is Every.WEEKLY:
            days = ", ".join(_(_WEEKDAY_WORDS[WEEKDAYS.index(one)]) for one in self.on.split(","))
            return _("each {days} at {time}").format(days=days, time=at)
        rank, _space, weekday = self.on.partition(" ")
        if weekday:
            told = _(_RANK_WORDS[rank]).format(weekday=_(_WEEKDAY_WORDS[WEEKDAYS.index(weekday)]))
        elif rank == "last":
            told = _("last day of the month")
        else:
            told = _("day {day} of the month").format(day=rank)
        return _("{days} at {time}").format(days=told, time=at)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "every": self.every.value,
            "start": self.start.isoformat(),
            "at": f"{self.at:%H:%M}",
            "on": self.on,
            "until": self.until.isoformat() if self.until else "",
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return what `to_dict` told."""
        return cls(
            every=Every(values["every"]),
            start=date.fromisoformat(values["start"]),
            at=time.fromisoformat(values["at"]),
            on=values["on"],
            until=date.fromisoformat(values["until"]) if values["until"] else None,
        )

    # --- on the wall ------------------------------------------------------------------------------------------

    def _walls(self, since: datetime, calendar: PracticeCalendar) -> Iterator[datetime]:
        """Give the wall-clock times after `since`, in order."""
        ends = self.until or (max(since.date(), self.start) + HORIZON)
        if self.every is Every.CRON:
            yield from self._cron_walls(since, ends)
            return
        for day in self._days(max(since.date(), self.start), ends, calendar):
            wall = datetime.combine(day, self.at)
            if wall > since:
                yield wall

    def _cron_walls(self, since: datetime, ends: date) -> Iterator[datetime]:
        from cronsim import CronSim

        # Read on the wall, without a zone: what it makes of the hours that a zone leaves out or repeats is ours to say.
        for wall in CronSim(self.on, since):
            if wall.date() > ends:
                return
            yield wall

    def _days(self, first: date, ends: date, calendar: PracticeCalendar) -> Iterator[date]:
        if self.every is Every.ONCE:
            if first <= self.start <= ends:
                yield self.start
            return
        if self.every is Every.MONTHLY:
            yield from (day for day in self._monthly(first) if first <= day <= ends)
            return
        wanted = {WEEKDAYS.index(one) for one in self.on.split(",")} if self.every is Every.WEEKLY else set(range(7))
        for place in range((ends - first).days + 1):
            day = first + timedelta(days=place)
            if day.weekday() in wanted and (self.every is not Every.OPEN_DAYS or calendar.is_open(day)):
                yield day

    def _monthly(self, first: date) -> Iterator[date]:
        year, month = first.year, first.month
        for _place in range(HORIZON.days // 28):
            begins = date(year, month, 1)
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            yield _day_of_month(self.on, begins, last=date(year, month, 1) - timedelta(days=1))


def _day_of_month(on: str, first: date, *, last: date) -> date:
    """Return the day of one month; of a month too short for it, its last one."""
    rank, _space, weekday = on.partition(" ")
    if not weekday:
        return last if rank == "last" else first.replace(day=min(int(rank), last.day))
    wanted = WEEKDAYS.index(weekday)
    if rank == "last":
        return last - timedelta(days=(last.weekday() - wanted) % 7)
    return first + timedelta(days=(wanted - first.weekday()) % 7 + 7 * (int(rank) - 1))


def read_time(text: str | time) -> time:
    """Read a time of day: ``12:00``, ``9h30``, ``9 h``.

    Raises
    ------
    BadValue
        When it is none.
    """
    if isinstance(text, time):
        return text.replace(second=0, microsecond=0, tzinfo=None)
    found = _TIME.fullmatch(text.strip())
    if found and int(found[1]) < 24 and int(found[2] or 0) < 60:
        return time(int(found[1]), int(found[2] or 0))
    raise BadValue(_("« {text} » is no time of day: write 12:00.").format(text=text))


def _no_days(on: str) -> str:
    if on.strip():
        raise BadValue(_("« {text} » belongs to a recurrence by the week, by the month or of cron.").format(text=on))
    return ""


def _weekday(text: str) -> str:
    word = folded(text.strip()).removesuffix("s") if folded(text.strip()) not in WEEKDAYS else folded(text.strip())
    for among in (WEEKDAYS, _ENGLISH, _FRENCH):
        if word in among:
            return WEEKDAYS[among.index(word)]
    raise BadValue(_("« {text} » is no day of the week: write mon, tue … or lundi, mardi ….").format(text=text))


def _weekly(on: str) -> str:
    days = {_weekday(one) for one in on.split(",") if one.strip()}
    if not days:
        raise BadValue(_("Say on which days of the week, as mon,thu."))
    return ",".join(sorted(days, key=WEEKDAYS.index))


def _monthly(on: str) -> str:
    words = folded(" ".join(on.split()))
    if words in _LAST_DAY:
        return "last"
    if words.isdecimal() and 1 <= int(words) <= 31:
        return str(int(words))
    rank, _space, weekday = words.partition(" ")
    if weekday and rank in _RANKS:
        return f"{_RANKS[rank]} {_weekday(weekday)}"
    raise BadValue(_("« {text} » says no day of the month: write 15, last, 1 mon or last fri.").format(text=on))


def _cron(on: str) -> str:
    from cronsim import CronSim, CronSimError

    line = " ".join(on.split())
    refused = BadValue(_("« {text} » is no line of cron: minute hour day month weekday.").format(text=on))
    if len(line.split(" ")) != 5:
        raise refused
    try:
        CronSim(line, datetime(2026, 1, 1))  # noqa: DTZ001 - the wall clock has no zone
    except CronSimError as error:
        raise refused from error
    return line


_READERS = {
    Every.ONCE: _no_days,
    Every.DAILY: _no_days,
    Every.OPEN_DAYS: _no_days,
    Every.WEEKLY: _weekly,
    Every.MONTHLY: _monthly,
    Every.CRON: _cron,
}
