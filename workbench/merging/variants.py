"""Choose among the texts of a grid, for whole columns: by sex and age, or by relation, sex and « tu » or « vous ».

A variant format says of each row the place of its text among a field's `texts`; -1 is nobody, who gets none. The places
are worked out once for all fields of a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.domain.custom_fields import GRIDS, CustomKind
from workbench.domain.fields import Field, folded
from workbench.domain.people import MINOR_TYPES
from workbench.merging.formats.colleagues import pair_of, read_colleague
from workbench.merging.formats.inputs import Column, Inputs, Values, wall_moment
from workbench.merging.formats.people import civil_kind

NOBODY = -1
"""The place of the text of whoever is not there at all."""

Places = npt.NDArray[np.intp]
VariantFormat = Callable[[Inputs, Sequence[str]], Places]

_OF_PATIENT = {column: place for place, column in enumerate(GRIDS[CustomKind.PATIENT])}
_OF_COLLEAGUE = {column: place for place, column in enumerate(GRIDS[CustomKind.CORRESPONDENT])}


def chosen(field: Field, places: Places) -> Column:
    """Return the text of each row."""
    texts = np.empty(len(field.texts) + 1, dtype=object)
    texts[:-1] = field.texts
    texts[NOBODY] = None
    column: Column = texts[places].tolist()
    return column


def _patient_places(inputs: Inputs, source: Sequence[str]) -> Places:
    """Return girl, woman, boy, man, or neutral where the sex is not known; nobody without a patient."""
    patients, sexes, civilities, births, types, starts = (inputs.column(name) for name in source)
    sex, minor = _each(_sex, sexes, civilities), _minors(inputs, births, types, starts)
    places = np.full(len(patients), _OF_PATIENT["neutral"], dtype=np.intp)
    for letter, child, adult in (("F", "girl", "woman"), ("M", "boy", "man")):
        places[(sex == letter) & minor] = _OF_PATIENT[child]
        places[(sex == letter) & ~minor] = _OF_PATIENT[adult]
    places[[not patient for patient in patients]] = NOBODY
    return places


def _sex(sex: object, civility: object) -> str:
    """Return F or M as the file says, else as its civility does (as @PACCORD); else nothing."""
    known = str(sex) if sex in ("F", "M") else civil_kind(civility, sex)
    return known if known in ("F", "M") else ""


def _minors(inputs: Inputs, births: Values, types: Values, starts: Values) -> npt.NDArray[np.bool_]:
    """Tell who is under age at the appointment, else at confirmation (DESIGN 8.13); the type of patient as last resort.

    As `addressees.is_minor` counts: whoever has no date of birth is what the type of patient says, else an adult.
    """
    born = _days(births, inputs)
    today = np.datetime64(inputs.now.date(), "D")
    day = np.where(np.isnat(told := _days(starts, inputs)), today, told)
    age = _years(day) - _years(born) - (_in_year(day) < _in_year(born))
    by_type = _each(lambda kind: "minor" if folded(str(kind or "")).strip() in MINOR_TYPES else "", types) == "minor"
    minors: npt.NDArray[np.bool_] = np.where(np.isnat(born), by_type, age < inputs.adult_age)
    return minors


def _days(values: Values, inputs: Inputs) -> npt.NDArray[np.datetime64]:
    """Return a column's days on the practice's wall clock; what is no day is none."""
    known: dict[Any, Any] = dict.fromkeys(values)
    for value in known:
        moment = wall_moment(value, inputs.zone)
        known[value] = None if moment is None else moment.date()
    return np.array([known[value] for value in values], dtype="datetime64[D]")


def _years(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    return days.astype("datetime64[Y]").astype(np.int64)


def _in_year(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return month and day as one number, that counts up through any year."""
    months = days.astype("datetime64[M]")
    of_month: npt.NDArray[np.int64] = (days - months.astype("datetime64[D]")).astype(np.int64)
    return months.astype(np.int64) % 12 * 32 + of_month


def _colleague_places(inputs: Inputs, source: Sequence[str]) -> Places:
    """Return the place by relation, sex and form; neutral for whoever is neither friend nor colleague, or of no sex."""
    names, titles, civilities, sexes, relations, practitioners, mains = (inputs.column(name) for name in source)

    def place(title: object, civility: object, sex: object, relations: object, whose: object, main: object) -> int:
        pair = pair_of(relations, whose, main)
        who = read_colleague(title=title, civility=civility, sex=sex, pair=pair)
        column = "neutral"
        if who.standing in ("friend", "colleague") and who.feminine is not None:
            column = f"{'female' if who.feminine else 'male'}_{who.standing}"
        return _OF_COLLEAGUE[column] + (len(_OF_COLLEAGUE) if pair[1] == "tu" else 0)

    places = _each_listed(place, titles, civilities, sexes, relations, practitioners, mains)
    places[[not name for name in names]] = NOBODY
    return places


def _each(read: Callable[..., str], *columns: Values) -> npt.NDArray[np.object_]:
    """Return what a function of one row says of each, asking once for each row that differs."""
    known: dict[Hashable, str] = {}
    said = np.empty(len(columns[0]), dtype=object)
    for place, row in enumerate(zip(*columns, strict=True)):
        if row not in known:
            known[row] = read(*row)
        said[place] = known[row]
    return said


def _each_listed(read: Callable[..., int], *columns: Values) -> Places:
    """Return the same of rows that may hold lists: a column lays the very same list wherever it is."""
    known: dict[tuple[Any, ...], int] = {}
    said = np.empty(len(columns[0]), dtype=np.intp)
    for place, row in enumerate(zip(*columns, strict=True)):
        key = tuple([id(value) if isinstance(value, list) else value for value in row])
        if key not in known:
            known[key] = read(*row)
        said[place] = known[key]
    return said


VARIANTS: dict[str, VariantFormat] = {
    "patient_variant": _patient_places,
    "colleague_variant": _colleague_places,
}
"""Every format of a field with `texts`."""
