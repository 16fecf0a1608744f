"""One column of a table: how its values read, what a person can compare them with, and how they sort."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.displays.cells import friendly
from workbench.displays.words import shown
from workbench.language import _, language, n_
from workbench.widgets.folding import folded, ranks

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

_LONGEST_TEXT = 1000
_MONTH = 31
_COMPARED = frozenset({"time", "date", "moment", "number", "money"})
_COMPARISON = re.compile(r"\s*(<=|>=|<|>|=|≤|≥)\s*(.+?)\s*")
_SPAN = re.compile(r"\s*(.+?)\s*\.\.\s*(.+?)\s*")
_HOUR = re.compile(r"(\d{1,2})\s*(?:[:hH]\s*(\d{1,2})?)?")
_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column to show: where it is in the frame, and how a person reads it.

    ``kind`` is text, word (a coded one), time, date, moment, since, number, money or state; a state's text begins with
    its sign (✓ ✕ ? –). Of ``since``, a moment told by how long ago it was, `beside` is the column that says what
    happened then.
    """

    name: str
    label: str
    kind: str = "text"
    width: int = 120
    hidden: bool = False
    beside: str = ""


class ColumnValues:
    """The values of one column, read from the frame only as far as somebody asks.

    A page formats its own rows alone. What looks at every row (a search, a filter, an order) works on the distinct
    values first, and is kept.
    """

    def __init__(self, values: pd.Series[Any], kind: str, name: str = "") -> None:
        self._values = _wall_clock(values, kind)
        self._kind = kind
        self._name = name
        self._read: Callable[[Any], float | None] = {"time": _minutes, "date": _ordinal, "moment": _ordinal}.get(
            kind, _amount
        )

    def shown(self, rows: npt.NDArray[np.intp]) -> list[str]:
        """Return the texts of some rows."""
        return [cut(text) for text in self._texts(_plain(self._values.iloc[rows]))]

    def holding(self, word: str) -> Mask:
        """Return the rows whose text holds a folded word."""
        codes, _distinct = self._distinct
        # The last place answers for the code -1, a missing value.
        return np.array([*(word in text for text in self._folded), False], dtype=bool)[codes]

    def compared(self, asked: str) -> Mask | None:
        """Return the rows that satisfy a comparison, all of them while it is still being typed; nothing for a text.

        A number, a day or an hour can be compared: ``> 100``, ``<= 01/12/2026``, ``8h..12h``.
        """
        bounds = self._bounds(asked)
        if bounds is None:
            return None
        sign, low, high = bounds
        numbers = self._numbers
        if low is None or high is None:
            return np.ones(len(numbers), dtype=bool)
        compared: dict[str, Callable[[], Mask]] = {
            "<": lambda: numbers < low,
            "<=": lambda: numbers <= low,
            ">": lambda: numbers > low,
            ">=": lambda: numbers >= low,
            "=": lambda: numbers == low,
            "..": lambda: (numbers >= low) & (numbers <= high),
        }
        return compared[sign]()

    @cached_property
    def order(self) -> Numbers:
        """The place of every row when sorted by this column, NaN where there is nothing to sort by."""
        if self._kind == "moment":  # compared by the day, ordered by the minute
            return np.array(
                [*(value.timestamp() if value else None for value in self._distinct[1]), None], dtype=float
            )[self._distinct[0]]
        if self._kind in _COMPARED and not np.isnan(self._numbers).all():
            return self._numbers
        codes, distinct = self._distinct
        return np.array([*ranks(self._texts(distinct)), np.nan])[codes]

    @cached_property
    def _distinct(self) -> tuple[npt.NDArray[np.intp], list[Any]]:
        codes, distinct = pd.factorize(self._values)
        return codes, _plain(distinct)

    @cached_property
    def _folded(self) -> list[str]:
        _codes, distinct = self._distinct
        return folded(self._texts(distinct))

    @cached_property
    def _numbers(self) -> Numbers:
        codes, distinct = self._distinct
        return np.array([*(self._read(value) for value in distinct), None], dtype=float)[codes]

    def _bounds(self, asked: str) -> tuple[str, Any, Any] | None:
        if self._kind not in _COMPARED:
            return None
        if span := _SPAN.fullmatch(asked):
            return "..", self._read(span[1]), self._read(span[2])
        if comparison := _COMPARISON.fullmatch(asked):
            sign = {"≤": "<=", "≥": ">="}.get(comparison[1], comparison[1])
            return sign, self._read(comparison[2]), 0
        if asked.strip() in {"<", ">", "=", "<=", ">=", "≤", "≥"}:
            return "=", None, 0
        return None

    def _texts(self, values: list[Any]) -> list[str]:
        # The language is asked once for all: a search may look at a hundred thousand amounts.
        french = language() == "fr"
        if self._kind == "number":
            return [_number(value, french) for value in values]
        if self._kind == "money":
            return [shown("amount", value) or "" for value in values]
        if self._kind == "word":
            return ["" if value is None else shown(self._name, value) or str(value) for value in values]
        if self._kind == "moment":
            return [friendly(value, zone=getattr(value, "tzinfo", None)) for value in values]
        if self._kind == "date":
            return [_date(value, french) for value in values]
        if self._kind == "time":
            return [_hour(value) for value in values]
        return [value if type(value) is str else _text(value) for value in values]


class SinceValues(ColumnValues):
    """Moments told by what happened and how long ago it was; compared and ordered by the day."""

    def __init__(self, moments: pd.Series[Any], happened: pd.Series[Any], *, today: date) -> None:
        super().__init__(moments, "date")
        self._happened = happened
        self._today = today

    def shown(self, rows: npt.NDArray[np.intp]) -> list[str]:
        """Return the texts of some rows."""
        told = zip(_plain(self._values.iloc[rows]), _plain(self._happened.iloc[rows]), strict=True)
        return [cut(self._told(day, what)) for day, what in told]

    def holding(self, word: str) -> Mask:
        """Return the rows whose text holds a folded word."""
        codes, texts = self._pairs
        return np.array([*(word in text for text in texts), False], dtype=bool)[codes]

    @cached_property
    def _pairs(self) -> tuple[npt.NDArray[np.intp], list[str]]:
        """For each row its pair of a day and what happened, and how each pair reads: there are few of them."""
        days, of_day = pd.factorize(self._values)
        whats, of_what = pd.factorize(self._happened)
        count = len(of_what) + 1
        codes, pairs = pd.factorize((days + 1) * count + whats + 1)
        day_of, what_of = [None, *_plain(of_day)], [None, *_plain(of_what)]
        return codes, folded([self._told(day_of[pair // count], what_of[pair % count]) for pair in pairs])

    def _told(self, day: Any, what: Any) -> str:
        if day is None:
            return ""
        # An email type is called by its label: the folder it lies in is said elsewhere.
        told = str(what or "").rpartition("/")[2]
        ago = how_long_ago((self._today - day.date()).days)
        return f"{told}, {ago}" if told else ago


def how_long_ago(days: int) -> str:
    """Return how a person says that something was so many days ago."""
    if days <= 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days < _MONTH:
        return n_("{count} day ago", "{count} days ago", days).format(count=days)
    months = round(days * 12 / 365)
    if months < 12:
        return n_("{count} month ago", "{count} months ago", months).format(count=months)
    years = days // 365 or 1
    return n_("{count} year ago", "{count} years ago", years).format(count=years)


def values_of(frame: pd.DataFrame, column: Column, today: date) -> ColumnValues:
    """Return the values of a column of a frame; how long ago something was is counted from `today`."""
    values = frame[column.name]
    if column.kind != "since":
        return ColumnValues(values, column.kind, column.name)
    happened = frame[column.beside] if column.beside in frame else pd.Series(None, index=frame.index, dtype=object)
    return SinceValues(values, happened, today=today)


def cut(text: str) -> str:
    """Return a text short enough for a cell."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _wall_clock(values: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Return moments as what is shown of them, a minute of the day or a day: there are few of either."""
    if not isinstance(values.dtype, pd.DatetimeTZDtype) and values.dtype.kind != "M":
        return values
    if kind == "moment":
        return values
    if kind == "time":
        return pd.Series(values.dt.hour * 60 + values.dt.minute)
    return pd.Series(values.dt.tz_localize(None).dt.normalize())


def _plain(values: Any) -> list[Any]:
    """Return values of any dtype as Python's own, a missing one as ``None``."""
    plain = np.array(values, dtype=object)
    plain[pd.isna(plain)] = None
    return list(plain)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else ""
    return str(value)


def _number(value: Any, french: bool) -> str:
    if not isinstance(value, float):
        return _text(value)
    # A narrow no-break space between thousands, as the language's own formatter has it; it would take seconds.
    return f"{value:,.2f}".replace(",", "\u202f").replace(".", ",") if french else f"{value:,.2f}"


def _hour(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    hours, minutes = divmod(int(value), 60)
    return f"{hours:02}:{minutes:02}"


def _date(value: Any, french: bool) -> str:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    if not isinstance(value, date):
        return _text(value)
    return f"{value:%d/%m/%Y}" if french else f"{value:%Y-%m-%d}"


def _amount(value: Any) -> float | None:
    if isinstance(value, str):
        value = re.sub(r"[\s€]", "", value).replace(",", ".")
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _minutes(value: Any) -> float | None:
    if not isinstance(value, str):
        return float(value)
    hour = _HOUR.fullmatch(value.strip()[:5])
    return None if hour is None else int(hour[1]) * 60 + int(hour[2] or 0)


def _ordinal(value: Any) -> float | None:
    if isinstance(value, date):
        return value.toordinal()
    text = str(value).strip()
    try:
        if written := _DAY.fullmatch(text):
            year = int(written[3]) + (2000 if len(written[3]) == 2 else 0)
            return date(year, int(written[2]), int(written[1])).toordinal()
        return date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        return None
