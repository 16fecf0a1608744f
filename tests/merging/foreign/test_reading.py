"""Old texts are read whatever wrote them, and refused when they are none."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from workbench.errors import TemplateRefused
from workbench.merging.foreign.reading import LARGEST_TEXT, decoded, html_from_plain, source_from_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_french_is_read_in_every_usual_encoding(encoding):
    assert decoded("Rendez-vous à l’été".encode(encoding), "x") == "Rendez-vous à l’été"


def test_a_page_says_how_it_is_encoded():
    page = '<meta charset="iso-8859-15"><p>10 €</p>'
    assert decoded(page.encode("iso-8859-15"), "x") == page


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"\x89PNG\r\n", b"a\x00b", bytes(range(1, 32)) * 40, b"MZ\x90"])
def test_what_is_no_text_is_refused(data):
    with pytest.raises(TemplateRefused, match="no text"):
        decoded(data, "photo")


@pytest.mark.parametrize("text", ["", "  \n", "\x00\x01"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(TemplateRefused, match="empty"):
        source_from_text(text, name="x")


def test_plain_text_keeps_its_lines():
    assert html_from_plain("a\nb < c\n\n\nd\n") == "<p>a<br>\nb &lt; c</p>\n\n\n<p>d</p>\n"


def test_half_characters_and_controls_are_replaced_and_told():
    source = source_from_text("un\x07 \ud800 deux\r\ntrois\u202e", name="x")
    assert source.html == "<p>un � deux<br>\ntrois\u202e</p>"
    assert [(str(note.what), note.line) for note in source.notes] == [("signs", 1)]


def test_a_template_file_keeps_what_it_says_and_a_line_of_dashes_is_text():
    source = source_from_text("---\nlabel: Rappel\nfolder: RDV\nrole: payer\n---\n<p>[FName]</p>", name="x")
    assert source.template is not None
    assert (source.template.path, source.first_line) == ("RDV/Rappel", 6)
    assert source_from_text("---\n: : :\n---\nBonjour", name="x").template is None


@pytest.mark.parametrize("sign", ["[", "{{", "{%", "*|", "***", "@", "@A", "_A-", "${", "\\a", "/a", "#a", "&#", "<",
                                  "<a ", "<script>", "<p onx=1>", "[FName]", "@A. ", "<td>", "{{ a }}"])  # fmt: skip
def test_a_text_of_one_sign_is_converted_or_refused_soon(convert, sign):
    text = sign * (LARGEST_TEXT // len(sign))
    begun = time.process_time()
    with suppress(TemplateRefused):
        convert(text)
    assert time.process_time() - begun < 25


def test_ten_megabytes_are_refused_at_once():
    begun = time.process_time()
    with pytest.raises(TemplateRefused, match="too long"):
        source_from_text("[" * 10_000_000, name="x")
    assert time.process_time() - begun < 2
