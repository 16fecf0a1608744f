"""Find a patient by whatever somebody remembers of them: a name, a file number, a telephone number, a birth date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from workbench.domain.fields import folded
from workbench.patients import rows
from workbench.patients.names import full_name
from workbench.patients.schema import patients
from workbench.patients.searches.folding import FoldedText

FOUND_COLUMNS = (
    "patient_id", "patient", "last_name", "first_name", "birth_name", "birth_date", "phone", "mobile", "email", "city",
    "deceased", "archived",
)  # fmt: skip
MOST = 50
"""So many are found at most: whoever looks for somebody then says more about them."""

_SHORTEST = 2
"""Fewer characters than these find nobody: everybody has them."""

_FEWEST_DIGITS = 4
"""So many digits of a telephone number, or more, are looked for in it."""

_LONGEST = 80
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?|(\d{4})-(\d{2})-(\d{2})")
_MEANS_MORE = re.compile(r"[%_\\\x00-\x1f]")
"""Signs that mean more to LIKE than themselves, and those that no name has: they part words."""
_NUMBER = re.compile(r"[+\d][\d\s./()\-]*")
_FRENCH = re.compile(r"oe|[aceinouy]")
"""What may stand for a letter with an accent in a French name, or for « œ »."""

_COLUMNS = patients.c
_NAMES = (_COLUMNS.last_name, _COLUMNS.first_name, _COLUMNS.birth_name)


def found_frame(connection: sa.Connection, practice_id: str, words: str, *, limit: int) -> pd.DataFrame:
    """Return the patients that every one of `words` fits, open files and beginnings of names first.

    Words are parts of names or addresses, without regard to accents and case; digits are the beginning of a file
    number or part of a telephone number, however it is written; ``24/05/2001``, ``24/05`` and ``2001`` are birth dates.
    """
    asked = " ".join(_MEANS_MORE.sub(" ", words).split())[:_LONGEST]
    found: Sequence[Any] = ()
    # Who is found by no French spelling may have a name with other accents: « Škoda ».
    for french in (True, False) if len(asked) >= _SHORTEST else ():
        if found:
            break
        conditions = _conditions(asked, french=french)
        if conditions is None:
            break
        read = [_COLUMNS[name] for name in ("civility", *FOUND_COLUMNS) if name != "patient"]
        start = folded(asked.split()[0])
        question = (
            sa.select(*read)
            .where(_COLUMNS.practice_id == practice_id, *conditions)
            .order_by(
                sa.or_(_COLUMNS.deceased, _COLUMNS.archived),
                _COLUMNS.patient_id != asked,
                sa.func.lower(sa.func.coalesce(_COLUMNS.last_name, "")).not_like(f"{start}%"),
                _COLUMNS.last_name,
                _COLUMNS.first_name,
                _COLUMNS.patient_id,
            )
            .limit(max(0, min(limit, MOST)))
        )
        found = connection.execute(question).all()
    values = rows.columns_of(found, ["civility", *(name for name in FOUND_COLUMNS if name != "patient")])
    names = zip(values["civility"], values["last_name"], values["first_name"], strict=True)
    told = {
        name: rows.day(column)
        if name == "birth_date"
        else rows.flag(column)
        if name in ("deceased", "archived")
        else rows.text(column)
        for name, column in values.items()
    }
    told["patient"] = rows.text([full_name(*parts) for parts in names])
    return pd.DataFrame({name: told[name] for name in FOUND_COLUMNS})


def _conditions(asked: str, *, french: bool) -> list[sa.ColumnElement[bool]] | None:
    """Return what has to hold of a patient; nothing when no accents can make a difference."""
    day = _day(asked)
    if day is not None:
        return [day] if french else None
    if _NUMBER.fullmatch(asked):  # a telephone number is written with blanks
        return [_of_digits(asked)] if french else None
    words = [_of_word(word, french=french) for word in asked.split()]
    return words if french else [_HasAccents(*_NAMES), *words]


def _of_word(word: str, *, french: bool) -> sa.ColumnElement[bool]:
    day = _day(word)
    if day is not None:
        return day
    if _NUMBER.fullmatch(word):
        return _of_digits(word)
    plain = folded(word.replace("œ", "oe").replace("Œ", "oe"))
    if not plain:
        return sa.false()
    # Of two letters only what begins so; the others stand anywhere.
    start = "" if len(plain) <= _SHORTEST else "%"
    exact = f"{start}{plain}%"
    others = (_like(_COLUMNS.email, exact), _like(_COLUMNS.patient_id, f"{plain}%"))
    if not french:
        return sa.or_(*(FoldedText(column).like(exact) for column in _NAMES), *others)
    # What the database compares by itself comes first: where an accent may stand, any letter may.
    loose = _FRENCH.sub(_any, plain)
    names = (sa.and_(_like(column, f"{start}{loose}%"), FoldedText(column).like(exact)) for column in _NAMES)
    anywhere = sa.literal(f"%{'' if start else _PARTED}{loose}%")
    return sa.and_(_Anywhere(*_NAMES, _COLUMNS.email, _COLUMNS.patient_id, anywhere), sa.or_(*names, *others))


def _of_digits(asked: str) -> sa.ColumnElement[bool]:
    digits = re.sub(r"\D", "", asked)
    if not digits:
        return sa.false()
    meant = [_COLUMNS.patient_id.startswith(digits)]
    if len(digits) == 4 and digits[:2] in ("19", "20"):
        year = int(digits)
        meant.append(_COLUMNS.birth_date.between(date(year, 1, 1), date(year, 12, 31)))
    if len(digits) >= _FEWEST_DIGITS:
        # « 06 12 », « 0612 » and « +33 6 12 » are one number.
        within = digits[4:] if digits.startswith("0033") else digits[2:] if asked.startswith("+33") else digits
        within = within.removeprefix("0") or within
        for column in (_COLUMNS.phone, _COLUMNS.mobile):
            bare: sa.ColumnElement[Any] = column
            for sign in (" ", ".", "-", "/", "(0)"):
                bare = sa.func.replace(bare, sign, "")
            meant.append(sa.and_(column.like(f"%{'%'.join(within)}%"), bare.like(f"%{within}%")))
    return sa.or_(*meant)


def _day(text: str) -> sa.ColumnElement[bool] | None:
    written = _DAY.fullmatch(text)
    if written is None:
        return None
    day, month, year = (written[6], written[5], written[4]) if written[4] else (written[1], written[2], written[3])
    try:
        if year is None:
            date(2000, int(month), int(day))
            born = _COLUMNS.birth_date
            return sa.and_(sa.extract("day", born) == int(day), sa.extract("month", born) == int(month))
        if len(year) == 2:
            return _COLUMNS.birth_date.in_(
                [date(century + int(year), int(month), int(day)) for century in (1900, 2000)]
            )
        return _COLUMNS.birth_date == date(int(year), int(month), int(day))
    except ValueError:
        return sa.false()


def _any(letter: re.Match[str]) -> str:
    return "%" if letter[0] == "oe" else "_"


class _Like(FunctionElement[bool]):
    """A text that fits a pattern without regard to case, compared as each database does it fastest."""

    name = "fits"
    type = sa.Boolean()
    inherit_cache = True


@compiles(_Like)
def _in_sql(element: _Like, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(one, **options) for one in element.clauses)
    return f"{text} LIKE {pattern}"  # SQLite's own minds the case of no letter of ASCII


@compiles(_Like, "postgresql")
def _in_postgresql(element: _Like, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(one, **options) for one in element.clauses)
    return f'lower({text} COLLATE "C") LIKE {pattern}'  # no letter of a pattern is beyond ASCII, nor a capital


_PARTED = "\n"


class _Anywhere(FunctionElement[bool]):
    """Texts of which one may fit a pattern: sooner told of all together, where a database reads them slowly."""

    name = "anywhere"
    type = sa.Boolean()
    inherit_cache = True


@compiles(_Anywhere)
def _anywhere_in_sql(element: _Anywhere, compiler: Any, **options: Any) -> str:
    return "1"  # SQLite is faster at one after the other


@compiles(_Anywhere, "postgresql")
def _anywhere_in_postgresql(element: _Anywhere, compiler: Any, **options: Any) -> str:
    *texts, pattern = (compiler.process(one, **options) for one in element.clauses)
    whole = " || ".join(f"chr({ord(_PARTED)}) || coalesce({text}, '')" for text in texts)
    return f'lower(({whole}) COLLATE "C") LIKE {pattern}'


class _HasAccents(FunctionElement[bool]):
    """Texts of which one has a letter beyond ASCII."""

    name = "has_accents"
    type = sa.Boolean()
    inherit_cache = True


@compiles(_HasAccents)
def _accents_in_sql(element: _HasAccents, compiler: Any, **options: Any) -> str:
    whole = " || ".join(f"coalesce({compiler.process(one, **options)}, '')" for one in element.clauses)
    return f"length(CAST({whole} AS BLOB)) <> length({whole})"


@compiles(_HasAccents, "postgresql")
def _accents_in_postgresql(element: _HasAccents, compiler: Any, **options: Any) -> str:
    whole = " || ".join(f"coalesce({compiler.process(one, **options)}, '')" for one in element.clauses)
    return f"octet_length({whole}) <> char_length({whole})"


def _like(column: sa.ColumnElement[Any], pattern: str) -> sa.ColumnElement[bool]:
    return _Like(column, sa.literal(pattern))
