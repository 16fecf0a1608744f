from __future__ import annotations

import json

import pytest

from workbench.errors import BadValue, UnknownName, UsageError


def test_a_practice_says_its_name_and_the_rest_of_its_card(at):
    done = at("practice", "set", "name=Cabinet des Lilas", "phone=02 99 00 00 00", "city=")
    assert done.exit_code == 0
    assert "« Phone » is set" in done.stderr
    card = json.loads(at("practice", "show", "--format", "json").stdout)
    assert (card["name"], card["phone"], card["city"]) == ("Cabinet des Lilas", "02 99 00 00 00", None)
    assert next(iter(card)) == "name"
    assert "Cabinet des Lilas" in at("practice", "show").stdout
    checks = json.loads(at("doctor", "--format", "json").stdout)
    assert next(one for one in checks if one["check"] == "Practice")["status"] == "ok"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], UsageError),
        (["colour=red"], UnknownName),
        (["self=1"], UnknownName),
        (["name"], BadValue),
        (["name="], BadValue),
        (["email=nowhere"], BadValue),
    ],
)
def test_what_a_practice_cannot_say_is_refused(at, words, error):
    assert isinstance(at("practice", "set", *words).exception, error)
