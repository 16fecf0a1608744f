"""Whose picture and whose name a row gets: the appointment's practitioner's, else the file's, never a mixture."""

from __future__ import annotations

from tests.merging.test_formats import NOW, ZONE
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.formats import FORMATS
from workbench.merging.formats.inputs import Inputs


def told(code: str, **columns: list[object]) -> list[str | None]:
    """Write a field for rows whose columns are given as ``table__column``."""
    field = builtin_catalogue()[code]
    laid = {name.replace("__", "."): values for name, values in columns.items()}
    inputs = Inputs(columns=laid, languages=["fr"] * len(laid["subject.practitioner_id"]), now=NOW, zone=ZONE)
    return FORMATS[field.format](inputs, field.source)


def test_a_row_is_signed_by_its_own_practitioner_or_by_nobody() -> None:
    rows = {
        "subject__practitioner_id": ["MM", "CC", None, None],
        "practitioner__signature_path": ["mm.png", None, None, None],
        "file_practitioner__signature_path": ["yk.png", "yk.png", "yk.png", None],
    }
    assert told("PRSIGN", **rows) == ["mm.png", None, "yk.png", None]


def test_the_name_beside_a_signature_is_of_the_same_person() -> None:
    rows = {
        "subject__practitioner_id": ["MM", "AB", None],
        "practitioner__title": ["Dr", None, None],
        "practitioner__last_name": ["Molaire", "Bonnet", None],
        "file_practitioner__title": ["Dr", "Dr", "Dr"],
        "file_practitioner__last_name": ["Kerebel", "Kerebel", "Kerebel"],
        "practitioner__rpps": ["1", None, None],
        "file_practitioner__rpps": ["2", "2", "2"],
    }
    assert told("PRSIGNOM", **rows) == ["Dr Molaire", "Bonnet", "Dr Kerebel"]
    assert told("PRSIGRPPS", **rows) == ["1", None, "2"]


def test_the_practice_has_one_logo_for_every_row() -> None:
    rows = {"subject__practitioner_id": [None, "MM"], "practice__logo_path": ["logo.png", "logo.png"]}
    assert told("CABLOGO", **rows) == ["logo.png", "logo.png"]
