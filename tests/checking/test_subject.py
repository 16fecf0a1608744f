from __future__ import annotations

import pytest

from workbench.checking.settings import Surroundings
from workbench.domain.mailings import Severity


@pytest.mark.parametrize(
    "subject",
    ["Votre rendez-vous", "RDV", "Joyeux anniversaire 🎂 !", "Facture n° @HONNUM", "Nos vœux à @DCIVIL @DNOM"],
)
def test_an_ordinary_subject_is_in_order(codes, subject):
    assert codes(subject=subject) == []


@pytest.mark.parametrize(
    ("subject", "word"),
    [
        ("Votre EXTRACTION de demain", "extraction"),
        ("Résultat du dépistage", "depistage"),
        ("Vos implants dentaires", "implants"),
        ("Radio panoramique", "panoramique"),
        ("Test VIH", "vih"),
        ("Your root canal on Monday", "root canal"),
        ("{% if PNOM %}Votre prothèse{% endif %} est prête", "prothese"),
    ],
)
def test_a_word_of_health_in_a_subject_is_named(codes, subject, word):
    assert f"health_word:{word}" in codes(subject=subject)


@pytest.mark.parametrize("subject", ["Radiologie Martin", "Votre rendez-vous du @RDVDATE", "Extrait de compte"])
def test_a_word_that_only_begins_alike_is_none(codes, subject):
    assert [code for code in codes(subject=subject) if code.startswith("health")] == []


def test_a_practice_adds_its_own_words_of_health(codes):
    assert codes(subject="Votre bilan ODF") == []
    assert codes(subject="Votre bilan ODF", there=Surroundings(health_words=("odf",))) == ["health_word:odf"]


def test_a_field_of_health_in_a_subject_is_an_error(look):
    for subject in ("Demain : @RDVNATURE", "Demain{% if RDVNATURE %} {{ RDVNATURE }}{% endif %}"):
        (found,) = look(subject=subject)
        assert (found.code, found.severity) == ("health_field:@RDVNATURE", Severity.ERROR)


def test_no_subject_is_an_error_and_an_empty_one_a_warning_that_says_with_whom(look):
    (found,) = look(subject="  ")
    assert (found.code, found.severity) == ("empty_subject", Severity.ERROR)
    empty = [one for one in look(subject="@DENTTRAIT") if one.code == "empty_subject"]
    assert [(one.recipient, one.severity) for one in empty] == [("no_dentist", Severity.WARNING)]


def test_a_subject_is_measured_as_it_is_merged_but_not_with_names_that_are_long_on_purpose(codes):
    assert codes(subject="x" * 78) == []
    assert codes(subject="x" * 79) == ["long_subject"]
    assert codes(subject="Votre rendez-vous du @RDVDATE à @RDVHEURE, @PPRENOM @PNOM") == []


def test_a_subject_in_capitals_shouts_and_capitals_of_a_value_do_not(codes):
    assert codes(subject="VOTRE RENDEZ-VOUS") == ["shouted_subject"]
    assert codes(subject="@HONNUM") == []


def test_a_subject_of_several_lines_is_told(codes):
    assert codes(subject="Votre\nrendez-vous") == ["subject_lines"]
