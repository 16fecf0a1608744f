"""No value becomes markup, no template carries what runs or loads."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.css import safe_declarations, safe_sheet
from workbench.merging.render import compile_template

EVIL = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "' onmouseover='alert(1)",
    "x onclick=alert(1)", "javascript:alert(1)", "JaVa\tScript:alert(1)", "java\nscript:alert(1)",
    " javascript:alert(1)",
    "&#106;avascript:alert(1)", "javascript&colon;alert(1)", "data:text/html,<script>1</script>", "vbscript:x",
    "--><script>alert(1)</script>", "]]><script>", "</title><script>alert(1)</script>", "\x00javascript:alert(1)",
    "</td></tr></table><iframe src=//evil.test>", "{{7*7}}", "<!--[if mso]><script>", "expression(alert(1))",
    "//evil.test",
]  # fmt: skip


class Seen(HTMLParser):
    """What a browser would find in a message: its tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def seen(html: str) -> Seen:
    reader = Seen()
    reader.feed(html)
    reader.close()
    return reader


EVERYWHERE = (
    "<title>{{ PNOM }}</title><p title='{{ PNOM }}' class={{ PNOM }}>{{ PNOM }}</p>"
    '<a href="{{ PNOM }}">a</a><a href={{ PNOM }}>b</a><a href="https://x.test/?q={{ PNOM }}">c</a>'
    "<a href='{% if PNOM %}{{ PNOM }}{% endif %}'>d</a><img src='{{ PNOM }}' alt='{{ PNOM }}'>"
    "<!--[if mso]><td title='{{ PNOM }}'>{{ PNOM }}</td><![endif]-->{{ PNOM|upper }}{{ PNOM|safe }}"
    "{% set x %}<b>{{ PNOM }}</b>{% endset %}{{ x }}<p title='{{ x }}'>z</p>"
    "{% autoescape false %}{{ PNOM }}{% endautoescape %}"
)


@pytest.fixture(scope="module")
def everywhere():
    return compile_template(Template(label="x", subject="x", html=EVERYWHERE), builtin_catalogue())


def assert_harmless(html: str) -> None:
    found = seen(html)
    assert not set(found.tags) & {"script", "iframe", "object", "form"}
    for name, value in found.attributes:
        assert not name.startswith("on"), name
        if name in ("href", "src"):
            squeezed = re.sub(r"[\x00-\x20]", "", value).lower()
            assert not re.match(r"(?!https?:|mailto:|tel:|cid:)[a-z][a-z0-9+.-]*:", squeezed), value


@pytest.mark.parametrize("value", EVIL)
def test_a_hostile_value_is_harmless_in_every_place(everywhere, value: str) -> None:
    assert_harmless(everywhere.render({"PNOM": value}).html)


@given(st.text(alphabet="<>\"'&/=:;#x javscript\t\n\x00onlk-!", max_size=60) | st.text(max_size=60))
def test_any_value_is_harmless_in_every_place(everywhere, value: str) -> None:
    assert_harmless(everywhere.render({"PNOM": value}).html)


@given(st.text(alphabet="<>\"'&/= \n\tabé`{}", max_size=60))
def test_a_value_in_text_is_read_back_as_it_is(value: str) -> None:
    template = compile_template(Template(label="x", subject="x", html="<pre>@PNOM</pre>"), builtin_catalogue())
    html = template.render({"PNOM": value}).html

    class Text(HTMLParser):
        said = ""

        def handle_data(self, data: str) -> None:
            self.said += data

    reader = Text()
    reader.feed(html.replace("<br>", ""))
    reader.close()
    assert reader.said == value


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        ('<a href="{{ PNOM }}">a</a>', "https://x.test/?a=1&b=é", '<a href="https://x.test/?a=1&amp;b=%C3%A9">a</a>'),
        ('<a href="{{ PNOM }}">a</a>', "javascript:alert(1)", '<a href="#">a</a>'),
        ('<a href="{{ PNOM }}">a</a>', "/page", '<a href="/page">a</a>'),
        ("<a href={{ PNOM }}>a</a>", "tel:+33199001234", '<a href="tel:+33199001234">a</a>'),
        ('<a href="mailto:{{ PNOM }}">a</a>', "a@b.fr", '<a href="mailto:a@b.fr">a</a>'),
        ('<a href="https://x.test/{{ PNOM }}">a</a>', 'a"b c', '<a href="https://x.test/a%22b%20c">a</a>'),
        ('<a href="{{ PNOM }}">a</a>', None, '<a href="">a</a>'),
        ("<p title={{ PNOM }}>a</p>", "deux mots", '<p title="deux mots">a</p>'),
        ("<a href='{% if PNOM %}{{ PNOM }}{% else %}https://x.test{% endif %}'>a</a>", "data:x", '<a href="#">a</a>'),
        (
            "<a href='{% if PNOM %}{{ PNOM }}{% else %}https://x.test{% endif %}'>a</a>",
            None,
            '<a href="https://x.test">a</a>',
        ),
        ("<p>{{ PNOM|safe }}</p>", "<b onclick='x'>gras</b><script>x</script>", "<p><b>gras</b></p>"),
        ("<p>{{ PNOM|safe }}</p>", None, "<p></p>"),
    ],
)
def test_a_value_is_written_for_the_place_where_it_stands(
    compiled, template: str, value: str | None, expected: str
) -> None:
    assert expected in compiled(template).render({"PNOM": value}).html


@pytest.mark.parametrize(
    "html",
    [
        "<script>{{ PNOM }}</script>", "<script>\n@PNOM</script>", "<style>p { color: {{ PNOM }} }</style>",
        "<p style='color: @PNOM'>x</p>",
        "<p onclick='@PNOM'>x</p>", "<@PNOM>", "<{{ PNOM }}>", "<p {{ PNOM }}>x</p>", "<p data-{{ PNOM }}='x'>y</p>",
        "</{{ PNOM }}>", "<p {{ PNOM }}='x'>y</p>", "<img srcset='{{ PNOM }} 2x'>", "<iframe src='@PNOM'></iframe>",
        "<p title='{% if PNOM %}'>x{% endif %}</p>", "<p {% if PNOM %}>x</p>{% endif %}",
        "{% if PNOM %}<p title='{% endif %}'>",
        "<p title='@PNOM>x</p>", "<p", "<style>p {}", "<title>x", "{% if PNOM %}<script>{% endif %}</script>",
    ],
)  # fmt: skip
def test_a_field_where_no_value_is_safe_is_refused_with_a_line(compiled, html: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        compiled(f"<p>\n</p>\n{html}")
    assert refused.value.line in (3, 4)


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<script src=x></script>", "dropped_html:<script>"),
        ("<p onclick='x'>a</p>", "dropped_html:onclick"),
        ("<a href='javascript:x'>a</a>", "dropped_html:href: javascript:"),
        ("<a href='  JAVA&#10;SCRIPT:x'>a</a>", "dropped_html:href: JAVA\nSCRIPT:"),
        ("<a href='data:text/html,x{{ PNOM }}'>a</a>", "dropped_html:href: data:"),
        ("<iframe src='https://x.test'></iframe>", "dropped_html:<iframe>"),
        ("<form action='https://x.test'><input name=a></form>", "dropped_html:<form>"),
        ("<meta http-equiv=refresh content='0;url=//evil.test'>", "dropped_html:<meta>"),
        ("<link rel=stylesheet href='//evil.test'>", "dropped_html:<link>"),
        ("<base href='//evil.test'>", "dropped_html:<base>"),
        ("<svg onload=alert(1)><script>x</script></svg>", "dropped_html:<svg>"),
        ("<style>@import url(//evil.test); p { color: red }</style>", "dropped_html:<style> @import url(//evil.test)"),
        ("<p style='color: red; background: url(//evil.test)'>a</p>", "dropped_html:style: background"),
    ],
)
def test_what_runs_or_loads_is_left_out_of_a_template_with_a_finding(compiled, html: str, code: str) -> None:
    template = compiled(f"<p>avant</p>{html}<p>après</p>")
    assert code in [finding.code for finding in template.findings]
    merged = template.render({"PNOM": "x"})
    assert_harmless(merged.html)
    assert "evil.test" not in merged.html
    assert "avant" in merged.html
    assert "après" in merged.html


def test_comments_of_an_author_are_left_out_and_conditional_ones_kept(compiled) -> None:
    template = compiled(
        "<!-- note {{ PNOM }} --><!--[if mso]><p>@PNOM</p><![endif]-->"
        "<p>x</p><!--[if !mso]><!--><p>y</p><!--<![endif]-->"
    )
    html = template.render({"PNOM": "--> <b>"}).html
    assert "note" not in html
    assert "<!--[if mso]><p>--&gt; &lt;b&gt;</p><![endif]-->" in html
    assert "<!--[if !mso]><!--><p>y</p><!--<![endif]-->" in html


def test_an_ordinary_template_passes_unchanged(compiled) -> None:
    html = (
        '<table role="presentation" width="100%" cellpadding="0"><tr><td style="padding:0 8px;background:#fff">'
        '<a href="https://x.test/?a=1&amp;b=2" target="_blank">é &nbsp;</a><br>'
        '<img src="cid:logo" alt="L&apos;eau" width="10"></td></tr></table>'
    )
    template = compiled(html)
    assert template.findings == ()
    assert html in template.render({}).html


@given(st.text(alphabet="<>\"'=/!-[]{}%# apsctyle@PNOM:;\n\U000f0001", max_size=80))
def test_reading_a_template_always_ends_in_a_message_or_a_refusal(html: str) -> None:
    try:
        template = compile_template(Template(label="x", subject="x", html=html), builtin_catalogue())
        merged = template.render({"PNOM": "<script>x</script>"})
    except TemplateRefused:
        return
    assert "script" not in seen(merged.html).tags


def test_what_is_left_out_never_brings_an_expression_together(compiled) -> None:
    template = compiled("<p>{<script></script>{ PNOM }} {<!-- x -->% if %} {@PNOM}</p><style>p{/**/{PNOM}} </style>")
    merged = template.render({"PNOM": "Zoé"})
    assert "<p>{{ PNOM }} {% if %} {Zoé}</p>" in merged.html
    assert merged.text == "{{ PNOM }} {% if %} {Zoé}\n"


# --- style sheets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("p { color: red; }", "p { color: red }"),
        ("@media print { .a { width: 100% !important } }", "@media print {\n.a { width: 100% !important }\n}"),
        ("@charset 'x'; p { color: red }", "p { color: red }"),
        ("@font-face { src: url(//evil.test) } p { color: red }", "p { color: red }"),
        ("p { background: URL( 'http://evil.test' ) }", ""),
        ("p { background: u\\72l(http://evil.test) }", ""),
        ("p { background: url(cid:logo) }", "p { background: url(cid:logo) }"),
        ("p { width: expres/**/sion(alert(1)) }", ""),
        ("p { font: 'a;b}c'; x: y }", "p { font: 'a;b}c'; x: y }"),
        ("@im\\70ort url(//evil.test); p { a: b }", "p { a: b }"),
        ("p { color: red", "p { color: red }"),
        ("</style><script> { a: b }", ""),
    ],
)  # fmt: skip
def test_a_style_sheet_keeps_what_only_dresses(css: str, kept: str) -> None:
    assert safe_sheet(css)[0] == kept


def test_the_declarations_left_out_are_named() -> None:
    assert safe_declarations("color: red; behavior: url(x); -moz-binding: y") == (
        "color: red",
        ["behavior", "-moz-binding"],
    )
