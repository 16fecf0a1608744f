"""Invent the people of the sample practice: some written by hand, the others drawn, always the same ones."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from workbench.patients.sample.data import sample_rows

PATIENTS = 300
"""How many patients the sample practice follows."""

ADULT_AGE = 18
_FAMILIES = 46
_MAIL_DOMAINS = ("courriel.example", "poste.example", "messagerie.example", "famille.example")
_WORKDAYS = {"adult": ("MM", "MM", "MM", "YK", "YK", "CC"), "child": ("SL", "SL", "CC", "CC", "CC")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePatient:
    """A patient of the sample practice; `age` is on the day the sample was made.

    `birthday` counts the days since the last birthday (-1: it is tomorrow, and `age` is what it brings).
    `mark` says what is special: ``opted_out refused deceased archived birthday twice``. `visit` is the hour,
    practitioner and nature of tomorrow's appointment of a patient written by hand.
    """

    file_number: str
    last_name: str
    first_name: str
    sex: str
    age: int
    birthday: int
    civility: str | None = None
    birth_name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    language: str = "fr"
    family: str | None = None
    patient_type: str = "Adulte"
    file_state: str = "En traitement"
    practitioner: str = "MM"
    address: str | None = None
    postcode: str | None = None
    city: str | None = None
    followed_for: int = 400
    remark: str | None = None
    mark: str = ""
    visit: tuple[str | None, str] | None = None

    @property
    def is_child(self) -> bool:
        """Whether the patient was a minor when the sample was made."""
        return self.age < ADULT_AGE

    def birth_date(self, today: date) -> date:
        """Return the birth date that gives this age on `today`."""
        birthday = today - timedelta(days=self.birthday)
        year = birthday.year - self.age
        return birthday.replace(year=year) if (birthday.month, birthday.day) != (2, 29) else date(year, 2, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePerson:
    """Somebody who answers for patients: ``(file number, role, relation, rank)`` for each tie."""

    person_id: str
    last_name: str
    first_name: str
    sex: str
    civility: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    language: str = "fr"
    patient_id: str | None = None
    address: str | None = None
    postcode: str | None = None
    city: str | None = None
    ties: tuple[tuple[str, str, str, int], ...] = ()


@cache
def sample_people() -> tuple[tuple[SamplePatient, ...], tuple[SamplePerson, ...]]:
    """Return every patient (those written by hand first) and every person responsible; the same at each call."""
    by_hand = tuple(_patients_by_hand())
    draw = _Draw({patient.file_number for patient in by_hand})
    drawn: list[SamplePatient] = []
    persons = list(_persons_by_hand())
    for number in range(_FAMILIES):
        patients, parents = draw.family(number)
        drawn += patients
        persons += parents
    while len(by_hand) + len(drawn) < PATIENTS:
        drawn.append(draw.adult())
    return by_hand + tuple(drawn), tuple(persons)


def _patients_by_hand() -> Iterator[SamplePatient]:
    dice = random.Random("homes of the patients written by hand")  # noqa: S311 (invented people, not secrets)
    homes: dict[str, tuple[str, str, str]] = {}
    for row in sample_rows("notable_patients"):
        family = row["family"]
        home = homes.setdefault(family or str(row["file_number"]), _home(dice))
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


class _Draw:
    """Draws patients and families out of the words of the sample data, never twice the same number."""

    def __init__(self, taken: set[str]) -> None:
        self.dice = random.Random("people of the Cabinet des Tilleuls")  # noqa: S311 (invented people, not secrets)
        self.first_names = sample_rows("first_names")
        self.last_names = [str(row["last_name"]).upper() for row in sample_rows("last_names")]
        numbers = [str(number) for number in range(1030, 3200) if str(number) not in taken]
        self.file_numbers = iter(self.dice.sample(numbers, PATIENTS))
        # From 5100 on: the numbers below are those of the practice, its colleagues and the patients by hand.
        self.phones = iter(self.dice.sample(range(5100, 9000), 3 * PATIENTS))
        self.addresses: set[str] = set()

    def adult(self, *, last_name: str | None = None, home: tuple[str, str, str] | None = None) -> SamplePatient:
        """Draw one adult, with an address more often than not."""
        dice = self.dice
        age = min(94, int(dice.triangular(19, 92, 44)))
        first_name, sex = self._first_name(age)
        last_name = last_name or dice.choice(self.last_names)
        street, postcode, city = home or _home(dice)
        language = "en" if dice.random() < 0.03 else "fr"
        return SamplePatient(
            file_number=next(self.file_numbers),
            civility="Mme" if sex == "F" else "M.",
            last_name=last_name,
            first_name=first_name,
            birth_name=dice.choice(self.last_names) if sex == "F" and dice.random() < 0.35 else None,
            sex=sex,
            age=age,
            birthday=dice.randint(20, 340),
            email=self._email(first_name, last_name) if dice.random() < 0.93 else None,
            phone=self._landline() if age > 45 or dice.random() < 0.2 else None,
            mobile=self._mobile() if age < 80 else None,
            language=language,
            patient_type="Adulte",
            file_state=dice.choice(("En traitement", "En traitement", "En contrôle")),
            practitioner=dice.choice(_WORKDAYS["adult"]),
            address=street,
            postcode=postcode,
            city=city,
            followed_for=dice.randint(90, 3600),
            remark=dice.choice(_REMARKS) if dice.random() < 0.12 else None,
        )

    def family(self, number: int) -> tuple[list[SamplePatient], list[SamplePerson]]:
        """Draw one or two parents and their children; a parent is now and then a patient too."""
        dice = self.dice
        last_name, home, family = dice.choice(self.last_names), _home(dice), f"FAM-{number + 1:02}"
        drawn = [self._child(last_name, home, family) for _child in range(dice.choice((1, 1, 2, 2, 3)))]
        children = list({child.first_name: child for child in drawn}.values())
        patients = list(children)
        parents = []
        sexes = dice.choice((("F",), ("F", "M"), ("F", "M"), ("M", "F"), ("M",)))
        for rank, sex in enumerate(sexes, start=1):
            name = self._first_name(dice.randint(28, 52), sex)[0]
            followed = None
            if dice.random() < 0.35:
                adult = self.adult(last_name=last_name, home=home)
                email = self._email(name, last_name)
                followed = _replaced(adult, first_name=name, sex=sex, family=family, email=email)
                patients.append(followed)
            known = sex == sexes[0] or dice.random() < 0.8
            parents.append(
                SamplePerson(
                    person_id=f"R-{number + 1:02}-{rank}",
                    civility="Mme" if sex == "F" else "M.",
                    last_name=last_name,
                    first_name=name,
                    sex=sex,
                    email=followed.email if followed else (self._email(name, last_name) if known else None),
                    phone=None,
                    mobile=followed.mobile if followed else self._mobile(),
                    patient_id=followed.file_number if followed else None,
                    address=home[0],
                    postcode=home[1],
                    city=home[2],
                    ties=tuple(
                        (child.file_number, role, "mother" if sex == "F" else "father", rank)
                        for child in children
                        for role in (("guardian", "payer") if rank == 1 else ("guardian",))
                    ),
                )
            )
        return patients, parents

    def _child(self, last_name: str, home: tuple[str, str, str], family: str) -> SamplePatient:
        dice = self.dice
        age = dice.randint(3, 16)
        first_name, sex = self._first_name(age)
        practitioner = dice.choice(_WORKDAYS["child"])
        return SamplePatient(
            file_number=next(self.file_numbers),
            last_name=last_name,
            first_name=first_name,
            sex=sex,
            age=age,
            birthday=dice.randint(20, 340),
            family=family,
            patient_type="Adolescent" if age > 12 else "Enfant",
            file_state="En traitement" if practitioner == "CC" else "En contrôle",
            practitioner="SL" if age < 7 else practitioner,
            address=home[0],
            postcode=home[1],
            city=home[2],
            followed_for=dice.randint(60, 900),
        )

    def _first_name(self, age: int, sex: str | None = None) -> tuple[str, str]:
        fitting = [
            row
            for row in self.first_names
            if int(str(row["from_age"])) <= age <= int(str(row["to_age"])) and sex in (None, row["sex"])
        ]
        row = self.dice.choice(fitting)
        return str(row["first_name"]), str(row["sex"])

    def _email(self, first_name: str, last_name: str) -> str:
        local, domain = f"{_plain(first_name)}.{_plain(last_name)}", self.dice.choice(_MAIL_DOMAINS)
        address, again = f"{local}@{domain}", 2
        while address in self.addresses:
            address, again = f"{local}{again}@{domain}", again + 1
        self.addresses.add(address)
        return address

    # The ranges that ARCEP keeps for works of fiction: 02 61 91 …, 06 39 98 …
    def _landline(self) -> str:
        return "02 61 91 " + _pairs(next(self.phones))

    def _mobile(self) -> str:
        return "06 39 98 " + _pairs(next(self.phones))


_REMARKS = (
    "Préfère le matin",
    "Arrive par le bus de 35",
    "Fauteuil roulant : ouvrir la porte de la cour",
    "À rappeler si une place se libère plus tôt",
    "Vient avec son fils",
)


@cache
def _places() -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[int, ...]]:
    towns = sample_rows("towns")
    return (
        tuple(str(row["street"]) for row in sample_rows("streets")),
        tuple((str(row["postcode"]), str(row["city"])) for row in towns),
        tuple(int(str(row["weight"])) for row in towns),
    )


def _home(dice: random.Random) -> tuple[str, str, str]:
    streets, towns, weights = _places()
    postcode, city = dice.choices(towns, weights=weights)[0]
    return f"{dice.randint(1, 88)} {dice.choice(streets)}", postcode, city


def _replaced(adult: SamplePatient, *, first_name: str, sex: str, family: str, email: str) -> SamplePatient:
    """Make a drawn adult the parent they are, of an age to be one."""
    return replace(
        adult,
        first_name=first_name,
        sex=sex,
        civility="Mme" if sex == "F" else "M.",
        birth_name=adult.birth_name if sex == "F" else None,
        age=30 + adult.age % 22,
        family=family,
        email=email,
    )


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "OE"))
    letters = "".join(letter if letter.isalnum() else "-" for letter in folded if not unicodedata.combining(letter))
    return letters.encode("ascii", "ignore").decode().lower().strip("-")


def _pairs(number: int) -> str:
    return f"{number // 100:02} {number % 100:02}"
