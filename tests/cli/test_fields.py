"""The practice's own fields on the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest

from workbench.errors import BadValue, FieldInUse, UnknownName
from workbench.language import use_language

BORN = ["girl=née", "woman=née", "boy=né", "man=né", "neutral=né(e)"]
CLOSING = ["ami=Amicalement", "amie=Amicalement", "confrère=Confraternellement", "consœur=Confraternellement",
           "neutre=Cordialement"]  # fmt: skip


def texts(*pairs: str, option: str = "--text") -> list[str]:
    return [word for pair in pairs for word in (option, pair)]


@pytest.fixture
def added(at):
    done = at("field", "add", "patient", *texts(*BORN), "--label", "Naissance", "--name", "naissance")
    assert done.exit_code == 0, done.stderr
    assert "@PART_01, @NAISSANCE" in done.stderr
    return at


def test_the_guide_s_two_fields_are_made_and_found_again(added):
    done = added("field", "add", "correspondent", *texts(*CLOSING), *texts("ami=Bien à toi", option="--tu"))
    assert "@LIBRE01" in done.stderr
    found = json.loads(added("fields", "NAISSANCE", "--format", "json").stdout)
    assert [(row["code"], row["label"], row["category"], row["example"]) for row in found][-1] == (
        "@PART_01", "Naissance", "champs particuliers", "née",
    )  # fmt: skip
    rows = json.loads(added("field", "list", "--format", "json").stdout)
    assert [row["code"] for row in rows] == ["LIBRE01"] * 5 + ["PART_01"] * 5
    assert rows[0] | {"label": ""} == {
        "code": "LIBRE01", "kind": "correspondent", "label": "", "column": "male_friend", "text": "Amicalement",
        "familiar": "Bien à toi", "names": "", "key": "", "data_class": "P",
    }  # fmt: skip


def test_a_table_speaks_french(added):
    use_language("fr")
    shown = " ".join(added("field", "show", "naissance").stdout.split())
    assert "Enfant de sexe féminin" in shown
    assert "Adulte de sexe masculin" in shown


def test_a_row_that_is_not_complete_is_refused_and_nothing_is_kept(at):
    done = at("field", "add", "patient", *texts("girl=née", "boy=né"))
    assert isinstance(done.exception, BadValue)
    for column in ("woman", "man", "neutral"):
        assert f"({column})" in done.exception.sentence
    assert "workbench field add" in at("field", "list").stderr


def test_a_field_is_changed_in_parts(added):
    assert added("field", "edit", "PART_01", *texts("neutral=né ou née"), "--no-names").exit_code == 0
    rows = json.loads(added("field", "show", "PART_01", "--format", "json").stdout)
    assert [row["text"] for row in rows] == ["née", "née", "né", "né", "né ou née"]
    assert {row["names"] for row in rows} == {""}
    assert isinstance(added("field", "edit", "PART_01").exception, BadValue)
    assert isinstance(added("field", "edit", "PART_01", "--name", "x1", "--no-names").exception, BadValue)


def test_a_field_that_is_used_is_kept_until_somebody_insists(added, tmp_path):
    file = tmp_path / "t.html"
    file.write_text("---\nlabel: Essai\nsubject: x\n---\n<p>@NAISSANCE</p>\n", encoding="utf-8")
    assert added("template", "import", str(file)).exit_code == 0
    assert json.loads(added("field", "usage", "PART_01", "--format", "json").stdout) == [
        {"kind": "template", "name": "Essai", "messages": 0}
    ]
    refused = added("field", "remove", "PART_01").exception
    assert isinstance(refused, FieldInUse)
    assert "« Essai »" in refused.sentence
    assert "restore PART_01" in added("field", "remove", "PART_01", "--archive").stderr
    assert "PART_01" in added("field", "list", "--archived").stdout
    assert isinstance(added("field", "show", "PART_01").exception, UnknownName)
    assert "@NAISSANCE" in added("field", "restore", "PART_01").stderr


def test_a_field_that_nothing_uses_is_removed_at_once(added):
    assert "Nothing" in added("field", "usage", "NAISSANCE").stderr
    assert added("field", "remove", "NAISSANCE").exit_code == 0
    assert "none yet" in added("field", "list").stderr


def test_a_spreadsheet_runs_no_formula_of_a_text(at):
    at("field", "add", "patient", *texts(*(f"{pair.split('=')[0]}==1+1" for pair in BORN)), "--label", "@SUM(A1)")
    for command in (("field", "list"), ("fields", "PART_01")):
        rows = list(csv.DictReader(io.StringIO(at(*command, "--format", "csv").stdout)))
        assert rows
        for row in rows:
            assert not [cell for name, cell in row.items() if name != "code" and cell.startswith(("=", "@SUM"))]


@pytest.mark.parametrize(
    "words",
    [["patient", "--text", "girl"], ["patient", *texts("girl=a", "girl=b")], ["patient", *texts("chat=a")],
     ["patient", *texts(*BORN), "--code", "LIBRE01"], ["patient", *texts(*BORN), "--name", "PNOM"],
     ["patient", *texts(*BORN[:-1], "neutral=\udce9")]],
)  # fmt: skip
def test_what_cannot_be_used_is_said_in_a_sentence(at, words):
    assert isinstance(at("field", "add", *words).exception, BadValue)


def test_a_kind_that_does_not_exist_is_refused(at):
    assert at("field", "add", "column").exit_code != 0
