"""Every kind that is declared as data: read under French headings, kept by its key, checked against the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.contracts.patient_store_contract import add
from tests.patients.imports.importer import Importer, codes, counts, everything_in, rows_of
from workbench.errors import ImportRefused
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.imports.importing import KINDS, columns_of_kind
from workbench.patients.imports.table_kinds import TABLE_KINDS, key_of, stored_name
from workbench.patients.store import SqlPatientStore

FILES = {
    "sites": "Nom;Adresse;CP;Ville\nCentre;1 rue Haute;35000;Rennes\nPlage;;;\n",
    "practitioners": "Code praticien;Titre;Nom;Prénom;Sexe;N° RPPS;Lieu;Actif\nMM;Dr;Marin;Maud;F;101;Centre;oui\n",
    "chairs": "Code fauteuil;Libellé;Lieu\nF1;Fauteuil 1;Centre\n",
    "insurers": "Code organisme;Organisme;Type;Téléphone\nHA;Harmonie;mutuelle;02 99 00 00 01\n",
    "insurances": "Dossier;Mutuelle;N° adhérent;Au\n007;Harmonie;00123;31/12/2026\n008;Autre;;\n",
    "families": "Dossier;Famille\n007;F1\n008;F1\n",
    "groups": "Groupe;Dossier\nVœux;007\nVœux;008\nImplants;008\n",
    "plans": "N° plan;Dossier;Praticien;Intitulé;Étape;Début;Semestre;Semestres;Contention\n"
    "P1;008;MM;Multi-attaches;actif;01/09/2025;3;6;\n;007;;Implant 26;;;;;\n",
    "quotes": "N° devis;Dossier;N° plan;Établi le;Montant;Part sécu;Part mutuelle;Valable jusqu'au;Signé le\n"
    "D1;008;P1;01/08/2025;1 200,50 €;193,50;400;01/02/2026;15/08/2025\n",
    "invoices": "N° facture;Dossier;Date;Échéance;Montant;Libellé\n"
    "F-1;007;12 mars 2026;12/04/2026;45,50;Détartrage\nF-2;008;13/03/2026;;1 234,50 €;Semestre 3\n",
    "payments": "Dossier;N° facture;Réglé le;Montant;Mode\n007;F-1;20/03/2026;20;CB\n007;F-1;20/03/2026;20;CB\n",
    "instalments": "Dossier;N° devis;Échéance;Montant;Réglé le\n008;D1;01/10/2025;200,25;02/10/2025\n"
    "008;D1;01/11/2025;200,25;\n",
    "recalls": "Dossier;À rappeler le;Motif;Praticien\n007;01/09/2026;Contrôle annuel;MM\n",
    "appointments": "N° RDV;Dossier;Début\nR1;007;24/11/2026 08:40\n",
    "procedures": "Dossier;N° RDV;Date des soins;CCAM;Acte;Dents\n007;R1;24/11/2026;HBJD001;Détartrage;\n"
    "007;R1;24/11/2026;HBLD038;Couronne céramique;26\n",
    "prescriptions": "Dossier;Date;Ordonnance;Praticien\n007;24/11/2026;Bain de bouche;MM\n",
    "agreements": "Dossier;Demandé le;Décision;Date de réponse\n008;01/07/2025;Accordée;20/07/2025\n",
    "papers": "Dossier;Pièce;Demandée le;Reçue le\n008;Attestation de mutuelle;01/09/2025;\n",
    "contacts": "Dossier;Date;Canal;Objet;N° facture;Relance\n007;24/04/2026 10:00;appel;impayé;F-1;1\n",
    "closed-days": "Lieu;Date;Motif\n;24/12/2026;Noël\nCentre;26/12/2026;\n",
    "leaves": "Praticien;Du;Au;Remplaçant\nMM;01/08/2026;15/08/2026;Dr Été\n",
    "opening-hours": "Jour;De;À\nlundi;8h30;12h\nlundi;14h;19h\n",
    "emergency-lines": "Libellé;Téléphone;Consignes\nGarde dentaire;02 99 00 00 02;Le dimanche\n",
    "instructions": "Motif;Texte\nURG;Venez à jeun.\n",
    "aftercare": "Motif;Texte\nEXT;Ne pas rincer.\nEXT;Rien de chaud.\n",
    "media": "Dossier;Fichier;Étape;Vue;Date\n008;images/a.png;avant;face;01/09/2025\n",
}  # fmt: skip


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


@pytest.fixture
def peopled(store: SqlPatientStore, tmp_path: Path) -> SqlPatientStore:
    add(store, schema.patients, [{"patient_id": "007", "last_name": "Null"}, {"patient_id": "008"}])
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"picture")
    return store


def test_every_declared_kind_is_tried_here() -> None:
    assert set(TABLE_KINDS) <= set(FILES)
    assert set(KINDS) - set(FILES) == {"patients", "guardians", "correspondents", "opt-outs"}


@pytest.mark.parametrize("name", TABLE_KINDS)
def test_a_declaration_fits_its_table(name: str) -> None:
    kind = TABLE_KINDS[name]
    for column in kind.columns:
        assert stored_name(kind, column) in kind.table.c, column
    assert {*kind.needed, *kind.natural, *([kind.number] if kind.number else [])} <= set(kind.columns)
    stored = {stored_name(kind, column) for column in kind.columns}
    assert set(key_of(kind)) <= stored
    told = {"file_name", "media_type", "source", "billing_email", *key_of(kind)}
    needed = {stored_name(kind, column) for column in (*kind.needed, kind.called_by) if column}
    for column in kind.table.c:
        if not column.nullable and column.server_default is None and column.default is None:
            assert column.name in needed | told | {"practice_id"}, column.name


def test_a_practice_is_imported_file_by_file_and_again_without_a_change(
    peopled: SqlPatientStore, imported: Importer
) -> None:
    for kind, text in FILES.items():
        report = imported(kind, text)
        left_out = 1 if kind == "aftercare" else 0  # of two texts for one act the last one counts
        assert report.created + report.updated == report.rows - left_out, (kind, report.findings)
    before = everything_in(peopled)
    for kind, text in FILES.items():
        report = imported(kind, text)
        assert (report.created, report.updated) == (0, 0), kind
        assert report.unchanged + report.skipped == report.rows
    assert everything_in(peopled) == before
    invoices = rows_of(peopled, schema.invoices, "invoice_id", "number", "dated_on", "amount_cents")
    assert invoices == [("F-1", "F-1", date(2026, 3, 12), 4550), ("F-2", "F-2", date(2026, 3, 13), 123450)]
    assert rows_of(peopled, schema.payments, "invoice_id", "amount_cents") == [("F-1", 2000), ("F-1", 2000)]
    contacts = rows_of(peopled, schema.contacts, "at", "channel", "purpose", "source", "invoice_id")
    assert contacts == [("2026-04-24T08:00:00+00:00", "phone", "unpaid", "import", "F-1")]
    hours = rows_of(peopled, schema.opening_hours, "site_id", "weekday", "opens", "closes")
    assert hours == [("", 0, "08:30", "12:00"), ("", 0, "14:00", "19:00")]
    assert rows_of(peopled, schema.group_members, "group_id", "patient_id")[0] == ("Implants", "008")
    assert rows_of(peopled, schema.patients, "patient_id", "last_name", "family_id")[0] == ("007", "Null", "F1")
    media = rows_of(peopled, schema.media, "patient_id", "file_name", "media_type", "health")
    assert media == [("008", "a.png", "image/png", True)]
    assert rows_of(peopled, schema.procedures, "appointment_id", "label", "teeth")[0] == (
        "R1", "Couronne céramique", "26",
    )  # fmt: skip
    insurances = rows_of(peopled, schema.patient_insurances, "patient_id", "insurer_id", "member_number")
    assert insurances == [("007", "HA", "00123"), ("008", "Autre", None)]


def test_a_row_about_an_unknown_patient_is_left_out_and_nobody_is_made(
    peopled: SqlPatientStore, imported: Importer
) -> None:
    report = imported("invoices", "N° facture;Dossier;Date;Montant\nF1;404;01/01/2026;10\nF2;;01/01/2026;10\n")
    assert (counts(report), codes(report.findings)) == ((2, 0, 0, 0, 2), [(2, "unknown_patient"), (3, "no_key")])
    assert len(rows_of(peopled, schema.patients, "patient_id")) == 2
    families = imported("families", "Dossier;Famille\n404;F\n")
    assert (counts(families), codes(families.findings)) == ((1, 0, 0, 0, 1), [(2, "unknown_patient")])


def test_a_payment_is_its_invoices_patients_and_never_somebody_elses(
    peopled: SqlPatientStore, imported: Importer
) -> None:
    imported("invoices", FILES["invoices"])
    report = imported(
        "payments",
        "Dossier;N° facture;Date;Montant\n;F-1;01/04/2026;10\n008;F-1;01/04/2026;11\n"
        "007;F-9;01/04/2026;12\n;;01/04/2026;1\n",
    )
    assert codes(report.findings) == [(3, "other_patient"), (4, "unknown_reference"), (5, "no_key")]
    assert rows_of(peopled, schema.payments, "amount_cents", "patient_id") == [
        (1000, "007"), (1100, "008"), (1200, "007"),
    ]  # fmt: skip
    assert [row[1] for row in sorted(rows_of(peopled, schema.payments, "amount_cents", "invoice_id"))] == [
        "F-1", None, None,
    ]  # fmt: skip
    alone = imported("payments", "N° facture;Date;Montant\nF-2;01/04/2026;10\n")
    assert (counts(alone)[1], rows_of(peopled, schema.payments, "patient_id")[-1]) == (1, ("008",))


def test_a_number_may_differ_from_the_key_and_leads_to_it(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("invoices", "id;Dossier;Référence;Date;Montant\n71;007;F-2026-1;01/01/2026;10\n")
    report = imported("payments", "N° facture;Date;Montant\nF-2026-1;01/02/2026;4\n71;01/03/2026;6\n")
    assert report.findings == ()
    assert rows_of(peopled, schema.payments, "invoice_id", "amount_cents") == [("71", 400), ("71", 600)]


def test_a_prefix_stands_before_the_numbers_of_every_kind(peopled: SqlPatientStore, imported: Importer) -> None:
    add(peopled, schema.patients, [{"patient_id": "OLD-1"}])
    mapping = {"options": {"prefix": "OLD-"}}
    imported("invoices", "N° facture;Dossier;Date;Montant\nF1;1;01/01/2026;10\n", mapping=mapping)
    imported("payments", "N° facture;Date;Montant\nF1;01/01/2026;10\n", mapping=mapping)
    assert rows_of(peopled, schema.invoices, "invoice_id", "patient_id", "number") == [("OLD-F1", "OLD-1", "F1")]
    assert rows_of(peopled, schema.payments, "invoice_id", "patient_id") == [("OLD-F1", "OLD-1")]


def test_two_payments_alike_are_two_and_are_told(peopled: SqlPatientStore, imported: Importer) -> None:
    report = imported("payments", "Dossier;Date;Montant\n007;01/01/2026;10\n007;01/01/2026;10\n")
    assert (counts(report)[1], codes(report.findings)) == (2, [(3, "told_twice")])
    recalls = imported("recalls", "Dossier;Date;Motif\n007;01/01/2026;A\n007;01/01/2026;A\n")
    assert (counts(recalls)[1], codes(recalls.findings)) == (1, [(2, "repeated_key")])


def test_a_row_without_what_it_is_about_is_left_out_with_its_reason(
    peopled: SqlPatientStore, imported: Importer
) -> None:
    report = imported(
        "invoices",
        "N° facture;Dossier;Date;Montant\nF1;007;31/02/2026;10\nF2;007;01/01/2026;\nF3;007;01/01/2026;dix\n",
    )
    assert codes(report.findings) == [(2, "unreadable"), (3, "missing_value"), (4, "unreadable")]
    assert counts(report) == (3, 0, 0, 0, 3)
    assert "dix" not in " ".join(finding.message for finding in report.findings)
    with pytest.raises(ImportRefused, match="amount"):
        imported("invoices", "N° facture;Dossier;Date\nF1;007;01/01/2026\n")


def test_opening_hours_are_those_of_the_file_and_no_more(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("opening-hours", FILES["opening-hours"])
    report = imported("opening-hours", "Jour;De;À\nlundi;9h;12h\nmardi;14h;10h\n1;9h;12h\n")
    assert codes(report.findings) == [(0, "removed"), (3, "ends_before"), (4, "unreadable")]
    assert rows_of(peopled, schema.opening_hours, "weekday", "opens") == [(0, "09:00")]


def test_a_leave_of_somebody_unknown_makes_nobody(peopled: SqlPatientStore, imported: Importer) -> None:
    report = imported("leaves", "Praticien;Du;Au\nZZ;01/08/2026;15/08/2026\n;01/08/2026;15/08/2026\n")
    assert codes(report.findings) == [(2, "unknown_reference"), (3, "missing_value")]
    assert rows_of(peopled, schema.practitioners, "practitioner_id") == []


def test_an_image_outside_its_folder_is_left_out(peopled: SqlPatientStore, imported: Importer, tmp_path: Path) -> None:
    outside = tmp_path / "secret.png"
    outside.write_bytes(b"x")
    (tmp_path / "images" / "link.png").symlink_to(outside)
    mapping = {"options": {"folder": str(tmp_path / "images")}}
    rows = ["a.png", "../secret.png", str(outside), "link.png", "absent.png", "..\\secret.png"]
    text = "Dossier;Fichier\n" + "".join(f"007;{row}\n" for row in rows)
    report = imported("media", text, mapping=mapping)
    assert codes(report.findings) == [(row, "no_file") for row in range(3, 8)]
    assert rows_of(peopled, schema.media, "file_name") == [("a.png",)]


def test_a_site_is_known_by_its_name_however_it_is_written(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("sites", "Nom;Ville\nCentre-Ville;Rennes\n")
    report = imported("sites", "Nom;Ville\ncentre ville;Cesson\n")
    assert counts(report) == (1, 0, 1, 0, 0)
    assert rows_of(peopled, schema.sites, "site_id", "name", "city") == [("Centre-Ville", "centre ville", "Cesson")]


def test_a_moment_of_a_contact_is_the_practices_own(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("contacts", "Dossier;Date;Objet;Rendez-vous annoncé\n007;24/11/2026 10:00;Cadeau;25/11/2026 8h40\n")
    assert rows_of(peopled, schema.contacts, "at", "purpose", "told_start") == [
        ("2026-11-24T09:00:00+00:00", "Cadeau", datetime(2026, 11, 25, 8, 40))
    ]


def test_the_columns_of_every_kind_are_known_by_their_own_names(peopled: SqlPatientStore) -> None:
    for kind in KINDS:
        assert len(set(columns_of_kind(kind))) == len(columns_of_kind(kind))
