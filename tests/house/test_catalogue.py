"""Every sentence a person reads is in French too, says the same thing, and fills in the same blanks."""

from __future__ import annotations

import ast
import string

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.house.catalogue import CATALOGUES, HOUSE, KEYWORDS, extracted, typeset
from workbench.language import LANGUAGES


@pytest.fixture(scope="module")
def written() -> Catalog:
    return extracted()


@pytest.fixture(params=[language for language in LANGUAGES if language != "en"])
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    with (CATALOGUES / request.param / "workbench.po").open("rb") as lines:
        return read_po(lines, locale=request.param, abort_invalid=True)


def forms(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def translations(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string or "",)


def blanks(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_sentence_is_translated(written: Catalog, catalogue: Catalog):
    missing = [
        forms(message)[0]
        for message in written
        if message.id and not (message.id in catalogue and all(translations(catalogue[message.id])))
    ]
    assert missing == []


def test_no_sentence_hides_from_the_catalogue(written: Catalog):
    # The extraction reads tokens: on some Pythons it does not look into an f-string.
    called = (
        [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        for file in HOUSE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS
    )
    known = {form for message in written for form in forms(message)}
    assert {sentence for sentences in called for sentence in sentences} - known == set()


def test_no_translation_is_doubtful_or_left_over(written: Catalog, catalogue: Catalog):
    assert [forms(message)[0] for message in catalogue if message.id and message.fuzzy] == []
    assert [forms(message)[0] for message in catalogue if message.id and message.id not in written] == []
    assert list(catalogue.obsolete) == []


def test_a_translation_fills_in_the_same_blanks(catalogue: Catalog):
    for message in catalogue:
        if message.id:
            asked = set().union(*map(blanks, forms(message)))
            for translation in translations(message):
                assert blanks(translation) == asked, translation


def test_french_is_set_as_in_print(catalogue: Catalog):
    if str(catalogue.locale) != "fr":
        pytest.skip("only French sets its signs apart")
    told = [text for message in catalogue if message.id for text in translations(message)]
    broken = [text for text in told if typeset(text) != text]
    assert broken == [], "python -m tests.house.catalogue writes the signs of French"


def test_french_signs_are_kept_with_their_word_and_codes_as_they_are():
    assert typeset("« a » : b ; c ? d !") == "«\xa0a\xa0»\xa0: b\xa0; c\xa0? d\xa0!"
    assert typeset("l'avis d'{name} qu'à « l'autre »") == "l’avis d’{name} qu’à « l’autre »"
    assert typeset("{{ a|replace('b', 'c') }} --name 'x'") == "{{ a|replace('b', 'c') }} --name 'x'"
    assert typeset("{% if x %} --to 12:30 ?a=b :x") == "{% if x %} --to 12:30 ?a=b :x"
