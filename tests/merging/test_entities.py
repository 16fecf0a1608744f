"""What stands for signs in HTML is read, however many digits somebody wrote."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.checking.markup import read_markup
from workbench.domain.fields import Catalogue
from workbench.domain.templates import Template
from workbench.merging.entities import unescaped
from workbench.merging.places import safe_address
from workbench.merging.render import compile_template

ENDLESS = "&#" + "1" * 5_000 + ";"


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"(?:[a&#;x0-9]{0,12}|&#0{0,30}[0-9]{0,12};?){0,6}", fullmatch=True))
def test_a_text_is_read_as_python_reads_it(text: str) -> None:
    assert unescaped(text) == html.unescape(text)


def test_a_number_that_python_does_not_read_is_no_sign() -> None:
    assert unescaped(f"a{ENDLESS}b") == "a\ufffdb"
    assert unescaped("&#" + "0" * 5_000 + "58;") == ":"


@pytest.mark.parametrize(
    "body",
    [
        f"<p>Bonjour {ENDLESS} @PNOM</p>",
        f'<p>x</p><img alt="{ENDLESS}" src="https://x.test/{ENDLESS}">',
        f'<p><a href="{ENDLESS}" style="color: {ENDLESS}" title="{{{{ PNOM }}}}{ENDLESS}">x</a></p>',
        f'<p><a href="{ENDLESS}{{{{ PNOM }}}}">x</a></p>',
        f'<p>{{{{ PNOM ~ "{ENDLESS}" }}}}</p>',
    ],
)
def test_an_email_type_may_hold_a_number_without_end(body: str, catalogue: Catalogue) -> None:
    compiled = compile_template(Template(label="x", subject="x", html=body), catalogue, columns=None)

    assert compiled.codes <= {"PNOM"}
    assert read_markup(body).elements


def test_an_address_may_hold_a_number_without_end() -> None:
    assert safe_address(ENDLESS) == ENDLESS
    assert safe_address("javascript&#" + "0" * 5_000 + "58;alert(1)") == "#"
