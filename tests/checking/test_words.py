from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.checking.words import LONGEST_WORD, MOST_WORDS, advertising, found_in, health_words, own_words


def test_a_letter_that_reads_like_an_advertisement_is_told_once_with_its_words(look):
    (found,) = look("<p>Profitez de notre promotion : blanchiment gratuit !!!</p>")
    assert found.code == "advertising"
    for word in ("profitez", "promotion", "gratuit", "!!!"):
        assert f"« {word} »" in found.message


def test_one_such_word_is_no_advertisement(codes):
    assert codes("<p>Le parking est gratuit. En cas d’urgence, appelez le 15.</p>") == []
    assert codes("<p>Il vous reste un solde de @HONRESTE.</p>", role="payer") == []


def test_what_nobody_asked_for_says_how_to_decline(codes):
    assert codes("<p>Bonne année</p>", purpose="greetings") == ["no_way_to_decline"]
    assert codes("<p>Pour ne plus recevoir nos vœux, répondez.</p>", purpose="greetings") == []
    assert codes("<p>Votre rendez-vous</p>", purpose="appointment_reminder") == []


def test_the_practice_s_own_words_are_read_one_a_line():
    assert own_words("# nos mots\nODF\n\nbague*  # et la suite\n" + "x" * (LONGEST_WORD + 1)) == ("ODF", "bague*")
    assert len(own_words("mot\n" * (MOST_WORDS + 9))) == MOST_WORDS


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.lists(st.text(max_size=12), max_size=5))
def test_any_text_and_any_words_are_looked_through(text, words):
    found = found_in(text, tuple(words))
    assert len(found) == len(set(found))
    found_in(text, health_words(words))
    assert len(advertising(text, text)) <= 1
