"""Merged values are marked for the eye, and the marks never make another message."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.marks import CLOSE, OPEN, between, faithful, pieces, unmarked
from workbench.merging.render import CompiledTemplate, compile_template

CATALOGUE = builtin_catalogue()


def seen(text: str) -> str:
    """Return the body of a marked document with brackets for marks."""
    return re.sub(r"(?s).*<body>|</body>.*", "", text).replace(OPEN, "[").replace(CLOSE, "]")


def test_each_merged_value_of_the_text_bears_marks(compiled: Callable[..., CompiledTemplate]) -> None:
    template = compiled("<p>@DAPPEL,</p><p>{{ PNOM|lower }} le {{ RDVDATE }}.</p>", subject="Pour @PNOM")
    marked = template.render_marked({"DAPPEL": "Madame", "PNOM": "D'ARTAGNAN & fils", "RDVDATE": "24 novembre"})
    assert seen(marked.html) == "<p>[Madame],</p><p>[d&#39;artagnan &amp; fils] le [24 novembre].</p>"
    assert seen(marked.text) == "[Madame],\n\n[d'artagnan & fils] le [24 novembre].\n"
    assert marked.subject == "Pour D'ARTAGNAN & fils"


def test_a_value_in_an_attribute_or_an_address_bears_none(compiled: Callable[..., CompiledTemplate]) -> None:
    template = compiled(
        '<p title="@PNOM"><a href="https://x.example/{{ token }}">ici</a></p>', columns=["token"], text="Bonjour"
    )
    marked = template.render_marked({"PNOM": "Zoé", "token": "a b"})
    assert seen(marked.html) == '<p title="Zoé"><a href="https://x.example/a%20b">ici</a></p>'


def test_a_blank_value_bears_none_and_blanks_stay_outside(compiled: Callable[..., CompiledTemplate]) -> None:
    marked = compiled("<p>a@PNOM b@PPRENOM</p>").render_marked({"PNOM": " x ", "PPRENOM": ""})
    assert seen(marked.html) == "<p>a [x]  b</p>"
    assert between("  ") == "  "


def test_an_author_who_measures_a_block_of_text_gets_the_message_without_marks(
    compiled: Callable[..., CompiledTemplate],
) -> None:
    template = compiled("{% set line %}<b>@PNOM</b>{% endset %}<p>{{ line|striptags|length }}</p>")
    values = {"PNOM": "Zoé"}
    assert template.render_marked(values) == template.render(values)


def test_a_value_that_holds_marks_itself_shows_none(compiled: Callable[..., CompiledTemplate]) -> None:
    template = compiled("<p>@PNOM</p>")
    values = {"PNOM": f"x{OPEN}y"}
    assert template.render_marked(values).html == template.render(values).html


def test_a_text_that_differs_by_more_than_its_marks_is_never_shown() -> None:
    assert faithful(f"a{OPEN}b{CLOSE}", "ab") == f"a{OPEN}b{CLOSE}"
    assert faithful(f"a{OPEN}c{CLOSE}", "ab") == "ab"


def test_a_marked_text_comes_in_pieces() -> None:
    assert pieces(f"a{OPEN}b{OPEN}c{CLOSE}{CLOSE}d") == [("a", False), ("b", True), ("c", True), ("d", False)]
    assert pieces(f"{OPEN}b{CLOSE}") == [("b", True)]
    assert pieces("") == []


_BITS = st.sampled_from(
    [
        "<p>@PNOM</p>", "{{ PNOM }}", "{{ PNOM|upper }}", "{{ PNOM|safe }}", "{{ PNOM|truncate(4) }}", "@PPRENOM@PNOM",
        "{% if PNOM %}<b>@PNOM</b>{% endif %}", "{% set x %}<i>@PNOM</i>{% endset %}{{ x }}", "<td>{{ PNOM }}</td>",
        "{% filter upper %}a @PNOM <b>{% endfilter %}", "{% autoescape false %}{{ PNOM }}{% endautoescape %}",
        '<a href="{{ PNOM }}" title="@PNOM">@PNOM</a>', "<table><tr>@PNOM</tr></table>", "{@PNOM}", " ", "\n", "<br>",
        "<style>.a{color:red}</style>", '<p class="{{ PNOM }}">x</p>', '<p class="a">@PNOM</p>', "<pre>@PNOM\n</pre>",
        "{{ PNOM ~ ' ' ~ PPRENOM }}", "{% for c in PNOM %}{{ c }}{% endfor %}", "&eacute;@PNOM;", "<li>@PNOM<li>",
    ]
)  # fmt: skip
_VALUES = st.text(alphabet=st.sampled_from("aé<>&\"' \n\t{}@#%" + OPEN + CLOSE), max_size=12) | st.sampled_from(
    ["<b>gras</b>", "</p><p>", "<!--", "<table>", "https://x.example/?a=b&c", "javascript:alert(1)", "&amp;"]
)


@given(bits=st.lists(_BITS, min_size=1, max_size=6), last=_VALUES, first=_VALUES, own_text=st.booleans())
def test_taking_the_marks_out_gives_the_very_message(bits: list[str], last: str, first: str, own_text: bool) -> None:
    html = "".join(bits)
    template = compile_template(
        Template(label="Essai", subject="@PNOM", html=html, text="Cher @PNOM \n{{ PPRENOM }}" if own_text else None),
        CATALOGUE,
    )
    values = {"PNOM": last, "PPRENOM": first}
    plain, marked = template.render(values), template.render_marked(values)
    assert marked.subject == plain.subject
    for shown, true in ((marked.html, plain.html), (marked.text, plain.text)):
        assert shown == true or unmarked(shown) == true
    assert template.render(values) == plain
