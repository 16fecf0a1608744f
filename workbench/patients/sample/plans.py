"""Treatments: half-years of orthodontics with their agreements and instalments, and plans with their quotes."""

from __future__ import annotations

import random
from datetime import date, timedelta

from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.draw import SamplePatient
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.people import sample_people
from workbench.patients.sample.rows import Rows, document

HALF_YEAR = 182
_FIRST_PLAN, _FIRST_QUOTE, _FIRST_INSTALMENT = 101, 101, 1001
_QUOTES = 60
_WITH_DOCUMENT = 16
_VALID_DAYS = 180
_FEES = (66_000, 72_000, 84_000)
"""What a half-year of orthodontics costs."""

_TITLES = {
    "MM": (("Couronne céramique", 52_000), ("Bridge trois éléments", 142_000), ("Prothèse amovible", 98_000)),
    "AB": (("Couronne céramique", 52_000), ("Facettes", 168_000), ("Blanchiment", 39_000)),
    "YK": (("Surfaçage", 62_500), ("Greffe gingivale", 78_000)),
    "TJ": (("Implant et couronne", 185_000), ("Greffe osseuse", 112_000), ("Deux implants", 265_000)),
}


class _Papers:
    """Collects the rows; their numbers follow those of the first patients' papers."""

    def __init__(self, days: SampleDays) -> None:
        self.today = days.today
        self.dice = random.Random("treatments of the Cabinet des Tilleuls")  # noqa: S311 (invented treatments)
        self.rows: Rows = {"treatment_plans": [], "quotes": [], "instalments": [], "prior_agreements": []}

    def braces(self, patient: SamplePatient) -> None:
        """Write an orthodontic treatment: proposed, in one of its half-years, or kept in place since it ended."""
        dice, known, number = self.dice, patient.followed_for, len(self.rows["treatment_plans"])
        semesters = dice.choice((2, 4, 4, 6))
        stage = dice.choices(("proposé", "en cours", "contention"), weights=(12, 70, 18))[0]
        if known < HALF_YEAR and stage == "contention":
            stage = "en cours"
        if stage == "proposé":
            plan_id = self._plan(patient, f"Orthodontie, {semesters} semestres", stage, semesters=semesters)
            self._quote(
                patient, plan_id, semesters * _FEES[number % len(_FEES)], dice.randint(2, min(90, known)), insured=27
            )
            return
        semester = min(semesters, 1 + dice.randint(0, known // HALF_YEAR)) if stage == "en cours" else semesters
        started = dice.randint(2, HALF_YEAR - 2) if stage == "en cours" else HALF_YEAR + dice.randint(10, 300)
        starts_on = self.today - timedelta(days=min(started, known) if stage == "en cours" else started)
        ends_on = starts_on + timedelta(days=HALF_YEAR)
        plan_id = self._plan(
            patient,
            f"Orthodontie, semestre {semester}",
            stage,
            starts_on=starts_on,
            ends_on=ends_on,
            semester=semester,
            semesters=semesters,
            retention_from=ends_on if semester == semesters else None,
        )
        self._agreement(patient, plan_id, starts_on - timedelta(days=dice.randint(15, 40)))
        if stage != "en cours":
            return
        if (ends_on - self.today).days < 45 and semester < semesters:
            self._agreement(patient, plan_id, self.today - timedelta(days=5), answered=False)
        for month in range(6):
            due_on, late = starts_on + timedelta(days=30 * month), month > 0 and dice.random() < 0.05
            self.rows["instalments"].append(
                {
                    "instalment_id": f"E-{_FIRST_INSTALMENT + len(self.rows['instalments']):04}",
                    "patient_id": patient.file_number,
                    "plan_id": plan_id,
                    "due_on": due_on,
                    "amount_cents": _FEES[number % len(_FEES)] // 6,
                    "paid_on": due_on if due_on <= self.today and not late else None,
                }
            )

    def work(self, patient: SamplePatient) -> None:
        """Write a plan with its quote: signed, declined, or waiting for an answer."""
        dice = self.dice
        title, cents = dice.choice(_TITLES[patient.practitioner])
        since = dice.randint(2, min(420, max(3, patient.followed_for)))
        # What waits for long is rare: the practice asks again.
        answer = dice.choices(("signed", "declined", ""), weights=(45, 12, 43) if since < _VALID_DAYS else (70, 20, 10))
        stage = {"signed": "en cours", "declined": "abandonné", "": "proposé"}[answer[0]]
        dated_on = self.today - timedelta(days=since)
        ended = answer[0] == "signed" and since > 150
        plan_id = self._plan(
            patient,
            title,
            "terminé" if ended else stage,
            starts_on=dated_on + timedelta(days=14) if answer[0] == "signed" else None,
            ends_on=dated_on + timedelta(days=120) if ended else None,
        )
        self._quote(patient, plan_id, cents, since, insured=14, answer=answer[0])

    def _plan(self, patient: SamplePatient, title: str, stage: str, **more: object) -> str:
        plan_id = f"P-{_FIRST_PLAN + len(self.rows['treatment_plans']):03}"
        self.rows["treatment_plans"].append(
            {
                "plan_id": plan_id,
                "patient_id": patient.file_number,
                "practitioner_id": patient.practitioner,
                "title": title,
                "stage": stage,
                **more,
            }
        )
        return plan_id

    def _quote(
        self, patient: SamplePatient, plan_id: str, cents: int, since: int, *, insured: int, answer: str = ""
    ) -> None:
        number = len(self.rows["quotes"])
        quote_id = f"D-{_FIRST_QUOTE + number:03}"
        dated_on = self.today - timedelta(days=since)
        answered_on = dated_on + timedelta(days=min(since, self.dice.randint(3, 20))) if answer else None
        self.rows["quotes"].append(
            {
                "quote_id": quote_id,
                "patient_id": patient.file_number,
                "plan_id": plan_id,
                "practitioner_id": patient.practitioner,
                "number": quote_id,
                "dated_on": dated_on,
                "valid_until": dated_on + timedelta(days=_VALID_DAYS),
                "amount_cents": cents,
                "insurance_cents": cents * insured // 100,
                "complementary_cents": cents * self.dice.choice((30, 42, 50)) // 100,
                "answered_on": answered_on,
                "signed_on": answered_on if answer == "signed" else None,
                "document": document("quotes", quote_id, patient.file_number) if number < _WITH_DOCUMENT else None,
            }
        )

    def _agreement(self, patient: SamplePatient, plan_id: str, asked_on: date, *, answered: bool = True) -> None:
        dice = self.dice
        answered_on = asked_on + timedelta(days=dice.randint(5, 15)) if answered else None
        decision = dice.choices(("granted", "refused"), weights=(94, 6))[0] if answered else None
        self.rows["prior_agreements"].append(
            {
                "agreement_id": f"EP-{len(self.rows['prior_agreements']) + 1:03}",
                "patient_id": patient.file_number,
                "plan_id": plan_id,
                "asked_on": asked_on,
                "answered_on": answered_on,
                "decision": decision,
                "valid_until": answered_on + timedelta(days=HALF_YEAR)
                if answered_on and decision == "granted"
                else None,
            }
        )


def plan_rows(days: SampleDays) -> Rows:
    """Return the treatments of those who are not among the first patients; only dates depend on the day."""
    papers = _Papers(days)
    others = [patient for patient in sample_people()[0][len(first_people()[0]) :] if not patient.mark]
    for patient in others:
        if patient.is_child and patient.practitioner == "CC":
            papers.braces(patient)
    grown = [patient for patient in others if not patient.is_child and patient.practitioner in _TITLES]
    for patient in papers.dice.sample(grown, _QUOTES):
        papers.work(patient)
    return papers.rows
