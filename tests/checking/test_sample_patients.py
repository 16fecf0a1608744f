from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.checking.sample_patients import BARE, EXAMPLES, sample_name, sample_names, sample_values
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import compile_template

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def values_of(html: str, **settings: object) -> dict[str, dict[str, object]]:
    template = Template(label="x", subject="x", html=html, **settings)  # type: ignore[arg-type]
    compiled = compile_template(template, builtin_catalogue(), columns=None)
    return sample_values(template, compiled, builtin_catalogue(), now=NOW)


def test_everybody_has_a_name_and_values():
    values = values_of("@PNOM")
    assert list(values) == list(sample_names())
    assert len({sample_name(name) for name in values}) == len(values)


def test_their_values_are_those_that_the_formats_of_the_catalogue_make():
    values = values_of("@PPRENOM @PACCORD @PTITRE @PAGE @RDVDATE @RDVHEURE @DAPPEL")
    assert values["girl"]["PACCORD"] == "e"
    assert not values["boy"]["PACCORD"]
    assert values["unknown_sex"]["PACCORD"] == "(e)"
    assert values["girl"]["PAGE"] == "8 ans"
    assert {values[name]["RDVDATE"] for name in ("girl", "man", "couple")} == {"lundi 23 novembre"}
    assert "Madame" in str(values["girl"]["DAPPEL"])  # a child is written to through a parent
    assert str(values["couple"]["DAPPEL"]) == "Madame, Monsieur"


def test_who_lacks_something_lacks_it_unless_it_is_required():
    values = values_of("@DENTTRAIT @PNOM")
    assert values["no_dentist"]["DENTTRAIT"] is None
    assert values["woman"]["DENTTRAIT"]
    assert values_of("@DENTTRAIT", required=("DENTTRAIT",))["no_dentist"]["DENTTRAIT"]


def test_of_nobody_nothing_is_known_but_what_is_required_or_asked_of_the_sender():
    values = values_of("@PNOM @PPRENOM @FERMDU {{ token }}", required=("PNOM",))
    assert values[BARE]["PPRENOM"] is None
    assert values[BARE]["PNOM"] == values[EXAMPLES]["PNOM"]
    assert values[BARE]["FERMDU"]
    assert values[BARE]["token"] == "1"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_and_every_field_of_the_catalogue_can_be_tried(role):
    every = " ".join(f"@{code}" for code in builtin_catalogue())
    values = values_of(every, role=role)
    assert {len(of_one) for of_one in values.values()} == {len(builtin_catalogue())}
    assert all(value is None or isinstance(value, str) for of_one in values.values() for value in of_one.values())
