"""What a heading means is recognised or told: no column of a file is dropped without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from tests.contracts.patient_store_contract import add
from tests.patients.imports.importer import Importer, codes, rows_of
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


@pytest.fixture
def peopled(store: SqlPatientStore) -> SqlPatientStore:
    add(store, schema.patients, [{"patient_id": "007"}])
    return store


def test_headings_that_are_not_taken_are_named_once_for_the_file(imported: Importer) -> None:
    text = "Dossier;Nom;Couleur préférée;;Groupe sanguin;Remarque\n007;Null;bleu;;;x\n"
    for options in ({}, {"dry_run": True}):
        report = imported("patients", text, **options)
        assert codes(report.findings) == [(0, "unknown_headings")]
        assert "Couleur préférée, Groupe sanguin." in report.findings[0].message
    assert imported("patients", "Dossier;Nom\n007;Null\n").findings == ()


def test_a_heading_that_the_mapping_leaves_out_is_not_named(imported: Importer) -> None:
    report = imported("patients", "Dossier;Nom;Remarque\n007;Null;x\n", mapping={"columns": {"remark": ""}})
    assert report.findings == ()


def test_a_heading_that_comes_twice_is_told(peopled: SqlPatientStore, imported: Importer) -> None:
    report = imported("recalls", "Dossier;Date;Motif;date\n007;01/02/2026;A;02/02/2026\n")
    assert [(finding.row, finding.column, finding.code) for finding in report.findings] == [
        (0, "Date", "repeated_heading")
    ]
    assert rows_of(peopled, schema.recalls, "due_on") == [(date(2026, 2, 1),)]


@pytest.mark.parametrize(
    "heading", ["Échéance", "Échéance de paiement client", "Date d'échéance de la facture", "Date limite"]
)
def test_the_last_day_to_pay_is_known_by_how_its_heading_begins(
    heading: str, peopled: SqlPatientStore, imported: Importer
) -> None:
    report = imported("invoices", f"Numéro;Dossier;Date;Montant;{heading}\nF-1;007;01/01/2026;10;01/02/2026\n")
    assert report.findings == ()
    assert rows_of(peopled, schema.invoices, "due_on") == [(date(2026, 2, 1),)]


@pytest.mark.parametrize("headings", ["Montant de l'échéance", "Échéance client;Échéance mutuelle"])
def test_what_may_be_no_last_day_or_one_of_two_is_told(
    headings: str, peopled: SqlPatientStore, imported: Importer
) -> None:
    report = imported("invoices", f"Numéro;Dossier;Date;Montant;{headings}\nF-1;007;01/01/2026;10;01/02/2026\n")
    assert codes(report.findings) == [(0, "unknown_headings")]
    assert rows_of(peopled, schema.invoices, "due_on") == [(None,)]


def test_an_invoice_that_is_said_to_be_cancelled_is_cancelled_on_its_day(
    peopled: SqlPatientStore, imported: Importer
) -> None:
    text = "Numéro;Dossier;Date;Montant;Annulée\nA;007;01/01/2026;10;oui\nB;007;02/01/2026;10;non\n"
    text += "C;007;03/01/2026;10;04/01/2026\nD;007;05/01/2026;10;\nE;007;05/01/2026;10;zut\n"
    report = imported("invoices", text)
    assert codes(report.findings) == [(2, "cancelled_when"), (6, "unreadable")]
    cancelled = dict(rows_of(peopled, schema.invoices, "number", "cancelled_on"))
    assert cancelled == {"A": date(2026, 1, 1), "B": None, "C": date(2026, 1, 4), "D": None, "E": None}
