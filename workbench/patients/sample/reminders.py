"""How the people of the sample practice could be reached in the past, and whether they were."""

from __future__ import annotations

import random
from functools import cache

from workbench.patients.sample.people import sample_people
from workbench.patients.sample.visits import Visit

_BEGAN = -250
"""The practice reminds nearly everybody since this numbered day; before, it wrote to every other patient."""

_CALLED = 0.3
"""Of those who have a mobile and no address, how many are called rather than sent a text."""


@cache
def channels() -> dict[str, str]:
    """Return by file number how a patient, or a child's first parent who can be, is reached: email, sms or phone."""
    patients, persons = sample_people()
    found: dict[str, str] = {}
    for person in persons:
        for file_number, role, _relation, _rank in person.ties:
            if role == "guardian":
                found.setdefault(file_number, _channel(person.email, person.mobile, person.phone))
    for patient in patients:
        if not patient.is_child or patient.file_number not in found:
            found[patient.file_number] = _channel(patient.email, patient.mobile, patient.phone)
    return {file_number: channel for file_number, channel in found.items() if channel}


def _channel(email: str | None, mobile: str | None, phone: str | None) -> str:
    return "email" if email else "sms" if mobile else "phone" if phone else ""


def reminder(dice: random.Random, file_number: str, day: int) -> str | None:
    """Draw whether a visit of this day was announced again beforehand, and how."""
    channel = channels().get(file_number)
    if channel == "sms" and dice.random() < _CALLED:
        channel = "phone"
    chance = (0.9 if day >= _BEGAN else 0.5) * (0.5 if channel == "phone" else 1)
    return channel if channel and dice.random() < chance else None


def reminder_of(dice: random.Random, visit: Visit) -> str | None:
    """Draw the same for a visit whose end is known: whoever was reminded forgets less often."""
    channel = channels().get(visit.file_number)
    chance = {"present": 0.8, "missed": 0.64}.get(visit.state, 0.8)
    return channel if channel and visit.day < 0 and dice.random() < chance else None
