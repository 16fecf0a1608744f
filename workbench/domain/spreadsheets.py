"""What a spreadsheet does with a text that begins like a formula, and how it is kept from doing it (P9)."""

from __future__ import annotations

import re

FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
"""What a formula begins with; full-width signs are formulas' too where people write Chinese or Japanese."""

_STARTS_FORMULA = re.compile(f"[{re.escape(FORMULA_SIGNS)}]")
_NEGATIVE_NUMBER = re.compile(r"-\d+(?:[.,]\d+)?")


def guarded(value: object) -> object:
    """Return a cell with ``'`` before it when a spreadsheet would run it as a formula (P9).

    Numbers, and texts that are only a negative number, are left as they are.
    """
    if isinstance(value, str) and _STARTS_FORMULA.match(value) and not _NEGATIVE_NUMBER.fullmatch(value):
        return f"'{value}"
    return value
