"""A colleague without a number stays the same one when his address changes, so far as that is sure."""

from __future__ import annotations

import pytest

from tests.contracts.patient_store_contract import add
from tests.patients.imports.importer import Importer, codes, counts, everything_in, rows_of
from workbench.patients import schema
from workbench.patients.store import SqlPatientStore

HEADINGS = "nom,prénom,e-mail,dossier,type\n"


@pytest.fixture
def peopled(store: SqlPatientStore) -> SqlPatientStore:
    add(store, schema.patients, [{"patient_id": one} for one in ("007", "008", "009")])
    return store


def addresses(store: SqlPatientStore) -> list[tuple[str]]:
    return rows_of(store, schema.correspondents, "email")


def test_a_new_address_takes_the_place_of_the_old_one(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("correspondents", f"{HEADINGS}Hiver,Ève,old@x.example,007,médecin\nHiver,Ève,old@x.example,008,médecin\n")
    changed = f"{HEADINGS}HIVER,Eve,new@x.example,009,médecin\nHIVER,Eve,new@x.example,007,médecin\n"
    report = imported("correspondents", changed)
    assert (counts(report)[1], report.findings) == (0, ())
    assert addresses(peopled) == [("new@x.example",)]
    before = everything_in(peopled)
    imported("correspondents", changed)
    assert everything_in(peopled) == before
    links = rows_of(peopled, schema.patient_correspondents, "patient_id", "kind")
    assert links == [(one, "treating_physician") for one in ("007", "008", "009")]


def test_a_namesake_of_another_patient_or_kind_is_somebody_else_and_is_told(
    peopled: SqlPatientStore, imported: Importer
) -> None:
    imported("correspondents", f"{HEADINGS}Hiver,Ève,one@x.example,007,médecin\n")
    other = f"{HEADINGS}Hiver,Ève,two@x.example,008,médecin\nHiver,Ève,three@x.example,007,orthodontiste\n"
    report = imported("correspondents", other)
    assert codes(report.findings) == [(2, "ambiguous"), (3, "ambiguous")]
    assert addresses(peopled) == [("one@x.example",), ("three@x.example",), ("two@x.example",)]
    assert imported("correspondents", other).findings == ()


def test_two_addresses_of_one_name_in_one_file_are_two_colleagues(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("correspondents", f"{HEADINGS}Hiver,Ève,one@x.example,007,médecin\nHiver,Ève,one@x.example,008,médecin\n")
    half = f"{HEADINGS}Hiver,Ève,two@x.example,007,médecin\nHiver,Ève,one@x.example,008,médecin\n"
    report = imported("correspondents", half)
    assert codes(report.findings) == [(2, "ambiguous")]
    assert addresses(peopled) == [("one@x.example",), ("two@x.example",)]


def test_a_list_without_addresses_knows_a_colleague_by_name(peopled: SqlPatientStore, imported: Importer) -> None:
    imported("correspondents", f"{HEADINGS}Hiver,Ève,one@x.example,007,médecin\n")
    report = imported("correspondents", "nom,prénom,spécialité\nHiver,Ève,Orthodontie\n")
    assert counts(report)[1:3] == (0, 1)
    assert rows_of(peopled, schema.correspondents, "email", "speciality") == [("one@x.example", "Orthodontie")]
