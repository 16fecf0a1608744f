"""How one cell of a table reads: for the eye, or as plain data for a program."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from workbench.language import _, language


def harmless(text: str, *, keep_lines: bool = False) -> str:
    """Return `text` without anything a terminal would obey: control characters, and marks that turn the reading order.

    Line ends become a visible mark unless `keep_lines`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_harmless_character(character, keep_lines) for character in text)


def _harmless_character(character: str, keep_lines: bool) -> str:
    if character == "\n":
        return "\n" if keep_lines else "⏎ "
    if character == "\t":
        return " "
    if character == "\r":
        return ""
    # Cc: controls; Cf: invisible marks, among them those that turn the reading order; Cs: lone surrogates.
    # The joiners that real names and emoji need stay.
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in "\u200c\u200d\u00ad":
        return "�"
    return character


def plain(value: object) -> Any:
    """Return a cell as JSON knows it: ISO times, ``None`` for nothing, lists as lists, anything else as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        text = value.isoformat()
        return None if text == "NaT" else text
    if hasattr(value, "item"):  # a NumPy scalar
        return plain(value.item())
    text = str(value)
    return None if text in {"<NA>", "NaT"} else text


def friendly(value: object, *, zone: tzinfo | None = None) -> str:
    """Return a cell for the eye: a date as people write it, yes or no, nothing as nothing.

    A moment counted in UTC is told by the clock of `zone`, the computer's own without one.
    """
    if isinstance(value, list):
        return ", ".join(friendly(item, zone=zone) for item in value)
    value = plain_keeping_times(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        if value.tzinfo is None and value.time() == time.min:
            return friendly(value.date())  # a day that was kept as a moment
        # The ledger counts in UTC; an appointment already is in the practice's zone and stays as its clock shows it.
        in_utc = value.tzname() == "UTC"
        moment = datetime.fromtimestamp(value.timestamp(), tz=UTC).astimezone(zone) if in_utc else value
        return moment.strftime("%d/%m/%Y %H:%M" if language() == "fr" else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y" if language() == "fr" else "%Y-%m-%d")
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", "," if language() == "fr" else ".")
    return harmless(str(value))


def plain_keeping_times(value: object) -> Any:
    """Return `plain` of a cell, but a date or a time as itself."""
    if isinstance(value, (datetime, date)):
        return None if value.isoformat() == "NaT" else value
    return plain(value)
