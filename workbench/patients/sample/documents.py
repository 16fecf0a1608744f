"""The invoices, quotes and prescriptions of the sample practice as PDF files: they say what their rows say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from workbench.patients.sample.care import care_rows
from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.first_papers import first_paper_rows
from workbench.patients.sample.money import money_rows
from workbench.patients.sample.pdf import Line, Rule, one_page
from workbench.patients.sample.plans import plan_rows
from workbench.patients.sample.rows import by_number, persons, written_name

_LEFT, _RIGHT, _TOP = 56, 540, 780
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def sample_documents(days: SampleDays) -> Iterator[tuple[str, bytes]]:
    """Make the file of every invoice, quote and prescription that has one: its path in the workspace, and its bytes."""
    first, (money, _reminders), plans = first_paper_rows(days), money_rows(days), plan_rows(days)
    paid: dict[str, int] = defaultdict(int)
    for payment in (*first["payments"], *money["payments"]):
        paid[payment["invoice_id"]] += payment["amount_cents"]
    titles = {plan["plan_id"]: plan["title"] for plan in (*first["treatment_plans"], *plans["treatment_plans"])}
    for invoice in (*first["invoices"], *money["invoices"]):
        if invoice["document"]:
            yield invoice["document"], _invoice(invoice, paid[invoice["invoice_id"]])
    for quote in (*first["quotes"], *plans["quotes"]):
        if quote["document"]:
            yield quote["document"], _quote(quote, titles[quote["plan_id"]])
    for prescription in care_rows(days)["prescriptions"]:
        if prescription["document"]:
            yield prescription["document"], _prescription(prescription)


def _invoice(invoice: dict[str, Any], paid: int) -> bytes:
    remaining = invoice["amount_cents"] - paid
    amounts = [("Total", invoice["amount_cents"]), ("Déjà réglé", paid), ("Reste à payer", remaining)]
    practice = sample_words()["practice"]
    notes = [
        f"À régler au plus tard le {_day(invoice['due_on'])}." if remaining else "Facture acquittée. Merci.",
        f"Virement : {practice['iban']}, BIC {practice['bic']}, en rappelant le numéro {invoice['number']}.",
        f"Paiement en ligne : {invoice['payment_url']}",
    ]
    return _page(
        f"Facture {invoice['number']}",
        invoice,
        _addressee(invoice["patient_id"], invoice["payer_id"]),
        [(invoice["label"], invoice["amount_cents"])],
        amounts,
        notes if remaining else notes[:1],
    )


def _quote(quote: dict[str, Any], title: str) -> bytes:
    insured, complementary = quote["insurance_cents"], quote["complementary_cents"]
    amounts = [
        ("Total", quote["amount_cents"]),
        ("Part de l’Assurance maladie (estimation)", insured),
        ("Part de la mutuelle (estimation)", complementary),
        ("Reste à votre charge", quote["amount_cents"] - insured - complementary),
    ]
    notes = [
        f"Devis valable jusqu’au {_day(quote['valid_until'])}.",
        f"Signé le {_day(quote['signed_on'])}." if quote["signed_on"] else "Bon pour accord, date et signature :",
    ]
    return _page(
        f"Devis {quote['number']}", quote, _addressee(quote["patient_id"], None), [(title, quote["amount_cents"])],
        amounts, notes,
    )  # fmt: skip


def _prescription(prescription: dict[str, Any]) -> bytes:
    return _page(
        f"Ordonnance {prescription['prescription_id']}",
        prescription,
        _addressee(prescription["patient_id"], None),
        [],
        [],
        [f"{prescription['label']}, selon les doses remises au fauteuil."],
    )


def _page(
    title: str,
    paper: dict[str, Any],
    addressee: list[str],
    items: list[tuple[str, int]],
    amounts: list[tuple[str, int]],
    notes: list[str],
) -> bytes:
    practice = sample_words()["practice"]
    practitioner = next(
        one for one in sample_words()["practitioners"] if one["practitioner_id"] == paper["practitioner_id"]
    )
    whole_name = f"{practitioner['title']} {practitioner['first_name']} {practitioner['last_name']}"
    heading = [
        f"{practice['address_line_1']}, {practice['postcode']} {practice['city']}",
        f"{practice['phone']} – {practice['email']}",
        f"{whole_name}, {practitioner['speciality']} – RPPS {practitioner['rpps']}",
    ]
    marks: list[Line | Rule] = [Line(x=_LEFT, y=_TOP, text=practice["name"], size=16, bold=True)]
    marks += [Line(x=_LEFT, y=_TOP - 18 - 13 * number, text=text, size=9) for number, text in enumerate(heading)]
    marks += [Line(x=320, y=680 - 14 * number, text=text) for number, text in enumerate(addressee)]
    marks += [
        Line(x=_LEFT, y=590, text=title, size=14, bold=True),
        Line(x=_LEFT, y=572, text=f"{practice['city']}, le {_day(paper['dated_on'])}"),
        Line(x=_LEFT, y=556, text=f"Patient : {written_name(paper['patient_id'])}, dossier {paper['patient_id']}"),
        Rule(_LEFT, _RIGHT, 536),
    ]
    y = 518
    for label, cents in items:
        marks += _amount(y, label, cents)
        y -= 18
    marks.append(Rule(_LEFT, _RIGHT, y + 8))
    y -= 10
    for number, (label, cents) in enumerate(amounts):
        marks += _amount(y, label, cents, bold=number in (0, len(amounts) - 1))
        y -= 18
    marks += [Line(x=_LEFT, y=y - 20 - 16 * number, text=text) for number, text in enumerate(notes)]
    marks.append(Line(x=_LEFT, y=48, text="Document d’exemple : le cabinet et ses patients sont inventés.", size=8))
    return one_page(title, marks)


def _amount(y: float, label: str, cents: int, *, bold: bool = False) -> list[Line | Rule]:
    whole = f"{cents // 100:,}".replace(",", "\xa0")
    return [
        Line(x=_LEFT, y=y, text=label, bold=bold),
        Line(x=_RIGHT, y=y, text=f"{whole},{cents % 100:02}\xa0€", bold=bold, right=True),
    ]


def _addressee(patient_id: str, payer_id: str | None) -> list[str]:
    """Return the name and address of whoever pays: a parent lives where the child does."""
    home = by_number()[patient_id]
    payer = persons().get(payer_id or "")
    name = f"{payer.civility} {payer.first_name} {payer.last_name}" if payer else written_name(patient_id)
    return [name, str(home.address), f"{home.postcode} {home.city}"]


def _day(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"
