"""Recalls for a check-up: due half a year after the last one, done when the patient came back, else still open."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

from workbench.patients.sample.agenda import sample_visits
from workbench.patients.sample.contacts import Contact
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.reminders import channels
from workbench.patients.sample.rows import by_number

_FIRST_NUMBER = 101
_HALF_A_YEAR = 125
"""Numbered days from a check-up to the recall that follows it."""

_AGAIN = 25
"""Numbered days from one reminder of a recall to the next."""

_ENOUGH = -90
"""A recall that was due before this numbered day, and that nobody answered, was given up."""

_REASONS = {"YK": "Maintenance parodontale", "TJ": "Contrôle des implants", "CC": "Contrôle de la contention"}


def recall_rows(days: SampleDays) -> tuple[list[dict[str, Any]], list[Contact]]:
    """Return the recalls that follow from the history, and the reminders sent about them."""
    dice = random.Random("recalls of the Cabinet des Tilleuls")  # noqa: S311 (invented recalls)
    first = {patient.file_number for patient in first_people()[0]}
    seen: dict[str, list[int]] = defaultdict(list)
    checked: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for visit in sample_visits():
        if visit.state == "present" and visit.file_number not in first:
            seen[visit.file_number].append(visit.day)
            if visit.nature in ("CTRL", "DET"):
                checked[visit.file_number].append((visit.day, visit.practitioner))
    rows: list[dict[str, Any]] = []
    reminders: list[Contact] = []
    for file_number, checks in checked.items():
        if dice.random() < 0.8 or by_number()[file_number].mark in ("deceased", "archived", "external"):
            continue
        for number, (day, practitioner) in enumerate(checks):
            if number + 1 < len(checks) and checks[number + 1][0] < day + _HALF_A_YEAR // 2:
                continue  # the later one is the one that counts
            due = day + _HALF_A_YEAR
            back = next((later for later in seen[file_number] if later > day + _HALF_A_YEAR // 2), None)
            if back is None and due < _ENOUGH:
                continue
            recall_id = f"C-{_FIRST_NUMBER + len(rows):03}"
            told = [when for when in (due, due + _AGAIN, due + 2 * _AGAIN) if when < (0 if back is None else back)]
            rows.append(
                {
                    "recall_id": recall_id,
                    "patient_id": file_number,
                    "practitioner_id": practitioner,
                    "due_on": days.dates[day] + timedelta(days=182),
                    "reason": _REASONS.get(practitioner, "Contrôle"),
                    "rank": min(3, len(told) + 1),
                    "done_on": None if back is None else days.dates[back],
                }
            )
            reminders += [
                Contact(
                    file_number=file_number,
                    purpose="recall",
                    rank=rank,
                    day=when,
                    minute=10 * 60,
                    channel=channels().get(file_number, "letter"),
                    outcome="envoyé",
                    recall_id=recall_id,
                )
                for rank, when in enumerate(told, start=1)
            ]
    return rows, reminders
