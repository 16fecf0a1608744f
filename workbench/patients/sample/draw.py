"""Draw invented patients and families out of the words of the sample data, never twice the same number."""

from __future__ import annotations

import random
import unicodedata
from calendar import isleap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from workbench.patients.sample.data import sample_rows

ADULT_AGE = 18
_MAIL_DOMAINS = ("courriel.example", "poste.example", "messagerie.example", "famille.example")
_REMARKS = (
    "Préfère le matin",
    "Arrive par le bus de 35",
    "Fauteuil roulant : ouvrir la porte de la cour",
    "À rappeler si une place se libère plus tôt",
    "Vient avec son fils",
)

Home = tuple[str, str, str]
"""A street and number, a postcode, a town."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePatient:
    """A patient of the sample practice; `age` is on the day the sample was made.

    `birthday` counts the days since the last birthday (-1: it is tomorrow, and `age` is what it brings).
    `mark` says what is special: ``opted_out refused deceased archived external birthday twice``. `visit` is the hour,
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
    stairs: str | None = None
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
        if (birthday.month, birthday.day) == (3, 1) and isleap(year) and self.visit is None:
            return date(year, 2, 29)  # whoever was born on that day is a year older on 1 March, in most years
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


class Draw:
    """Draws patients and families; whoever makes it says from which numbers, names and practitioners.

    `addresses` holds the e-mail addresses given already; those drawn are added to it.
    """

    def __init__(
        self,
        dice: random.Random,
        *,
        file_numbers: Iterable[str],
        phones: Iterable[int],
        last_names: Sequence[str],
        addresses: set[str],
        workdays: Mapping[str, Sequence[str]],
        reachable: float,
    ) -> None:
        self.dice = dice
        self.file_numbers = iter(file_numbers)
        self.phones = iter(phones)
        self.last_names = last_names
        self.addresses = addresses
        self.workdays = workdays
        self.reachable = reachable

    def adult(self, *, last_name: str | None = None, home: Home | None = None) -> SamplePatient:
        """Draw one adult, with an address more often than not."""
        dice = self.dice
        age = min(94, int(dice.triangular(19, 92, 44)))
        first_name, sex = self._first_name(age)
        last_name = last_name or dice.choice(self.last_names)
        street, postcode, city = home or draw_home(dice)
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
            email=self._email(first_name, last_name) if dice.random() < self.reachable else None,
            phone=self._landline() if age > 45 or dice.random() < 0.2 else None,
            mobile=self._mobile() if age < 80 else None,
            language=language,
            patient_type="Adulte",
            file_state=dice.choice(("En traitement", "En traitement", "En contrôle")),
            practitioner=dice.choice(self.workdays["adult"]),
            address=street,
            postcode=postcode,
            city=city,
            followed_for=dice.randint(90, 3600),
            remark=dice.choice(_REMARKS) if dice.random() < 0.12 else None,
        )

    def family(self, key: str) -> tuple[list[SamplePatient], list[SamplePerson]]:
        """Draw one or two parents and their children; a parent is now and then a patient too."""
        dice = self.dice
        last_name, home, family = dice.choice(self.last_names), draw_home(dice), f"FAM-{key}"
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
                followed = _as_parent(adult, first_name=name, sex=sex, family=family, email=email)
                patients.append(followed)
            known = sex == sexes[0] or dice.random() < 0.8
            parents.append(
                SamplePerson(
                    person_id=f"R-{key}-{rank}",
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

    def _child(self, last_name: str, home: Home, family: str) -> SamplePatient:
        dice = self.dice
        age = dice.randint(3, 16)
        first_name, sex = self._first_name(age)
        practitioner = dice.choice(self.workdays["child"])
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
        return self.dice.choice(_first_names(age, sex))

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


@cache
def _first_names(age: int, sex: str | None) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(row["first_name"]), str(row["sex"]))
        for row in sample_rows("first_names")
        if int(str(row["from_age"])) <= age <= int(str(row["to_age"])) and sex in (None, row["sex"])
    )


@cache
def _places() -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], tuple[int, ...]]:
    towns = sample_rows("towns")
    return (
        tuple(str(row["street"]) for row in sample_rows("streets")),
        tuple((str(row["postcode"]), str(row["city"])) for row in towns),
        tuple(int(str(row["weight"])) for row in towns),
    )


def draw_home(dice: random.Random) -> Home:
    """Draw a street and number, a postcode and a town."""
    streets, towns, weights = _places()
    postcode, city = dice.choices(towns, weights=weights)[0]
    return f"{dice.randint(1, 88)} {dice.choice(streets)}", postcode, city


def _as_parent(adult: SamplePatient, *, first_name: str, sex: str, family: str, email: str) -> SamplePatient:
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
