"""A patient is told by a number, an address, a telephone or a whole name, and not by a word like any other."""

from __future__ import annotations

import pytest

from workbench.domain.identities import Identity

ZOE = Identity(
    patient_id="1893",
    names=frozenset({("Zoé", "LEFÈVRE"), ("Zoé", "d'Œuilly")}),
    addresses=frozenset({"Z.Lefevre@exemple.fr"}),
    phones=frozenset({"06 12 34 56 78"}),
)


@pytest.mark.parametrize(
    "text",
    [
        "<p>Bonjour Zoé Lefèvre,</p>",
        "lefevre zoe",
        "LEFEVRE, Zoé",
        "<td>LEFÈVRE</td><td>Zoé</td>",
        "Zo&eacute; <b>Lef&egrave;vre</b>",
        "Zoé-Marie épouse Lefèvre",
        "Nom : Lefèvre – prénom : Zoé",
        "Zoé d’Oeuilly",
        "<p>Bonjour Mme LEFÈVRE,</p>",
        "écrire à z.lefevre@exemple.fr.",
        "appeler au 06.12.34.56.78",
        "appeler au +33 6 12 34 56 78 demain",
        "voir le dossier n° 1893",
        "patient 1893",
    ],
)
def test_told(text: str) -> None:
    assert ZOE.is_told_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "proposer",
        "Zoé",
        "Chez le docteur Lefèvre, au 1er étage.",
        "Lefèvre est absent. Demandez la petite Zoé",
        "en 1893",
        "dossier n° 18931",
        "az.lefevre@exemple.fr",
        "z.lefevre@exemple.fra",
        "du 2026-11-24 au 2026-11-25 de 10:00 à 12:30",
        "",
    ],
)
def test_not_told(text: str) -> None:
    assert not ZOE.is_told_in(text)


def test_common_words_tell_of_nobody() -> None:
    rose = Identity(patient_id="12", names=frozenset({("Rose", "Blanc")}))
    assert not rose.is_told_in("<p>Fermé le 12. Le fauteuil est blanc ; une rose vous attend.</p>")
    assert not Identity(patient_id="12").is_told_in("12")
    assert not Identity(patient_id="12", names=frozenset({("", "")})).is_told_in("M. et Mme")


def test_names_of_other_scripts_are_names() -> None:
    olena = Identity(patient_id="7", names=frozenset({("Олена", "Шевченко")}))
    assert olena.is_told_in("ШЕВЧЕНКО Олена")
    assert not olena.is_told_in("Олена")


def test_names_as_they_are_written_to_and_addresses_are_added() -> None:
    known = Identity(patient_id="7").also(addresses=["a@b.example", ""], names=["Zoé DE LA TOUR", "Cabinet", ""])
    assert known.is_told_in("de la tour zoé")
    assert known.is_told_in("A@B.example")
    assert not known.is_told_in("Le cabinet")
    assert known.words == {"Zoé", "DE LA TOUR", "DE", "LA", "TOUR", "a@b.example"}


def test_nobody_is_in_its_repr() -> None:
    assert "Zoé" not in repr(ZOE)
    assert "1893" not in repr(ZOE)


@pytest.mark.parametrize(
    ("parameter", "value", "asked"),
    [
        ("name", "lefevre", True),
        ("name", "Lefèvre zo", True),
        ("name", "d'Œuilly", True),
        ("name", "zoé", False),
        ("name", "Lefèvrette", False),
        ("where", "last_name == 'Lefèvre' and balance > 0", True),
        ("where", "patient_id == '1893'", True),
        ("where", "balance > 1893", False),
        ("where", "email == 'z.lefevre@exemple.fr'", True),
        ("patient", "1893", True),
        ("patient", "2201, 1893", True),
        ("patient", "18930", False),
        ("balance", "1893", False),
        ("city", "Rennes", False),
    ],
)
def test_asked(parameter: str, value: str, asked: bool) -> None:
    assert ZOE.is_asked_in(value, parameter=parameter) is asked


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ("last_name == 'LY'", True),
        ('last_name in ["Roux", "Lý"]', True),
        (" ly ", True),
        ("LY, Mai", True),
        ("city == 'Ly-sur-Mer'", False),
        ("il y a un an", False),
        ("fee > 2 and ly < 3", False),
        ("mai", False),
        ("", False),
    ],
)
def test_a_short_last_name_is_asked_for_between_quotes_or_alone(value: str, asked: bool) -> None:
    mai = Identity(patient_id="9", names=frozenset({("Mai", "Ly"), ("Mai", "")}))
    assert mai.is_asked_in(value, parameter="where") is asked
