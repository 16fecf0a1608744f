from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from workbench.patients import schema
from workbench.patients.words import appointment_state, plain, vocabulary

WORDS = tomllib.loads(files("workbench.patients").joinpath("words.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "compared"),
    [("N° de Dossier", "n de dossier"), ("Né(e) le", "ne e le"), ("CONSŒUR", "consoeur"), ("No-show", "no show")],
)
def test_words_are_compared_without_accents_case_or_punctuation(words: str, compared: str) -> None:
    assert plain(words) == compared


@pytest.mark.parametrize("name", sorted(WORDS))
def test_no_word_means_two_things(name: str) -> None:
    meant: dict[str, set[str]] = {}
    for value, words in WORDS[name].items():
        for word in (value, *words):
            meant.setdefault(plain(word), set()).add(value)
    assert {word: values for word, values in meant.items() if len(values) > 1} == {}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("states", schema.STATES),
        ("decliners", schema.DECLINERS),
        ("sexes", schema.SEXES),
        ("roles", schema.RESPONSIBILITIES),
        ("correspondent_kinds", schema.CORRESPONDENT_KINDS),
        ("channels", schema.CHANNELS),
        ("consent_states", schema.CONSENT_STATES),
    ],
)
def test_every_value_of_the_store_has_words(name: str, values: tuple[str, ...]) -> None:
    assert set(vocabulary(name).values()) == set(values)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Annulé par téléphone", "cancelled"),
        ("ANNULÉE - patient malade", "cancelled"),
        ("Excusé (grippe)", "excused"),
        ("Reporté au 3/12", "postponed"),
        ("Manqué sans excuse", None),
        ("Absent", "missed"),
        ("No-show", "missed"),
        ("Présente", "present"),
        ("Venu en retard", "present"),
        ("Non venu", "missed"),
        ("Confirmé par SMS", "upcoming"),
        ("À venir", "upcoming"),
        ("Confirmé puis décommandé", None),
        ("Confirmé annulé", None),
        ("À venir ?", "upcoming"),
        ("À venir voir", None),
        ("Absent excusé", None),
        ("Annulé non", None),
        ("Zut", None),
        ("", None),
    ],
)
def test_a_phrase_tells_a_state_only_when_that_is_sure(words: str, state: str | None) -> None:
    assert appointment_state(words) == state
