"""From rows of the store to whole columns: one small function a kind of value, and lists of keys in SQL.

The dtypes of every frame that leaves the store are decided here alone:

=========  ================================================================================
text       ``string``, missing is ``NA``
category   ``category`` of texts
number     ``Int64``
flag       ``bool``
money      ``float64``, in euros
day        ``datetime64[us]`` at midnight, without a zone (a birth date has none)
moment     ``datetime64[us, <zone of the practice>]``
list       ``object``, Python lists, ``None`` instead of an empty one
=========  ================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from workbench.databases import undisturbed as undisturbed

Values = Sequence[Any]

# Days and moments are counted here, eight times as fast as numpy reads Python's own.
_FIRST_DAY = date(1970, 1, 1).toordinal()
_FIRST_MOMENT = datetime.fromordinal(_FIRST_DAY)
_MICROSECOND = timedelta(microseconds=1)
_NONE = int(np.iinfo(np.int64).min)  # « not a time »


def text(values: Values) -> Any:
    """Return a column of texts."""
    return pd.array(values, dtype="string")


def category(values: Values, categories: Sequence[str] | None = None) -> Any:
    """Return a column of few different texts."""
    return pd.Categorical(values, categories=list(categories) if categories is not None else None)


def number(values: Values) -> Any:
    """Return a column of whole numbers, some of them missing."""
    return pd.array(values, dtype="Int64")


def flag(values: Values) -> Any:
    """Return a column of yes and no."""
    return np.fromiter((bool(value) for value in values), dtype=bool, count=len(values))


def money(cents: Values) -> Any:
    """Return cents as euros."""
    return np.array([np.nan if value is None else value / 100 for value in cents], dtype="float64")


def day(values: Values) -> Any:
    """Return a column of days."""
    days = [_NONE if value is None else value.toordinal() - _FIRST_DAY for value in values]
    return pd.DatetimeIndex(np.array(days, dtype="int64").view("datetime64[D]").astype("datetime64[us]"))


def lists(values: Values) -> Any:
    """Return a column of lists."""
    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        column[place] = value or None
    return column


def moment(values: Values | np.ndarray[Any, Any], zone: ZoneInfo) -> Any:
    """Return wall-clock moments as instants of the practice's zone.

    A moment that the change to summer time leaves out becomes the first one that exists (02:30 is read as 03:00);
    one that the change to winter time shows twice is the first of the two. Nobody is reminded of nothing (8.13).
    """
    naive = pd.DatetimeIndex(wall_clocks(values))
    return naive.tz_localize(zone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="shift_forward")


def wall_clocks(values: Values | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return wall-clock moments as numpy knows them, without a zone."""
    if isinstance(values, np.ndarray):
        return values
    since = [_NONE if value is None else (value - _FIRST_MOMENT) // _MICROSECOND for value in values]
    return np.array(since, dtype="int64").view("datetime64[us]")


def wall_texts(values: np.ndarray[Any, Any]) -> tuple[list[str], list[str]]:
    """Return the dates (``2026-11-22``) and the times (``08:40``) of wall-clock moments, as texts."""
    texts = np.datetime_as_string(values, unit="m").tolist()
    return [one[:10] for one in texts], [one[11:16] for one in texts]


def columns_of(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> dict[str, Values]:
    """Turn rows into columns by name; no row gives empty columns."""
    if not rows:
        return dict.fromkeys(names, ())
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def among(column: sa.ColumnElement[Any], keys: Iterable[str], dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """Say that a key column is one of `keys`, with a single parameter however many there are."""
    listed = [key for key in dict.fromkeys(keys) if isinstance(key, str)]  # a missing key names nobody
    if dialect.name == "postgresql":
        return column == sa.any_(sa.literal(listed, type_=ARRAY(sa.Text)))
    values = sa.func.json_each(json.dumps(listed)).table_valued("value")
    return column.in_(sa.select(values.c.value))


def indexed(columns: Mapping[str, Any], key: str, keys: Values, *, order: Sequence[str] | None = None) -> pd.DataFrame:
    """Return a frame indexed by its key, in the order asked for; keys that were not found are absent."""
    frame = pd.DataFrame(dict(columns), index=pd.Index(text(keys), name=key))
    if order is None or not len(frame):
        return frame
    found = set(frame.index)
    there: pd.DataFrame = frame.loc[pd.Index(text([one for one in dict.fromkeys(order) if one in found]), name=key)]
    return there
