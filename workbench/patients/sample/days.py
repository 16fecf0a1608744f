"""The numbered days of the sample practice, and the dates they fall on as seen from a given today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from workbench.patients.calendar import french_holidays
from workbench.patients.sample.data import sample_words

PAST_DAYS = 500
"""Numbered days before today, two years of open days; yesterday is the last of them."""

COMING_DAYS = 62
"""Numbered days after today, three months; tomorrow is the first of them."""


@dataclass(frozen=True, slots=True)
class Leave:
    """A practitioner is away on the numbered days from `first` to `last`; `replaced_by` is who sees their patients."""

    leave_id: str
    practitioner: str
    first: int
    last: int
    replaced_by: str
    phone: str


LEAVES = (
    Leave("L1", "SL", 6, 9, "Dr Molaire", "02 61 91 12 34"),
    Leave("L2", "MM", 40, 44, "Dr Baudry", "02 61 91 12 34"),
    Leave("L3", "CC", 24, 27, "Dr Le Hénaff", "02 61 91 50 11"),
    Leave("L4", "TJ", 18, 20, "Dr Haddad", "02 61 91 50 14"),
    Leave("L5", "YK", -70, -61, "Dr Jaouen", "02 61 91 12 36"),
    Leave("L6", "AB", -120, -106, "Dr Molaire", "02 61 91 12 34"),
)


@dataclass(frozen=True, slots=True)
class Closure:
    """The practice is closed for as many open days (and those between them) just before a numbered day."""

    before: int
    open_days: int
    reason: str


CLOSURES = (
    Closure(11, 5, "Fermeture annuelle"),
    Closure(33, 1, "Formation de l’équipe"),
    Closure(-45, 1, "Formation de l’équipe"),
    Closure(-160, 10, "Fermeture annuelle"),
)


ON_CALL = ("Dr d’Estrées", "02 61 91 50 12")
"""Who sees the practice's patients in an emergency while it is closed."""


def is_away(practitioner: str, day: int) -> bool:
    """Tell whether a practitioner is on leave on a numbered day."""
    return any(leave.practitioner == practitioner and leave.first <= day <= leave.last for leave in LEAVES)


class SampleDays:
    """The dates of the numbered days, as seen from `today`.

    Yesterday, today and tomorrow are the real ones, even on a Sunday, so that the sample always has something to
    show; the other days are the practice's open days before and after them.

    Attributes
    ----------
    dates
        The date of each numbered day.
    closed
        Why the practice is closed on each day it closes itself; those days have no number.
    """

    def __init__(self, today: date) -> None:
        feasts, opening = french_holidays(), set(sample_words()["opening"]["weekdays"])
        self._feasts, self._opening = feasts, opening
        self.today = today
        self.dates: dict[int, date] = {-1: today - timedelta(days=1), 0: today, 1: today + timedelta(days=1)}
        self.closed: dict[date, str] = {}
        # Towards the past a closed run is met from its far side: it lies just after the day it is named for.
        closures = {closure.before - (closure.before < 0): closure for closure in CLOSURES}
        for last, step in ((-PAST_DAYS, -1), (COMING_DAYS, 1)):
            day, number = self.dates[step], step
            while number != last:
                closure = closures.pop(number + step, None)
                lost: list[date] = []
                while True:
                    day += timedelta(days=step)
                    if not self.is_open(day):
                        continue
                    if closure is None or len(lost) == closure.open_days:
                        break
                    lost.append(day)
                if closure is not None:
                    self._close(min(lost), max(lost), closure.reason)
                number += step
                self.dates[number] = day

    def _close(self, first: date, last: date, reason: str) -> None:
        self.closed |= {first + timedelta(days=number): reason for number in range((last - first).days + 1)}

    def closed_before(self, number: int) -> list[date]:
        """Return the closed days between a numbered day and the one before it, in order."""
        return sorted(day for day in self.closed if self.dates[number - 1] < day < self.dates[number])

    def is_open(self, day: date) -> bool:
        """Tell whether the practice works on a day, as far as it is known to close itself."""
        return day.weekday() in self._opening and day not in self._feasts and day not in self.closed

    def told(self, day: int, minute: int, moved_by: int) -> datetime:
        """Return when a visit of a numbered day was before it was moved so many days to it.

        It was on an open day. Nothing was ever moved to a day that is not open: such a visit stands where it was.
        """
        before = self.dates[day]
        if moved_by and self.is_open(before):
            before += timedelta(days=moved_by)
            while not self.is_open(before):
                before += timedelta(days=1 if moved_by > 0 else -1)
        return datetime.combine(before, time(minute // 60, minute % 60))

    def at(self, day: int, minute: int) -> datetime:
        """Return a minute of a numbered day, on the practice's wall clock."""
        return datetime.combine(self.dates[day], time(minute // 60, minute % 60))
