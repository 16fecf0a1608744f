"""What the makers of the sample's rows share: rows by table, who pays for whom, the address at which one pays."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from workbench.patients.sample.draw import SamplePatient, SamplePerson
from workbench.patients.sample.pdf import can_write
from workbench.patients.sample.people import sample_people

Rows = dict[str, list[dict[str, Any]]]
"""Rows by the name of their table."""


def payment_url(invoice_id: str) -> str:
    """Return where an invoice would be paid, were there such a place; nobody guesses one from another."""
    token = hashlib.sha256(f"sample {invoice_id}".encode()).hexdigest()[:12]
    return f"https://paiement.cabinet-des-tilleuls.example/{invoice_id}/{token}"


@cache
def payers() -> dict[str, str]:
    """Return who pays for each patient that does not pay alone, by file number."""
    return {tie[0]: person.person_id for person in sample_people()[1] for tie in person.ties if tie[1] == "payer"}


@cache
def by_number() -> dict[str, SamplePatient]:
    """Return every patient by file number."""
    return {patient.file_number: patient for patient in sample_people()[0]}


@cache
def persons() -> dict[str, SamplePerson]:
    """Return everybody who answers for patients, by their number."""
    return {person.person_id: person for person in sample_people()[1]}


def written_name(file_number: str) -> str:
    """Return how a document names a patient."""
    patient = by_number()[file_number]
    return " ".join(part for part in (patient.civility, patient.first_name, patient.last_name) if part)


def document(folder: str, number: str, file_number: str) -> str | None:
    """Return where the file of a paper lies in the workspace; nothing where it could not be written."""
    return f"documents/{folder}/{number}.pdf" if can_write(written_name(file_number)) else None
