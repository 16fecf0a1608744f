"""Say a week's opening hours as a person would: days with the same hours together."""

from __future__ import annotations

from collections.abc import Sequence

from babel.dates import get_day_names

Hours = tuple[int, str, str]
"""A weekday (Monday = 0), and when the practice opens and closes, as ``08:30``."""


def hours_text(hours: Sequence[Hours], *, language: str) -> str | None:
    """Return one line a group of days, as « lundi à vendredi : 8 h 30 – 12 h, 14 h – 19 h »; nothing without hours.

    Written in the practice's own language (French unless it is English): this is the practice speaking.
    """
    by_day: dict[int, list[tuple[str, str]]] = {}
    for weekday, opens, closes in sorted(hours):
        by_day.setdefault(weekday, []).append((opens, closes))
    english = language.startswith("en")
    names = get_day_names("wide", locale="en" if english else "fr")
    lines = []
    for first, last in _runs(by_day):
        days = names[first] if first == last else f"{names[first]}{' to ' if english else ' à '}{names[last]}"
        spans = ", ".join(f"{_hour(o, english)} – {_hour(c, english)}" for o, c in by_day[first])
        lines.append(f"{days}{': ' if english else ' : '}{spans}")
    return "\n".join(lines) or None


def _runs(by_day: dict[int, list[tuple[str, str]]]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for weekday in sorted(by_day):
        if runs and runs[-1][1] == weekday - 1 and by_day[weekday] == by_day[weekday - 1]:
            runs[-1] = (runs[-1][0], weekday)
        else:
            runs.append((weekday, weekday))
    return runs


def _hour(text: str, english: bool) -> str:
    hours, _colon, minutes = text.partition(":")
    if english:
        return f"{int(hours)}:{minutes or '00'}"
    return f"{int(hours)} h" + (f" {minutes}" if minutes.strip("0") else "")
