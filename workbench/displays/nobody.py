"""Which frames tell of nobody, so that a notebook may keep their values; whatever is not known stays out (P12)."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_integer_dtype, is_numeric_dtype

from workbench.displays.search_columns import SEARCH_COLUMN_NAMES
from workbench.domain.frames import APPOINTMENT_COLUMNS, RECIPIENT_COLUMNS, RESULT_COLUMNS
from workbench.domain.tables import TABLE_COLUMNS

_CODE = re.compile(r"[a-z0-9_/-]{0,40}(:@[A-Z0-9_]{1,40})?")
_MOMENT = re.compile(r"[0-9T:.+ -]{0,40}")
_WORDS = re.compile(r"[^@]{0,120}")

_TEXTS = {
    **dict.fromkeys(
        ("address_status", "channel", "language", "purpose", "reason", "role", "severity", "state", "status", "step"),
        _CODE,
    ),
    **dict.fromkeys(("date", "day", "lead", "month", "notice", "time", "week"), _MOMENT),
    **dict.fromkeys(
        ("account", "chair", "declined_by", "file_state", "kind", "nature", "patient_type", "practitioner", "search",
         "template"),
        _WORDS,
    ),
}  # fmt: skip
"""Columns of text that tell of nobody, and how each of their values looks: a code, a moment, a few words."""

_NUMBERS = frozenset(
    {
        "again", "attempts", "cancelled", "count", "date", "day", "decided_at", "delivery_id", "difference", "duration",
        "failed", "few", "forced", "high", "hour", "in_doubt", "lead_days", "low", "mailing_id", "missed", "month", "n",
        "not_reminded", "notice_hours", "number", "pending", "proportion", "queued_at", "rate", "reminded",
        "reminded_at", "rows", "sent", "share", "size", "skipped", "smtp_code", "starts_at", "template_revision",
        "total", "uncertain", "week", "weekday", "year",
    }
)  # fmt: skip
"""Columns of numbers and moments that tell of nobody."""

_STATISTICS = frozenset(
    {"25%", "50%", "75%", "count", "max", "mean", "median", "min", "nunique", "size", "std", "sum", "var"}
)
"""What a column was made into, under which pandas puts the result."""

_MOST_WORDS = 200
"""More different texts than this are no short list of words, whatever the column is called."""

_FREE = frozenset(_TEXTS) | _NUMBERS

COLUMN_NAMES = _FREE.union(
    RESULT_COLUMNS,
    APPOINTMENT_COLUMNS,
    RECIPIENT_COLUMNS,
    SEARCH_COLUMN_NAMES,
    *TABLE_COLUMNS.values(),
    ("guardians", "payers"),
)
"""Names of columns that are ours: any other may be a person's name, as in a table that was turned round."""


def tells_of_nobody(frame: pd.DataFrame) -> bool:
    """Tell whether every column, and the rows' own labels, are known to hold nothing of a person."""
    if frame.attrs.get("of_people") or not _rows_are_free(frame.index):
        return False
    levels = frame.columns.names
    labels = all(
        name is None or _values_are_free(name, frame.columns.get_level_values(place))
        for place, name in enumerate(levels)
    )
    return labels and all(
        _column_is_free(_parts(label), levels, frame.iloc[:, place]) for place, label in enumerate(frame.columns)
    )


def series_tells_of_nobody(series: pd.Series[Any]) -> bool:
    """Tell the same of one column; one without a name only when it counts what its labels say."""
    if series.name in _FREE:
        return tells_of_nobody(series.to_frame())
    if series.name is not None or series.attrs.get("of_people") or is_unlabelled(series.index):
        return False
    return _rows_are_free(series.index) and (_is_number(series) or _are_kinds(series))


def is_unlabelled(index: pd.Index[Any]) -> bool:
    """Tell whether rows are only numbered."""
    return index.nlevels == 1 and index.name is None and is_integer_dtype(index.dtype)


def _rows_are_free(index: pd.Index[Any]) -> bool:
    if is_unlabelled(index):
        return True
    return all(
        set(index.get_level_values(place)) <= _STATISTICS | COLUMN_NAMES
        if name is None
        else _values_are_free(name, index.get_level_values(place))
        for place, name in enumerate(index.names)
    )


def _parts(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def _column_is_free(parts: tuple[Any, ...], levels: list[Any], column: pd.Series[Any]) -> bool:
    called = [part for part, level in zip(parts, levels, strict=True) if level is None]
    if not all(part in _FREE or part in _STATISTICS for part in called):
        return False
    return _is_number(column) if not called else all(_values_are_free(part, column) for part in called[:1])


def _values_are_free(name: Any, values: Any) -> bool:
    if _is_number(values):
        return name in _FREE or name in _STATISTICS
    if name not in _TEXTS:
        return False
    # What pandas shows of a category is all its words, those of rows that are gone too.
    dtype = values.dtype
    words = dtype.categories if isinstance(dtype, pd.CategoricalDtype) else values.dropna().unique()
    return len(words) <= _MOST_WORDS and all(
        _TEXTS[name].fullmatch(word) is not None if isinstance(word, str) else isinstance(word, (date, time))
        for word in words
    )


def _is_number(values: Any) -> bool:
    return is_numeric_dtype(values.dtype) or is_bool_dtype(values.dtype) or is_datetime64_any_dtype(values.dtype)


def _are_kinds(series: pd.Series[Any]) -> bool:
    return all(isinstance(value, (np.dtype, pd.api.extensions.ExtensionDtype)) for value in series)
