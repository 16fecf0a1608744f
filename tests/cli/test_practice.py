from __future__ import annotations

import json

import pytest

from workbench.errors import BadValue, UnknownName, UsageError
from workbench.settings import Settings


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


def test_how_long_a_mailing_can_be_taken_back_is_set_for_the_practice(at, sample):
    file = sample / "workbench.toml"
    file.write_text("# ours\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    done = at("practice", "set", "undo_minutes=10", "sending_hours=08:00-20:00 mon-fri", "phone=02 99 00 00 00")
    assert done.exit_code == 0
    assert "Minutes to take it back" in done.stderr
    assert Settings.read(sample).undo_minutes == 10
    assert Settings.read(sample).sending_hours == "08:00-20:00 mon-fri"
    assert file.read_text(encoding="utf-8").startswith("# ours\n")
    shown = json.loads(at("practice", "show", "--format", "json").stdout)
    assert (shown["undo_minutes"], shown["phone"]) == (10, "02 99 00 00 00")
    assert at("practice", "set", "undo_minutes=", "sending_hours=").exit_code == 0
    assert (Settings.read(sample).undo_minutes, Settings.read(sample).sending_hours) == (0, "")


@pytest.mark.parametrize("wrong", ["undo_minutes=ten", "undo_minutes=5000", "sending_hours=evening"])
def test_a_departure_that_cannot_be_used_changes_nothing(at, sample, wrong):
    before = (sample / "workbench.toml").read_bytes()
    assert isinstance(at("practice", "set", "phone=02 99 00 00 00", wrong).exception, BadValue)
    assert (sample / "workbench.toml").read_bytes() == before
    assert json.loads(at("practice", "show", "--format", "json").stdout)["phone"] != "02 99 00 00 00"
