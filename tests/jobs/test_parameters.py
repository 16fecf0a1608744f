from __future__ import annotations

import pytest

from workbench.errors import BadValue, UnknownName
from workbench.jobs.parameters import as_typed, checked_values, declared_parameters, injected_values, read_yaml

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
either: bool | str = ""
flags: list[bool] = []
texts: dict[str, str] = {}
"""


def read(**given: object) -> dict[str, object]:
    return checked_values(declared_parameters(CELL), given)


def test_the_cell_tells_names_kinds_defaults_and_comments():
    declared = declared_parameters(CELL)
    assert list(declared) == [
        "start", "cp", "count", "rate", "dry_run", "state", "rows", "options", "limit", "loose", "number", "unsaid",
        "either", "flags", "texts",
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
        ("limit", as_typed("None"), None),
        ("limit", None, None),
        ("limit", "4", 4),
        ("options", "{a: 1, b: false, c: '1', d: [no, 01]}", {"a": 1, "b": False, "c": "1", "d": [False, "01"]}),
        ("rows", as_typed("false, 2, x"), [False, 2, "x"]),
        ("rows", "false, 2", ["false", "2"]),
        ("loose", as_typed("01"), "01"),
        ("unsaid", as_typed("5"), 5),
        ("unsaid", as_typed("true"), True),
        ("unsaid", as_typed("No"), False),
        ("unsaid", as_typed("nan"), "nan"),
        ("unsaid", as_typed("word"), "word"),
        ("unsaid", "5", "5"),
        ("either", as_typed("false"), False),
        ("either", "false", "false"),
        ("flags", as_typed("oui,no"), [True, False]),
        ("texts", "{a: 1, b: no}", {"a": "1", "b": "no"}),
    ],
)
def test_a_value_is_read_as_its_parameter_says(name, text, value):
    assert read(**{name: text}) == {name: value}
    assert type(read(**{name: text})[name]) is type(value)


def test_what_nobody_declares_keeps_the_types_of_yaml_and_json():
    text = """
        unsaid: {on: false, day: 2026-11-22, hour: 12:30, cp: 01000, phone: +33612345678, n: -2, x: 1.5, none: ~}
        either: no
        rows: [true, 'true', 3, [false]]
        options: {dry: false}
        loose: no
        state: [no, 01]
        dry_run: off
    """
    assert read(**read_yaml(text, where="-y")) == {
        "unsaid": {
            "on": False, "day": "2026-11-22", "hour": "12:30", "cp": "01000", "phone": "+33612345678", "n": -2,
            "x": 1.5, "none": None,
        },
        "either": False,
        "rows": [True, "true", 3, [False]],
        "options": {"dry": False},
        "loose": "no",
        "state": ["no", "01"],
        "dry_run": False,
    }  # fmt: skip


def test_a_value_that_was_read_is_nothing_but_plain():
    found = read(**read_yaml("{loose: a, state: [b], unsaid: {c: [d]}, texts: {e: f}}", where="-y"))
    plain = [found["loose"], *found["state"], *found["unsaid"]["c"], *found["texts"].values(), *found["texts"]]  # type: ignore
    assert {type(value) for value in plain} == {str}


def test_a_computed_default_is_told_as_it_is_written():
    declared = declared_parameters("day: str = str(date.today())\ncount = 2 + len(x)")
    assert [(one.default, one.computed) for one in declared.values()] == [
        (None, "str(date.today())"), (None, "2 + len(x)"),
    ]  # fmt: skip


def test_an_injected_cell_gives_values_and_nothing_else():
    assert injected_values('# Parameters\nstart = "J+1"\ndry_run = True\n') == {"start": "J+1", "dry_run": True}
    for source in ("import os", "a = b()", "a = 1\nprint(a)"):
        with pytest.raises(SyntaxError):
            injected_values(source)


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


@pytest.mark.parametrize("name", [
    "password", "smtp_password", "secret", "API_KEY", "mot_de_passe", "api_token", "accessToken", "smtpPwd", "pwd2",
    "user_pass", "passphrase", "passCode", "motDePasse", "APIKey", "cle_api", "smtppassword", "client_secret",
])  # fmt: skip
def test_a_password_is_no_parameter(name):
    with pytest.raises(BadValue, match="password is no parameter"):
        checked_values(declared_parameters(f'{name}: str = ""'), {name: "x"})
    with pytest.raises(BadValue, match="password is no parameter"):
        checked_values(declared_parameters("options: dict = {}"), {"options": f"{{mail: {{{name}: x}}}}"})


@pytest.mark.parametrize("name", ["key", "secretary", "secretaire", "passage", "compass", "patient_key", "tokenize"])
def test_another_name_is_no_password(name):
    assert checked_values(declared_parameters(f'{name}: str = ""'), {name: "x"}) == {name: "x"}


@pytest.mark.parametrize("text", ["- a\n- b", "a: [", "just words"])
def test_a_file_that_gives_no_names_is_refused(text):
    with pytest.raises(BadValue, match=r"params\.yaml"):
        read_yaml(text, where="params.yaml")
    assert read_yaml("", where="params.yaml") == {}
