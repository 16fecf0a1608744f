from __future__ import annotations

import pytest

from workbench.checking.settings import Surroundings


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://cabinet.example/rdv">Déplacer mon rendez-vous</a>',
        '<a href="https://cabinet.example/rdv">www.cabinet.example</a>',
        '<a href="https://rdv.cabinet.example">cabinet.example</a>',
        '<a href="mailto:contact@cabinet.example?subject=Bonjour">contact@cabinet.example</a>',
        '<a href="tel:+33100000000">01 00 00 00 00</a>',
        '<a href="#bas">En bas</a><p id="bas">Bas</p>',
        '<a href="https://cabinet.example/"><img src="https://cabinet.example/x.png" alt="Notre site"></a>',
        '{% if CABRDVURL %}<a href="@CABRDVURL">Prendre rendez-vous</a>{% endif %}',
    ],
)
def test_a_good_link_is_in_order(codes, html):
    assert [code for code in codes(html) if "link" in code or "anchor" in code or "mailto" in code] == []


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ('<a href="http://cabinet.example">Notre site</a>', "insecure_link"),
        ('<a href="www.cabinet.example">Notre site</a>', "relative_link"),
        ('<a href="page.html">Notre page</a>', "relative_link"),
        ('<a href="">Notre site</a>', "link_to_nothing"),
        ('<a href="#">Notre site</a>', "link_to_nothing"),
        ('<a href="https://[oops">Notre site</a>', "link_to_nothing"),
        ('<a href="https://[oops">www.cabinet.example</a>', "link_to_nothing"),
        ('<a href="https://cabinet.℀.example">www.cabinet.example</a>', "link_to_nothing"),
        ('<a href="https://">Notre site</a>', "link_to_nothing"),
        ('<a href="#loin">Plus loin</a>', "unknown_anchor"),
        ('<a href="mailto:contact">Écrivez-nous</a>', "wrong_mailto"),
        ('<a href="https://cabinet.example"> </a>', "link_without_text"),
        ('<a href="https://cabinet.example"><img src="x.png" alt=""></a>', "link_without_text"),
        ('<a href="https://cabinet.example">Cliquez ICI !</a>', "vague_link"),
        ('<a href="https://cabinet.example">click here</a>', "vague_link"),
        ('<a href="https://autre.example/x">www.cabinet.example</a>', "misleading_link"),
        ('<a href="https://cabinet.example.autre.example">https://cabinet.example/</a>', "misleading_link"),
    ],
)
def test_a_bad_link_is_told_with_its_line(look, html, code):
    (found,) = [one for one in look(f"<p>Bonjour</p>\n{html}") if "picture" not in one.code]
    assert (found.code, found.line) == (code, 2)
    assert "2" in found.message


def test_a_link_whose_value_may_be_missing_stands_in_a_condition(look):
    found = [one.code for one in look('<a href="@CABRDVURL">Prendre rendez-vous</a>')]
    assert found == ["link_without_value"]


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ('<img src="https://x.example/a.png">', "picture_without_alt"),
        ('<img src="https://x.example/a.png" alt="">', "remote_picture"),
        ('<img src="https://x.example/a.gif" width="1" height="1" alt="">', "tracking_pixel"),
        ('<img src="data:image/png;base64,AAAA" alt="x">', "picture_in_text"),
        ('<img src="" alt="x">', "picture_without_file"),
        ('<img src="logo.png" alt="x">', "picture_without_file"),
        (f'<img src="cid:{"a" * 64}@workbench" alt="x">', "picture_without_file"),
    ],
)
def test_a_picture_that_not_everybody_sees_is_told(codes, html, code):
    assert code in codes(f"<p>Bonjour</p>{html}")


def test_a_picture_that_travels_with_the_message_is_in_order(codes):
    kept = f"{'a' * 64}/logo.png"
    html = f'<p>Bonjour</p><img src="cid:{"a" * 64}@workbench" alt="Le cabinet">'
    assert codes(html, pictures=(kept,), there=Surroundings(files={kept: 2_000})) == []
    beside = Surroundings(is_beside=lambda name: name == "le logo.png")
    assert codes('<p>Bonjour</p><img src="le%20logo.png" alt="Le cabinet">', there=beside) == []


def test_what_stands_in_each_line_is_told_a_few_times_and_counted(look):
    found = look('<a href="#">x</a>\n' * 30)
    told = [one for one in found if one.code == "link_to_nothing"]
    assert [one.line for one in told] == [1, 2, 3, 4, 5, None]
    assert "25" in told[-1].message
