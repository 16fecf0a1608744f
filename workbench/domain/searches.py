"""A search and what it may be asked: values that the store declares and every screen shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParameter:
    """One parameter of a search: its name, how its value is read, and what it does."""

    name: str
    kind: str  # day, hours, choice (comma list), yes_no, text, number
    label: str
    choices: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search the store knows, with its parameters."""

    name: str
    label: str
    parameters: tuple[SearchParameter, ...] = ()
