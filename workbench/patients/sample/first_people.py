"""The first three hundred patients: those written by hand, who have a story of their own, and their neighbours."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

from workbench.patients.sample.data import sample_rows
from workbench.patients.sample.draw import Draw, Home, SamplePatient, SamplePerson, draw_home

FIRST = 300
"""How many they are. Tomorrow's appointments are theirs alone, and always the same."""

PHONES = range(5100, 9000)
"""The ends of invented telephone numbers; below are the practice, its colleagues and the patients by hand."""

_FAMILIES = 46
_WORKDAYS = {"adult": ("MM", "MM", "MM", "YK", "YK", "CC"), "child": ("SL", "SL", "CC", "CC", "CC")}


@cache
def first_people() -> tuple[tuple[SamplePatient, ...], tuple[SamplePerson, ...]]:
    """Return the first patients (those written by hand before the others) and the persons responsible for them."""
    by_hand = tuple(_patients_by_hand())
    dice = random.Random("people of the Cabinet des Tilleuls")  # noqa: S311 (invented people, not secrets)
    taken = {patient.file_number for patient in by_hand}
    draw = Draw(
        dice,
        file_numbers=dice.sample([str(number) for number in range(1030, 3200) if str(number) not in taken], FIRST),
        phones=dice.sample(PHONES, 3 * FIRST),
        last_names=[str(row["last_name"]).upper() for row in sample_rows("last_names")],
        addresses=set(),
        workdays=_WORKDAYS,
        reachable=0.93,
    )
    drawn: list[SamplePatient] = []
    persons = list(_persons_by_hand())
    for number in range(1, _FAMILIES + 1):
        patients, parents = draw.family(f"{number:02}")
        drawn += patients
        persons += parents
    while len(by_hand) + len(drawn) < FIRST:
        drawn.append(draw.adult())
    return by_hand + tuple(drawn), tuple(persons)


def _patients_by_hand() -> Iterator[SamplePatient]:
    dice = random.Random("homes of the patients written by hand")  # noqa: S311 (invented people, not secrets)
    homes: dict[str, Home] = {}
    for row in sample_rows("notable_patients"):
        family = row["family"]
        home = homes.setdefault(family or str(row["file_number"]), draw_home(dice))
        mark = row["mark"] or ""
        yield SamplePatient(
            file_number=str(row["file_number"]),
            civility=row["civility"],
            last_name=str(row["last_name"]),
            first_name=str(row["first_name"]),
            birth_name=row["birth_name"],
            sex=str(row["sex"]),
            age=int(str(row["age"])),
            birthday=-1 if mark == "birthday" else dice.randint(20, 340),
            email=row["email"],
            phone=row["phone"],
            mobile=row["mobile"],
            language=str(row["language"]),
            family=family,
            patient_type=str(row["patient_type"]),
            file_state=str(row["file_state"]),
            practitioner=str(row["practitioner"]),
            address=home[0],
            postcode=home[1],
            city=home[2],
            followed_for=12 if row["nature"] == "NP" else dice.randint(200, 2600),
            mark=mark,
            visit=(row["time"], str(row["nature"])),
        )


def _persons_by_hand() -> Iterator[SamplePerson]:
    rows: dict[str, list[dict[str, str | None]]] = {}
    for row in sample_rows("notable_people"):
        rows.setdefault(str(row["person_id"]), []).append(row)
    for person_id, ties in rows.items():
        first = ties[0]
        yield SamplePerson(
            person_id=person_id,
            civility=first["civility"],
            last_name=str(first["last_name"]),
            first_name=str(first["first_name"]),
            sex=str(first["sex"]),
            email=first["email"],
            phone=first["phone"],
            mobile=first["mobile"],
            language=str(first["language"]),
            ties=tuple(
                (str(tie["file_number"]), role, str(tie["relation"]), int(str(tie["rank"])))
                for tie in ties
                for role in str(tie["roles"]).split()
            ),
        )
