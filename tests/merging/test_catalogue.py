"""The catalogue of fields: complete, searchable, and read from one file."""

from __future__ import annotations

import pytest

from workbench.domain.fields import Catalogue, DataClass


@pytest.mark.parametrize(
    "code", ["PNOM", "PPRENOM", "RDVDATE", "RDVHEURE", "CABNOM", "DAPPEL", "DLIEN", "DATE", "DATEL", "UTIL"]
)
def test_the_fields_a_reminder_needs_are_there(catalogue: Catalogue, code: str) -> None:
    assert code in catalogue


def test_the_fields_of_health_are_those_of_the_list(catalogue: Catalogue) -> None:
    health = {field.code for field in catalogue.values() if field.data_class is DataClass.HEALTH}
    assert health == {
        "PETATDOS", "RDVNATURE", "RDVREM", "RDVCONS", "ACTES", "DENTS", "ACTEDATE", "CONSEILS", "ORDDATE", "IMGDATE",
        "PLTITRE", "PLETAPE", "SEMESTRE", "SEMFIN", "ENTDATE", "ENTFIN", "CONTENTION", "HONOBJET", "RAPMOTIF", "TEXTE",
    }  # fmt: skip


def test_fields_are_found_without_accents_or_case(catalogue: Catalogue) -> None:
    assert "PPRENOM" in [field.code for field in catalogue.search("prenom PATIENT")]
    assert [field.code for field in catalogue.search("@pnomnais")] == ["PNOMNAIS"]
    assert "RDVCONS" in [field.code for field in catalogue.search("consignes")]
    assert "PRURG" in [field.code for field in catalogue.search("ligne d'urgence")]
    assert "PRURG" in [field.code for field in catalogue.search("ligne d’urgence")]


def test_what_is_asked_once_has_one_source_that_proposes(catalogue: Catalogue) -> None:
    asked = {field.code: field for field in catalogue.values() if field.asked}
    assert list(asked) == ["FERMDU", "FERMAU", "REMPLACANT", "REMPLTEL", "ANNEE", "TEXTE"]
    assert {field.asked for field in asked.values()} == {"day", "text", "year", "long_text"}
    assert all(len(field.source) == 1 for field in asked.values())


def test_every_example_and_label_is_there_in_both_languages(catalogue: Catalogue) -> None:
    for field in catalogue.values():
        assert field.example, field.code
        assert set(field.labels) == {"fr", "en"}, field.code
        assert all(field.labels.values()), field.code


def test_every_source_is_a_table_and_a_column(catalogue: Catalogue) -> None:
    tables = {source.partition(".")[0] for field in catalogue.values() for source in field.source}
    assert tables == {
        "patient", "guardian", "payer", "addressee", "appointment", "appointments", "practitioner", "file_practitioner",
        "practice", "mailing", "subject", "invoice", "quote", "recall", "plan", "agreement", "visit", "correspondent",
    }  # fmt: skip


def test_every_column_of_the_store_that_a_field_needs_exists(catalogue: Catalogue) -> None:
    from workbench.merging.frames import needed_columns
    from workbench.patients.columns import column_names

    needed = needed_columns(catalogue, catalogue)
    for source in (field.source[0] for field in catalogue.values() if field.asked):
        table, _dot, column = source.partition(".")
        if table != "mailing":
            needed.setdefault(table, set()).add(column)
    assert "next_closure_from" in needed["practice"]
    for table, columns in needed.items():
        if table not in ("guardian", "payer"):
            assert columns <= column_names(table.removeprefix("file_")), table
