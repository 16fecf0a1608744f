"""Read one cell of an imported file: a day, a moment, an hour, a number, a sum, a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.addresses import address_problem
from workbench.patients.imports.table import clean_cell
from workbench.patients.words import appointment_state, plain, vocabulary

DATE_ORDERS = ("dmy", "mdy", "ymd")

_DAY = re.compile(r"(\d{1,4})[/.\- ](\d{1,2})[/.\- ](\d{1,4})")
_DAY_IN_WORDS = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})(?:er|ère)?[\s.\-/]+([^\W\d]{3,})\.?[\s.\-/]+(\d{4}|\d{2})(?!\d)"
)
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?")
_HOUR = re.compile(r"(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?(?::(\d{2})(?:\.\d+)?)?)?\s*(am|pm)?", re.IGNORECASE)
_EXPONENT = re.compile(r"[1-9](?:\.\d+)?[eE]\+?\d+")
_WHOLE_WITH_POINT = re.compile(r"([1-9]\d*)\.0+")
_ZONE_AT_END = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})\Z")
_SAYS_AN_HOUR = re.compile(r"\d\s*[:hH]|[Tt]\d|\b(?:am|pm)\b", re.IGNORECASE)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ONE_SIGN_AND_THREE = re.compile(r"[+-]?\d+[.,]\d{3}")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f\u0085\u2028\u2029]+")


class Unreadable(Exception):
    """A cell that is not what its column holds; the row goes on without it, or not at all."""


Reader = Callable[[str], Any]
"""From a cell that is not blank to a value of the store; raises `Unreadable`."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A column's values, and the places of the cells that could not be read."""

    values: Sequence[Any]
    unreadable: Sequence[int]


def converted(cells: Sequence[str], read: Reader, *, words: Mapping[str, str] | None = None) -> Converted:
    """Read a whole column, each different cell once; `words` are a mapping's own « theirs » to « ours »."""
    known: dict[str, Any] = {}
    bad: set[str] = set()
    translated = _translation(words)
    for cell in set(cells):
        text = translated(clean_cell(cell))
        try:
            known[cell] = read(text) if text else None
        except Unreadable:
            known[cell] = None
            bad.add(cell)
    unreadable = [place for place, cell in enumerate(cells) if cell in bad] if bad else []
    return Converted([known[cell] for cell in cells], unreadable)


def _translation(words: Mapping[str, str] | None) -> Callable[[str], str]:
    if not words:
        return lambda cell: cell
    plainly = {plain(theirs): ours for theirs, ours in words.items() if plain(theirs)}
    # « "" » says what a blank cell means, « "*" » what any other one does.
    rest = words.get("*")

    def translate(cell: str) -> str:
        if cell in words:
            return words[cell]
        if not cell:
            return cell
        return plainly.get(plain(cell), cell if rest is None else rest)

    return translate


def read_text(cell: str) -> str:
    """Read a text on one line."""
    return _BLANKS.sub(" ", cell).strip()


def read_long_text(cell: str) -> str:
    """Read a text that may have several lines."""
    return cell


def read_key(cell: str) -> str:
    """Read a key: any text; a whole number that a spreadsheet wrote as ``2.98725E+13`` or ``41.0`` in its digits.

    A number that is not whole, or that begins with 0, stays the text it is.
    """
    text = read_text(cell)
    with_point = _WHOLE_WITH_POINT.fullmatch(text)
    if with_point:
        return with_point[1]
    if _EXPONENT.fullmatch(text):
        value = Decimal(text)
        if value.adjusted() < 40 and value == value.to_integral_value():
            return format(value.quantize(Decimal(1)), "f")
    return text


def looks_rounded(cell: str) -> bool:
    """Tell whether a spreadsheet rounded this key: two different ones may have become the same."""
    return _EXPONENT.fullmatch(cell.strip()) is not None


def read_address(cell: str) -> str:
    """Read an e-mail address, kept as it is written: whether it is well formed is told by `malformed`."""
    return read_text(cell)


def malformed(cell: str | None) -> bool:
    """Tell whether a cell holds something that is not an e-mail address."""
    return bool(cell) and address_problem(cell) != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStyle:
    """How a file writes its days, so far as it is not ISO.

    Attributes
    ----------
    order
        Of a day in numbers: ``dmy``, ``mdy`` or ``ymd``.
    years_from
        The first year that two digits may mean: with 1930, ``29`` is 2029 and ``30`` is 1930. Without it a year of
        two digits cannot be read: it may be either century.
    serials
        Whether a whole number of five digits is a day as Excel counts them (``41710`` is the 12 March 2014).
    """

    order: str = "dmy"
    years_from: int | None = None
    serials: bool = False


_USUAL_STYLE = DayStyle()
_FIRST_SERIAL = datetime(1899, 12, 30)  # noqa: DTZ001  # the practice's own clock, as in every file


def day_reader(style: DayStyle = _USUAL_STYLE) -> Reader:
    """Return what reads a day: ISO first, else numbers in the style's order, else words; times are dropped."""
    moments = moment_reader(style)
    return lambda cell: moments(cell).date()


def day_or_yes_reader(style: DayStyle = _USUAL_STYLE) -> Reader:
    """Return what reads a day, or a bare yes (``True``) or no (``None``) about what has one."""
    days = day_reader(style)

    def read(cell: str) -> date | bool | None:
        word = vocabulary("yes_no").get(plain(cell))
        return days(cell) if word is None else True if word == "yes" else None

    return read


def moment_reader(style: DayStyle = _USUAL_STYLE) -> Reader:
    """Return what reads a wall-clock moment: a day, and an hour when there is one.

    A zone at the end (``2016-04-29T18:38:08Z``) is not applied: what the agenda shows is what people come for.
    """

    def read(cell: str) -> datetime:
        text = _ZONE_AT_END.sub("", cell.strip()) if ":" in cell else cell.strip()
        serial = _SERIAL.fullmatch(text) if style.serials else None
        if serial:
            fraction = timedelta(days=float(f"0.{serial[2] or 0}"))
            return _FIRST_SERIAL + timedelta(days=int(serial[1]), seconds=round(fraction.total_seconds()))
        try:
            return datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            pass
        numbers = _DAY.match(text)
        if numbers:
            day, end = _ordered_day(numbers[1], numbers[2], numbers[3], style), numbers.end()
        else:
            words = _DAY_IN_WORDS.match(text)
            if not words:
                raise Unreadable
            day, end = _day_in_words(words[1], words[2], words[3], style), words.end()
        rest = text[end:].strip(" ,àaTt-")
        return datetime.combine(day, read_time(rest) if rest else time.min)

    return read


def _ordered_day(first: str, second: str, third: str, style: DayStyle) -> date:
    if len(first) == 4:
        return _day(first, second, third)
    if style.order == "ymd" and len(third) != 4:
        return _day(_year(first, style), second, third)
    year = _year(third, style)
    return _day(year, first, second) if style.order == "mdy" else _day(year, second, first)


def _day_in_words(day: str, month: str, year: str, style: DayStyle) -> date:
    number = vocabulary("months").get(plain(month))
    if number is None:
        raise Unreadable
    return _day(_year(year, style), number, day)


def _year(digits: str, style: DayStyle) -> str:
    if len(digits) == 4:
        return digits
    if len(digits) != 2 or style.years_from is None:
        raise Unreadable  # a year of two digits may be either century
    start = style.years_from
    return str(start + (int(digits) - start) % 100)


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise Unreadable from error


def read_time(cell: str) -> time:
    """Read an hour: ``08:40``, ``8h40``, ``8 h``, ``08:40:00``, ``2:15 pm``."""
    found = _HOUR.fullmatch(cell.strip())
    if not found:
        raise Unreadable
    hour = int(found[1])
    half = (found[4] or "").lower()
    if half and not 1 <= hour <= 12:
        raise Unreadable
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, int(found[2] or 0), int(found[3] or 0))
    except ValueError as error:
        raise Unreadable from error


def says_an_hour(cell: str) -> bool:
    """Tell whether a moment is written with its hour, and not as a day alone."""
    return _SAYS_AN_HOUR.search(cell) is not None


def read_whole(cell: str) -> int:
    """Read a whole number: ``20``, ``20 min``, ``20.0``."""
    found = re.fullmatch(r"(-?\d{1,9})(?:[.,]0+)?\s*(?:min(?:utes?)?|mn|')?\.?", cell.strip(), re.IGNORECASE)
    if not found:
        raise Unreadable
    return int(found[1])


def read_cents(cell: str) -> int:
    """Read a sum of money in euros as cents: ``1 234,50 €``, ``-12.3``; ``1.500`` may be either of two sums."""
    text = re.sub(r"[\s\u00a0\u202f€]|EUR", "", cell)
    if _ONE_SIGN_AND_THREE.fullmatch(text):
        raise Unreadable
    if "," in text and "." in text:
        # The last of the two is the decimal sign, the other one separates thousands.
        thousands = "," if text.rfind(".") > text.rfind(",") else "."
        text = text.replace(thousands, "")
    try:
        cents = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation as error:
        raise Unreadable from error
    if not cents.is_finite() or cents != cents.to_integral_value() or abs(cents) > 10**11:
        raise Unreadable
    return int(cents)


def read_yes_no(cell: str) -> bool:
    """Read a yes or a no, in French or English."""
    word = vocabulary("yes_no").get(plain(cell))
    if word is None:
        raise Unreadable
    return word == "yes"


def read_state(cell: str) -> str:
    """Read what became of an appointment, as `appointment_state` does; what is not sure is not guessed."""
    state = appointment_state(cell)
    if state is None:
        raise Unreadable
    return state


def word_reader(name: str) -> Reader:
    """Return what reads a word of one vocabulary of ``words.toml``, by any of its names."""
    words = vocabulary(name)

    def read(cell: str) -> str:
        value = words.get(plain(cell))
        if value is None:
            raise Unreadable
        return value

    return read


def word_or_text_reader(name: str) -> Reader:
    """Return what reads a word of a vocabulary, and leaves any other text as it is."""
    words = vocabulary(name)
    return lambda cell: words.get(plain(cell), read_text(cell))


def read_weekday(cell: str) -> int:
    """Read a day of the week by its name, Monday being 0; numbers are not read, for practices count from 0 or 1."""
    return _WEEKDAYS.index(word_reader("weekdays")(cell))
