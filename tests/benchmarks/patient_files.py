"""What stands in the files of a large practice's patients, and what the searches on it are asked, for measuring."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.patients import schema

Rows = list[dict[str, Any]]


def file_rows(patients: Sequence[str], today: date) -> dict[sa.Table, Rows]:
    """Return invoices and payments, quotes, recalls, papers, plans, insurances and colleagues of these patients."""
    chance = random.Random(20261124)

    def back(days: int) -> date:
        return today - timedelta(days=chance.randrange(days))

    def around(days: int) -> date:
        return today + timedelta(days=chance.randrange(-days, days))

    def some(share: float) -> list[str]:
        return chance.choices(patients, k=int(len(patients) * share))

    bills: Rows = []
    for number, one in enumerate(some(1.0)):
        made = back(1200)
        bills.append(
            {
                "invoice_id": f"i{number}", "patient_id": one, "number": f"F{number}", "dated_on": made,
                "due_on": made + timedelta(days=30), "amount_cents": chance.randrange(2_000, 90_000),
                "cancelled_on": made if chance.random() < 0.02 else None,
            }
        )  # fmt: skip
    paid: Rows = [
        {
            "payment_id": f"y{bill['invoice_id']}", "patient_id": bill["patient_id"], "paid_on": bill["dated_on"],
            "invoice_id": bill["invoice_id"],
            "amount_cents": bill["amount_cents"] if chance.random() < 0.95 else 1_000,
        }
        for bill in bills
        if chance.random() < 0.95
    ]  # fmt: skip
    quotes: Rows = [
        {
            "quote_id": f"q{number}", "patient_id": one, "dated_on": back(900), "valid_until": around(180),
            "amount_cents": chance.randrange(10_000, 500_000), "answered_on": back(90) if number % 2 else None,
        }
        for number, one in enumerate(some(0.3))
    ]  # fmt: skip
    recalls: Rows = [
        {
            "recall_id": f"k{number}", "patient_id": one, "due_on": around(800), "reason": "Contrôle",
            "done_on": back(800) if number % 2 else None,
        }
        for number, one in enumerate(some(0.8))
    ]  # fmt: skip
    papers: Rows = [
        {
            "paper_id": f"b{number}", "patient_id": one, "kind": ("carte", "rib")[number % 2], "label": "Carte",
            "asked_on": back(500), "due_on": around(100), "received_on": back(90) if number % 3 else None,
        }
        for number, one in enumerate(some(0.5))
    ]  # fmt: skip
    plans: Rows = [
        {"plan_id": f"t{number}", "patient_id": one, "title": "ODF", "ends_on": around(200), "semester": number % 6 + 1}
        for number, one in enumerate(some(0.1))
    ]
    insured = chance.sample(patients, int(len(patients) * 0.8))
    return {
        schema.invoices: bills,
        schema.payments: paid,
        schema.quotes: quotes,
        schema.recalls: recalls,
        schema.papers: papers,
        schema.treatment_plans: plans,
        schema.insurers: [{"insurer_id": f"m{number}", "name": f"Mutuelle {number}"} for number in range(60)],
        schema.patient_insurances: [
            {"patient_id": one, "insurer_id": f"m{chance.randrange(60)}", "valid_until": around(500)} for one in insured
        ],
        schema.correspondents: [
            {"correspondent_id": f"z{number}", "last_name": f"Confrère {number}", "email": f"z{number}@mail.example"}
            for number in range(2_000)
        ],
        schema.patient_correspondents: [
            {"patient_id": one, "correspondent_id": f"z{chance.randrange(2_000)}", "kind": "treating_dentist"}
            for one in insured
        ],
    }


FILE_QUESTIONS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "patients, the whole directory": ("patients", {}),
    "patients, by name": ("patients", {"name": "zoe martin"}),
    "patients, not seen for a year": ("patients", {"no_visit_for": 12, "upcoming": "no", "city": "bruz"}),
    "birthdays, today": ("birthdays", {}),
    "birthdays, a month": ("birthdays", {"start": "2026-12-15", "end": "2027-01-15", "age_from": 18}),
    "recall, a month": ("recall", {"start": "J-30"}),
    "recall, all that are due": ("recall", {}),
    "unpaid": ("unpaid", {}),
    "unpaid, 500 euros": ("unpaid", {"min_amount": 500, "reminders": "0"}),
    "quotes": ("quotes", {"valid": "yes"}),
    "papers": ("papers", {"paper": "carte", "overdue": "yes"}),
    "half_years": ("half_years", {}),
    "insurers": ("insurers", {}),
    "new_patients": ("new_patients", {}),
    "correspondents": ("correspondents", {"kind": "treating_dentist", "has_patients": "yes", "practitioner": "MM"}),
}
"""As `measure_searches.QUESTIONS`, on what `file_rows` makes."""
