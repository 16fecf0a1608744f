"""What an email type asks once for everybody, before it is sent: the days of a closure, a year, a free text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from workbench.domain.fields import Catalogue, Field
from workbench.errors import BadValue, UnknownName
from workbench.language import _

_DATED = frozenset({"day", "year"})

_NEW_YEAR_FROM = 11
"""From this month on, greetings are for the year to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One value of the whole mailing.

    `kind` is ``day``, ``year``, ``text`` or ``long_text``; `proposal` is what the practice's own data answer, or
    ``""``; `answer` is what counts now: the value that was given, else the proposal. Days are written ``2026-12-24``.
    """

    code: str
    label: str
    kind: str
    proposal: str = ""
    answer: str = ""


def read_answers(
    values: Mapping[str, object], asked: Mapping[str, Field], catalogue: Catalogue, *, day: Callable[[str | date], date]
) -> dict[str, str]:
    """Return the values that a person gave, by code, as they are kept; an empty one says that there is none.

    Parameters
    ----------
    values
        By code, with or without ``@``.
    asked
        The fields that the email type asks about, by code.
    day
        Reads a day as searches do.

    Raises
    ------
    UnknownName
        When nothing of this name is asked by the email type.
    BadValue
        When a day or a year cannot be read.
    """
    answers: dict[str, str] = {}
    for name, value in values.items():
        code = name.strip().removeprefix("@").upper()
        if code not in asked:
            raise UnknownName(_not_asked(code, asked, catalogue))
        told = value if isinstance(value, date) else str(value if value is not None else "").strip()
        answers[code] = _read(code, told, asked[code].asked, day) if told != "" else ""
    return answers


def _not_asked(code: str, asked: Mapping[str, Field], catalogue: Catalogue) -> str:
    if code not in catalogue or not asked:
        return _("This email type does not ask for @{code}.").format(code=code)
    known = ", ".join(f"@{one}" for one in asked)
    return _("This email type does not ask for @{code}. It asks for: {known}.").format(code=code, known=known)


def _read(code: str, told: str | date, kind: str, day: Callable[[str | date], date]) -> str:
    if kind == "day":
        return day(told).isoformat()
    if kind == "year":
        year = str(told.year) if isinstance(told, date) else told
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise BadValue(_("« {value} » is not a year: write @{code} as 2027.").format(value=year, code=code))
        return year
    return told.isoformat() if isinstance(told, date) else told


def year_of_greetings(day: date) -> int:
    """Return the year one wishes a happy one for: from November on, the next."""
    return day.year + (day.month >= _NEW_YEAR_FROM)


def told_apart_by(values: Mapping[str, str], catalogue: Catalogue) -> str:
    """Return what sets one mailing about people as such apart from the next: its days and its year.

    Not its other words: a telephone number put right does not make a closure another one, to be told anew.
    """
    dated = {code: value for code, value in values.items() if code in catalogue and catalogue[code].asked in _DATED}
    return ",".join(f"{code}={value}" for code, value in sorted(dated.items()))


def digest_of(values: Mapping[str, str]) -> str:
    """Return what tells one set of answers from another, and none of them; ``""`` when nothing was asked."""
    if not values:
        return ""
    text = json.dumps(dict(sorted(values.items())), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
