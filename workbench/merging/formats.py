"""Write values as a letter would: French (or English) dates, hours, phones, civilities, whole columns at a time.

Every format is a function ``(inputs, source) -> list`` over whole columns; a missing value gives ``None``, never an
empty text. Each distinct value of a column is written once. Sources of the rules: FEATURES, sections 3 and 5; Babel
says « 1 décembre », a French letter says « 1er décembre », so dates are written here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Column = list[str | None]
Values = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The columns a format may read, by ``table.column``, all in the order of the recipients.

    `languages` is each row's language (``fr`` or ``en``); `now` is the practice's wall clock, without zone.
    """

    columns: Mapping[str, Values]
    languages: Sequence[str]
    now: datetime
    zone: ZoneInfo
    adult_age: int = 18

    def column(self, name: str) -> Values:
        """Return a column; one that the store does not have is wholly missing."""
        found = self.columns.get(name)
        return found if found is not None else [None] * len(self.languages)


Format = Callable[[Inputs, Sequence[str]], Column]

WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


# --- one value ----------------------------------------------------------------------------------------


def wall_moment(value: object, zone: ZoneInfo) -> datetime | None:
    """Read a moment of the agenda (a datetime, a timestamp, ISO text) as the practice's wall clock."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(zone)
        return datetime(value.year, value.month, value.day, value.hour, value.minute)  # noqa: DTZ001 - a wall clock
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a wall clock
    return None


def day_text(day: date, language: str, *, year: bool, weekday: bool = True) -> str:
    """« mardi 24 novembre », « mardi 1er décembre 2026 »; "Tuesday 24 November"."""
    number = "1er" if day.day == 1 and language == "fr" else str(day.day)
    words = [number, MONTHS[language][day.month - 1]]
    if weekday:
        words.insert(0, WEEKDAYS[language][day.weekday()])
    if year:
        words.append(str(day.year))
    return " ".join(words)


def hour_text(moment: datetime, language: str) -> str:
    """« 8 h 40 », « 14 h »; "8:40 am", "2 pm"."""
    if language == "en":
        hour = (moment.hour - 1) % 12 + 1
        minute = f":{moment.minute:02d}" if moment.minute else ""
        return f"{hour}{minute} {'am' if moment.hour < 12 else 'pm'}"
    return f"{moment.hour} h {moment.minute:02d}" if moment.minute else f"{moment.hour} h"


def years_between(birth: date, day: date) -> int:
    """Return the age in whole years of somebody born on `birth`, on `day`; a 29 February comes of age on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _age_text(birth: date, day: date, language: str) -> str | None:
    years = years_between(birth, day)
    if years < 0:
        return None
    if years < 2:
        months = (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)
        return f"{months} mois" if language == "fr" else f"{months} month{'' if months == 1 else 's'}"
    return f"{years} ans" if language == "fr" else f"{years} years"


def phone_text(value: str) -> str:
    """« 01 99 00 12 34 » for a French number, however it is spelled; any other number as it stands."""
    digits = re.sub(r"[\s.\-/()]", "", value)
    national = re.fullmatch(r"(?:\+33|0033)?0?([1-9]\d{8})", digits)
    if national is None or not (digits.startswith(("0", "+33"))):
        return value
    return " ".join(re.findall("..", "0" + national[1]))


_CIVILITIES = {
    "m": "M", "m.": "M", "mr": "M", "mr.": "M", "monsieur": "M",
    "mme": "F", "mme.": "F", "madame": "F", "mlle": "F", "melle": "F", "mademoiselle": "F", "ms": "F", "mrs": "F",
    "dr": "Dr", "dr.": "Dr", "docteur": "Dr", "pr": "Pr", "pr.": "Pr", "professeur": "Pr", "me": "Me",
}  # fmt: skip
_WRITTEN = {
    "fr": {"M": "M.", "F": "Mme", "Dr": "Dr", "Pr": "Pr", "Me": "Me"},
    "en": {"M": "Mr", "F": "Ms", "Dr": "Dr", "Pr": "Prof.", "Me": "Me"},
}
_CALLED = {"M": "Monsieur", "F": "Madame", "Dr": "Docteur", "Pr": "Professeur", "Me": "Maître"}


def _civil_kind(civility: object, sex: object) -> str | None:
    """Return which of our civilities a file means, or nothing when neither its civility nor its sex tells."""
    if civility:
        known = _CIVILITIES.get(str(civility).strip().lower())
        if known:
            return known
        return None  # « M. et Mme », a title of the practice's own: written to with neutral words
    return {"M": "M", "F": "F"}.get(str(sex))


# --- whole columns ------------------------------------------------------------------------------------


def each_value(write: Callable[[Any, str], str | None]) -> Format:
    """Make a format of a function of one value and a language; each distinct pair is written once."""

    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        known: dict[tuple[Any, str], str | None] = {}
        written: Column = []
        for value, language in zip(inputs.column(source[0]), inputs.languages, strict=True):
            if value is None:
                written.append(None)
                continue
            pair = (value, language)
            if pair not in known:
                known[pair] = write(value, language) or None
            written.append(known[pair])
        return written

    return column


def each_moment(write: Callable[[datetime, str, Inputs], str | None]) -> Format:
    """Make a format of a function of one wall-clock moment; each distinct moment is written once."""

    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        def one(value: object, language: str) -> str | None:
            moment = wall_moment(value, inputs.zone)
            return write(moment, language, inputs) if moment is not None else None

        return each_value(one)(inputs, source)

    return column


def _far(day: date, inputs: Inputs) -> bool:
    # A letter names the year only of a day one could mistake for another year's.
    return abs((day - inputs.now.date()).days) > 183


def _text(value: object, _language: str) -> str | None:
    return str(value).strip()


def _long_date(moment: datetime, language: str, inputs: Inputs) -> str:
    return day_text(moment.date(), language, year=_far(moment.date(), inputs))


def _full_date(moment: datetime, language: str, _inputs: Inputs) -> str:
    return day_text(moment.date(), language, year=True)


def _short_date(moment: datetime, language: str, _inputs: Inputs) -> str:
    if language == "en":
        return day_text(moment.date(), language, year=True, weekday=False)
    return f"{moment.day:02d}/{moment.month:02d}/{moment.year:04d}"


def _date_and_hour(moment: datetime, language: str, inputs: Inputs) -> str:
    joint = " at " if language == "en" else " à "
    return _long_date(moment, language, inputs) + joint + hour_text(moment, language)


def _duration(minutes: object, _language: str) -> str | None:
    try:
        total = int(str(minutes).split(".")[0])
    except ValueError:
        return None
    hours, rest = divmod(total, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


_SEXES = {"fr": {"F": "féminin", "M": "masculin"}, "en": {"F": "female", "M": "male"}}
_LANGUAGES = {
    "fr": {"fr": "français", "en": "anglais", "es": "espagnol", "de": "allemand", "it": "italien", "pt": "portugais"},
    "en": {"fr": "French", "en": "English", "es": "Spanish", "de": "German", "it": "Italian", "pt": "Portuguese"},
}
_STATES = {
    "fr": {
        "upcoming": "futur", "missed": "manqué", "postponed": "reporté", "present": "présent", "cancelled": "annulé",
        "excused": "excusé",
    },
    "en": {},
}  # fmt: skip
_DECLINERS = {
    "fr": {"practice": "par le cabinet", "patient": "par le patient"},
    "en": {"practice": "by the practice", "patient": "by the patient"},
}


def _worded(words: Mapping[str, Mapping[str, str]], *, unknown: bool = True) -> Format:
    def one(value: object, language: str) -> str | None:
        text = str(value).strip()
        return words[language].get(text, text if unknown else None)

    return each_value(one)


def _age(inputs: Inputs, source: Sequence[str]) -> Column:
    births, starts = inputs.column(source[0]), inputs.column(source[1])
    ages: Column = []
    for birth, start, language in zip(births, starts, inputs.languages, strict=True):
        born = wall_moment(birth, inputs.zone)
        day = wall_moment(start, inputs.zone) or inputs.now
        ages.append(_age_text(born.date(), day.date(), language) if born else None)
    return ages


def _joined(separator: str) -> Format:
    def column(inputs: Inputs, source: Sequence[str]) -> Column:
        rows = zip(*(inputs.column(name) for name in source), strict=True)
        return [separator.join(str(part).strip() for part in row if part) or None for row in rows]

    return column


def _titled_name(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Dr Molaire »; a title without a name is nobody."""
    titles, names = (inputs.column(name) for name in source)
    return [
        " ".join(str(part) for part in (title, name) if part) if name else None
        for title, name in zip(titles, names, strict=True)
    ]


def _address_block(inputs: Inputs, source: Sequence[str]) -> Column:
    """Lines of the street, then postcode and city, one a line."""
    *streets, postcode, city = (inputs.column(name) for name in source)
    blocks: Column = []
    for row in zip(*streets, postcode, city, strict=True):
        place = " ".join(str(part) for part in row[-2:] if part)
        blocks.append("\n".join(str(part) for part in (*row[:-2], place) if part) or None)
    return blocks


def _civil_rows(inputs: Inputs, source: Sequence[str]) -> list[tuple[str | None, object, str]]:
    civilities, sexes = inputs.column(source[0]), inputs.column(source[1])
    return [
        (_civil_kind(civility, sex), civility, language)
        for civility, sex, language in zip(civilities, sexes, inputs.languages, strict=True)
    ]


def _civility(inputs: Inputs, source: Sequence[str]) -> Column:
    return [
        _WRITTEN[language][kind] if kind else (str(civility).strip() if civility else None)
        for kind, civility, language in _civil_rows(inputs, source)
    ]


def _greeting(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Madame », « Monsieur », « Docteur »; « Madame, Monsieur » when nobody can know or two parents are meant."""
    names = inputs.column(source[2])
    greetings: Column = []
    for (kind, _civil, language), name in zip(_civil_rows(inputs, source), names, strict=True):
        if language == "en":
            known = kind is not None and name
            greetings.append(f"Dear {_WRITTEN['en'][kind]} {name}" if known and kind else "Dear Sir or Madam")
        else:
            greetings.append(_CALLED[kind] if kind else "Madame, Monsieur")
    return greetings


def _warm_greeting(inputs: Inputs, source: Sequence[str]) -> Column:
    """« Chère Madame », « Cher Monsieur », and a child by the first name: « Chère Zoé »."""
    births, firsts, lasts = (inputs.column(name) for name in source[2:5])
    greetings: Column = []
    rows = zip(_civil_rows(inputs, source), inputs.column(source[1]), births, firsts, lasts, strict=True)
    for (kind, _civil, language), sex, birth, first, last in rows:
        born = wall_moment(birth, inputs.zone)
        child = born is not None and years_between(born.date(), inputs.now.date()) < inputs.adult_age
        if language == "en":
            if child and first:
                greetings.append(f"Dear {first}")
            else:
                greetings.append(f"Dear {_WRITTEN['en'][kind]} {last}" if kind and last else "Dear Sir or Madam")
        elif child and first and sex in ("F", "M"):
            greetings.append(f"{'Chère' if sex == 'F' else 'Cher'} {first}")
        else:
            feminine = kind == "F" or (kind not in (None, "M") and sex == "F")
            greetings.append(f"{'Chère' if feminine else 'Cher'} {_CALLED[kind]}" if kind else "Madame, Monsieur")
    return greetings


_PARENTS = frozenset({"", "mother", "father", "parent", "parents", "mere", "pere", "mère", "père"})
_CHILDREN = {
    "fr": {"F": "votre fille", "M": "votre fils"},
    "en": {"F": "your daughter", "M": "your son"},
}
_GRANDPARENTS = re.compile(r"grand[- ]?(?:m|p|mother|father)", re.IGNORECASE)
_GRANDCHILDREN = {
    "fr": {"F": "votre petite-fille", "M": "votre petit-fils"},
    "en": {"F": "your granddaughter", "M": "your grandson"},
}


def _relation(inputs: Inputs, source: Sequence[str]) -> Column:
    """Name the patient as the addressee would: « vous », « votre fille », « votre patient »."""
    roles, relations, sexes, births = (inputs.column(name) for name in source)
    told: Column = []
    for role, relation, sex, birth, language in zip(roles, relations, sexes, births, inputs.languages, strict=True):
        french = language == "fr"
        kin = str(relation or "").strip().lower()
        if role == "patient" or kin in ("self", "lui-même", "elle-même"):
            told.append("vous" if french else "you")
        elif role in ("correspondent", "treating_dentist"):
            told.append(("votre patiente" if sex == "F" else "votre patient") if french else "your patient")
        elif role not in ("guardian", "payer"):
            told.append(None)
        elif _GRANDPARENTS.match(kin):
            told.append(_GRANDCHILDREN[language].get(str(sex), "votre petit-enfant" if french else "your grandchild"))
        elif kin in _PARENTS:
            told.append(_CHILDREN[language].get(str(sex), "votre enfant" if french else "your child"))
        else:
            born = wall_moment(birth, inputs.zone)
            minor = born is not None and years_between(born.date(), inputs.now.date()) < inputs.adult_age
            neutral = ("l'enfant" if minor else "la personne") if french else ("the child" if minor else "the person")
            told.append(neutral + (" dont vous êtes responsable" if french else " you are responsible for"))
    return told


def _first_of(inputs: Inputs, source: Sequence[str]) -> Column:
    """Take the first of several columns that says something."""
    rows = zip(*(inputs.column(name) for name in source), strict=True)
    return [next((str(part).strip() for part in row if part), None) for row in rows]


def _end_hour(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write when an appointment ends: as the agenda says, else its start and duration."""
    ends: Column = []
    rows = zip(*(inputs.column(name) for name in source), inputs.languages, strict=True)
    for end, start, minutes, language in rows:
        moment, began = wall_moment(end, inputs.zone), wall_moment(start, inputs.zone)
        if moment is None and began is not None and minutes:
            moment = began + timedelta(minutes=int(minutes))
        ends.append(hour_text(moment, language) if moment else None)
    return ends


def _appointment_list(inputs: Inputs, source: Sequence[str]) -> Column:
    """Write every appointment of the message, one a line: « mardi 24 novembre à 8 h 40, Dr Molaire »."""
    moments, practitioners = inputs.column(source[0]), inputs.column("appointments.practitioner")
    written: Column = []
    for starts, names, language in zip(moments, practitioners, inputs.languages, strict=True):
        lines = []
        for start, name in zip(starts or (), names or [None] * len(starts or ()), strict=True):
            moment = wall_moment(start, inputs.zone)
            if moment is not None:
                lines.append(_date_and_hour(moment, language, inputs) + (f", {name}" if name else ""))
        written.append("\n".join(lines) or None)
    return written


FORMATS: dict[str, Format] = {
    "text": each_value(_text),
    "phone": each_value(lambda value, _language: phone_text(str(value))),
    "sex": _worded(_SEXES, unknown=False),
    "language": _worded(_LANGUAGES),
    "state": _worded(_STATES),
    "declined_by": _worded(_DECLINERS),
    "duration": each_value(_duration),
    "long_date": each_moment(_long_date),
    "full_date": each_moment(_full_date),
    "short_date": each_moment(_short_date),
    "date_and_hour": each_moment(_date_and_hour),
    "weekday": each_moment(lambda moment, language, _inputs: WEEKDAYS[language][moment.weekday()]),
    "month": each_moment(lambda moment, language, _inputs: MONTHS[language][moment.month - 1]),
    "hour": each_moment(lambda moment, language, _inputs: hour_text(moment, language)),
    "age": _age,
    "first_of": _first_of,
    "end_hour": _end_hour,
    "place": _joined(", "),
    "street": _joined("\n"),
    "titled_name": _titled_name,
    "address_block": _address_block,
    "civility": _civility,
    "greeting": _greeting,
    "warm_greeting": _warm_greeting,
    "relation": _relation,
    "appointment_list": _appointment_list,
}
"""Every format a field of the catalogue may name."""
