"""A signature stands round the text, in both parts of a message, and moves no line of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.dressing import dressed
from workbench.merging.render import compile_template

BOTH = "<p>@CABNOM</p>\n<div>@CORPS</div>\n<p>Secrétariat{% if CABTEL %} · @CABTEL{% endif %}</p>"
VALUES = {"CABNOM": "Cabinet des Tilleuls", "CABTEL": "02 99 00 00 00", "PPRENOM": "Zoé"}


def merged(template: Template, signature: str, **values: object) -> tuple[str, str]:
    rendered = compile_template(dressed(template, signature), builtin_catalogue()).render({**VALUES, **values})
    return rendered.html, rendered.text


def letter(html: str = "<p>Bonjour @PPRENOM</p>", text: str | None = None) -> Template:
    return Template(label="Bonjour", subject="Bonjour", html=html, text=text)


def test_what_stands_above_the_marker_comes_before_the_text_and_the_rest_after() -> None:
    html, text = merged(letter(), BOTH)
    assert html.index("Tilleuls") < html.index("Zoé") < html.index("Secrétariat")
    assert text.index("Tilleuls") < text.index("Zoé") < text.index("Secrétariat")


def test_the_text_part_of_its_own_is_dressed_too() -> None:
    _html, text = merged(letter(text="Bonjour @PPRENOM,\nà demain."), BOTH)
    assert text == "Cabinet des Tilleuls\n\nBonjour Zoé,\nà demain.\n\nSecrétariat · 02 99 00 00 00\n"
    _html, text = merged(letter(text="Bonjour @PPRENOM"), BOTH, CABTEL=None)
    assert text.endswith("\n\nSecrétariat\n")


def test_a_whole_document_is_dressed_inside_its_body() -> None:
    page = "<html><head><style>p { color: #111111 }</style></head><body>\n<p>Bonjour</p>\n</body></html>"
    html = dressed(letter(page), BOTH).html
    assert html.index("<body>") < html.index("@CABNOM") < html.index("Bonjour") < html.index("Secrétariat")
    assert html.index("Secrétariat") < html.index("</body>")
    assert dressed(letter("<p>x</p>"), page.replace("Bonjour", "@CORPS")).html.startswith("<style>p { color: #111111 }")


def test_a_line_that_is_refused_is_counted_as_its_author_counts() -> None:
    wrong = letter("<p>un</p>\n<p>deux</p>\n<p>{{ inconnu }}</p>")
    for signature in ("", BOTH):
        with pytest.raises(TemplateRefused) as refused:
            compile_template(dressed(wrong, signature), builtin_catalogue())
        assert refused.value.line == 3


def test_without_a_signature_nothing_changes() -> None:
    assert dressed(letter(), "") == letter()


@given(st.text(alphabet="ab\n @{}%<>/\\0\ue000\ue001", max_size=60))
def test_no_text_of_an_email_type_is_taken_for_a_part_of_the_signature(text: str) -> None:
    html = dressed(letter(text), "<p>avant</p><div>@CORPS</div><p>après</p>").html
    assert html == f"<p>avant</p><div>{text}</div><p>après</p>"
