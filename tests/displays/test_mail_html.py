"""A message's HTML is made safe to look at, and keeps its looks."""

from __future__ import annotations

import re
import time

import pytest

from workbench.displays.mail_html import POLICY, safe_document, text_document

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def body_of(document: str) -> str:
    found = re.search(r"(?s)(<body[^>]*>.*)</body></html>\Z", document)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>steal()</script>",
        "<img src=x onerror=steal()>",
        "<svg onload=steal()><script>steal()</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=steal()>",
        '<base href="https://evil.example/">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
        '<form action="https://evil.example/"><input name=a autofocus onfocus=steal()><button>Go</button></form>',
        '<iframe src="https://evil.example/"></iframe><iframe srcdoc="<script>steal()</script>"></iframe>',
        '<object data="https://evil.example/"></object><embed src="https://evil.example/">',
        '<link rel="stylesheet" href="https://evil.example/x.css">',
        '<a href="javascript:steal()">x</a><a href="https://evil.example/">y</a><a href=" data:text/html,x()">z</a>',
        '<area href="https://evil.example/"><map><area href="https://evil.example/"></map>',
        "<style>@import 'https://evil.example/x.css'; p { background: url(https://evil.example/x) }</style><p>x",
        "<style>p{color:red}</style<script>steal()</script>",
        "<style></style><img src=x onerror=steal()></style>",
        "<style><!--</style><img src=x onerror=steal()>--></style>",
        '<p style="background:url(https://evil.example/);width:expression(steal())">x</p>',
        '<body background="https://evil.example/x.png" onload=steal()>',
        '<body style="x"><script>steal()</script>" onload=steal()>',
        '<video poster="https://evil.example/"><source src="https://evil.example/"></video>',
        '<img srcset="https://evil.example/ 2x" src="//evil.example/x.png">',
        '"></iframe><script>steal()</script>',
        '<noscript><p title="</noscript><img src=x onerror=steal()>">',
        "<textarea></textarea><script>steal()</script></textarea>",
        "<template><script>steal()</script></template>",
        '<button formaction="javascript:steal()">x</button><isindex action="javascript:steal()">',
        "<table><td background=https://evil.example/x>",
        "\x00<scr\x00ipt>steal()</scr\x00ipt>",
        "<!--><img src=x onerror=steal()>-->",
        "<![CDATA[<img src=x onerror=steal()>]]>",
        "<xmp><img src=x onerror=steal()></xmp>",
        "<plaintext><script>steal()</script>",
        "<details open ontoggle=steal()>x</details>",
    ],
)
def test_nothing_that_runs_loads_or_leads_away_is_left(hostile: str) -> None:
    document = safe_document(f"<p>before</p>{hostile}<p>after</p>").html
    shown = document.partition("</head>")[2]
    tags = re.findall(r"<[^>]*>", shown)
    assert not [tag for tag in tags if re.search(r"\son\w+\s*=|href|srcset|action|evil", tag, re.IGNORECASE)]
    names = set(re.findall(r"<([a-z0-9]+)", " ".join(tags)))
    assert names <= {"body", "p", "img", "a", "table", "tbody", "tr", "td", "details", "mtext"}
    head = document.partition("</head>")[0]
    assert head.count("<style>") == head.count("</style>") <= 2
    assert "evil" not in head
    assert "@import" not in head
    assert "before" in shown


def test_the_document_brings_its_own_policy_before_anything_else() -> None:
    document = safe_document("<p>Bonjour</p>").html
    assert POLICY.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert document.index(f'http-equiv="Content-Security-Policy" content="{POLICY}"') < document.index("<style>")


def test_a_mail_keeps_its_style_sheet_its_inline_styles_and_its_body() -> None:
    document = safe_document(
        "<html><head><title>t</title><style>.a { color: red } @media (max-width: 600px) { .a { width: 100% } }</style>"
        '</head><body style="margin:0" bgcolor="#f0f0f0" class="page"><!-- mine --><table width="600" '
        'cellpadding="0"><tr><td class="a" style="padding: 4px" bgcolor="white" align="center">x</td></tr></table>'
        '<font color="red">y</font></body></html>'
    ).html
    assert ".a { color: red }" in document
    assert "@media (max-width: 600px)" in document
    body = body_of(document)
    assert body.startswith('<body style="margin:0" bgcolor="#f0f0f0" class="page">')
    assert '<table width="600" cellpadding="0">' in body
    assert '<td class="a" style="padding: 4px" bgcolor="white" align="center">x</td>' in body
    assert '<font color="red">y</font>' in body
    assert "mine" not in body
    assert ">t<" not in document


def test_images_elsewhere_are_blocked_and_counted_wherever_they_hide() -> None:
    document = safe_document(
        '<style>p { background: url( "https://a.example/1.png") }</style><body background="http://a.example/2.png">'
        '<img src="https://a.example/3.png" alt="Logo"><img src="//a.example/4.png"><img src="local.png">'
        '<p style="background-image:url(http://a.example/6.png)">x</p><td background="http://a.example/7">'
        f'<img src="{PIXEL}">'
    )
    assert document.blocked_images == 6  # a cell outside a table is no cell
    assert "a.example" not in document.html
    assert '<img alt="Logo">' in document.html
    assert f'<img src="{PIXEL}">' in document.html


def test_the_images_a_message_carries_are_shown() -> None:
    document = safe_document(
        '<style>p { background: url(cid:back) }</style><img src="cid:logo@x"><img src="CID:missing">',
        inline={"logo@x": PIXEL, "back": PIXEL},
    )
    assert document.blocked_images == 0
    assert document.html.count(PIXEL) == 2
    assert "cid:" not in document.html


def test_the_addresses_of_links_are_told_and_lead_nowhere() -> None:
    document = safe_document(
        '<a href="https://x.example/?a=1&amp;b=2">one</a><a href="mailto:c@x.example">two</a><a href="#top">three</a>'
        '<a href="https://x.example/?a=1&amp;b=2">again</a>'
    )
    assert document.links == ("https://x.example/?a=1&b=2", "mailto:c@x.example")
    assert "href" not in document.html.partition("</head>")[2]


def test_a_letter_made_to_take_for_ever_is_told_of_in_text() -> None:
    begun = time.perf_counter()
    document = safe_document("<div>" * 100_000 + "x", text="The <text> of it")
    assert not document.readable
    assert "The &lt;text&gt; of it" in document.html
    for source in (
        "<style>url(" + " " * 90_000 + "</style>x",
        "<style>" + "@media x{" * 9_000 + "</style>x",
        "<!--" * 200_000,
        "<style>" * 100_000,
        "<body " * 100_000,
    ):
        safe_document(source)
    assert time.perf_counter() - begun < 10


def test_a_long_ordinary_letter_is_not_taken_for_one() -> None:
    rows = "<tr><td><p>Un soin<br>et son prix</p></td><td><b>12 €</b></td></tr>" * 3_000
    assert safe_document(f"<div><table>{rows}</table></div>").readable
    assert safe_document("<p>un<p>deux<li>trois" * 3_000).readable


def test_a_text_is_shown_as_text() -> None:
    assert '<pre class="pw-plain">a &lt;b&gt; &amp; c\nd</pre>' in text_document("a <b> & c\nd").html
