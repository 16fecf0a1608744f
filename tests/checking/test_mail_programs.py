from __future__ import annotations

import pytest

from workbench.checking import mail_programs


@pytest.mark.parametrize(
    ("html", "written", "program"),
    [
        ('<p style="display:flex">x</p>', "display:flex", "Outlook (Windows)"),
        ('<p style="DISPLAY : inline-flex !important">x</p>', "display:inline-flex", "Outlook (Windows)"),
        ('<p style="position:absolute">x</p>', "position:absolute", "Gmail"),
        ('<p style="width:calc(100% - 10px)">x</p>', "calc()", "Outlook.com"),
        ('<p style="font-size:2rem">x</p>', "rem", "Orange"),
        ('<p style="float:left">x</p>', "float", "Outlook (Windows)"),
        ('<p style="color:var(--x)">x</p>', "var()", "Gmail"),
        ('<img alt="x" src="https://x.example/a.png" srcset="https://x.example/b.png 2x">', "srcset", "Gmail"),
        ("<style>p::before { content: 'x' }</style><p>x</p>", "::before", "La Poste"),
        ("<p hidden>x</p>", "hidden", "Gmail"),
    ],
)
def test_what_a_mail_program_does_not_show_is_told_once_with_the_programs(look, html, written, program):
    found = [one for one in look(html + html) if one.code.startswith("mail_program:")]
    assert written in [one.code.partition(":")[2] for one in found]
    (told,) = [one for one in found if one.code == f"mail_program:{written}"]
    assert program in told.message


@pytest.mark.parametrize(
    "html",
    [
        '<table width="100%" cellpadding="0"><tr><td align="center" style="color:#000000">x</td></tr></table>',
        '<p style="border-radius:4px; box-shadow:0 0 1px #000; opacity:1">x</p>',
        "<style>@media (max-width:480px) { p { padding:0 !important } }</style><p>x</p>",
        "<p style=\"font-family:'vh 2rem', sans-serif\">x</p>",
        "<!--[if mso]><table><tr><td style='float:left'><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->",
    ],
)
def test_what_every_program_shows_or_does_without_is_not_told(codes, html):
    assert [code for code in codes(html) if code.startswith("mail_program")] == []


def test_the_line_is_that_of_the_style_sheet(look):
    html = "<style>\n  .a { color: #000000; }\n  .a { float: left; }\n</style>\n<p class='a'>x</p>"
    (found,) = [one for one in look(html) if one.code == "mail_program:float"]
    assert found.line == 3


def test_what_is_left_out_anyhow_is_told_once(codes):
    assert codes("<p>x</p><video src='https://x.example/v.mp4'>x</video>") == ["dropped_html:<video>"]


def test_every_word_of_our_own_lists_is_a_feature_of_the_data():
    import json
    import tomllib
    from importlib.resources import files

    room = files("workbench.checking")
    shown = json.loads((room / "static" / "mail_programs.json").read_text(encoding="utf-8"))
    told = tomllib.loads((room / "mail_programs.toml").read_text(encoding="utf-8"))
    slugs = {feature["slug"] for feature in shown["features"]}
    assert set(told["harmless"]["features"]) <= slugs
    assert set(told["written"]) <= slugs
    for program in told["programs"]:
        assert set(program["read_as"]) <= set(shown["programs"])
    assert {len(letters) for letters in shown["programs"].values()} == {len(shown["features"])}


def test_an_installation_without_the_data_says_so(codes, monkeypatch):
    monkeypatch.setattr(mail_programs, "_features", dict)
    assert codes() == ["mail_programs_unknown"]
