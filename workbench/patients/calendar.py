"""The practice's calendar, from its opening hours, its closed days and the French public holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from workbench.domain.calendar import PracticeCalendar
from workbench.errors import DatabaseRefused
from workbench.language import _
from workbench.patients.schema import closed_days, opening_hours, practices

HOLIDAY_YEARS = range(2000, 2081)
"""The years whose public holidays are known: longer than any agenda, and than any file's history."""

_SUNDAY = 6

_FIXED = {
    (1, 1): "Jour de l'an",
    (5, 1): "Fête du Travail",
    (5, 8): "Fête de la Victoire",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice",
    (12, 25): "Noël",
}
_AFTER_EASTER = {1: "Lundi de Pâques", 39: "Ascension", 50: "Lundi de Pentecôte"}
_WORKED_WHIT_MONDAYS = range(2005, 2008)
"""The years in which Whit Monday was worked, as a day of solidarity."""


def calendar_of(connection: sa.Connection, practice_id: str) -> PracticeCalendar:
    """Return the calendar of the whole practice (days on which a single site is closed do not count).

    Weekdays without opening hours are closed; a practice that gives no hours at all is closed on Sundays.

    Raises
    ------
    DatabaseRefused
        When the practice's time zone does not exist.
    """
    zone = connection.execute(sa.select(practices.c.zone).where(practices.c.practice_id == practice_id)).scalar_one()
    weekdays = set(
        connection.execute(
            sa.select(opening_hours.c.weekday).where(opening_hours.c.practice_id == practice_id).distinct()
        ).scalars()
    )
    closed = connection.execute(
        sa.select(closed_days.c.day).where(closed_days.c.practice_id == practice_id, closed_days.c.site_id == "")
    ).scalars()
    return PracticeCalendar(
        zone=zone_called(zone),
        closed_weekdays=frozenset(range(7)) - weekdays if weekdays else frozenset({_SUNDAY}),
        closed_days=french_holidays() | frozenset(closed),
    )


def zone_called(name: str) -> ZoneInfo:
    """Return a time zone by its name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DatabaseRefused(
            _("The practice's time zone « {zone} » does not exist: write one as Europe/Paris.").format(zone=name)
        ) from error


def french_holidays() -> frozenset[date]:
    """Return the public holidays of metropolitan France over `HOLIDAY_YEARS`."""
    return frozenset(holiday_names())


@cache
def holiday_names() -> dict[date, str]:
    """Return the public holidays of metropolitan France over `HOLIDAY_YEARS` with their French names, by date.

    They are the eleven of article L3133-1 of the labour code; where two fall on one day, both are named.
    """
    found: dict[date, list[str]] = {}
    for year in HOLIDAY_YEARS:
        for (month, day), name in _FIXED.items():
            found.setdefault(date(year, month, day), []).append(name)
        for days, name in _AFTER_EASTER.items():
            if name != "Lundi de Pentecôte" or year not in _WORKED_WHIT_MONDAYS:
                found.setdefault(easter_sunday(year) + timedelta(days=days), []).append(name)
    return {day: "; ".join(sorted(names)) for day, names in sorted(found.items())}


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (the computus of Meeus, Jones and Butcher)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
