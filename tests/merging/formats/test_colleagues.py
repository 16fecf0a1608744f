"""How one writes to a colleague, by what the two are to one another."""

from __future__ import annotations

import pytest

from tests.merging.test_formats import written

COLLEAGUE = {"practitioner_id": "", "relation": "colleague", "form": "vous"}
FRIEND_OF_MM = {"practitioner_id": "MM", "relation": "friend", "form": "tu"}


def told(name: str, who: tuple[object, ...], *pair: object, language: str = "fr") -> object:
    """Write one row: last name, first name, title, civility, sex; relations, practitioner, the file's practitioner."""
    return written(name, *who, *pair, language=language)


WOMAN = ("Benhaddou", "Samia", "Dr", "Mme", "F")
MAN = ("Abgrall", "Tanguy", "Dr", "M.", "M")


@pytest.mark.parametrize(
    ("who", "relations", "greeting", "closing"),
    [
        (WOMAN, [COLLEAGUE], "Chère consœur", "Bien confraternellement,"),
        (MAN, [COLLEAGUE], "Cher confrère", "Bien confraternellement,"),
        (MAN, None, "Cher confrère", "Bien confraternellement,"),
        (WOMAN, [COLLEAGUE, FRIEND_OF_MM], "Chère amie", "Bien amicalement,"),
        (MAN, [FRIEND_OF_MM], "Cher ami", "Bien amicalement,"),
        (("Serein", None, "Dr", None, "U"), [COLLEAGUE], "Docteur", "Bien confraternellement,"),
        (("Serein", None, "Dr", None, "U"), [FRIEND_OF_MM], "Docteur", "Bien amicalement,"),
        (MAN, [{**COLLEAGUE, "relation": "hospital"}], "Docteur", "Avec mes salutations distinguées,"),
        (("Roy", "Ana", "Pr", "Mme", "F"), [{**COLLEAGUE, "relation": "other"}], "Professeur",
         "Avec mes salutations distinguées,"),
        (("Le Bihan", "Maud", None, "Mme", "F"), [COLLEAGUE], "Madame", "Avec mes salutations distinguées,"),
    ],
)  # fmt: skip
def test_a_colleague_is_called_by_what_the_two_are_to_one_another(who, relations, greeting, closing) -> None:
    assert told("colleague_greeting", who, relations, "MM", "ML") == greeting
    assert told("colleague_closing", who, relations, "MM", "ML") == closing


def test_english_letters_to_colleagues() -> None:
    assert told("colleague_greeting", MAN, [COLLEAGUE], "MM", None, language="en") == "Dear colleague"
    assert told("colleague_greeting", MAN, [FRIEND_OF_MM], "MM", None, language="en") == "Dear Tanguy"
    hospital = [{**COLLEAGUE, "relation": "hospital"}]
    assert told("colleague_greeting", MAN, hospital, "MM", None, language="en") == "Dear Dr Abgrall"
    assert told("colleague_closing", MAN, hospital, "MM", None, language="en") == "Yours sincerely,"


@pytest.mark.parametrize(
    ("practitioner", "main", "form"),
    [("MM", "ML", "tu"), ("ML", "MM", "vous"), (None, "MM", "tu"), (None, None, "vous"), ("FC", "MM", "vous")],
)
def test_the_practitioner_of_the_message_decides_then_the_one_of_the_file(practitioner, main, form) -> None:
    """Somebody else of the practice is not on familiar terms because a partner is."""
    relations = [{"practitioner_id": "ML", "relation": "colleague", "form": "vous"}, FRIEND_OF_MM, COLLEAGUE]
    assert written("colleague_form", "Abgrall", relations, practitioner, main) == form
    assert written("addressee_form", "treating_dentist", relations, practitioner, main) == form
    assert written("addressee_form", "patient", relations, practitioner, main) == "vous"


def test_without_a_colleague_nothing_is_said() -> None:
    nobody = (None, None, None, None, None)
    for name in ("colleague_greeting", "colleague_closing"):
        assert told(name, nobody, None, "MM", "ML") is None
    assert written("colleague_form", None, None, "MM", None) is None
