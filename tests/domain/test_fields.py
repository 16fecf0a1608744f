from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from workbench.domain.fields import Catalogue, DataClass, Field, folded
from workbench.language import use_language


def field(code: str, fr: str, en: str, *, aliases: tuple[str, ...] = (), category: str = "patient") -> Field:
    return Field(
        code=code,
        labels={"fr": fr, "en": en},
        category=category,
        data_class=DataClass.ADMINISTRATIVE,
        source=("patient.last_name",),
        format="text",
        example="LEFÈVRE",
        aliases=aliases,
    )


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        [
            field("PNOM", "Nom du patient", "Patient's last name", aliases=("NOM",)),
            field("PPRENOM", "Prénom du patient", "Patient's first name"),
            field("RDVDATE", "Date du rendez-vous", "Date of the appointment", category="rendez-vous"),
        ]
    )


def test_a_field_is_found_without_regard_to_accents_and_case(catalogue):
    assert [found.code for found in catalogue.search("PRÉNOM")] == ["PPRENOM"]
    assert [found.code for found in catalogue.search("prenom patient")] == ["PPRENOM"]
    assert [found.code for found in catalogue.search("@rdvdate")] == ["RDVDATE"]


def test_every_word_must_be_there(catalogue):
    assert catalogue.search("nom rendez-vous") == []
    assert len(catalogue.search("")) == 3


def test_an_alias_leads_to_its_field_and_is_a_code_that_may_be_written(catalogue):
    assert catalogue["NOM"] is catalogue["PNOM"]
    assert "NOM" in catalogue
    assert "NOM" not in list(catalogue)
    assert catalogue.codes() == {"PNOM", "NOM", "PPRENOM", "RDVDATE"}
    assert len(catalogue) == 3


def test_an_unknown_code_suggests_the_nearest_one(catalogue):
    assert catalogue.suggestion("PNOMS") == "PNOM"
    assert catalogue.suggestion("RDVDAT") == "RDVDATE"
    assert catalogue.suggestion("ZZZ") is None


def test_a_label_speaks_the_language_in_use(catalogue):
    use_language("en")
    try:
        assert catalogue["PNOM"].label == "Patient's last name"
        use_language("fr")
        assert catalogue["PNOM"].label == "Nom du patient"
    finally:
        use_language(None)


class CountedLabels(dict[str, str]):
    """Labels that count how often they are read through."""

    read = 0

    def values(self) -> Any:
        self.read += 1
        return super().values()


def test_the_field_whose_label_a_text_begins_with_is_found_and_each_label_is_read_once() -> None:
    labels = CountedLabels(fr="Date du rendez-vous", en="Date of the appointment")
    longer = field("RDVDATELONG", "Date du rendez-vous en toutes lettres", "Date of the appointment in full")
    fields = Catalogue([replace(field("RDVDATE", "", ""), labels=labels), longer, field("PTEL", "Téléphone", "Phone")])
    for _time in range(3):
        assert fields.labelled("date  du RENDEZ-VOUS, à midi") is fields["RDVDATE"]
        assert fields.labelled("Date du rendez-vous en toutes lettres.") is longer
        assert fields.labelled("date of the appointments") is None
        assert fields.labelled("media screen") is None
        assert fields.labelled("telephone du soir") is None
        assert fields.begins_label("date du soir")
        assert not fields.begins_label("date")
        assert not fields.begins_label("le date du rendez-vous")
    assert labels.read == 1


def test_folding_keeps_only_plain_letters():
    assert folded("Hélène ŒUVRÉ") == "helene uvre"
