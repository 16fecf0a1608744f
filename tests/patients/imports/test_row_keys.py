"""A row is the one of the store that it tells of: by its number, else by what it says; nothing is made twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest

from tests.contracts.patient_store_contract import add
from tests.patients.imports.importer import Importer, codes, counts, everything_in, rows_of
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.imports.table_kinds import TABLE_KINDS
from workbench.patients.store import SqlPatientStore

LESS_AND_MORE = {
    "plans": ("Dossier;Intitulé\n007;Implant\n008;Gouttières\n", "Début", ("01/02/2026", "02/02/2026")),
    "quotes": ("Dossier;Date;Montant\n007;01/02/2026;10\n008;01/02/2026;10\n", "Numéro", ("D1", "D2")),
    "invoices": ("Dossier;Date;Montant\n007;01/02/2026;25\n008;01/02/2026;25\n", "Libellé", ("Un", "Deux")),
    "payments": ("Dossier;Date;Montant\n007;01/02/2026;20\n007;01/02/2026;20\n", "Mode", ("CB", "Chèque")),
    "instalments": ("Dossier;Échéance;Montant\n007;01/02/2026;20\n007;01/02/2026;20\n", "N° plan", ("P1", "P2")),
    "recalls": ("Dossier;Date\n007;01/02/2026\n008;01/02/2026\n", "Motif", ("Contrôle", "Détartrage")),
    "procedures": ("Dossier;Date;Acte\n007;01/02/2026;Couronne\n008;01/02/2026;Couronne\n", "Dent", ("26", "27")),
    "prescriptions": ("Dossier;Date\n007;01/02/2026\n008;01/02/2026\n", "Ordonnance", ("Un", "Deux")),
    "agreements": ("Dossier;Demandé le\n007;01/02/2026\n008;01/02/2026\n", "N° plan", ("P1", "P3")),
    "papers": ("Dossier;Pièce;Demandée le\n007;Devis;01/02/2026\n008;Devis;01/02/2026\n", "Type", ("a", "b")),
    "contacts": (
        "Dossier;Date;Objet\n007;01/02/2026 10:00;impayé\n008;01/02/2026 10:00;impayé\n", "Canal", ("sms", "appel"),
    ),
    "media": ("Dossier;Fichier\n007;a.png\n008;b.png\n", "Vue", ("face", "profil")),
    "leaves": ("Praticien;Du;Au\nMM;01/08/2026;15/08/2026\nMM;01/09/2026;15/09/2026\n", "Motif", ("a", "b")),
}  # fmt: skip
"""By kind: a file without numbers, and what another one tells besides."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


@pytest.fixture
def peopled(store: SqlPatientStore, imported: Importer) -> SqlPatientStore:
    add(store, schema.patients, [{"patient_id": "007", "last_name": "Null"}, {"patient_id": "008"}])
    add(store, schema.practitioners, [{"practitioner_id": "MM", "code": "MM"}])
    plans = [{"plan_id": f"P{at}", "patient_id": "007", "title": f"T{at}"} for at in "123"]
    add(store, schema.treatment_plans, plans)
    for name in ("a.png", "b.png"):
        (imported.folder / name).write_bytes(b"picture")
    return store


def with_column(text: str, heading: str, cells: tuple[str, ...]) -> str:
    return "".join(f"{line};{cell}\n" for line, cell in zip(text.splitlines(), (heading, *cells), strict=True))


def backwards(text: str) -> str:
    first, *others = text.splitlines()
    return "\n".join([first, *reversed(others), ""])


def test_every_kind_that_a_row_may_be_told_apart_in_is_tried() -> None:
    assert {name for name, kind in TABLE_KINDS.items() if kind.natural} == set(LESS_AND_MORE)


@pytest.mark.parametrize("kind", LESS_AND_MORE)
def test_rows_without_numbers_stay_the_same_whatever_the_next_file_tells_besides(
    kind: str, peopled: SqlPatientStore, imported: Importer
) -> None:
    text, heading, cells = LESS_AND_MORE[kind]
    table, more = TABLE_KINDS[kind].table, with_column(text, heading, cells)
    already = len(rows_of(peopled, table, table.primary_key.columns.keys()[-1]))
    assert counts(imported(kind, text))[:2] == (2, 2)
    before = everything_in(peopled)
    for again in (text, backwards(text)):
        assert counts(imported(kind, again))[1:4] == (0, 0, 2)
    assert everything_in(peopled) == before
    assert counts(imported(kind, more))[1] == 0
    filled = everything_in(peopled)
    assert filled != before
    for again in (more, backwards(more), text, backwards(text), more.upper() if kind == "recalls" else more):
        assert counts(imported(kind, again))[1] == 0
    assert len(rows_of(peopled, table, table.primary_key.columns.keys()[-1])) == 2 + already
    if kind != "recalls":  # the word is now in capitals
        assert everything_in(peopled) == filled


@pytest.mark.parametrize("order", list(permutations(("less", "more", "invoices"))))
def test_payments_are_counted_once_before_and_after_their_invoices(
    order: tuple[str, ...], peopled: SqlPatientStore, imported: Importer
) -> None:
    less = "Dossier;N° facture;Date;Montant\n007;F-1;01/02/2026;20\n007;F-2;01/02/2026;20\n"
    files = {
        "invoices": "N° facture;Dossier;Date;Montant\nF-1;007;01/01/2026;50\nF-2;007;01/01/2026;50\n",
        "less": less,
        "more": with_column(less, "Mode", ("CB", "Chèque")),
    }
    for name in (*order, *order, "less", "more"):
        imported("invoices" if name == "invoices" else "payments", files[name])
    paid = rows_of(peopled, schema.payments, "invoice_id", "amount_cents", "method")
    assert paid == [("F-1", 2000, "CB"), ("F-2", 2000, "Chèque")]


def test_payments_of_two_invoices_that_are_not_there_yet_are_two(peopled: SqlPatientStore, imported: Importer) -> None:
    for invoice in ("F-8", "F-9", "F-8"):
        imported("payments", f"Dossier;N° facture;Date;Montant\n007;{invoice};01/02/2026;20\n")
    assert len(rows_of(peopled, schema.payments, "payment_id")) == 2


def test_payments_keep_their_rows_when_their_numbers_come(peopled: SqlPatientStore, imported: Importer) -> None:
    text, _heading, _cells = LESS_AND_MORE["payments"]
    imported("payments", text)
    numbered = with_column(text, "N° règlement", ("P-1", "P-2"))
    for again in (numbered, backwards(numbered), text):
        assert counts(imported("payments", again))[1] == 0
    third = "Dossier;Date;Montant;N° règlement\n007;01/02/2026;20;P-3\n"
    imported("payments", numbered)
    assert len(rows_of(peopled, schema.payments, "payment_id")) == 2
    assert counts(imported("payments", numbered + third.splitlines()[1] + "\n"))[1] == 1


@pytest.mark.parametrize("heading", ["Numéro", "Référence", "Réf", "number", "N° facture", "id"])
def test_invoices_of_two_numbers_are_two_under_every_heading(
    heading: str, peopled: SqlPatientStore, imported: Importer
) -> None:
    rest = ";007;01/09/2026;25,00\n"
    imported("invoices", f"{heading};Dossier;Date;Montant\nF-1{rest}F-2{rest}")
    report = imported("invoices", f"{heading};Dossier;Date;Montant\nF-3{rest}")
    assert (counts(report)[1], report.findings) == (1, ())
    report = imported("invoices", f"{heading};Dossier;Date;Montant\nF-3;007;01/09/2026;30,00\n")
    assert counts(report)[1:3] == (0, 1)
    expected = [("F-1", 2500), ("F-2", 2500), ("F-3", 3000)]
    assert rows_of(peopled, schema.invoices, "number", "amount_cents") == expected


def test_a_quote_is_found_by_its_number_whatever_its_key_is(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("quotes", "id;Référence;Dossier;Date;Montant\n71;D-1;007;01/09/2026;10\n")
    rest = ";007;02/09/2026;20\n"
    imported("quotes", f"Numéro;Dossier;Date;Montant\nD-1{rest}D-2{rest}71{rest}")
    rows = rows_of(peopled, schema.quotes, "number", "amount_cents")
    assert rows == [("71", 2000), ("D-1", 2000), ("D-2", 2000)]
    assert ("71", "D-1") in rows_of(peopled, schema.quotes, "quote_id", "number")


def test_an_invoice_without_a_number_gets_it_and_keeps_it(peopled: SqlPatientStore, imported: Importer) -> None:
    text, _heading, _cells = LESS_AND_MORE["invoices"]
    imported("invoices", text)
    for heading in ("Numéro", "N° facture", "Numéro"):
        assert counts(imported("invoices", with_column(text, heading, ("F-1", "F-2"))))[1] == 0
    assert counts(imported("invoices", text))[1:4] == (0, 0, 2)
    later = "N° facture;Dossier;Date;Montant\nF-1;007;03/02/2026;30\n"
    assert counts(imported("invoices", later))[1:3] == (0, 1)
    # The former row of this key is another invoice now: the one that tells the same as it did is new.
    assert counts(imported("invoices", "Dossier;Date;Montant\n007;01/02/2026;25\n"))[1:3] == (1, 0)
    assert rows_of(peopled, schema.invoices, "amount_cents") == [(2500,), (2500,), (3000,)]


def test_a_number_that_several_rows_have_is_told_and_changes_none(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("invoices", "id;Numéro;Dossier;Date;Montant\n1;A;007;01/01/2026;10\n2;A;007;02/01/2026;10\n")
    before = everything_in(peopled)
    report = imported("invoices", "Numéro;Dossier;Date;Montant\nA;007;01/01/2026;99\n")
    assert (codes(report.findings), everything_in(peopled)) == ([(2, "ambiguous")], before)


@pytest.mark.parametrize(
    ("kind", "heading"),
    [("invoices", "N° facture"), ("invoices", "Numéro"), ("quotes", "N° devis"), ("plans", "N° plan"),
     ("recalls", "N° rappel"), ("payments", "N° règlement"), ("appointments", "N° RDV")],
)  # fmt: skip
def test_nothing_goes_to_another_patient_unless_the_mapping_says_so(
    kind: str, heading: str, peopled: SqlPatientStore, imported: Importer
) -> None:
    named = {"plans": "Intitulé", "appointments": "Date et heure"}.get(kind, "Date")
    cell = "T" if kind == "plans" else "01/02/2026 10:00" if kind == "appointments" else "01/02/2026"
    text = f"{heading};Dossier;{named};Montant\nX1;{{}};{cell};10\n"
    table = schema.appointments if kind == "appointments" else TABLE_KINDS[kind].table
    imported(kind, text.format("007"))
    before = everything_in(peopled)
    report = imported(kind, text.format("008"))
    assert [code for row, code in codes(report.findings) if row] == ["other_patient"]
    assert (counts(report)[4], everything_in(peopled)) == (1, before)
    sentence = report.findings[-1].message
    assert "move = true" in sentence
    assert "007" not in sentence
    imported(kind, text.format("008"), mapping={"options": {"move": True}})
    assert ("008",) in rows_of(peopled, table, "patient_id")
