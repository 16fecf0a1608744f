"""A practice's old texts become its email types, and each code is asked about once."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import BadValue, TemplateRefused, UnknownName
from workbench.practice import Practice
from workbench.practice.foreign import REPORT_COLUMNS, forget_code, learn_code

TEXTS = Path(__file__).parents[2] / "sample_data" / "imports" / "texts"
UNKNOWN = {
    "dentoleader.txt": ["@NUMDOS", "@NOMPRATICIEN", "@PIEDDEPAGE"],
    "open_dental.txt": ["[ClinicUrl]"],
    "openemr.txt": ["***FACILITY***"],
    "medshake.html": [],
    "mailchimp.html": ["*|UNSUB|*"],
    "mautic.html": ["{unsubscribe_text}"],
    "self_mail.txt": [],
    "owl.txt": ["_TYPE-DE-SÉANCE_"],
    "optamed.txt": [],
    "calcium.txt": ["${nomPatient}"],
    "convocation.docx": ["«Num_SS»"],
    "rappel.eml": [],
}


def test_every_sample_text_is_tried_here():
    assert {file.name for file in TEXTS.iterdir()} == set(UNKNOWN)


@pytest.mark.parametrize("name", UNKNOWN)
def test_the_sample_texts_become_email_types_once_their_codes_are_known(practice: Practice, name: str):
    first = practice.templates.convert(TEXTS / name)
    assert list(first.unknown) == UNKNOWN[name]
    if first.open_questions:
        with pytest.raises(TemplateRefused, match="Nothing was saved"):
            first.save(f"Anciens/{name}")
        assert f"Anciens/{name}" not in practice.templates
    made = practice.templates.convert(TEXTS / name, mapping=dict.fromkeys(first.unknown, "PDOSSIER"))
    assert made.unknown == ()
    kept = made.save(f"Anciens/{name}", keep_unknown=bool(made.result.conditions))
    assert kept.path == f"Anciens/{name}"
    findings = practice.templates.check(kept.path)
    assert not findings["code"].str.startswith("unknown_field").any()
    again = practice.templates.convert(TEXTS / name)
    assert again.template == made.template
    assert set(again.report["how"]) <= {"exact", "table", "remembered", ""}


def test_what_is_said_of_a_code_is_remembered_and_journalled_once(practice: Practice):
    for _time in range(2):
        practice.templates.convert("Bonjour @NUMSS @PIED", mapping={"@NUMSS": "@PDOSSIER", "PIED": ""})
    assert practice.ledger.foreign_codes.all() == {"@NUMSS": "PDOSSIER", "@PIED": ""}
    acts = practice.ledger.acts.acts("foreign_code:@NUMSS")
    assert acts["by"].tolist() == ["claire"]
    made = practice.templates.convert("@NUMSS.@PIED")
    assert made.template.html == "<p>@PDOSSIER.</p>\n"
    assert made.report["how"].tolist() == ["remembered", "remembered"]


def test_the_report_names_each_code_once_and_each_loss_on_its_line(practice: Practice):
    made = practice.templates.convert("Bonjour [FName]\n[SSN] *|IF:A|* [FName]")
    report = made.report
    assert report.columns.tolist() == list(REPORT_COLUMNS)
    assert report[["what", "code", "times", "lines", "field", "how"]].fillna(0).to_numpy().tolist() == [
        ["code", "[FName]", 2, "1, 2", "@PPRENOM", "table"],
        ["code", "[SSN]", 1, "2", "", "unknown"],
        ["condition", "", 0, "2", "", ""],
    ]


def test_codes_that_nobody_knows_may_stay_as_text_that_no_field_ever_fills(practice: Practice):
    kept = practice.templates.convert("Bonjour @NUMSS").save("Essais/Avec", keep_unknown=True)
    assert kept.html == "<p>Bonjour &#64;NUMSS</p>\n"
    assert kept.subject == "Avec"


def test_the_check_says_which_codes_of_other_programs_stayed_in_the_text(practice: Practice):
    practice.templates.convert("Bonjour\n*|MERGE7|* [SSN] @NUMSS").save("Essais/Avec", keep_unknown=True)
    findings = practice.templates.check("Essais/Avec")
    stayed = findings[findings["code"].str.startswith("foreign_code")]
    assert set(stayed["code"]) == {"foreign_code:*|MERGE7|*", "foreign_code:[SSN]", "foreign_code:@NUMSS"}
    assert set(stayed["severity"]) == {"warning"}


def test_a_default_of_the_old_text_is_one_of_the_email_type(practice: Practice):
    kept = practice.templates.convert("Bonjour {contactfield=firstname|cher patient}").save("Essais/Défaut")
    assert dict(kept.defaults) == {"PPRENOM": "cher patient"}


def test_a_path_is_read_and_a_text_that_is_none_is_a_text(practice: Practice, tmp_path: Path):
    file = tmp_path / "x.txt"
    file.write_text("Bonjour [FName]", encoding="utf-8")
    assert practice.templates.convert(str(file)).template.label == "x"
    assert "absent" in practice.templates.convert("absent.docx").template.html
    with pytest.raises(TemplateRefused, match="cannot be read"):
        practice.templates.convert(tmp_path / "absent.docx")
    with pytest.raises(TemplateRefused, match="cannot be read"):
        practice.templates.convert(tmp_path)


def test_what_is_no_text_says_so_whatever_it_is_called(practice: Practice):
    for data in (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"%PDF-1.4", b"", b"\x00\x00"):
        with pytest.raises(TemplateRefused, match="lettre"):
            practice.templates.convert(data, name="lettre.txt")


def test_the_pictures_of_a_message_are_kept_with_the_email_type(practice: Practice, tmp_path: Path):
    png = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
    made = practice.templates.convert(
        f'<p>Bonjour <img alt="x" src="data:image/png;base64,{png.decode()}"></p>', name="l"
    )
    files = made.write(tmp_path / "l.html")
    assert [file.name for file in files] == ["l.html", "l-1.png"]
    kept = made.save("Essais/Image")
    assert "cid:" in kept.html
    assert len(kept.pictures) == 1


def test_codes_are_set_and_forgotten_by_hand(practice: Practice):
    assert learn_code(practice, " [Foo] ", "PPRENOM PNOM") == "[Foo]"
    assert learn_code(practice, "« Num SS »", "") == "«Num SS»"
    assert practice.ledger.foreign_codes.all() == {"[Foo]": "PPRENOM PNOM", "«Num SS»": ""}
    forget_code(practice, "[Foo]")
    with pytest.raises(UnknownName, match="Foo"):
        forget_code(practice, "[Foo]")
    with pytest.raises(BadValue, match="ours already"):
        learn_code(practice, "@PNOM", "PPRENOM")
    with pytest.raises(BadValue, match="not written as a code"):
        learn_code(practice, "Bonjour [Foo]", "PPRENOM")
    with pytest.raises(UnknownName, match="PNOM"):
        learn_code(practice, "[Foo]", "PNOMM")


def test_a_condition_that_stayed_in_a_text_is_read_by_nobody(practice: Practice):
    kept = practice.templates.convert("Bonjour *|IF:A|*Zoé*|END:IF|*").save("Essais/Si", keep_unknown=True)
    findings = practice.templates.check(kept.path)
    assert "foreign_condition" in findings.loc[findings["severity"] == "error", "code"].tolist()
    rows = practice.search("appointments", start="tomorrow", end="tomorrow")
    assert "" not in set(practice.mailing(rows, kept).recipients["reason"])
