"""The practice's calendar, from its opening hours, its closed days and the French public holidays."""

from __future__ import annotations

from datetime import date
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
    """Return the public holidays of metropolitan France over `HOLIDAY_YEARS` with their French names, by date."""
    import holidays

    return dict(sorted(holidays.country_holidays("FR", years=HOLIDAY_YEARS, language="fr").items()))
