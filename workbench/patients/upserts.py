"""Write rows that may be there already: made, changed where they differ, or left alone, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from workbench.patients import rows

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many rows were made, changed, and found as they were; with the keys of each sort."""

    created: Sequence[tuple[Any, ...]] = ()
    updated: Sequence[tuple[Any, ...]] = ()
    unchanged: Sequence[tuple[Any, ...]] = ()


def upsert(
    connection: sa.Connection, table: sa.Table, practice_id: str, given: Sequence[Row], *, blanks_erase: bool = True
) -> Written:
    """Make or change rows of a practice by their key; columns that are not given stay as they are.

    Parameters
    ----------
    given
        Rows of the same columns, those of the key among them; one row a key.
    blanks_erase
        Whether ``None`` replaces a value that is there.
    """
    if not given:
        return Written()
    keys = [column.name for column in table.primary_key if column.name != "practice_id"]
    others = [name for name in given[0] if name not in keys]
    blanks = {name: default_of(table.c[name]) for name in others}
    filled = [(name, default) for name, default in blanks.items() if default is not None]
    there = _existing(connection, table, practice_id, keys, others, {row[keys[0]] for row in given})
    created: list[Row] = []
    changed: list[Row] = []
    made, updated, unchanged = [], [], []
    for row in given:
        key = tuple(row[name] for name in keys)
        old = there.get(key)
        if old is None:
            fresh = {"practice_id": practice_id, **row}
            for name, default in filled:
                if fresh[name] is None:
                    fresh[name] = default
            created.append(fresh)
            made.append(key)
            continue
        new = tuple(
            row[name] if row[name] is not None else blanks[name] if blanks_erase else before
            for name, before in zip(others, old, strict=True)
        )
        if new == old:
            unchanged.append(key)
            continue
        changed.append({f"new_{name}": value for name, value in zip((*keys, *others), (*key, *new), strict=True)})
        updated.append(key)
    if created:
        # In the order of their key they go in side by side; in any other each one opens another page.
        created.sort(key=lambda row: tuple(row[name] for name in keys))
        connection.execute(table.insert(), created)
    if changed:
        _update(connection, table, practice_id, keys, others, changed)
    return Written(created=made, updated=updated, unchanged=unchanged)


def default_of(column: sa.Column[Any]) -> Any:
    """Return what a column holds when nobody says: its default where it may not be empty, else nothing."""
    if column.nullable or column.server_default is None:
        return None
    default = column.server_default.arg  # type: ignore[attr-defined]  # every default of ours is a plain value
    if isinstance(column.type, sa.Boolean):
        return str(default) == "true"
    return int(default) if isinstance(column.type, sa.Integer) else str(default)


def _existing(
    connection: sa.Connection,
    table: sa.Table,
    practice_id: str,
    keys: Sequence[str],
    others: Sequence[str],
    first_keys: set[Any],
) -> Mapping[tuple[Any, ...], tuple[Any, ...]]:
    found = connection.execute(
        sa.select(*(table.c[name] for name in (*keys, *others))).where(
            table.c.practice_id == practice_id, rows.among(table.c[keys[0]], first_keys, connection.dialect)
        )
    )
    width = len(keys)
    return {tuple(row[:width]): tuple(row[width:]) for row in found}


def _update(
    connection: sa.Connection,
    table: sa.Table,
    practice_id: str,
    keys: Sequence[str],
    others: Sequence[str],
    changed: Sequence[Row],
) -> None:
    connection.execute(
        table.update()
        .where(table.c.practice_id == practice_id, *(table.c[name] == sa.bindparam(f"new_{name}") for name in keys))
        .values({name: sa.bindparam(f"new_{name}") for name in others}),
        changed,
    )
