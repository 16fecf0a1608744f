"""Write the papers of the first patients: plans, quotes, invoices, payments, instalments, recalls, all consistent."""

from __future__ import annotations

import random
from datetime import date, timedelta

from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.draw import SamplePatient
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.first_visits import first_visits
from workbench.patients.sample.rows import Rows, document, payment_url
from workbench.patients.sample.visits import Visit

_SEMESTER_CENTS = 72_000
_SEMESTERS = 4
_PAYMENT_DAYS = 30


def first_paper_rows(days: SampleDays) -> Rows:
    """Return their papers by table, dated as the visits they come from; keys and amounts never change."""
    dice = random.Random("papers of the Cabinet des Tilleuls")  # noqa: S311 (invented papers)
    patients, persons = first_people()
    followed = {patient.file_number: patient for patient in patients if patient.mark not in ("deceased", "archived")}
    payer = {tie[0]: person.person_id for person in persons for tie in person.ties if tie[1] == "payer"}
    fees = {nature["code"]: (int(nature["fee_cents"]), str(nature["name"])) for nature in sample_words()["natures"]}
    rows: Rows = {name: [] for name in ("treatment_plans", "quotes", "invoices", "payments", "instalments", "recalls")}
    came = [visit for visit in first_visits() if visit.state == "present" and visit.file_number in followed]
    for visit in dice.sample(came, 120):
        _bill(rows, dice, days, visit, payer.get(visit.file_number), *fees[visit.nature])
    grown = [patient for patient in followed.values() if not patient.is_child and patient.practitioner in ("MM", "YK")]
    for patient in dice.sample(grown, 24):
        _quote(rows, dice, days.today, patient)
    braced = [patient for patient in followed.values() if patient.is_child and patient.practitioner == "CC"]
    for patient in dice.sample(braced, 20):
        _semester(rows, dice, days.today, patient)
    for file_number in dice.sample(sorted(followed), 40):
        _recall(rows, dice, days.today, followed[file_number])
    return rows


def _bill(
    rows: Rows, dice: random.Random, days: SampleDays, visit: Visit, payer: str | None, cents: int, label: str
) -> None:
    dated_on = days.dates[visit.day]
    invoice_id = f"F-{len(rows['invoices']) + 1:04}"
    rows["invoices"].append(
        {
            "invoice_id": invoice_id,
            "patient_id": visit.file_number,
            "payer_id": payer,
            "practitioner_id": visit.practitioner,
            "number": invoice_id,
            "dated_on": dated_on,
            "due_on": dated_on + timedelta(days=_PAYMENT_DAYS),
            "amount_cents": cents,
            "label": label,
            "language": "fr",
            "document": document("invoices", invoice_id, visit.file_number),
            "payment_url": payment_url(invoice_id),
        }
    )
    paid = dice.choices((cents, cents // 2, 0), weights=(80, 6, 14))[0]
    if paid:
        rows["payments"].append(
            {
                "payment_id": f"R-{len(rows['payments']) + 1:04}",
                "patient_id": visit.file_number,
                "invoice_id": invoice_id,
                "paid_on": dated_on,
                "amount_cents": paid,
                "method": dice.choice(("carte", "chèque", "virement", "espèces")),
            }
        )


def _quote(rows: Rows, dice: random.Random, today: date, patient: SamplePatient) -> None:
    plan_id = f"P-{len(rows['treatment_plans']) + 1:03}"
    quote_id = f"D-{len(rows['quotes']) + 1:03}"
    dated_on = today - timedelta(days=dice.randint(5, 120))
    signed = dice.random() < 0.5
    rows["treatment_plans"].append(
        {
            "plan_id": plan_id,
            "patient_id": patient.file_number,
            "practitioner_id": patient.practitioner,
            "title": dice.choice(("Couronne céramique", "Bridge trois éléments", "Surfaçage", "Implant")),
            "stage": "en cours" if signed else "proposé",
            "starts_on": dated_on + timedelta(days=14) if signed else None,
            "ends_on": None,
        }
    )
    cents = dice.choice((48_000, 62_500, 95_000, 142_000))
    rows["quotes"].append(
        {
            "quote_id": quote_id,
            "patient_id": patient.file_number,
            "plan_id": plan_id,
            "practitioner_id": patient.practitioner,
            "number": quote_id,
            "dated_on": dated_on,
            "valid_until": dated_on + timedelta(days=180),
            "amount_cents": cents,
            "insurance_cents": cents * 14 // 100,
            "complementary_cents": cents * 50 // 100,
            "answered_on": dated_on + timedelta(days=4) if signed else None,
            "signed_on": dated_on + timedelta(days=4) if signed else None,
            "document": document("quotes", quote_id, patient.file_number),
        }
    )


def _semester(rows: Rows, dice: random.Random, today: date, patient: SamplePatient) -> None:
    plan_id = f"P-{len(rows['treatment_plans']) + 1:03}"
    starts_on = today - timedelta(days=dice.randint(20, 150))
    ends_on = starts_on + timedelta(days=182)
    semester = dice.randint(1, _SEMESTERS)
    rows["treatment_plans"].append(
        {
            "plan_id": plan_id,
            "patient_id": patient.file_number,
            "practitioner_id": patient.practitioner,
            "title": f"Orthodontie, semestre {semester}",
            "stage": "en cours",
            "starts_on": starts_on,
            "ends_on": ends_on,
            "semester": semester,
            "semesters": _SEMESTERS,
            "retention_from": ends_on if semester == _SEMESTERS else None,
        }
    )
    for month in range(6):
        due_on = starts_on + timedelta(days=30 * month)
        late = month > 0 and dice.random() < 0.08
        rows["instalments"].append(
            {
                "instalment_id": f"E-{len(rows['instalments']) + 1:04}",
                "patient_id": patient.file_number,
                "plan_id": plan_id,
                "due_on": due_on,
                "amount_cents": _SEMESTER_CENTS // 6,
                "paid_on": due_on if due_on <= today and not late else None,
            }
        )


def _recall(rows: Rows, dice: random.Random, today: date, patient: SamplePatient) -> None:
    rows["recalls"].append(
        {
            "recall_id": f"C-{len(rows['recalls']) + 1:03}",
            "patient_id": patient.file_number,
            "practitioner_id": patient.practitioner,
            "due_on": today + timedelta(days=dice.randint(-60, 60)),
            "reason": "Contrôle",
            "rank": dice.choices((1, 2, 3), weights=(7, 2, 1))[0],
            "done_on": None,
        }
    )
