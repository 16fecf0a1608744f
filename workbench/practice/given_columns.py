"""A column that a person gives in Python for a merge field of the practice's own, read as texts by key."""

from __future__ import annotations

from typing import Any

import pandas as pd

from workbench.domain.custom_fields import CustomField, clean_text
from workbench.domain.fields import folded
from workbench.errors import BadValue
from workbench.language import _, n_


def given_values(values: pd.Series | pd.DataFrame, field: CustomField) -> dict[str, str]:
    """Return texts by key, of what a person gave; none of it is told in what is raised (P12).

    Parameters
    ----------
    values
        A Series whose index tells whose its rows are, or a frame with a column of the field's key.

    Raises
    ------
    BadValue
        When it does not tell whose its rows are or which column is meant, two rows have the same key, or a value is
        neither a text nor a whole number.
    """
    series = _as_series(values, field)
    keys = [_key_text(key) for key in series.index]
    rows = [(key, value) for key, value in zip(keys, series.tolist(), strict=True) if key]
    repeated = len(rows) - len({key for key, _value in rows})
    if repeated:
        raise BadValue(
            n_(
                "{count} row of @{code} has a {key} that another row has too: keep one of each.",
                "{count} rows of @{code} have a {key} that another row has too: keep one of each.",
                repeated,
            ).format(count=repeated, code=field.code, key=field.key)
        )
    distinct: dict[Any, str] = {}
    given: dict[str, str] = {}
    for key, value in rows:
        try:
            text = distinct[value] if value in distinct else _value_text(value, field)
        except TypeError as error:  # a list, a dict
            raise _no_text(field) from error
        distinct[value] = text
        if text:
            given[key] = text
    return given


def _as_series(values: pd.Series | pd.DataFrame, field: CustomField) -> pd.Series:
    if isinstance(values, pd.Series):
        # Rows that are merely numbered would be taken for the patients of these numbers (P5).
        if values.index.name != field.key and not all(isinstance(key, str) for key in values.index):
            raise BadValue(
                _(
                    "The Series for @{code} does not say whose its rows are: give it an index called {key}, or the "
                    "frame with that column."
                ).format(code=field.code, key=field.key)
            )
        return values
    if not isinstance(values, pd.DataFrame):
        raise BadValue(_("@{code} is made of a Series or a DataFrame.").format(code=field.code))
    if field.key in values.columns:
        values = values.set_index(field.key)
    elif values.index.name != field.key:
        raise BadValue(_("The frame for @{code} has no column {key}.").format(code=field.code, key=field.key))
    named = [name for name in values.columns if folded(str(name)).upper() == field.code]
    chosen = named if len(named) == 1 else [*values.columns]
    if len(chosen) != 1:
        raise BadValue(
            _("Which column is @{code}? Give the frame with {key} and that column alone.").format(
                code=field.code, key=field.key
            )
        )
    found: pd.Series = values[chosen[0]]
    return found


def _key_text(key: object) -> str:
    if isinstance(key, float):
        return "" if key != key else str(int(key) if key.is_integer() else key)
    return "" if key is None or key is pd.NA or key is pd.NaT else str(key).strip()


def _value_text(value: Any, field: CustomField) -> str:
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    value = getattr(value, "item", lambda: value)()  # a number of numpy
    if isinstance(value, float):
        if value != value:
            return ""
        if value.is_integer():
            return str(int(value))
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _no_text(field)
    return clean_text(str(value), what=field.code) if str(value).strip() else ""


def _no_text(field: CustomField) -> BadValue:
    return BadValue(
        _(
            "A value of @{code} is neither a text nor a whole number: write dates, amounts and lists as they are to be "
            "read."
        ).format(code=field.code)
    )
