from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.language import _, language, n_, use_language

VARIABLES = ("WORKBENCH_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    use_language(None)
    yield
    use_language(None)


def test_french_comes_first():
    assert language() == "fr"


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_system_may_ask_for_english(variable, monkeypatch):
    monkeypatch.setenv(variable, "en_GB.UTF-8")
    assert language() == "en"


def test_a_language_that_nobody_wrote_is_passed_over(monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert language() == "en"


def test_the_workbenchs_own_variable_wins_over_the_systems_and_a_choice_over_both(monkeypatch):
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    assert language() == "en"
    use_language("fr")
    assert language() == "fr"


def test_a_language_that_nobody_wrote_cannot_be_chosen():
    with pytest.raises(ValueError, match="de"):
        use_language("de")


def test_a_sentence_is_said_in_the_language_in_use():
    assert _("Nothing was sent.") == "Rien n’a été envoyé."
    use_language("en")
    assert _("Nothing was sent.") == "Nothing was sent."


def test_a_sentence_that_nobody_translated_stays_as_it_is():
    assert _("No such sentence.") == "No such sentence."


@pytest.mark.parametrize(
    ("chosen", "count", "said"),
    [
        ("fr", 0, "{count} ligne"),
        ("fr", 1, "{count} ligne"),
        ("fr", 2, "{count} lignes"),
        ("en", 0, "{count} rows"),
        ("en", 1, "{count} row"),
        ("en", 2, "{count} rows"),
    ],
)
def test_each_language_counts_in_its_own_way(chosen, count, said):
    use_language(chosen)
    assert n_("{count} row", "{count} rows", count) == said
