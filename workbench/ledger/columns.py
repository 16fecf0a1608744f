"""From rows of the ledger to whole columns: one dtype a column, many rows in parts, a repeated text held once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import undisturbed
from workbench.ledger.schema import Instant

if TYPE_CHECKING:
    import pandas as pd

PART = 50_000
"""So many rows are held as rows at a time; all before them are columns already."""

MOMENT = "datetime64[us, UTC]"

Memory = dict[str, dict[Any, Any] | None]
"""The texts of each column that were read before; nothing of a column whose texts are not repeated."""

Words = Mapping[str, Collection[str]]
"""The words of each ``category`` column, the same whatever was found; a column without has those that were."""


def as_kept(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Leave an instant as the database gives it: a whole column of them is read faster than one by one."""
    kept: sa.ColumnElement[Any] = sa.type_coerce(column, sa.types.NullType())
    return kept


def instants(values: Collection[Any]) -> Any:
    """Return instants as the database gave them, texts or moments, as a column of UTC."""
    import pandas as pd

    read = pd.to_datetime(pd.Series(list(values), dtype="object"), utc=True, format="ISO8601")
    return read.astype(pd.DatetimeTZDtype("us", "UTC")).array


def read_columns(
    connection: sa.Connection, query: sa.Select[Any], dtypes: Mapping[str, str], *, words: Words
) -> pd.DataFrame:
    """Return what a query finds as a frame; its columns are those of `dtypes`, in that order."""
    import pandas as pd

    found = zip(query.selected_columns, dtypes, strict=True)
    named = [(as_kept(column) if isinstance(column.type, Instant) else column).label(name) for column, name in found]
    memory: Memory = {}
    with undisturbed():
        rows = connection.execute(query.with_only_columns(*named, maintain_column_froms=True))
        parts = [columns_of(part, dtypes, memory=memory) for part in rows.partitions(PART)]
        frame = pd.concat(parts, ignore_index=True) if parts else columns_of([], dtypes)
    return with_categories(frame, dtypes, words)


def columns_of(
    rows: Sequence[Sequence[Any]], dtypes: Mapping[str, str], *, memory: Memory | None = None
) -> pd.DataFrame:
    """Return rows as columns, categories still as texts; `memory` is what the parts of one frame have in common."""
    import pandas as pd

    held: Memory = {} if memory is None else memory
    columns = list(zip(*rows, strict=True)) or [()] * len(dtypes)
    made: dict[str, Any] = {}
    for (name, dtype), values in zip(dtypes.items(), columns, strict=True):
        if dtype == MOMENT:
            made[name] = instants(values)
        elif dtype in ("string", "category"):
            made[name] = pd.array(_once(values, name, held), dtype="string")
        else:
            made[name] = pd.Series(values, dtype=pd.api.types.pandas_dtype(dtype))
    return pd.DataFrame(made)


def _once(values: Sequence[Any], name: str, held: Memory) -> Sequence[Any]:
    """Return texts, each that is repeated held once; of a column whose texts nearly all differ, as they are."""
    known = held.setdefault(name, {})
    if known is None:
        return values
    if not known and len(set(values)) > len(values) / 2:
        held[name] = None
        return values
    return [known.setdefault(text, text) for text in values]


def with_categories(frame: pd.DataFrame, dtypes: Mapping[str, str], words: Words) -> pd.DataFrame:
    """Turn the texts of the ``category`` columns into categories, in place."""
    import pandas as pd

    for name in (name for name, dtype in dtypes.items() if dtype == "category"):
        kinds = words.get(name, sorted(frame[name].dropna().unique()))
        frame[name] = pd.Categorical(frame[name], categories=list(kinds))
    return frame
