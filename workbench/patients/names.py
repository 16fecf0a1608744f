"""How people of the store are named in one text."""

from __future__ import annotations


def full_name(*parts: str | None) -> str | None:
    """Join the parts of a name that are there (« Dr », « Marc », « Molaire »); nothing when none is."""
    return " ".join(part for part in parts if part) or None
