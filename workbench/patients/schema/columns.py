"""The sorts of columns and rules that the tables of the patient store are made of."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, CheckConstraint, Column, Date, DateTime, ForeignKeyConstraint, Integer, Text


def key_part(name: str) -> Column[Any]:
    """Return a part of a primary key."""
    return Column(name, Text, primary_key=True, nullable=False)


def text(name: str) -> Column[Any]:
    """Return a text that may be missing."""
    return Column(name, Text)


def needed(name: str, default: str | None = None) -> Column[Any]:
    """Return a text that is always there."""
    return Column(name, Text, nullable=False, server_default=default)


def day(name: str) -> Column[Any]:
    """Return a day that may be missing."""
    return Column(name, Date)


def moment(name: str, *, nullable: bool = True) -> Column[Any]:
    """Return a wall-clock moment, without a zone."""
    return Column(name, DateTime(timezone=False), nullable=nullable)


def number(name: str) -> Column[Any]:
    """Return a whole number that may be missing."""
    return Column(name, Integer)


def flag(name: str) -> Column[Any]:
    """Return a yes or no, no unless said."""
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default=sa.false())


def postal_address() -> list[Column[Any]]:
    """Return the columns of a postal address."""
    return [text(name) for name in ("address_line_1", "address_line_2", "postcode", "city", "country")]


def identity() -> list[Column[Any]]:
    """Return the columns that tell who anybody is and how to reach them."""
    return [
        text("civility"),
        text("last_name"),
        text("first_name"),
        Column("sex", Text, nullable=False, server_default="U"),
        text("email"),
        text("phone"),
        text("mobile"),
        text("language"),
        *postal_address(),
    ]


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Return the rule that a column holds one of `values` (or nothing)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def belongs_to(table: str, column: str, *, to: str | None = None, cascade: bool = False) -> ForeignKeyConstraint:
    """Return the link to a row of another table of the same practice."""
    return ForeignKeyConstraint(
        ["practice_id", column],
        [f"{table}.practice_id", f"{table}.{to or column}"],
        ondelete="CASCADE" if cascade else None,
    )
