"""What a format reads: whole columns in the order of the recipients, and how one is made of a function of one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

Column = list[str | None]
Values = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The columns a format may read, by ``table.column``, all in the order of the recipients.

    `languages` is each row's language (``fr`` or ``en``); `now` is the practice's wall clock, without zone.
    """

    columns: Mapping[str, Values]
    languages: Sequence[str]
    now: datetime
    zone: ZoneInfo
    adult_age: int = 18

    def column(self, name: str) -> Values:
        """Return a column; one that the store does not have is wholly missing."""
        found = self.columns.get(name)
        return found if found is not None else [None] * len(self.languages)


Format = Callable[[Inputs, Sequence[str]], Column]


def wall_moment(value: object, zone: ZoneInfo) -> datetime | None:
    """Read a moment of the agenda (a datetime, a timestamp, ISO text) as the practice's wall clock."""
    if type(value) is datetime and value.tzinfo is None and not value.second and not value.microsecond:
        return value  # as the columns are laid out
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(zone)
        return datetime(value.year, value.month, value.day, value.hour, value.minute)  # noqa: DTZ001 - a wall clock
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a wall clock
    return None


def each_row(write: Callable[..., str | None]) -> Format:
    """Make a format of a function of one row's values and its language; each distinct row is written once."""

    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        known: dict[tuple[Any, ...], str | None] = {}
        written: Column = []
        for row in zip(*(inputs.column(name) for name in source), inputs.languages, strict=True):
            if row not in known:
                known[row] = write(*row)
            written.append(known[row])
        return written

    return column


def each_value(write: Callable[[Any, str], str | None]) -> Format:
    """Make a format of a function of one value and a language; each distinct pair is written once."""

    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        values, languages = inputs.column(source[0]), inputs.languages
        spoken = set(languages)
        if len(spoken) == 1:
            return _written(values, spoken.pop(), write)
        columns = {language: _written(values, language, write, where=languages) for language in spoken}
        return [columns[language][place] for place, language in enumerate(languages)]

    return column


def _written(
    values: Values, language: str, write: Callable[[Any, str], str | None], *, where: Sequence[str] | None = None
) -> Column:
    """Write a column in one language, or only `where` that is its rows'."""
    if where is not None:
        values = [value if spoken == language else None for value, spoken in zip(values, where, strict=True)]
    known: dict[Any, str | None] = dict.fromkeys(values)
    for value in known:
        if value is not None:
            known[value] = write(value, language) or None
    return [known[value] for value in values]


def each_moment(write: Callable[[datetime, str, Inputs], str | None]) -> Format:
    """Make a format of a function of one wall-clock moment; each distinct moment is written once."""

    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        def one(value: object, language: str) -> str | None:
            moment = wall_moment(value, inputs.zone)
            return write(moment, language, inputs) if moment is not None else None

        return each_value(one)(inputs, source)

    return column
