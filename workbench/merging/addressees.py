"""Choose who is written to about a patient: the patient, one guardian or both, a payer, a colleague (promise P13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from workbench.addresses import address_key, address_problem
from workbench.domain.calendar import years_between
from workbench.domain.fields import folded
from workbench.domain.people import COLLEAGUES, MINOR_TYPES, Role


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
    beside: tuple[str, ...] = ()  # keys of the others who read the same message in the same mailbox

    @property
    def name(self) -> str:
        """The name as it stands in the To header."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


def _born(value: object) -> date | None:
    if value is None or value == "":
        return None
    return pd.Timestamp(value).date()  # type: ignore[arg-type]


def is_minor(patient: Mapping[str, Any], day: date, adult_age: int) -> bool:
    """Tell whether a patient is under age on `day`.

    Whoever has no date of birth is what the type of patient says (« Enfant »), and otherwise counts as an adult.
    """
    born = _born(patient.get("birth_date"))
    if born is None:
        return folded(str(patient.get("patient_type") or "")).strip() in MINOR_TYPES
    return years_between(born, day) < adult_age


def no_longer_patient(patient: Mapping[str, Any]) -> str:
    """Return why nobody is written to about a patient any more: ``deceased``, ``archived``, or ``""``."""
    if patient.get("deceased"):
        return "deceased"
    return "archived" if patient.get("archived") else ""


def _addressee(row: Mapping[str, Any], *, key: str, role: Role, secure: bool = False) -> Addressee:
    def text(name: str) -> str:
        return str(row.get(name) or "").strip()

    return Addressee(
        key=key,
        role=str(role),
        civility=text("civility") or text("title"),
        last_name=text("last_name"),
        first_name=text("first_name"),
        sex=text("sex"),
        # Into the closed space of health messages only from inside it: both ends must be there (P13).
        email=(text("mss_email") if secure else "") or text("email"),
        language=text("language"),
        relation=text("relation"),
    )


_NOBODY = "no_addressee"
_ABOUT_PATIENT = frozenset({"unknown_patient", "deceased", "archived"})


def addressees_of(
    patient_id: str,
    patient: Mapping[str, Any] | None,
    responsible: Sequence[Mapping[str, Any]],
    role: Role,
    *,
    day: date,
    adult_age: int,
    both: bool = False,
    secure: bool = False,
) -> list[tuple[Addressee, str]]:
    """Choose who is written to about a patient, and say why somebody cannot be (``""`` when he can).

    A minor is written to through the first-ranked guardian with a usable address, or with `both` through every
    guardian: each a message of his own, those who share a mailbox one together. An adult without a guardian or a
    payer in the file answers for himself. When nobody can be written to, the patient stands in with the reason:
    ``unknown_patient``, ``deceased``, ``archived``, ``no_addressee``, ``no_correspondent``, ``no_address``,
    ``invalid_address``, in this order. `secure` takes the MSSanté address of colleagues who have one.
    """
    oneself = _addressee(patient or {}, key=f"patient:{patient_id}", role=Role.PATIENT)
    if patient is None:
        return [(oneself, "unknown_patient")]
    minor = is_minor(patient, day, adult_age)
    if role in (Role.PATIENT, Role.EXTERNAL) and not minor:
        chosen = [oneself]
    else:
        through = Role.GUARDIAN if role in (Role.PATIENT, Role.EXTERNAL) else role
        people = [
            _addressee(row, key=f"{through}:{row['person_key']}", role=through, secure=secure) for row in responsible
        ]
        chosen = _each_mailbox(people) if both and through == Role.GUARDIAN else _best(people)
        if not chosen and through in (Role.GUARDIAN, Role.PAYER) and not minor:
            chosen = [oneself]
    if gone := no_longer_patient(patient):
        return [(chosen[0] if chosen else oneself, gone)]
    if not chosen:
        return [(oneself, "no_correspondent" if role in COLLEAGUES else _NOBODY)]
    return [(person, address_problem(person.email)) for person in chosen]


def colleague_called(row: Mapping[str, Any] | None, key: str, *, secure: bool = False) -> tuple[Addressee, str]:
    """Return a colleague who is written to as such, whoever the patient is, with what is wrong with the address."""
    person = _addressee(row or {}, key=f"{Role.CORRESPONDENT}:{key}", role=Role.CORRESPONDENT, secure=secure)
    return person, "no_correspondent" if row is None else address_problem(person.email)


def paying(bill: Mapping[str, Any], chosen: list[tuple[Addressee, str]]) -> list[tuple[Addressee, str]]:
    """Return who is asked to pay an invoice: whom it names, else who pays for the patient, at its billing address.

    Parameters
    ----------
    bill
        A row of ``PatientStore.invoice_payers``.
    chosen
        Who is asked for the patient's other invoices (`addressees_of`). A reason about the patient himself stays.
    """
    person, reason = chosen[0]
    if reason in _ABOUT_PATIENT:
        return chosen
    if bill["person_key"]:
        person, reason = _addressee(bill, key=f"{Role.PAYER}:{bill['person_key']}", role=Role.PAYER), ""
    elif reason == _NOBODY:
        return chosen
    person = replace(person, email=str(bill["billing_email"] or "").strip() or person.email)
    return [(person, address_problem(person.email))]


def _best(people: Sequence[Addressee]) -> list[Addressee]:
    """Return the first-ranked person with a usable address, else the first one (whose address is the problem)."""
    usable = [person for person in people if not address_problem(person.email)]
    return list(usable or people)[:1]


def _each_mailbox(people: Sequence[Addressee]) -> list[Addressee]:
    """Return everybody, those who read the same mailbox as one addressee."""
    mailboxes: dict[str, list[Addressee]] = {}
    for person in people:
        usable = not address_problem(person.email)
        mailboxes.setdefault(address_key(person.email) if usable else person.key, []).append(person)
    return [_together(sharing) for sharing in mailboxes.values()]


_TOGETHER = {frozenset("F"): "Mme et Mme", frozenset("M"): "M. et M."}


def _together(sharing: Sequence[Addressee]) -> Addressee:
    """Return one addressee for people who share a mailbox: « Claire et Marc Lefèvre », « Madame, Monsieur »."""
    first = sharing[0]
    if len(sharing) == 1:
        return first
    names = list(dict.fromkeys(person.last_name for person in sharing if person.last_name))
    joint = " & " if first.language == "en" else " et "
    one_name = len(names) == 1
    return replace(
        first,
        civility=_TOGETHER.get(frozenset(person.sex for person in sharing), "M. et Mme"),
        sex="U",
        last_name=names[0] if one_name else joint.join(person.name for person in sharing if person.name),
        first_name=joint.join(person.first_name for person in sharing if person.first_name) if one_name else "",
        relation=first.relation if len({person.relation for person in sharing}) == 1 else "parents",
        beside=tuple(person.key for person in sharing[1:]),
    )
