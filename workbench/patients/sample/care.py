"""What was done and what is asked: acts with their teeth, prescriptions, papers that are missing or were received."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from workbench.patients.sample.agenda import sample_visits
from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.people import sample_people
from workbench.patients.sample.rows import Rows, by_number, document

_RECORDED_SINCE = -250
"""The practice writes down what it did since this numbered day; before, it was in another software."""

_GROWN_TEETH = tuple(f"{quarter}{tooth}" for quarter in (1, 2, 3, 4) for tooth in range(1, 8))
_MILK_TEETH = tuple(f"{quarter}{tooth}" for quarter in (5, 6, 7, 8) for tooth in range(1, 6))
_GROWN_FROM = 12
_PRESCRIBED = {
    "CHIR": ("Antibiotique et antalgique", "Antalgique et bain de bouche", "Compresses et bain de bouche"),
    "URG": ("Antalgique", "Antibiotique et antalgique"),
}
_MISSING, _RECEIVED = 52, 110


def care_rows(days: SampleDays) -> Rows:
    """Return acts, prescriptions and papers; only their dates depend on the day."""
    return {**_done_rows(days), "papers": _paper_rows(days)}


def _done_rows(days: SampleDays) -> Rows:
    dice = random.Random("acts of the Cabinet des Tilleuls")  # noqa: S311 (invented acts)
    acts: dict[str, list[dict[str, Any]]] = {}
    for act in sample_words()["acts"]:
        for nature in act["natures"]:
            acts.setdefault(nature, []).append(act)
    done: list[dict[str, Any]] = []
    prescribed: list[dict[str, Any]] = []
    once: set[tuple[str, str]] = set()
    for visit in sample_visits():
        if visit.state != "present" or visit.day < _RECORDED_SINCE:
            continue
        patient = by_number()[visit.file_number]
        day = days.dates[visit.day]
        here = [
            act
            for act in acts[visit.nature]
            if _fits(act, patient.age) and (visit.file_number, act["code"]) not in once
        ]
        every_tooth = _GROWN_TEETH if patient.age >= _GROWN_FROM else _MILK_TEETH
        for act in dice.sample(here, 2 if len(here) > 1 and dice.random() < 0.3 else 1):
            teeth = dice.sample(act.get("teeth_among", every_tooth), act.get("teeth", 0))
            if act.get("once"):
                once.add((visit.file_number, act["code"]))
            done.append(
                {
                    "procedure_id": f"A-{len(done) + 1:05}",
                    "patient_id": visit.file_number,
                    "appointment_id": visit.appointment_id,
                    "practitioner_id": visit.practitioner,
                    "done_on": day,
                    "code": act["code"],
                    "label": act["label"],
                    "teeth": ", ".join(sorted(teeth)) or None,
                }
            )
        if visit.nature in _PRESCRIBED and dice.random() < 0.8:
            number = f"O-{len(prescribed) + 1:04}"
            prescribed.append(
                {
                    "prescription_id": number,
                    "patient_id": visit.file_number,
                    "practitioner_id": visit.practitioner,
                    "dated_on": day,
                    "label": dice.choice(_PRESCRIBED[visit.nature]),
                    "document": document("prescriptions", number, visit.file_number),
                }
            )
    return {"procedures": done, "prescriptions": prescribed}


def _fits(act: Mapping[str, Any], age: int) -> bool:
    """Tell whether an act is for a patient of this age, who was at most a year younger when it was done."""
    youngest, oldest = act.get("ages", (-1, age))
    return bool(youngest < age <= oldest)


def _paper_rows(days: SampleDays) -> list[dict[str, Any]]:
    dice = random.Random("papers asked by the Cabinet des Tilleuls")  # noqa: S311 (invented papers)
    asked = sample_words()["asked_papers"]
    rows: list[dict[str, Any]] = []
    followed = [patient for patient in sample_people()[0][len(first_people()[0]) :] if not patient.mark]
    for number, patient in enumerate(dice.sample(followed, _MISSING + _RECEIVED)):
        known = min(patient.followed_for, 300)
        # Some are asked for two papers, and sent one of them back.
        for rank, paper in enumerate(dice.sample(asked, dice.choice((1, 1, 2)))):
            if paper.get("minors") and not patient.is_child:
                continue
            missing = number < _MISSING and (rank == 0 or dice.random() < 0.5)
            asked_on = days.today - timedelta(days=dice.randint(1, max(2, min(known, 90 if missing else 300))))
            received = asked_on + timedelta(days=min(dice.randint(2, 30), (days.today - asked_on).days))
            rows.append(
                {
                    "paper_id": f"PJ-{len(rows) + 1:04}",
                    "patient_id": patient.file_number,
                    "kind": paper["kind"],
                    "label": paper["label"],
                    "asked_on": asked_on,
                    "due_on": asked_on + timedelta(days=30),
                    "received_on": None if missing else received,
                }
            )
    return rows
