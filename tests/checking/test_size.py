from __future__ import annotations

from workbench.checking.settings import Surroundings
from workbench.checking.size import LARGEST_SHOWN, too_much
from workbench.domain.templates import Template


def test_html_that_gmail_cuts_off_is_told(codes):
    assert codes("<p>" + "mot " * (LARGEST_SHOWN // 4) + "</p>") == ["clipped_by_gmail"]


def test_the_files_of_a_message_are_weighed_as_they_travel(codes):
    kept = f"{'a' * 64}/plan.pdf"
    for size, found in ((7_000_000, []), (8_000_000, ["heavy_message"])):
        assert codes(attachments=(kept,), there=Surroundings(files={kept: size})) == found


def test_a_message_of_a_picture_alone_has_no_text(codes):
    assert "empty_text" in codes('<img src="https://x.example/a.png" alt="">')


def test_the_text_part_says_what_the_html_says(look):
    html = (
        '<p>Bonjour @PPRENOM, demain à @RDVHEURE</p><a href="https://cabinet.example/rdv">Déplacer mon rendez-vous</a>'
    )
    found = look(html, text="Bonjour @PPRENOM")
    assert [one.code for one in found] == ["text_without_fields", "text_without_link"]
    assert "@RDVHEURE" in found[0].message
    assert "@PPRENOM" not in found[0].message
    assert look(html, text="Bonjour {{ PPRENOM }}, @RDVHEURE https://cabinet.example/rdv") == []


def test_far_too_large_email_types_are_told_apart_before_they_are_read():
    def made(html: str, subject: str = "x") -> list[str]:
        return [one.code for one in too_much(Template(label="x", subject=subject, html=html))]

    assert made("x" * 200_000) == []
    for html in ("x" * 400_000, "@PNOM " * 3_000, "<b>" * 30_000, "{{ PNOM }}" * 3_000):
        assert made(html) == ["too_much"]
    assert made("x", subject="x" * 400_000) == ["too_much"]
