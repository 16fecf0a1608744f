"""Lists, one thing a line, and enumerations."""

from __future__ import annotations

from datetime import date, datetime

from tests.merging.test_formats import written

UNPAID = [
    {"number": "F-0012", "dated_on": date(2026, 10, 3), "due_on": None, "remaining": 45.0},
    {"number": None, "dated_on": None, "due_on": None, "remaining": 12.5},
]


def test_unpaid_invoices_stand_one_a_line() -> None:
    assert written("invoice_list", UNPAID) == (
        "Facture F-0012 du 3 octobre 2026\N{NO-BREAK SPACE}: 45,00\N{NARROW NO-BREAK SPACE}€\n"
        "Facture\N{NO-BREAK SPACE}: 12,50\N{NARROW NO-BREAK SPACE}€"
    )
    assert written("invoice_list", UNPAID[:1], language="en") == "Invoice F-0012 of 3 October 2026: €45.00"


def test_an_empty_list_is_a_missing_value() -> None:
    for name in ("invoice_list", "lines", "enumeration", "moment_list"):
        assert written(name, []) is None
        assert written(name, [None]) is None


def test_papers_stand_one_a_line_each_once_and_teeth_in_a_row() -> None:
    assert written("lines", ["Devis signé", " Attestation ", "Devis signé"]) == "Devis signé\nAttestation"
    assert written("enumeration", ["14", "26", "27"]) == "14, 26 et 27"
    assert written("enumeration", ["14", "26"], language="en") == "14 and 26"


def test_the_next_appointments_stand_one_a_line() -> None:
    moments = [datetime(2026, 11, 24, 8, 40), datetime(2026, 12, 1, 14, 0)]
    assert written("moment_list", moments) == "mardi 24 novembre à 8 h 40\nmardi 1er décembre à 14 h"
