"""What a search may be asked: each parameter read, checked against what the practice has, and made absolute."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from workbench.domain.calendar import PracticeCalendar, parse_day
from workbench.domain.searches import Search, SearchParameter
from workbench.errors import BadValue, UnknownName
from workbench.language import _, marked
from workbench.patients.schema import DECLINERS, STATES
from workbench.patients.words import plain, vocabulary

SORTS = ("time", "name", "practitioner", "chair", "nature", "state", "patient_type")

Choices = Mapping[str, tuple[str, ...]]
"""From a word as `plain` gives it to the values of the store it stands for (one surname may be two people)."""

_APPOINTMENT_PARAMETERS = (
    SearchParameter(name="start", kind="day", label=marked("From (included)")),
    SearchParameter(name="end", kind="day", label=marked("To (included)")),
    SearchParameter(name="hours", kind="hours", label=marked("Hours between, as 07:00-21:00")),
    SearchParameter(name="state", kind="choice", label=marked("State of the appointment"), choices=STATES),
    SearchParameter(name="by", kind="choice", label=marked("Declined by"), choices=DECLINERS),
    SearchParameter(name="practitioner", kind="choice", label=marked("Practitioner, by code or name")),
    SearchParameter(name="chair", kind="choice", label=marked("Chair, by code or name")),
    SearchParameter(name="nature", kind="choice", label=marked("Nature")),
    SearchParameter(name="type", kind="choice", label=marked("Type of appointment")),
    SearchParameter(name="family", kind="choice", label=marked("Family, by its number")),
    SearchParameter(name="group", kind="choice", label=marked("Group of patients")),
    SearchParameter(name="patient_type", kind="choice", label=marked("Type of patient")),
    SearchParameter(name="file_state", kind="choice", label=marked("State of the file")),
    SearchParameter(name="site", kind="choice", label=marked("Site")),
    SearchParameter(name="forced", kind="yes_no", label=marked("Forced into the agenda")),
    SearchParameter(name="minors", kind="yes_no", label=marked("Minors at the appointment")),
    SearchParameter(name="with_email", kind="yes_no", label=marked("With an e-mail address in the file")),
    SearchParameter(name="balance", kind="yes_no", label=marked("Show the patient's balance"), default="no"),
    SearchParameter(name="sort", kind="text", label=marked("Order of the rows"), choices=SORTS, default="time"),
)
_MISSED_ALONE = (
    SearchParameter(
        name="exclude_upcoming",
        kind="yes_no",
        label=marked("Leave out patients who have an upcoming appointment"),
        default="no",
    ),
    SearchParameter(
        name="exclude_returned",
        kind="yes_no",
        label=marked("Leave out patients who came back after the missed appointment"),
        default="no",
    ),
)

SEARCHES: Mapping[str, Search] = {
    "appointments": Search(name="appointments", label=marked("Appointments"), parameters=_APPOINTMENT_PARAMETERS),
    "missed": Search(
        name="missed",
        label=marked("Missed appointments"),
        parameters=(
            *(one for one in _APPOINTMENT_PARAMETERS if one.name not in {"state", "by"}),
            *_MISSED_ALONE,
        ),
    ),
}

SHOWN_ONLY = frozenset({"sort", "balance"})
"""Parameters that change how rows are shown, never which rows: they are no part of a mailing's identity."""

_HOURS = re.compile(r"\s*(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?\s*[-–—]\s*(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parameters of one search, read. ``None`` or an empty tuple asks nothing."""

    start: date | None = None
    end: date | None = None
    hours: tuple[int, int] | None = None  # minutes since midnight, both included
    state: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    practitioner: tuple[str, ...] = ()
    chair: tuple[str, ...] = ()
    nature: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    patient_type: tuple[str, ...] = ()
    file_state: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    forced: bool | None = None
    minors: bool | None = None
    with_email: bool | None = None
    balance: bool = False
    sort: str = "time"
    exclude_upcoming: bool = False
    exclude_returned: bool = False


def search_called(name: str) -> Search:
    """Return a search by its name; raises `UnknownName` with the names there are."""
    if name not in SEARCHES:
        raise UnknownName(
            _("There is no search called « {name} ». The searches are: {known}.").format(
                name=name, known=", ".join(SEARCHES)
            )
        )
    return SEARCHES[name]


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
    values: dict[str, object] = {}
    for name, given in parameters.items():
        if name not in known:
            raise UnknownName(
                _("The search « {search} » has no parameter « {name} ». It has: {known}.").format(
                    search=search.name, name=name, known=", ".join(known)
                )
            )
        if given is None or (isinstance(given, str) and not given.strip()):
            continue
        values[name] = _read(known[name], given, today=today, calendar=calendar, choices=choices)
    asked = Asked(**values)  # type: ignore[arg-type]  # each value was read by its parameter's kind
    if asked.start and asked.end and asked.start > asked.end:
        raise BadValue(
            _("The search starts on {start}, after its end on {end}.").format(
                start=asked.start.isoformat(), end=asked.end.isoformat()
            )
        )
    return asked


def canonical(search: Search, asked: Asked) -> dict[str, str]:
    """Return the parameters as sorted absolute texts, defaults left out: the same question gives the same texts."""
    texts = {}
    for parameter in sorted(search.parameters, key=lambda one: one.name):
        value = getattr(asked, parameter.name)
        if parameter.name in SHOWN_ONLY or value in (None, ()):
            continue
        text = _as_text(parameter, value)
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


def _as_text(parameter: SearchParameter, value: object) -> str:
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
    if parameter.kind == "day":
        return parse_day(given if isinstance(given, date) else str(given), today=today, calendar=calendar)
    if parameter.kind == "hours":
        return _hours(str(given))
    if parameter.kind == "yes_no":
        return _yes_no(parameter, given)
    if parameter.kind == "text":
        return _one_of(parameter, str(given))
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


def _one_of(parameter: SearchParameter, text: str) -> str:
    word = text.strip().lower()
    if word not in parameter.choices:
        raise _not_among(parameter, text, parameter.choices)
    return word


def _choice(parameter: SearchParameter, given: object, choices: Callable[[str], Choices]) -> tuple[str, ...]:
    items = _items(given)
    if parameter.name == "family":
        # A list of families would be a list of patients: an unknown one simply finds nobody.
        return tuple(sorted(set(items)))
    if parameter.choices:
        words = vocabulary("states" if parameter.name == "state" else "decliners")
        there: Choices = {word: (value,) for word, value in words.items()}
    else:
        there = choices(parameter.name)
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


def _not_among(parameter: SearchParameter, text: str, known: tuple[str, ...] | list[str]) -> BadValue:
    shown = ", ".join(known[:30]) + (" …" if len(known) > 30 else "")
    return BadValue(
        _("« {name} » does not know « {text} ». It knows: {known}.").format(
            name=parameter.name, text=text, known=shown or _("nothing yet, the store is empty")
        )
    )
