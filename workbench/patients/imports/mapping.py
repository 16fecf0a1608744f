"""Which heading of a file is which of our columns, and which of its words are which of our values.

Headings are recognised by ``columns.toml``; a mapping (a TOML file, or the same as a dictionary) says the
rest, and wins::

    [columns]                       # ours = their heading ("" leaves a recognised column out)
    patient_id = "PatientId"
    state = "No-show"

    [values.state]                  # theirs = ours; "" is a blank cell, "*" any other one
    Yes = "missed"
    No = "present"

    [constants]                     # ours = the same value on every row
    practitioner = "MM"

    [options]
    dates = "dmy"                   # or mdy, ymd: the order of a day written in numbers (ISO is always understood)
    delimiter = ";"
    encoding = "cp1252"
    prefix = "OLD-"                 # put before every key of the file
    sheet = "Patients"              # of a workbook: its name, or its number from 1
    years_from = 1930               # the first year that two digits may mean: 29 is 2029, 30 is 1930
    folder = "/srv/images"          # where the files are that rows name; else the folder of the file itself
    serials = true                  # days are numbers as Excel counts them: 41710 is 12 March 2014
    move = true                     # a row may hand what the store has of one patient to another
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from workbench.errors import BadValue, ImportRefused, UnknownName
from workbench.language import _
from workbench.patients.imports.values import DATE_ORDERS, DayStyle
from workbench.patients.words import plain

_DUE = re.compile(r"(?:date (?:d |de l )?)?echeance\b|date limite\b")
"""How a heading begins that tells a last day to pay, whatever follows (« Échéance de paiement client »)."""

_SECTIONS = ("columns", "values", "constants", "options")
_OPTIONS = ("dates", "delimiter", "encoding", "prefix", "sheet", "years_from", "serials", "folder", "move")
_WITH_IDENTITY = (
    "patients", "appointments", "guardians", "correspondents", "practitioners", "sites", "insurers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapping:
    """A mapping, read and checked."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    days: DayStyle = field(default_factory=DayStyle)
    delimiter: str | None = None
    encoding: str | None = None
    prefix: str = ""
    sheet: str | None = None
    folder: str | None = None
    move: bool = False

    @property
    def says_how_to_read(self) -> bool:
        """Whether a file is read by it otherwise than without it: its cells, not what they mean."""
        return bool(self.encoding or self.delimiter or self.sheet)


def read_mapping(source: Mapping[str, Any] | str | Path | None, *, known: Sequence[str]) -> ImportMapping:
    """Read a mapping from a TOML file or a dictionary; `known` are the columns of the kind of import.

    Raises
    ------
    ImportRefused
        When the file cannot be read.
    UnknownName, BadValue
        When it speaks of a section, a column or an option that does not exist, or gives it another sort of value.
    """
    tables = sections_of(source)
    _check_names(_("The mapping has no section « {name} ». Its sections are: {known}."), tables, _SECTIONS)
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            raise BadValue(_("« {name} » of the mapping must be a section: [{name}].").format(name=name))
    columns, values = tables.get("columns", {}), tables.get("values", {})
    constants, options = tables.get("constants", {}), tables.get("options", {})
    for section in (columns, values, constants):
        _check_names(_("This import has no column « {name} ». It has: {known}."), section, known)
    _check_names(_("The mapping has no option « {name} ». Its options are: {known}."), options, _OPTIONS)
    for name, words in values.items():
        if not isinstance(words, Mapping):
            raise BadValue(_("« {name} » of the mapping must be a section: [{name}].").format(name=f"values.{name}"))
    dates = str(options.get("dates", "dmy")).lower()
    if dates not in DATE_ORDERS:
        raise BadValue(
            _("The order of dates is one of {known}, not « {text} ».").format(known=", ".join(DATE_ORDERS), text=dates)
        )
    return ImportMapping(
        columns={name: str(heading) for name, heading in columns.items()},
        values={name: {str(k): _word(v) for k, v in words.items()} for name, words in values.items()},
        constants={name: _word(value) for name, value in constants.items()},
        days=DayStyle(order=dates, years_from=_year_of(options), serials=bool(options.get("serials", False))),
        delimiter=options.get("delimiter"),
        encoding=options.get("encoding"),
        prefix=str(options.get("prefix", "")),
        folder=str(options["folder"]) if "folder" in options else None,
        sheet=str(options["sheet"]) if "sheet" in options else None,
        move=bool(options.get("move", False)),
    )


def places_of_columns(
    headings: Sequence[str], kind: str, known: Sequence[str], mapping: ImportMapping, *, file: str
) -> dict[str, int]:
    """Return where each of our columns stands among the headings of a file.

    Raises
    ------
    ImportRefused
        When the mapping names a heading that the file does not have, or has twice.
    """
    places: dict[str, int] = {}
    for ours, theirs in mapping.columns.items():
        if not theirs:
            continue
        found = [place for place, heading in enumerate(headings) if heading == theirs.strip()]
        found = found or [place for place, heading in enumerate(headings) if plain(heading) == plain(theirs)]
        if len(found) != 1:
            sentence = (
                _("The file {file} has the heading « {heading} » more than once: rename one of them.")
                if found
                else _("The file {file} has no heading « {heading} ». Its headings are: {known}.")
            )
            raise ImportRefused(sentence.format(file=file, heading=theirs, known=", ".join(headings)))
        places[ours] = found[0]
    taken = set(places.values())
    words = _synonyms(kind)
    own = {plain(name): (name,) for name in known}
    settled = {*mapping.columns, *mapping.constants}
    whose = _headings_that_say_whose(kind)
    for place, heading in enumerate(headings):
        for ours in whose.get(plain(heading), ()):
            if place not in taken and ours not in places and ours not in settled:
                places[ours] = place
                taken.add(place)
    if {"last_name", "first_name"} & {ours for ours, place in places.items() if plain(headings[place]) in whose}:
        settled |= _of_somebody_else(headings, taken, words)
    for place, heading in enumerate(headings):
        # Our own names come before the words of others.
        for ours in (*own.get(plain(heading), ()), *words.get(plain(heading), ())):
            if place not in taken and ours in known and ours not in places and ours not in settled:
                places[ours] = place
                taken.add(place)
    if "due_on" in known and "due_on" not in places and "due_on" not in settled and "echeance" in words:
        due = [place for place, text in enumerate(headings) if place not in taken and _DUE.match(plain(text))]
        if len(due) == 1:
            places["due_on"] = due[0]
    return places


def says_whose(kind: str, heading: str) -> bool:
    """Tell whether a heading says by itself that it is about the people of this kind (« Nom du responsable »)."""
    return plain(heading) in _headings_that_say_whose(kind)


def may_mean(kind: str, heading: str, column: str) -> bool:
    """Tell whether a heading is one of the usual ones of a column."""
    return plain(heading) == plain(column) or column in _synonyms(kind).get(plain(heading), ())


def _of_somebody_else(headings: Sequence[str], taken: set[int], words: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the columns that are left to the child, where its own name stands beside the guardian's."""
    identity = frozenset(_tables_of_headings()["identity"])
    named = {
        ours for place, heading in enumerate(headings) if place not in taken for ours in words.get(plain(heading), ())
    }
    named |= {heading.strip().lower() for place, heading in enumerate(headings) if place not in taken}
    return identity if named & {"last_name", "first_name"} else frozenset()


@cache
def _tables_of_headings() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(files("workbench.patients.imports").joinpath("columns.toml").read_text(encoding="utf-8"))


@cache
def _headings_that_say_whose(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Return the headings by which a kind of import knows columns of anybody's identity as those of its people."""
    table = _tables_of_headings().get(f"identity_of_{kind}", {})
    return {plain(word): (ours,) for ours, synonyms in table.items() for word in synonyms}


@cache
def _synonyms(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Return what each heading may mean, best first."""
    tables = _tables_of_headings()
    gathered: dict[str, list[str]] = {}
    chosen = [tables[kind]] + ([tables["identity"]] if kind in _WITH_IDENTITY else [])
    for table in chosen:
        for ours, words in table.items():
            for word in words:
                gathered.setdefault(plain(word), []).append(ours)
    return {word: tuple(dict.fromkeys(columns)) for word, columns in gathered.items()}


def sections_of(source: Mapping[str, Any] | str | Path | None) -> Mapping[str, Any]:
    """Return a mapping's sections, from a TOML file or as they are."""
    if source is None:
        return {}
    if isinstance(source, Mapping):
        return source
    path = Path(source)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ImportRefused(
            _("The mapping {file} cannot be read: {cause}.").format(file=path.name, cause=error.strerror or error)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportRefused(
            _("The mapping {file} is not a TOML file in UTF-8: {cause}.").format(file=path.name, cause=error)
        ) from error


def _check_names(sentence: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UnknownName(sentence.format(name=name, known=", ".join(known)))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _year_of(options: Mapping[str, Any]) -> int | None:
    """Return the first year that two digits may mean, or nothing when the mapping does not say."""
    said = options.get("years_from")
    if said is None:
        return None
    text = str(said).strip()
    if not (text.isdecimal() and 1800 <= int(text) <= 2100):
        raise BadValue(_("« years_from » of the mapping is a year, such as 1930, not « {text} ».").format(text=text))
    return int(text)
