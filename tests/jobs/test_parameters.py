from __future__ import annotations

import pytest

from workbench.errors import BadValue, UnknownName
from workbench.jobs.parameters import checked_values, declared_parameters, read_yaml

CELL = """
start: str = "tomorrow"  # the first day
cp: str = "75001"
count: int = 3
rate: float = 0.5
dry_run: bool = False  # check, send nothing
state: list[str] = ["upcoming"]
rows: list = []
options: dict = {}
limit: int | None = None
loose = "a text"
number = 4
unsaid: object = None
"""


def read(**given: object) -> dict[str, object]:
    return checked_values(declared_parameters(CELL), given)


def test_the_cell_tells_names_kinds_defaults_and_comments():
    declared = declared_parameters(CELL)
    assert list(declared) == [
        "start", "cp", "count", "rate", "dry_run", "state", "rows", "options", "limit", "loose", "number", "unsaid",
    ]  # fmt: skip
    assert (declared["start"].kind, declared["start"].default) == ("str", "tomorrow")
    assert declared["start"].comment == "the first day"
    assert declared["state"].item == "str"
    assert declared["limit"].may_be_none
    assert declared["number"].kind == "int"


def test_a_postcode_keeps_its_zero():
    assert read(cp="01") == {"cp": "01"}
    assert checked_values(declared_parameters(CELL), read_yaml("cp: 01\nstart: 2026-11-22", where="-y")) == {
        "cp": "01",
        "start": "2026-11-22",
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("dry_run", "true", True),
        ("dry_run", "oui", True),
        ("dry_run", "No", False),
        ("dry_run", True, True),
        ("count", "12", 12),
        ("count", 12, 12),
        ("rate", "0,25", 0.25),
        ("rate", "3", 3.0),
        ("state", "upcoming, missed", ["upcoming", "missed"]),
        ("state", ["a", "b"], ["a", "b"]),
        ("start", ["a", "b"], "a,b"),
        ("limit", "None", None),
        ("limit", None, None),
        ("limit", "4", 4),
        ("options", "{a: 1}", {"a": "1"}),
        ("loose", "01", "01"),
        ("unsaid", "5", 5),
        ("unsaid", "True", True),
        ("unsaid", "word", "word"),
    ],
)
def test_a_value_is_read_as_its_parameter_says(name, text, value):
    assert read(**{name: text}) == {name: value}
    assert type(read(**{name: text})[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("count", "many"), ("count", "1.5"), ("count", True), ("dry_run", "perhaps"), ("rate", "x"), ("start", None),
     ("count", ["1"]), ("options", "a"), ("state", {"a": "b"})],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(name, text):
    with pytest.raises(BadValue, match=name):
        read(**{name: text})


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UnknownName, match=r"« strat ».*start, cp, count"):
        read(strat="tomorrow")
    with pytest.raises(UnknownName, match="tagged « parameters »"):
        checked_values({}, {"start": "x"})


@pytest.mark.parametrize("name", ["password", "smtp_password", "secret", "API_KEY", "mot_de_passe"])
def test_a_password_is_no_parameter(name):
    with pytest.raises(BadValue, match="password is no parameter"):
        checked_values(declared_parameters(f'{name}: str = ""'), {name: "x"})


@pytest.mark.parametrize("text", ["- a\n- b", "a: [", "just words"])
def test_a_file_that_gives_no_names_is_refused(text):
    with pytest.raises(BadValue, match=r"params\.yaml"):
        read_yaml(text, where="params.yaml")
    assert read_yaml("", where="params.yaml") == {}
