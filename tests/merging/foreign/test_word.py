"""Word documents: their fields survive, and those who mean harm get a sentence."""

from __future__ import annotations

import time
import tracemalloc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from tests.merging.foreign.documents import document, field, package, paragraph, run, said, sign, simple
from workbench.errors import TemplateRefused
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.foreign.converting import Converted, converted
from workbench.merging.foreign.word import source_from_word

IMAGES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
PICTURE = (
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:docPr descr="Le plan"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip {}/>'
    "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)


def made_of(data: bytes) -> Converted:
    return converted(source_from_word(data, name="lettre.docx"), builtin_catalogue())


def test_fields_of_both_kinds_become_ours_however_word_cuts_them():
    made = made_of(
        document(
            paragraph(
                run("Bonjour "),
                field(' MERGEFIELD  "Nom_Patient"  \\* MERGEFORMAT ', "«Nom»", look="<w:b/>", pieces=9),
                run(" et "),
                simple(" MERGEFIELD Prénom "),
            )
        )
    )
    assert made.template.html == "<p>Bonjour <strong>@PNOM</strong> et @PPRENOM</p>\n"
    assert {code.written: code.program for code in made.codes} == {"«Nom_Patient»": "Word", "«Prénom»": "Word"}
    assert made.notes == ()


def test_a_format_is_told_and_the_field_keeps_its_own():
    made = made_of(document(paragraph(field(' MERGEFIELD Date_RDV \\@ "dd/MM/yyyy" \\* MERGEFORMAT '))))
    assert made.template.html == "<p>@RDVDATE</p>\n"
    assert [(str(note.what), note.line) for note in made.notes] == [("format", 1)]


def test_a_condition_with_fields_in_it_stays_as_text_and_is_told():
    condition = (
        sign("begin") + said(" IF ") + field(" MERGEFIELD Sexe ", "M") + said(' = "F" "Chère" "Cher" ')
        + sign("separate") + run("Cher") + sign("end")
    )  # fmt: skip
    made = made_of(document(paragraph(condition, run(" ami"))))
    assert made.template.html == '<p>{ IF { MERGEFIELD Sexe } = "F" "Chère" "Cher" } ami</p>\n'
    assert len(made.conditions) == 1
    assert made.codes == ()


def test_what_other_fields_showed_stays_and_nothing_is_fetched():
    made = made_of(
        document(paragraph(field(" PAGE ", "3"), field(" INCLUDETEXT http://a.fr/x ", "vu"), simple("REF x", "r")))
    )
    assert made.template.html == "<p>3vur</p>\n"
    assert "INCLUDETEXT" in made.notes[0].message


def test_typed_codes_and_literal_tags_are_read_in_a_document_too():
    made = made_of(document(paragraph(run("[FName] {{ x }} @NUMSS «Nom»"))))
    assert made.template.html == "<p>@PPRENOM {{ '{' }}{ x }} &#64;NUMSS «Nom»</p>\n"


def test_a_field_without_an_end_loses_nothing():
    made = made_of(
        document(paragraph(sign("begin"), said(" MERGEFIELD Nom "), sign("separate"), run("vu"), run(" reste")))
    )
    assert "reste" in made.template.html
    assert made.notes


def test_pictures_come_along_and_those_elsewhere_do_not():
    relations = (
        f'<Relationship Id="rId9" Type="{IMAGES}" Target="media/image1.png"/>'
        f'<Relationship Id="rId8" Type="{IMAGES}" Target="file:///etc/hostname" TargetMode="External"/>'
    )
    body = paragraph(PICTURE.format('r:embed="rId9"'), run(" a "), PICTURE.format('r:link="rId8"'))
    made = made_of(document(body, relations=relations, more={"word/media/image1.png": b"\x89PNG..."}))
    assert made.pictures == {"lettre-1.png": b"\x89PNG..."}
    assert 'src="lettre-1.png"' in made.template.html
    assert [str(note.what) for note in made.notes] == ["image"]


def test_macros_headers_and_embedded_files_are_told():
    more = {
        "word/vbaProject.bin": b"\x00",
        "word/header1.xml": "<w:hdr><w:t>Cabinet</w:t></w:hdr>",
        "word/embeddings/tableau.xlsx": b"PK",
    }
    made = made_of(document(paragraph(run("a")), more=more))
    assert [str(note.what) for note in made.notes] == ["macro", "attached", "header"]


def test_many_headers_do_not_fill_the_memory():
    more: dict[str, str | bytes] = {f"word/header{number}.xml": b" " * 200_000 for number in range(400)}
    data = document(paragraph(run("a")), more=more)
    tracemalloc.start()
    try:
        assert made_of(data).notes == ()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def hostile() -> dict[str, bytes]:
    bomb = "<w:p/>" * 300_000
    deep = "<w:tbl><w:tr><w:tc>" * 400 + "</w:tc></w:tr></w:tbl>" * 400
    entities = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><d>&b;</d>'
    outside = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>'
    huge = BytesIO()
    with ZipFile(huge, "w", ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b" " * 60_000_000)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512
    whole = document(paragraph(run("a")))
    return {
        "many elements": document(bomb),
        "deep": document(deep),
        "entities": document(paragraph(run("a")), more={"word/styles.xml": entities}),
        "outside": document(paragraph(run("a")), more={"word/document.xml": outside}),
        "zip bomb": huge.getvalue(),
        "an old .doc": ole,
        "a password": ole + "EncryptedPackage".encode("utf-16-le"),
        "cut": whole[: len(whole) // 2],
        "no document": package({"xl/workbook.xml": "<x/>"}),
        "no body": package({"word/document.xml": "<a/>"}),
        "broken xml": document("<w:p>"),
        "empty": document(""),
        "only a zip's head": b"PK\x03\x04" + b"\x00" * 40,
    }


@pytest.mark.parametrize("case", hostile())
def test_what_no_word_wrote_is_refused_with_a_sentence_and_soon(case):
    data = hostile()[case]
    begun = time.monotonic()
    with pytest.raises(TemplateRefused, match=r"lettre\.docx"):
        source_from_word(data, name="lettre.docx")
    assert time.monotonic() - begun < 20


def test_a_protected_document_says_so_and_an_old_one_too():
    cases = hostile()
    with pytest.raises(TemplateRefused, match="password"):
        source_from_word(cases["a password"], name="x")
    with pytest.raises(TemplateRefused, match=r"save it as \.docx"):
        source_from_word(cases["an old .doc"], name="x")


BEGIN, END, CODE = (
    '<w:fldChar w:fldCharType="begin"/>',
    '<w:fldChar w:fldCharType="end"/>',
    "<w:instrText>MERGEFIELD Nom</w:instrText>",
)
MANY = 1_900


@pytest.mark.parametrize(
    "body",
    [
        paragraph(sign("begin") * 30_000, run("x")),
        paragraph(f"<w:r>{(BEGIN + CODE + END) * 15_000}</w:r>"),
        paragraph(simple("MERGEFIELD Nom") * 20_000),
        paragraph(sign("begin") * 100, run("x"), sign("end") * 100),
    ],
    ids=["never ending", "in one run", "simple", "in one another"],
)
def test_fields_beyond_any_letter_are_refused_at_once(body: str):
    began = time.process_time()
    with pytest.raises(TemplateRefused):
        made_of(document(body))
    assert time.process_time() - began < 5


def test_as_many_fields_as_a_letter_may_have_are_read_at_once():
    began = time.process_time()
    made = made_of(document(paragraph(f"<w:r>{(BEGIN + CODE + END) * MANY}</w:r>")))
    assert time.process_time() - began < 10
    assert [(code.written, code.times) for code in made.codes] == [("«Nom»", MANY)]


def test_what_a_field_showed_last_leaves_with_it_however_much_it_is():
    shown = '<w:fldChar w:fldCharType="separate"/>' + "<w:t>x</w:t>" * 40_000
    began = time.process_time()
    made = made_of(document(paragraph(f"<w:r>{BEGIN}{CODE}{shown}{END}<w:t> suit</w:t></w:r>")))
    assert time.process_time() - began < 5
    assert made.template.html == "<p>@PNOM suit</p>\n"


def test_fields_that_never_end_leave_the_text_round_them():
    made = made_of(document(paragraph(run("avant "), sign("begin"), run("dedans"), run(" après"))))
    assert "avant" in made.template.html
    assert made.notes
