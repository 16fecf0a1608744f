"""What a spreadsheet does with a text that begins like a formula, and how it is kept from doing it (P9)."""

from __future__ import annotations

import re

_STARTS_FORMULA = re.compile(r"[=+\-@\t\r]")
_NEGATIVE_NUMBER = re.compile(r"-\d+(?:[.,]\d+)?")


def guarded(value: object) -> object:
    """Return a cell with ``'`` before it when a spreadsheet would run it as a formula (P9).

    Numbers, and texts that are only a negative number, are left as they are.
    """
    if isinstance(value, str) and _STARTS_FORMULA.match(value) and not _NEGATIVE_NUMBER.fullmatch(value):
        return f"'{value}"
    return value
