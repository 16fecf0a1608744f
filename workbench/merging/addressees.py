"""Choose who is written to about a patient: the patient, a guardian, a payer, a colleague (promise P13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from workbench.addresses import address_problem
from workbench.domain.fields import folded
from workbench.domain.people import Role


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who may be written to: a person in a role, as the store tells of them; every value is text."""

    key: str
    role: str
    civility: str
    last_name: str
    first_name: str
    sex: str
    email: str
    language: str
    relation: str

    @property
    def name(self) -> str:
        """The name as it stands in the To header."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


def _born(value: object) -> date | None:
    if value is None or value == "":
        return None
    return pd.Timestamp(value).date()  # type: ignore[arg-type]


_MINOR_TYPES = frozenset({"enfant", "child", "mineur", "minor"})


def is_minor(patient: Mapping[str, Any], day: date, adult_age: int) -> bool:
    """Tell whether a patient is under age on `day`.

    Whoever has no date of birth is what the type of patient says (« Enfant »), and otherwise counts as an adult.
    """
    born = _born(patient.get("birth_date"))
    if born is None:
        return folded(str(patient.get("patient_type") or "")).strip() in _MINOR_TYPES
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) < adult_age


def no_longer_patient(patient: Mapping[str, Any]) -> str:
    """Return why nobody is written to about a patient any more: ``deceased``, ``archived``, or ``""``."""
    if patient.get("deceased"):
        return "deceased"
    return "archived" if patient.get("archived") else ""


def _addressee(row: Mapping[str, Any], *, key: str, role: Role) -> Addressee:
    def text(name: str) -> str:
        return str(row.get(name) or "").strip()

    return Addressee(
        key=key,
        role=str(role),
        civility=text("civility"),
        last_name=text("last_name"),
        first_name=text("first_name"),
        sex=text("sex"),
        email=text("email"),
        language=text("language"),
        relation=text("relation"),
    )


def addressee_of(
    patient_id: str,
    patient: Mapping[str, Any] | None,
    responsible: Sequence[Mapping[str, Any]],
    role: Role,
    *,
    day: date,
    adult_age: int,
) -> tuple[Addressee, str]:
    """Choose who is written to about a patient, and say why nobody can be (``""`` when somebody can).

    A minor is written to through the first-ranked guardian with a usable address; an adult without a guardian or a
    payer in the file answers for himself. When nobody can be written to, the patient stands in with the reason:
    ``unknown_patient``, ``deceased``, ``archived``, ``no_addressee``, ``no_correspondent``, ``no_address``,
    ``invalid_address``, in this order.
    """
    oneself = _addressee(patient or {}, key=f"patient:{patient_id}", role=Role.PATIENT)
    if patient is None:
        return oneself, "unknown_patient"
    minor = is_minor(patient, day, adult_age)
    chosen: Addressee | None
    if role in (Role.PATIENT, Role.EXTERNAL) and not minor:
        chosen = oneself
    else:
        through = Role.GUARDIAN if role in (Role.PATIENT, Role.EXTERNAL) else role
        chosen = _best(responsible, through)
        if chosen is None and through in (Role.GUARDIAN, Role.PAYER) and not minor:
            chosen = oneself
    if gone := no_longer_patient(patient):
        return chosen or oneself, gone
    if chosen is None:
        colleague = role in (Role.CORRESPONDENT, Role.TREATING_DENTIST)
        return oneself, "no_correspondent" if colleague else "no_addressee"
    return chosen, address_problem(chosen.email)


def _best(responsible: Sequence[Mapping[str, Any]], role: Role) -> Addressee | None:
    """Return the first-ranked person with a usable address, else the first one (whose address is the problem)."""
    people = [_addressee(row, key=f"{role}:{row['person_key']}", role=role) for row in responsible]
    usable = [person for person in people if not address_problem(person.email)]
    return next(iter(usable or people), None)
