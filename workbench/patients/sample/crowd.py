"""The many patients beside the first ones: families, couples, adults, and some who are no longer written to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from workbench.patients.sample.data import sample_rows
from workbench.patients.sample.draw import Draw, SamplePatient, SamplePerson
from workbench.patients.sample.first_people import PHONES, first_people

_FILE_NUMBERS = range(5000, 9000)
_FAMILIES = 182
_COUPLES = 25
_YEAR = 365
_PARENT_AT = 20
"""Nobody had a child before this age."""

_STAIRS = ("Bâtiment A", "Bâtiment C, 2e étage", "Appartement 12", "Résidence des Saules", "Chez Mme Le Goff")
_WORKDAYS = {
    "adult": ("MM", "MM", "MM", "AB", "AB", "AB", "YK", "YK", "TJ", "CC"),
    "child": ("SL", "SL", "CC", "CC", "CC", "AB"),
}

MARKS = {"deceased": 8, "archived": 40, "external": 6, "opted_out": 12, "refused": 8}
"""How many of them are special, and how."""

NEWCOMERS = 24
"""How many have been known for less than a month."""

NEW = 28
"""They have been known for so many days at most."""


def crowd(size: int) -> tuple[tuple[SamplePatient, ...], tuple[SamplePerson, ...]]:
    """Return `size` more patients and those responsible for them; the same at each call."""
    dice = random.Random("crowd of the Cabinet des Tilleuls")  # noqa: S311 (invented people, not secrets)
    patients, persons = first_people()
    known: list[SamplePatient | SamplePerson] = [*patients, *persons]
    used = {
        int(number[-5:].replace(" ", ""))
        for somebody in known
        for number in (somebody.phone, somebody.mobile)
        if number
    }
    free = [number for number in PHONES if number not in used]
    draw = Draw(
        dice,
        file_numbers=[str(number) for number in dice.sample(_FILE_NUMBERS, 2 * size)],
        phones=dice.sample(free, len(free)),
        last_names=[
            *(str(row["last_name"]).upper() for row in sample_rows("last_names")),
            *(str(row["last_name"]) for row in sample_rows("more_last_names")),
        ],
        addresses={somebody.email for somebody in known if somebody.email},
        workdays=_WORKDAYS,
        reachable=0.88,
    )
    drawn: list[SamplePatient] = []
    parents: list[SamplePerson] = []
    for number in range(101, 101 + _FAMILIES):
        followed, grown = draw.family(str(number))
        drawn += _of_an_age(followed)
        parents += grown
    for number in range(301, 301 + _COUPLES):
        drawn += _couple(draw, str(number))
    while len(drawn) < size:
        drawn.append(draw.adult())
    return tuple(_told_apart(dice, drawn)), tuple(_parents(dice, parents))


def _of_an_age(family: Sequence[SamplePatient]) -> Iterator[SamplePatient]:
    """Let parents be old enough for their children."""
    youngest = _PARENT_AT + max(patient.age for patient in family if patient.is_child)
    for patient in family:
        yield patient if patient.is_child else replace(patient, age=max(patient.age, youngest))


def _couple(draw: Draw, key: str) -> Iterator[SamplePatient]:
    """Draw two grown-ups of one home; every other couple shares one address and one telephone."""
    one = draw.adult()
    age = max(one.age, 58)
    one = replace(one, age=age, family=f"FAM-{key}", birth_name=None)
    home = (str(one.address), str(one.postcode), str(one.city))
    other = replace(draw.adult(last_name=one.last_name, home=home), age=age - 2, family=one.family)
    if int(key) % 2:
        other = replace(other, email=one.email, phone=one.phone)
    yield from (one, other)


def _told_apart(dice: random.Random, drawn: list[SamplePatient]) -> Iterator[SamplePatient]:
    """Spread the birthdays over the whole year, so that there are some every day, and mark those who are special."""
    birthdays = [number % _YEAR for number in range(len(drawn))]
    dice.shuffle(birthdays)
    _part_siblings(drawn, birthdays)
    grown = [number for number, patient in enumerate(drawn) if not patient.is_child and patient.family is None]
    marks = [mark for mark, count in MARKS.items() for _one in range(count)]
    marked = dict(zip(dice.sample(grown, len(marks)), marks, strict=True))
    new = {number for number in dice.sample(range(len(drawn)), NEWCOMERS) if number not in marked}
    mourned = next(number for number, mark in marked.items() if mark == "deceased")
    for number, patient in enumerate(drawn):
        mark = marked.get(number, "")
        yield replace(
            patient,
            birthday=0 if number == mourned else birthdays[number],  # nobody wishes them well any more
            mark=mark,
            followed_for=dice.randint(1, NEW) if number in new else _followed_for(dice, patient, mark),
            stairs=dice.choice(_STAIRS) if patient.family is None and dice.random() < 0.12 else None,
            file_state={"deceased": "Clos", "archived": "Archivé"}.get(mark, patient.file_state),
        )


def _part_siblings(drawn: Sequence[SamplePatient], birthdays: list[int]) -> None:
    """Let siblings be a year apart at least, or twins: the elder's birthday is the longer ago."""
    children = [number for number, patient in enumerate(drawn) if patient.is_child]
    for _family, numbers in groupby(children, key=lambda number: drawn[number].family):
        by_age = sorted(numbers, key=lambda number: drawn[number].age)
        for number, birthday in zip(by_age, sorted(birthdays[number] for number in by_age), strict=True):
            birthdays[number] = birthday
        for younger, elder in pairwise(by_age):
            if drawn[younger].age == drawn[elder].age:
                birthdays[elder] = birthdays[younger]


def _followed_for(dice: random.Random, patient: SamplePatient, mark: str) -> int:
    if mark in ("deceased", "archived"):
        return dice.randint(900, 4000)
    return max(patient.followed_for, dice.randint(45, 1500))


def _parents(dice: random.Random, parents: list[SamplePerson]) -> Iterator[SamplePerson]:
    """Let some parents read English, and some be without an address."""
    for parent in parents:
        if dice.random() < 0.04:
            yield replace(parent, language="en")
        elif parent.patient_id is None and dice.random() < 0.12:
            yield replace(parent, email=None)
        else:
            yield parent
