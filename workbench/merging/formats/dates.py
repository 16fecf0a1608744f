"""Days, hours, durations and ages as a letter writes them.

Babel says « 1 décembre », a French letter says « 1er décembre », so they are written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from workbench.domain.calendar import months_between, years_between
from workbench.merging.formats.inputs import Column, Format, Inputs, each_moment, each_value, wall_moment

WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


def day_text(day: date, language: str, *, year: bool, weekday: bool = True) -> str:
    """« mardi 24 novembre », « mardi 1er décembre 2026 »; "Tuesday 24 November"."""
    number = "1er" if day.day == 1 and language == "fr" else str(day.day)
    words = [number, MONTHS[language][day.month - 1]]
    if weekday:
        words.insert(0, WEEKDAYS[language][day.weekday()])
    if year:
        words.append(str(day.year))
    return " ".join(words)


def hour_text(moment: datetime, language: str) -> str:
    """« 8 h 40 », « 14 h »; "8:40 am", "2 pm"."""
    if language == "en":
        hour = (moment.hour - 1) % 12 + 1
        minute = f":{moment.minute:02d}" if moment.minute else ""
        return f"{hour}{minute} {'am' if moment.hour < 12 else 'pm'}"
    return f"{moment.hour} h {moment.minute:02d}" if moment.minute else f"{moment.hour} h"


def _age_text(birth: date, day: date, language: str) -> str | None:
    years = years_between(birth, day)
    if years < 0:
        return None
    if years < 2:
        return _months_text(months_between(birth, day), language)
    return f"{years} ans" if language == "fr" else f"{years} years"


def _months_text(months: int, language: str) -> str:
    return f"{months} mois" if language == "fr" else f"{months} month{'' if months == 1 else 's'}"


def is_far(day: date, inputs: Inputs) -> bool:
    """Tell whether a day needs its year: one could mistake it for another year's."""
    return abs((day - inputs.now.date()).days) > 183


def long_date(moment: datetime, language: str, inputs: Inputs) -> str:
    """« mardi 24 novembre »; with its year when the day is more than half a year away."""
    return day_text(moment.date(), language, year=is_far(moment.date(), inputs))


def _full_date(moment: datetime, language: str, _inputs: Inputs) -> str:
    return day_text(moment.date(), language, year=True)


def _short_date(moment: datetime, language: str, _inputs: Inputs) -> str:
    if language == "en":
        return day_text(moment.date(), language, year=True, weekday=False)
    return f"{moment.day:02d}/{moment.month:02d}/{moment.year:04d}"


def date_and_hour(moment: datetime, language: str, inputs: Inputs) -> str:
    """« mardi 24 novembre à 8 h 40 »."""
    joint = " at " if language == "en" else " à "
    return long_date(moment, language, inputs) + joint + hour_text(moment, language)


def _duration(minutes: object, _language: str) -> str | None:
    try:
        total = int(str(minutes).split(".")[0])
    except ValueError:
        return None
    hours, rest = divmod(total, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


def _dated(moment: datetime, language: str, _inputs: Inputs) -> str:
    return day_text(moment.date(), language, year=True, weekday=False)


def _months_since(moment: datetime, language: str, inputs: Inputs) -> str | None:
    """« 7 mois »; nothing before a month has gone by."""
    months = months_between(moment.date(), inputs.now.date())
    return _months_text(months, language) if months > 0 else None


def _age(inputs: Inputs, source: Sequence[str]) -> Column:
    births, starts = inputs.column(source[0]), inputs.column(source[1])
    ages: Column = []
    for birth, start, language in zip(births, starts, inputs.languages, strict=True):
        born = wall_moment(birth, inputs.zone)
        day = wall_moment(start, inputs.zone) or inputs.now
        ages.append(_age_text(born.date(), day.date(), language) if born else None)
    return ages


def _end_hour(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write when an appointment ends: as the agenda says, else its start and duration."""
    ends: Column = []
    rows = zip(*(inputs.column(name) for name in source), inputs.languages, strict=True)
    for end, start, minutes, language in rows:
        moment, began = wall_moment(end, inputs.zone), wall_moment(start, inputs.zone)
        if moment is None and began is not None and minutes:
            moment = began + timedelta(minutes=int(minutes))
        ends.append(hour_text(moment, language) if moment else None)
    return ends


DATES: dict[str, Format] = {
    "duration": each_value(_duration),
    "long_date": each_moment(long_date),
    "full_date": each_moment(_full_date),
    "short_date": each_moment(_short_date),
    "date_and_hour": each_moment(date_and_hour),
    "weekday": each_moment(lambda moment, language, _inputs: WEEKDAYS[language][moment.weekday()]),
    "month": each_moment(lambda moment, language, _inputs: MONTHS[language][moment.month - 1]),
    "hour": each_moment(lambda moment, language, _inputs: hour_text(moment, language)),
    "dated": each_moment(_dated),
    "months_since": each_moment(_months_since),
    "age": _age,
    "end_hour": _end_hour,
}
