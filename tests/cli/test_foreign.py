"""``workbench template convert`` and ``template codes``."""

from __future__ import annotations

import csv
import io
import json

import pytest

from workbench.cli.foreign import _asked, meanings_of
from workbench.errors import BadValue, TemplateRefused, UnknownName
from workbench.wiring import open_practice

TEXT = "Bonjour [FName] @NUMSS\n*|FNAME|*"


@pytest.fixture
def text(tmp_path):
    file = tmp_path / "ancien.txt"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_a_text_is_shown_with_what_became_of_each_code(at, text):
    done = at("template", "convert", str(text))
    assert done.exit_code == 0
    assert "@PPRENOM" in done.stdout
    assert "Open Dental" in done.stdout
    assert "Nobody knows what these codes mean: @NUMSS." in done.stderr
    rows = json.loads(at("template", "convert", str(text), "--format", "json").stdout)
    assert [(row["code"], row["how"]) for row in rows] == [
        ("[FName]", "table"),
        ("@NUMSS", "unknown"),
        ("*|FNAME|*", "table"),
    ]


def test_nothing_is_saved_while_a_code_is_unknown(at, text, tmp_path):
    out = tmp_path / "neuf.html"
    refused = at("template", "convert", str(text), "--save", "Essais/Neuf", "--output", str(out))
    assert isinstance(refused.exception, TemplateRefused)
    assert '--map "@NUMSS=' in str(refused.exception)
    assert not out.exists()
    assert "Essais/Neuf" not in at("template", "list").stdout


def test_a_code_is_given_once_and_remembered_for_the_next_text(at, text):
    saved = at("template", "convert", str(text), "--map", "@NUMSS=PDOSSIER", "--save", "Essais/Neuf")
    assert "« Essais/Neuf » is in, version 1." in saved.stderr
    assert "@PPRENOM @PDOSSIER<br>" in at("template", "show", "Essais/Neuf").stdout
    again = at("template", "convert", str(text), "--save", "Essais/Neuf")
    assert "version 1" in again.stderr
    rows = json.loads(at("template", "codes", "list", "--format", "json").stdout)
    assert [(row["code"], row["field"]) for row in rows] == [("@NUMSS", "PDOSSIER")]


def test_unknown_codes_stay_as_text_when_that_is_wanted(at, text, tmp_path):
    out, report = tmp_path / "neuf.html", tmp_path / "codes.csv"
    done = at("template", "convert", str(text), "--keep-unknown", "--output", str(out), "--report", str(report))
    assert done.exit_code == 0
    assert "&#64;NUMSS" in out.read_text(encoding="utf-8")
    with report.open(encoding="utf-8", newline="") as lines:
        # What begins with « @ » would be a formula in a spreadsheet.
        assert [row["code"].lstrip("'") for row in csv.DictReader(lines)] == ["[FName]", "@NUMSS", "*|FNAME|*"]
    assert at("template", "import", str(out)).exit_code == 0


def test_losses_are_told_line_by_line(at, tmp_path):
    file = tmp_path / "x.html"
    file.write_text("<p>*|FNAME|*</p>\n<p>*|IF:A|*oui*|END:IF|*</p>\n<script>x</script>", encoding="utf-8")
    done = at("template", "convert", str(file))
    assert "Line 2: The condition « *|IF:A|* »" in done.stderr
    assert "script" in done.stderr


def test_codes_are_set_left_out_listed_and_forgotten(at):
    assert "Nothing is remembered yet" in at("template", "codes", "list").stderr
    assert "« [Foo] » means @PPRENOM @PNOM." in at("template", "codes", "set", "[Foo]", "PPRENOM PNOM").stderr
    assert "« [Pied] » is left out." in at("template", "codes", "set", "[Pied]", "-").stderr
    assert "[Foo]" in at("template", "codes", "list").stdout
    assert "forgotten" in at("template", "codes", "forget", "[Foo]").stderr
    assert isinstance(at("template", "codes", "forget", "[Foo]").exception, UnknownName)


def test_a_family_or_a_file_that_there_is_not_is_refused(at, text, tmp_path):
    assert isinstance(at("template", "convert", str(text), "--as", "dentoleader").exception, UnknownName)
    assert isinstance(at("template", "convert", str(tmp_path / "absent")).exception, TemplateRefused)


@pytest.mark.parametrize("pairs", [["@NUMSS"], ["=PNOM"], ["@A=PNOM", "@A=PPRENOM"]])
def test_pairs_that_give_no_meaning_are_refused(pairs):
    with pytest.raises(BadValue):
        meanings_of(pairs)


def test_the_last_equals_sign_parts_a_code_from_its_field():
    assert meanings_of(["{contactfield=x}=PNOM", "[Pied]="]) == {"{contactfield=x}": "PNOM", "[Pied]": ""}


def test_in_a_terminal_each_unknown_code_is_asked_about(sample, monkeypatch, capsys):
    typed = io.StringIO("numéro dossier\nzzzz\n@pdossier\n-\n\n")
    monkeypatch.setattr("sys.stdin", typed)
    with open_practice(sample, user="claire") as practice:
        conversion = practice.templates.convert("@NUMSS @PIED @PLUSTARD")
        given = _asked(practice, conversion)
        made = practice.templates.convert("@NUMSS @PIED @PLUSTARD", mapping=given)
    assert given == {"@NUMSS": "@pdossier", "@PIED": ""}
    assert made.unknown == ("@PLUSTARD",)
    told = capsys.readouterr().err
    assert "@PDOSSIER" in told
    assert "No field has these words: zzzz." in told
