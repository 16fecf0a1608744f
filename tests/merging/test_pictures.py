"""The images of a text are found where a mail program finds them, and their addresses change alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.pictures import shown_images, with_sources
from workbench.merging.render import compile_template

CID = f"cid:{'a1' * 32}@workbench"


def test_an_image_is_told_with_its_place_and_its_words() -> None:
    source = '<p>\n<img alt="Le &quot;logo&quot;" src="a&amp;b.png" width="120"></p>'
    [image] = shown_images(source)
    assert (image.source, image.alternative, image.line, image.merged) == ("a&b.png", 'Le "logo"', 2, False)
    assert source[image.start : image.end] == "a&amp;b.png"


def test_an_image_of_a_field_or_a_condition_is_told_as_one() -> None:
    sources = ["@PRSIGN", "{{ PRSIGN }}", "{% if x %}a.png{% endif %}", "logo@2x.png"]
    images = shown_images("".join(f'<img src="{source}">' for source in sources))
    assert [image.merged for image in images] == [True, True, True, False]


def test_what_a_jinja_tag_holds_is_no_part_of_the_html() -> None:
    source = """<img alt="{{ ">" }}" src='x.png'>{# <img src="y.png"> #}{{ "<img src='z.png'>" }}"""
    assert [image.source for image in shown_images(source)] == ["x.png"]


def test_only_the_address_changes() -> None:
    source = "<IMG SRC=logo.png alt=''><img data-src=\"no.png\" src = 'logo.png' /><img alt=\"x\">"
    changed = with_sources(source, lambda image: 'new "one".png')
    assert changed == (
        "<IMG SRC=\"new &quot;one&quot;.png\" alt=''>"
        '<img data-src="no.png" src = \'new &quot;one&quot;.png\' /><img alt="x">'
    )
    assert with_sources(source, lambda image: None) == source


_PIECES = ["<img", " src=", '"', "'", ">", "a.png", "{{", "}}", "{%", "%}", " ", "\n", "/", "\x00", "é", "=", "@PRSIGN"]


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_any_text_is_read_and_comes_back_as_it_was(source: str) -> None:
    for image in shown_images(source):
        assert 0 < image.start <= image.end <= len(source)
        assert image.line == source.count("\n", 0, source.rfind("<", 0, image.start)) + 1 or "<img" in source
    assert with_sources(source, lambda image: None) == source


def test_a_text_of_nothing_but_openings_is_read_at_once() -> None:
    assert shown_images("<img " * 100_000) == []
    assert len(shown_images("<img src=x>\n" * 50_000)) == 50_000


# --- an image of a field ----------------------------------------------------------------------------------


def merged(html: str, value: str | None, **parts: str) -> tuple[str, str]:
    template = Template(label="x", subject="s", html=html, **parts)
    compiled = compile_template(template, builtin_catalogue())
    assert not compiled.blocking
    rendered = compiled.render(dict.fromkeys(compiled.codes, value))
    return rendered.html.partition("<body>")[2].partition("</body>")[0], rendered.text


@pytest.mark.parametrize(
    "source", ['"@PRSIGN"', "'{{ PRSIGN }}'", '" {{- PRSIGN -}} "', "{{ PRSIGN|trim }}", '"{{ PRSIGN|default(none) }}"']
)
def test_an_image_stands_where_there_is_one_and_is_left_out_where_there_is_none(source: str) -> None:
    html = f"<p>Bien à vous,</p><img alt='Signature' src={source} width=90><p>Fin</p>"
    shown, text = merged(html, CID)
    assert f'src="{CID}"' in shown.replace('" c', '"c').replace('h "', 'h"')
    assert 'alt="Signature"' in shown
    assert "Signature" in text
    for nothing in (None, ""):
        assert merged(html, nothing) == ("<p>Bien à vous,</p><p>Fin</p>", "Bien à vous,\n\nFin\n")


def test_a_value_cannot_bring_another_address_into_an_image() -> None:
    for value in ("javascript:alert(1)", "data:text/html,x", "java\nscript:x"):
        assert 'src="#"' in merged('<img src="@PRSIGN" alt="">', value)[0]


def test_an_image_left_out_takes_nothing_else_with_it() -> None:
    style = "<style>img { border: 0 }</style>"
    html = f'{style}<table><tr><td><img src="@CABLOGO" alt="Logo"></td><td>@CABNOM</td></tr></table>'
    assert "<td></td>" in merged(html, None)[0]
    mso = '<!--[if mso]><img src="@CABLOGO" alt="Logo"><![endif]--><p>Fin</p>'
    assert merged(mso, None)[0] == "<!--[if mso]><![endif]--><p>Fin</p>"
    assert CID in merged(mso, CID)[0]


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("<p>Bien à vous\n@PRSIGN</p>", 2),
        ('<a href="@PRSIGN">x</a>', 1),
        ('<img src="x" alt="@CABLOGO">', 1),
        ('<img src="https://x.example/@PRSIGN">', 1),
        ('\n\n<img src="@PRSIGN">{{ PRSIGN|upper }}', 3),
    ],
)
def test_an_image_of_a_field_that_would_be_read_as_its_address_keeps_the_email_type_back(html: str, line: int) -> None:
    [finding] = compile_template(Template(label="x", subject="s", html=html), builtin_catalogue()).blocking
    assert finding.code.startswith("misplaced_picture:@")
    assert finding.line == line


def test_an_image_of_a_field_is_no_subject_and_no_text() -> None:
    template = Template(label="x", subject="@PRSIGN", html="<p>{% if PRSIGN %}signé{% endif %}</p>", text="@CABLOGO")
    findings = compile_template(template, builtin_catalogue()).blocking
    assert [finding.code for finding in findings] == ["misplaced_picture:@PRSIGN", "misplaced_picture:@CABLOGO"]
