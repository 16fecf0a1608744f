from __future__ import annotations

import pytest

from workbench.checking.accessibility import colour, contrast


def test_contrast_is_counted_as_wcag_does():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    assert contrast((1, 2, 3), (1, 2, 3)) == 1


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ('<p style="color:#777777">Texte pâle</p>', "low_contrast"),
        ('<div style="background:#1f5fce"><p style="color:#1c2330">Sur du bleu</p></div>', "low_contrast"),
        ('<table><tr><td bgcolor="#000000">Noir sur noir</td></tr></table>', "low_contrast"),
        ("<style>.s { font-size: 9px }</style><p class='s'>Petit texte</p>", "small_text"),
        ('<div style="font-size:20px"><p style="font-size:50%">Petit texte</p></div>', "small_text"),
        ("<h1>Un</h1><h3>Trois</h3>", "heading_order"),
        ("<html><body><p>Bonjour</p></body></html>", "no_language"),
    ],
)
def test_what_not_everybody_can_read_is_told(codes, html, code):
    assert codes(html) == [code]


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:#5a6475">Texte</p>',
        '<p style="color:#949494;font-size:26px">Grand titre pâle</p>',
        '<div style="display:none;color:#ffffff;font-size:1px">Avant le texte</div><p>Bonjour</p>',
        '<p>Bonjour</p><div style="font-size:0;color:#fff">&nbsp;</div>',
        '<td style="background-image:url(cid:x)"><p style="color:#ffffff">Sur une image</p></td>',
        '<html lang="fr"><body><h1>Un</h1><h2>Deux</h2><h2>Deux</h2><h3>Trois</h3><h1>Un</h1></body></html>',
        '<a href="https://x.example/rdv" style="background:#1f5fce;color:#ffffff">Prendre rendez-vous</a>',
    ],
)
def test_what_is_readable_is_not_told(codes, html):
    assert [code for code in codes(html) if code.startswith(("low_", "small_", "heading", "no_lang"))] == []


def test_the_line_of_a_pale_text_is_found_again(look):
    (found,) = look('<p>Bonjour</p>\n<p style="color:#cccccc">Cher @PPRENOM, à demain</p>')
    assert (found.code, found.line) == ("low_contrast", 2)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("#FFF", (255, 255, 255)),
        ("#1f5fce", (31, 95, 206)),
        ("White", (255, 255, 255)),
        ("hsl(1,2%,3%)", None),
        ("", None),
    ],
)
def test_a_colour_is_read(text, seen):
    assert colour(text) == seen
