"""Couples, agreement, and the patient's name after « de »."""

from __future__ import annotations

from datetime import date

import pytest

from tests.merging.test_formats import written


@pytest.mark.parametrize(
    ("civility", "sex", "called", "ending", "told"),
    [
        ("M. et Mme", "U", "Madame, Monsieur", "s", "couple"),
        ("Mme et M.", "U", "Madame, Monsieur", "s", "couple"),
        ("Monsieur & Madame", "U", "Madame, Monsieur", "s", "couple"),
        ("Mme et Mme", "U", "Mesdames", "es", "couple"),
        ("M. et M.", "U", "Messieurs", "s", "couple"),
        ("Mme", "F", "Madame", "e", "féminin"),
        ("M.", "M", "Monsieur", "", "masculin"),
        ("Dr", "F", "Docteur", "e", "féminin"),
        ("Dr", "U", "Docteur", "(e)", None),
        (None, "U", "Madame, Monsieur", "(e)", None),
    ],
)
def test_two_parents_and_one_addressee_are_called_and_agreed_with(civility, sex, called, ending, told) -> None:
    assert written("greeting", civility, sex, "Martin") == called
    assert written("agreement", sex, civility) == ending
    assert written("addressee_sex", civility, sex) == told


def test_english_has_no_agreement() -> None:
    assert written("agreement", "F", "Mme", language="en") == ""
    assert written("addressee_sex", "M. et Mme", "U", language="en") == "couple"


def test_a_first_name_after_de() -> None:
    assert written("of_name", "Alexis") == "d’Alexis"
    assert written("of_name", "Zoé") == "de Zoé"
    assert written("of_name", "Zoé", language="en") == "of Zoé"
    assert written("of_name", None) is None


@pytest.mark.parametrize("role", ["correspondent", "treating_dentist", "orthodontist", "referring"])
def test_every_colleague_reads_of_his_patient(role: str) -> None:
    assert written("relation", role, "", "F", None) == "votre patiente"


@pytest.mark.parametrize(
    ("addressee", "told"),
    [
        ("guardian:mum", "Zoé, Léo"),
        ("patient:007", "Zoé"),
        ("payer:mum", None),
        ("guardian:stranger", None),
        ("patient:ana", None),
    ],
)
def test_a_family_is_told_to_who_answers_for_it_and_its_adults_to_nobody(addressee: str, told: str | None) -> None:
    def member(name: str, born: date, *answering: str) -> dict[str, object]:
        return {"name": name, "birth_date": born, "patient_type": None, "answering": list(answering)}

    family = [
        member("Ada", date(1990, 1, 1), "guardian:mum", "patient:007"),
        member("Zoé", date(2015, 3, 12), "guardian:mum", "patient:007"),
        member("Léo", date(2018, 1, 1), "guardian:mum"),
    ]
    assert written("family", family, addressee) == told
