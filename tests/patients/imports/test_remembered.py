"""A mapping is said once: the next file with the same headings is read by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.patient_store_contract import NOW
from tests.patients.imports.importer import Importer, codes, counts, everything_in, rows_of
from workbench.errors import ImportRefused
from workbench.language import use_language
from workbench.patients import schema
from workbench.patients.imports.table import ImportTable, read_table
from workbench.patients.store import SqlPatientStore

AGENDA = "Nr;Dossier;Quand;Venu\nX1;90001;23/11/2026 09:00;non\n"
MAPPING = {
    "columns": {"appointment_id": "Nr", "starts_at": "Quand", "state": "Venu"},
    "values": {"state": {"non": "missed", "oui": "present"}},
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


def test_a_mapping_is_used_again_for_the_same_headings(store: SqlPatientStore, imported: Importer) -> None:
    with pytest.raises(ImportRefused):
        imported("appointments", AGENDA)
    first = imported("appointments", AGENDA, mapping=MAPPING)
    assert (counts(first)[1], first.mapping_of) == (1, "")
    again = imported("appointments", AGENDA.replace("Nr;Dossier", "nr;DOSSIER").replace("X1", "X2"))
    assert counts(again) == (1, 1, 0, 0, 0)
    assert again.mapping_of.startswith("2026-")
    assert rows_of(store, schema.appointments, "appointment_id", "state") == [("X1", "missed"), ("X2", "missed")]


def test_a_file_is_read_once_more_only_when_its_mapping_says_how(
    imported: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def reading(path: Path, **said: str | None) -> ImportTable:
        read.append(path)
        return read_table(path, **said)

    monkeypatch.setattr("workbench.patients.imports.importing.read_table", reading)
    for options, times in (({}, 1), ({"options": {"delimiter": ";"}}, 2)):
        imported("appointments", AGENDA, mapping={**MAPPING, **options})
        read.clear()
        assert imported("appointments", AGENDA).mapping_of
        assert len(read) == times


def test_other_headings_and_other_kinds_know_nothing_of_it(imported: Importer) -> None:
    imported("appointments", AGENDA, mapping=MAPPING)
    with pytest.raises(ImportRefused):
        imported("appointments", AGENDA.replace("Venu", "Présent"))
    with pytest.raises(ImportRefused):
        imported("guardians", AGENDA)


def test_a_mapping_is_forgotten_when_asked_and_replaced_by_the_next(store: SqlPatientStore, imported: Importer) -> None:
    imported("appointments", AGENDA, mapping=MAPPING)
    other = {**MAPPING, "values": {"state": {"non": "cancelled"}}}
    imported("appointments", AGENDA, mapping=other)
    assert imported("appointments", AGENDA).mapping_of
    assert rows_of(store, schema.appointments, "state") == [("cancelled",)]
    text = AGENDA.replace("Nr;Dossier;Quand;Venu", "rdv;dossier;début;état")
    imported("appointments", text, mapping={"values": {"state": {"non": "excused"}}})
    forgotten = imported("appointments", text, forget_mapping=True)
    assert (forgotten.mapping_of, [code for _row, code in codes(forgotten.findings)]) == ("", ["unknown_word"])
    assert imported("appointments", text).mapping_of == ""


def test_a_trial_keeps_and_forgets_nothing(store: SqlPatientStore, imported: Importer) -> None:
    imported("appointments", AGENDA, mapping=MAPPING, dry_run=True)
    assert rows_of(store, schema.import_mappings, "kind") == []
    imported("appointments", AGENDA, mapping=MAPPING)
    before = everything_in(store)
    imported("appointments", AGENDA, forget_mapping=True, mapping=MAPPING, dry_run=True)
    assert everything_in(store) == before


def test_what_was_said_of_the_encoding_is_found_by_who_does_not_know_it_yet(
    store: SqlPatientStore, tmp_path: Path
) -> None:
    path = tmp_path / "old.csv"
    options = {"by": "Claire", "now": NOW}
    path.write_bytes("Dossier|Nom|Prénom\n7|Noël|Zoé\n".encode("mac_roman"))
    store.import_file("patients", path, mapping={"options": {"encoding": "mac_roman", "delimiter": "|"}}, **options)
    report = store.import_file("patients", path, **options)
    assert (report.encoding, counts(report)) == ("mac-roman", (1, 0, 0, 1, 0))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_encoding_said_of_one_file_does_not_garble_the_next(
    encoding: str, store: SqlPatientStore, tmp_path: Path
) -> None:
    path = tmp_path / "patients.csv"
    options = {"by": "Claire", "now": NOW}
    text = "Dossier;Nom;Prénom\n7;Noël;Zoé\n"
    path.write_bytes(text.encode("cp1252"))
    store.import_file("patients", path, mapping={"options": {"encoding": "cp1252"}}, **options)
    path.write_bytes(text.encode(encoding))
    report = store.import_file("patients", path, **options)
    assert counts(report) == (1, 0, 0, 1, 0)
    assert (report.encoding, codes(report.findings)) == (encoding.removesuffix("-sig"), [(0, "encoding")])
    assert "cp1252" in report.findings[0].message
    path.write_bytes(text.encode("cp1252"))
    report = store.import_file("patients", path, **options)
    assert (report.encoding, counts(report), report.findings) == ("cp1252", (1, 0, 0, 1, 0), ())
