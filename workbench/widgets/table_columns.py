"""One column of a table: how its values read, what a person can compare them with, and how they sort."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from babel.numbers import format_decimal

from workbench.language import language
from workbench.widgets.folding import folded, ranks

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

_LONGEST_TEXT = 1000
_COMPARISON = re.compile(r"\s*(<=|>=|<|>|=|≤|≥)\s*(.+?)\s*")
_SPAN = re.compile(r"\s*(.+?)\s*\.\.\s*(.+?)\s*")
_HOUR = re.compile(r"(\d{1,2})\s*(?:[:hH]\s*(\d{1,2})?)?")
_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column to show: where it is in the frame, and how a person reads it.

    ``kind`` is text, time, date, number or state; a state's text begins with its sign (✓ ✕ ? –).
    """

    name: str
    label: str
    kind: str = "text"
    width: int = 120
    hidden: bool = False


class ColumnValues:
    """The values of one column, read from the frame only as far as somebody asks.

    A page formats its own rows alone. What looks at every row (a search, a filter, an order) works on the distinct
    values first, and is kept.
    """

    def __init__(self, values: pd.Series[Any], kind: str) -> None:
        self._values = values
        self._kind = kind
        self._texts: Callable[[Any], str] = {"time": _time, "date": _date, "number": _number}.get(kind, _text)

    def shown(self, rows: npt.NDArray[np.intp]) -> list[str]:
        """Return the texts of some rows."""
        return [cut(self._text_of(value)) for value in self._values.iloc[rows]]

    def containing(self, words: Sequence[str]) -> Mask:
        """Return the rows whose text holds all these folded words."""
        codes, _distinct = self._distinct
        found = [all(word in text for word in words) for text in self._folded_distinct]
        # The last place answers for the code -1, a missing value.
        return np.array([*found, False], dtype=bool)[codes]

    def satisfying(self, asked: str) -> Mask | None:
        """Return the rows that a filter lets through; nothing for a comparison that is still being typed.

        A number, a day or an hour can be compared (``> 100``, ``<= 01/12/2026``, ``8h..12h``); everything else is
        looked for in the text.
        """
        bounds = self._bounds(asked)
        if bounds is None:
            return self.containing(folded([asked])[0].split())
        if any(bound is None for bound in bounds[1:]):
            return None
        sign, low, high = bounds
        numbers = self._numbers
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
    def folded(self) -> list[str]:
        """The folded text of every row."""
        codes, _distinct = self._distinct
        texts = np.array([*self._folded_distinct, ""], dtype=object)
        return list(texts[codes])

    @cached_property
    def order(self) -> Numbers:
        """The place of every row when sorted by this column, NaN where there is nothing to sort by."""
        if self._kind in {"time", "date", "number"} and not np.isnan(self._numbers).all():
            return self._numbers
        codes, distinct = self._distinct
        return np.array([*ranks([self._text_of(value) for value in distinct]), np.nan])[codes]

    @cached_property
    def _distinct(self) -> tuple[npt.NDArray[np.intp], Sequence[Any]]:
        codes, distinct = pd.factorize(self._values)
        return codes, list(distinct)

    @cached_property
    def _folded_distinct(self) -> list[str]:
        _codes, distinct = self._distinct
        return folded([self._text_of(value) for value in distinct])

    @cached_property
    def _numbers(self) -> Numbers:
        codes, distinct = self._distinct
        read = {"time": _minutes, "date": _ordinal}.get(self._kind, _amount)
        return np.array([*(read(value) for value in distinct), None], dtype=float)[codes]

    def _bounds(self, asked: str) -> tuple[str, Any, Any] | None:
        if self._kind not in {"time", "date", "number"}:
            return None
        read = {"time": _minutes, "date": _ordinal}.get(self._kind, _amount)
        if span := _SPAN.fullmatch(asked):
            return "..", read(span[1]), read(span[2])
        if comparison := _COMPARISON.fullmatch(asked):
            sign = {"≤": "<=", "≥": ">="}.get(comparison[1], comparison[1])
            return sign, read(comparison[2]), 0
        if asked.strip() in {"<", ">", "=", "<=", ">=", "≤", "≥"}:
            return "=", None, 0
        return None

    def _text_of(self, value: Any) -> str:
        return "" if value is None or value is pd.NaT or value is pd.NA or value != value else self._texts(value)


def cut(text: str) -> str:
    """Return a text short enough for a cell."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "✓" if value else ""
    return str(value)


def _number(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return str(format_decimal(float(value), format="#,##0.00", locale=language()))
    return str(value)


def _time(value: Any) -> str:
    return f"{value:%H:%M}" if isinstance(value, datetime) else str(value)


def _date(value: Any) -> str:
    if not isinstance(value, date):
        try:
            value = date.fromisoformat(str(value))
        except ValueError:
            return str(value)
    return f"{value:%d/%m/%Y}" if language() == "fr" else f"{value:%Y-%m-%d}"


def _amount(value: Any) -> float | None:
    if isinstance(value, str):
        value = re.sub(r"[\s€]", "", value).replace(",", ".")
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _minutes(value: Any) -> float | None:
    if isinstance(value, datetime):
        return value.hour * 60 + value.minute
    hour = _HOUR.fullmatch(str(value).strip()[:5])
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
