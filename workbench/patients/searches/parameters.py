"""What a search may be asked: each parameter read, checked against what the practice has, and made absolute."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from workbench.domain.calendar import PracticeCalendar, parse_day
from workbench.domain.conditions import Condition, parse_condition
from workbench.domain.searches import Search, SearchParameter
from workbench.errors import BadValue, UnknownName
from workbench.language import _, marked
from workbench.patients.searches.conditions import check_day, check_text
from workbench.patients.words import plain, vocabulary

Choices = Mapping[str, tuple[str, ...]]
"""From a word as `plain` gives it to the values of the store it stands for (one surname may be two people)."""

OF_EVERY_SEARCH = (
    SearchParameter(
        name="where",
        kind="where",
        label=marked("Condition on the columns, as city == 'Rennes'"),
        short=marked("Condition"),
    ),
)
"""Parameters that every search has, beside its own."""

_VOCABULARIES = {"state": "states", "by": "decliners"}
"""Parameters whose values people also name in the words of ``words.toml``."""

_UNLISTED = frozenset({"family", "patient"})
"""Parameters whose values would be a list of patients: they are not looked up, and an unknown one finds nobody."""

_WHOLE = re.compile(r"[+-]?\d{1,9}")
_HOURS = re.compile(r"\s*(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?\s*[-–—]\s*(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?\s*")


class Asked(Mapping[str, Any]):
    """The parameters of one search, read; each has its value, ``None`` or an empty tuple where nothing is asked.

    A value is read by name (``asked["start"]``) or as an attribute (``asked.start``); its kind follows from the
    parameter's: a ``date``, a pair of minutes since midnight for hours, a sorted tuple of texts for a choice, a
    ``bool``, a text, an ``int``, for words the text that ``words.plain`` makes of them, and a ``conditions.Condition``.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a parameter the search declares."""
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        """Return the value of a parameter the search declares."""
        if name != "_values" and name in self._values:
            return self._values[name]
        raise AttributeError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """Name what was asked, never the values: they may be a patient's."""
        return f"<Asked {' '.join(name for name, value in self._values.items() if value not in (None, ()))}>"


def read_parameters(
    search: Search,
    parameters: Mapping[str, object],
    *,
    today: date,
    calendar: PracticeCalendar,
    choices: Callable[[str], Choices],
) -> Asked:
    """Read every parameter given; `choices` tells what the practice has (its chairs, its natures …).

    Raises
    ------
    UnknownName
        When the search has no such parameter.
    BadValue
        When a value cannot be read or is not one of those there are, or when the start is after the end.
    """
    known = {parameter.name: parameter for parameter in search.parameters}
    for name in parameters:
        if name not in known:
            raise UnknownName(
                _("The search « {search} » has no parameter « {name} ». It has: {known}.").format(
                    search=search.name, name=name, known=", ".join(known)
                )
            )
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        given = parameters.get(name)
        if given is None or (isinstance(given, str) and not given.strip()):
            given = parameter.default
        if given is None:
            values[name] = () if parameter.kind == "choice" else None
        else:
            values[name] = _read(parameter, given, today=today, calendar=calendar, choices=choices)
    for name, parameter in known.items():
        if parameter.follows is not None and values[name] is None:
            values[name] = values[parameter.follows]
    _check_order(values)
    return Asked(values)


def _check_order(values: Mapping[str, Any]) -> None:
    """Refuse what starts after its end: ``start`` and ``end``, and every ``…_from`` and ``…_to``."""
    start, end = values.get("start"), values.get("end")
    if start and end and start > end:
        raise BadValue(
            _("The search starts on {start}, after its end on {end}.").format(
                start=start.isoformat(), end=end.isoformat()
            )
        )
    for name, first in values.items():
        other = f"{name.removesuffix('_from')}_to"
        last = values.get(other) if name.endswith("_from") else None
        if first is not None and last is not None and first > last:
            raise BadValue(
                _("« {first} » is {value}, more than « {last} », which is {limit}.").format(
                    first=name, value=first, last=other, limit=last
                )
            )


def canonical(search: Search, asked: Asked) -> dict[str, str]:
    """Return the parameters as sorted absolute texts, defaults left out: the same question gives the same texts."""
    texts = {}
    for parameter in sorted(search.parameters, key=lambda one: one.name):
        value = asked[parameter.name]
        if not parameter.identifies or value in (None, ()):
            continue
        text = value_text(parameter, value)
        if text and text != parameter.default:
            texts[parameter.name] = text
    return texts


def given_texts(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return the parameters as they were given, as plain texts a notebook can keep (« tomorrow » stays so)."""
    texts = {}
    for name, value in parameters.items():
        if value is None:
            continue
        if isinstance(value, bool):
            texts[name] = "yes" if value else "no"
        else:
            texts[name] = value if isinstance(value, str) else ",".join(_items(value))
    return texts


def value_text(parameter: SearchParameter, value: object) -> str:
    """Return a value that was read as the text that asks for it again; every state asked for is no question."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if parameter.kind == "hours" and isinstance(value, tuple):
        return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in value)
    if isinstance(value, tuple):
        everything = parameter.choices and set(value) == set(parameter.choices)
        return "" if everything and parameter.name == "state" else ",".join(sorted(value))
    return str(value)


def _items(value: object) -> list[str]:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [str(item).strip() for item in value if str(item).strip()]
    return [value.isoformat() if isinstance(value, date) else str(value)]


def _read(
    parameter: SearchParameter,
    given: object,
    *,
    today: date,
    calendar: PracticeCalendar,
    choices: Callable[[str], Choices],
) -> object:
    if parameter.kind != "where":
        for text in _items(given):
            check_text(parameter.name, text)
    if parameter.kind == "day":
        return check_day(parse_day(given if isinstance(given, date) else str(given), today=today, calendar=calendar))
    if parameter.kind == "hours":
        return _hours(str(given))
    if parameter.kind == "yes_no":
        return _yes_no(parameter, given)
    if parameter.kind == "text":
        return _one_of(parameter, str(given))
    if parameter.kind == "number":
        return _number(parameter, given)
    if parameter.kind == "where":
        return given if isinstance(given, Condition) else parse_condition(str(given))
    if parameter.kind == "words":
        return _words(parameter, given)
    return _choice(parameter, given, choices)


def _hours(text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text)
    if found:
        first = int(found[1]) * 60 + int(found[2] or 0)
        last = int(found[3]) * 60 + int(found[4] or 0)
        minutes_fit = int(found[2] or 0) < 60 and int(found[4] or 0) < 60
        if minutes_fit and first <= last <= 24 * 60:
            return first, last
    raise BadValue(
        _("« {text} » is not a range of hours: write the earlier one first, as 07:00-21:00.").format(text=text)
    )


def _yes_no(parameter: SearchParameter, given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = vocabulary("yes_no").get(plain(str(given)))
    if word is None:
        raise BadValue(_("« {name} » takes yes or no, not « {text} ».").format(name=parameter.name, text=given))
    return word == "yes"


def _number(parameter: SearchParameter, given: object) -> int:
    least, most = parameter.least, parameter.most
    text = str(given).strip()
    number = int(text) if _WHOLE.fullmatch(text) else None
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        if least is not None and most is not None:
            sentence = _("« {name} » takes a whole number from {least} to {most}, not « {text} ».")
        elif least is not None:
            sentence = _("« {name} » takes a whole number, {least} or more, not « {text} ».")
        else:
            sentence = _("« {name} » takes a whole number, not « {text} ».")
        raise BadValue(sentence.format(name=parameter.name, least=least, most=most, text=text))
    return number


def _words(parameter: SearchParameter, given: object) -> str:
    text = plain(" ".join(_items(given)))
    if not text:
        raise BadValue(_("« {name} » takes words: at least a letter or a figure.").format(name=parameter.name))
    return text


def _one_of(parameter: SearchParameter, text: str) -> str:
    word = text.strip().lower()
    if word not in parameter.choices:
        raise _not_among(parameter, text, parameter.choices)
    return word


def _choice(parameter: SearchParameter, given: object, choices: Callable[[str], Choices]) -> tuple[str, ...]:
    items = _items(given)
    if parameter.name in _UNLISTED:
        return tuple(sorted(set(items)))
    there = _fixed_choices(parameter) if parameter.choices else choices(parameter.name)
    found: set[str] = set()
    for item in items:
        exact = [values for values in there.values() if item in values]
        if exact and not parameter.choices:
            found.add(item)
            continue
        values = there.get(plain(item))
        if values is None:
            raise _not_among(parameter, item, parameter.choices or sorted({v for vs in there.values() for v in vs}))
        found.update(values)
    return tuple(sorted(found))


def _fixed_choices(parameter: SearchParameter) -> Choices:
    known: dict[str, tuple[str, ...]] = {}
    for value, label in parameter.words.items():
        known |= dict.fromkeys((plain(value), plain(_(label))), (value,))
    if parameter.name in _VOCABULARIES:
        known |= {word: (value,) for word, value in vocabulary(_VOCABULARIES[parameter.name]).items()}
    return known


def _not_among(parameter: SearchParameter, text: str, known: tuple[str, ...] | list[str]) -> BadValue:
    shown = ", ".join(known[:30]) + (" …" if len(known) > 30 else "")
    return BadValue(
        _("« {name} » does not know « {text} ». It knows: {known}.").format(
            name=parameter.name, text=text, known=shown or _("nothing yet, the store is empty")
        )
    )
