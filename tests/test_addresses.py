"""Addresses: what is well formed, and what is one mailbox."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from workbench.addresses import address_key, address_problem, address_problems, normalised_address


def judged_by_the_library(text: str) -> str:
    try:
        validate_email(text.strip(), test_environment=True, check_deliverability=False)
    except EmailNotValidError:
        return "invalid_address"
    return ""


label = st.text(alphabet="abz09-", min_size=1, max_size=6)
local = st.text(alphabet="aZ0.+-_'!é\" \\(", min_size=1, max_size=8)
domain = st.builds(
    lambda labels, last: ".".join([*labels, last]),
    st.lists(label | st.just("xn--bcher-kva") | st.just("É"), max_size=3),
    st.sampled_from(["fr", "test", "example", "local", "INVALID", "localhost", "c0m", "f", "xn--p1ai", "fr.", "", "1"]),
)


@given(st.builds(lambda a, b: f"{a}@{b}", local, domain) | st.text(alphabet='a@.fr <>;,"\n\x00é-', max_size=20))
def test_the_quick_rule_and_the_library_agree(text: str) -> None:
    expected = "no_address" if not text.strip() else judged_by_the_library(text)
    assert address_problem(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "claire@cabinet.example", "  claire@cabinet.example ", "o'neil+rdv@sub.cabinet.test", "a@b.fr",
        "zoé@exemple.fr", "claire@éole.example", "jean-noel.d_artagnan@xn--ole-9la.example",
    ],
)  # fmt: skip
def test_usable_addresses_are_accepted(text: str) -> None:
    assert address_problem(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "claire", "claire@", "@cabinet.fr", "claire@cabinet", "a@b.fr, c@d.fr", "a@b.fr;c@d.fr", "a@b.fr c@d.fr",
        "Claire <a@b.fr>", '"claire martin"@cabinet.fr', "a@b.fr\nBcc: x@evil.test", "a\x00@b.fr", "a@@b.fr",
        "a..b@c.fr", ".a@c.fr", "a@-b.fr", "a@b..fr", "a@[127.0.0.1]", "a@" + "b" * 64 + ".fr",
        "a@b.local", "x@localhost", "a" * 300 + "@b.fr", "=?utf-8?b?DQpCY2M6IHgK?=@b.fr", "=?utf-8?q?=0D=0A?=@éole.fr",
    ],
)  # fmt: skip
def test_malformed_addresses_are_told(text: str) -> None:
    assert address_problem(text) == "invalid_address"


def test_a_column_is_judged_value_by_value() -> None:
    values = ["a@b.fr", None, "", "  ", float("nan"), "nope", "a@b.fr"]
    assert address_problems(values) == ["", *["no_address"] * 4, "invalid_address", ""]


def test_an_address_is_normalised_for_the_envelope() -> None:
    assert normalised_address("  Claire@Cabinet.EXAMPLE ") == "Claire@cabinet.example"
    assert normalised_address("claire@Éole.example") == "claire@xn--ole-9la.example"
    assert normalised_address(None) == ""


def test_two_spellings_of_one_mailbox_share_a_key() -> None:
    assert address_key("Claire@éole.example") == address_key(" claire@XN--OLE-9LA.example")
