"""Invoices and payments of two years: most are paid at once, some after a reminder, a few not yet."""

from __future__ import annotations

import random
from datetime import timedelta

from workbench.patients.sample.agenda import sample_visits
from workbench.patients.sample.contacts import Contact
from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.first_people import first_people
from workbench.patients.sample.reminders import channels
from workbench.patients.sample.rows import Rows, by_number, document, payers, payment_url
from workbench.patients.sample.visits import Visit

PAYMENT_DAYS = 30
REMINDED_AFTER = (31, 41, 51)
"""Numbered days after the visit on which the first, second and third reminder of an unpaid invoice are written."""

_FIRST_NUMBER = 1001
_BILLED = 0.6
_METHODS = ("carte", "carte", "chèque", "virement", "espèces")
_UNPAID = ((-21, 0.3), (-31, 0.14), (-41, 0.24), (-51, 0.26), (-110, 0.04), (-500, 0.004))
"""Of the visits since each numbered day, how many invoices are still to be paid, at least in part."""

_LATE = 0.06
_COMPANY, _BY_COMPANY = "comptabilite@entreprise-des-landes.example", 150
"""One invoice out of so many goes to an employer's accounts."""

_CANCELLED = 0.004


def money_rows(days: SampleDays) -> tuple[Rows, list[Contact]]:
    """Return the invoices of the history with their payments, and the reminders of those not paid in time."""
    dice = random.Random("money of the Cabinet des Tilleuls")  # noqa: S311 (invented money)
    fees = {nature["code"]: (int(nature["fee_cents"]), str(nature["name"])) for nature in sample_words()["natures"]}
    always_paid = {patient.file_number for patient in first_people()[0]}
    rows: Rows = {"invoices": [], "payments": []}
    reminders: list[Contact] = []
    for visit in sample_visits():
        # The first patients' recent visits have their invoices; an orthodontist's are paid by the half-year.
        is_billed = visit.state == "present" and visit.nature != "ORTH" and visit.appointment_id > "RDV-01000"
        if not is_billed or dice.random() >= _BILLED:
            continue
        invoice_id = f"F-{_FIRST_NUMBER + len(rows['invoices']):04}"
        cents, label = fees[visit.nature]
        paid, paid_after = _paid(dice, visit, cents) if visit.file_number not in always_paid else (cents, 0)
        dated_on = days.dates[visit.day]
        rows["invoices"].append(
            {
                "invoice_id": invoice_id,
                "patient_id": visit.file_number,
                "payer_id": payers().get(visit.file_number),
                "practitioner_id": visit.practitioner,
                "number": invoice_id,
                "dated_on": dated_on,
                "due_on": dated_on + timedelta(days=PAYMENT_DAYS),
                "amount_cents": cents,
                "label": label,
                "language": by_number()[visit.file_number].language,
                "billing_email": _COMPANY if len(rows["invoices"]) % _BY_COMPANY == 0 else None,
                "document": document("invoices", invoice_id, visit.file_number) if paid < cents else None,
                "payment_url": payment_url(invoice_id),
                "cancelled_on": dated_on if paid and dice.random() < _CANCELLED else None,
            }
        )
        invoice = rows["invoices"][-1]
        if invoice["cancelled_on"] is not None:
            continue
        if paid:
            rows["payments"].append(
                {
                    "payment_id": f"R-{_FIRST_NUMBER + len(rows['payments']):04}",
                    "patient_id": visit.file_number,
                    "invoice_id": invoice_id,
                    "paid_on": days.dates[visit.day + paid_after],
                    "amount_cents": paid,
                    "method": dice.choice(_METHODS),
                }
            )
        settled = visit.day + paid_after if paid == cents else 0
        reminders += _reminders(dice, visit, invoice_id, settled)
    return rows, reminders


def _paid(dice: random.Random, visit: Visit, cents: int) -> tuple[int, int]:
    """Draw how much of an invoice is paid, and how many numbered days after the visit."""
    unpaid = next(share for since, share in _UNPAID if visit.day >= since)
    if dice.random() < unpaid:
        return (cents // 2 // 100 * 100, 0) if dice.random() < 0.25 else (0, 0)
    after = dice.randint(24, 58) if dice.random() < _LATE else 0
    return cents, after if visit.day + after < 0 else 0


def _reminders(dice: random.Random, visit: Visit, invoice_id: str, settled: int) -> list[Contact]:
    """Write the reminders of an invoice up to the numbered day it was settled on (0: not yet)."""
    found = []
    for rank, after in enumerate(REMINDED_AFTER, start=1):
        day = visit.day + after
        if day >= settled:
            break
        channel = "letter" if rank == len(REMINDED_AFTER) else channels().get(visit.file_number, "letter")
        found.append(
            Contact(
                file_number=visit.file_number,
                purpose="unpaid",
                rank=rank,
                day=day,
                minute=11 * 60,
                channel=channel,
                outcome=dice.choice(("joint", "répondeur")) if channel == "phone" else "envoyé",
                invoice_id=invoice_id,
            )
        )
    return found
