from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import BadValue, ImportRefused, UnknownName
from workbench.patients.imports.importing import KINDS, columns_of_kind
from workbench.patients.imports.mapping import ImportMapping, places_of_columns, read_mapping
from workbench.patients.imports.values import DayStyle

NOTHING = ImportMapping()
APPOINTMENTS = columns_of_kind("appointments")


def places(headings: list[str], kind: str = "patients", mapping: ImportMapping = NOTHING) -> dict[str, str]:
    found = places_of_columns(headings, kind, columns_of_kind(kind), mapping, file="export.csv")
    return {ours: headings[place] for ours, place in found.items()}


def test_french_headings_are_recognised() -> None:
    headings = ["N° Dossier", "NOM", "Prénom", "Né(e) le", "Tél.", "Portable", "E-mail", "CP", "Ville", "Couleur"]
    assert places(headings) == {
        "patient_id": "N° Dossier",
        "last_name": "NOM",
        "first_name": "Prénom",
        "birth_date": "Né(e) le",
        "phone": "Tél.",
        "mobile": "Portable",
        "email": "E-mail",
        "postcode": "CP",
        "city": "Ville",
    }


def test_english_headings_and_our_own_are_recognised() -> None:
    headings = ["patient_id", "AppointmentID", "Start Time", "state", "Provider", "id"]
    assert places(headings, "appointments") == {
        "patient_id": "patient_id",
        "appointment_id": "AppointmentID",
        "starts_at": "Start Time",
        "state": "state",
        "practitioner": "Provider",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_columns_we_export_are_recognised_by_their_names(kind: str) -> None:
    names = list(columns_of_kind(kind))
    assert places(names, kind) == {name: name for name in names}


def test_a_mapping_wins_over_what_is_recognised() -> None:
    mapping = read_mapping({"columns": {"email": "Mail du père", "phone": ""}}, known=columns_of_kind("patients"))
    assert places(["Dossier", "E-mail", "Mail du père", "Tél"], mapping=mapping) == {
        "patient_id": "Dossier",
        "email": "Mail du père",
    }


def test_a_heading_that_is_absent_or_double_is_refused() -> None:
    mapping = read_mapping({"columns": {"email": "Mail"}}, known=columns_of_kind("patients"))
    with pytest.raises(ImportRefused, match="Courriel"):
        places(["Dossier", "Courriel"], mapping=mapping)
    with pytest.raises(ImportRefused, match="« Mail »"):
        places(["Dossier", "Mail", "Mail"], mapping=mapping)


def test_a_mapping_is_read_from_a_toml_file(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        '[columns]\nstate = "No-show"\n[values.state]\nYes = "missed"\n[constants]\nforced = false\n'
        '[options]\ndates = "MDY"\ndelimiter = ";"\nencoding = "cp1252"\nprefix = "K-"\n',
        encoding="utf-8",
    )
    assert read_mapping(path, known=APPOINTMENTS) == ImportMapping(
        columns={"state": "No-show"},
        values={"state": {"Yes": "missed"}},
        constants={"forced": "no"},
        days=DayStyle(order="mdy"),
        delimiter=";",
        encoding="cp1252",
        prefix="K-",
    )


@pytest.mark.parametrize(
    ("mapping", "error"),
    [
        ({"column": {}}, UnknownName),
        ({"columns": {"shoe_size": "x"}}, UnknownName),
        ({"values": {"shoe_size": {}}}, UnknownName),
        ({"options": {"colour": "red"}}, UnknownName),
        ({"options": {"dates": "ydm"}}, BadValue),
        ({"columns": 3}, BadValue),
        ({"values": {"state": "missed"}}, BadValue),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(mapping: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_mapping(mapping, known=APPOINTMENTS)


def test_a_mapping_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"absent\.toml"):
        read_mapping(tmp_path / "absent.toml", known=APPOINTMENTS)
    path = tmp_path / "bad.toml"
    path.write_text("[columns\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match=r"bad\.toml"):
        read_mapping(path, known=APPOINTMENTS)
