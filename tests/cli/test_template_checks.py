from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli.main import app
from workbench.errors import BadValue, NoWorkspace
from workbench.patients.sample.data import sample_templates
from workbench.wiring import open_practice

GOOD = "---\nlabel: Bonjour\nfolder: Essais\nsubject: Votre rendez-vous\n---\n<p>Bonjour @DAPPEL,</p>\n"
DOUBTFUL = GOOD.replace("Bonjour\n", "Lien\n", 1) + '<p><a href="http://cabinet.example">ici</a></p>\n'
WRONG = GOOD.replace("Bonjour\n", "Inconnu\n", 1) + "<p>@PNOMS</p>\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of template files: one in order, one doubtful, one wrong."""
    (tmp_path / "types" / "plus").mkdir(parents=True)
    for name, text in (("bon.html", GOOD), ("lien.html", DOUBTFUL), ("plus/faux.html", WRONG)):
        (tmp_path / "types" / name).write_text(text, encoding="utf-8")
    return tmp_path / "types"


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """Run a command where no workspace is anywhere near."""
    monkeypatch.delenv("WORKBENCH_WORKSPACE", raising=False)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_folder_is_looked_through_without_any_workspace(folder, alone):
    done = alone("template", "check", str(folder), "--format", "json")
    assert done.exit_code == 0  # a reading command, whatever it shows
    rows = json.loads(done.stdout)
    assert {Path(row["template"]).name for row in rows} == {"lien.html", "faux.html"}
    assert {row["code"] for row in rows} == {"unknown_field:@PNOMS", "insecure_link", "vague_link"}
    assert {row["line"] for row in rows} == {7}  # as the author counts in the file


@pytest.mark.parametrize(
    ("name", "option", "status"),
    [
        ("bon.html", "--strictest", 0),
        ("lien.html", "--strict", 0),
        ("lien.html", "--strictest", 1),
        ("plus/faux.html", "--strict", 1),
        (".", "--strict", 1),
    ],
)
def test_a_test_is_told_by_the_exit_status(folder, alone, name, option, status):
    assert alone("template", "check", str(folder / name), option).exit_code == status


def test_a_file_that_cannot_be_read_keeps_none_of_the_others_from_being_looked_through(folder, alone):
    (folder / "brisé.html").write_text("{% if %}", encoding="utf-8")
    rows = json.loads(alone("template", "check", str(folder), "--format", "json").stdout)
    assert {row["code"] for row in rows} >= {"refused", "unknown_field:@PNOMS"}


def test_an_email_type_needs_a_workspace_and_nothing_is_no_question(folder, alone, tmp_path):
    assert isinstance(alone("template", "check", "Rendez-vous/Rappel").exception, NoWorkspace)
    assert isinstance(alone("template", "check", "--all").exception, NoWorkspace)
    assert isinstance(alone("template", "check").exception, BadValue)
    (tmp_path / "vide").mkdir()
    assert isinstance(alone("template", "check", str(tmp_path / "vide")).exception, BadValue)


def test_every_email_type_of_the_sample_practice_is_in_order(at, sample):
    done = at("template", "check", "--all", "--strictest")
    assert done.exit_code == 0
    with open_practice(sample) as practice:
        assert f"{len(practice.templates)} looked through, {len(practice.templates)} in order" in done.stderr


def test_every_sample_file_is_in_order_without_a_practice(alone):
    files = [str(file) for file in sample_templates()]
    assert alone("template", "check", *files, "--strictest").exit_code == 0


def test_what_a_practice_has_and_its_own_words_count(at, sample, folder):
    file = folder / "odf.html"
    text = GOOD.replace("subject: Votre rendez-vous", "subject: Votre bilan ODF\naccount: rien\nsignature: Aucune")
    file.write_text(text, encoding="utf-8")
    (sample / "health_words.txt").write_text("# les nôtres\nodf\n", encoding="utf-8")
    rows = json.loads(at("template", "check", str(file), "--format", "json").stdout)
    assert [row["code"] for row in rows] == ["unknown_account", "unknown_signature", "health_word:odf"]


def test_a_picture_is_looked_for_beside_the_file(folder, alone):
    file = folder / "image.html"
    file.write_text(GOOD + '<img src="logo.png" alt="Le cabinet">', encoding="utf-8")
    assert "picture_without_file" in alone("template", "check", str(file)).stdout
    (folder / "logo.png").write_bytes(b"png")
    assert alone("template", "check", str(file), "--strictest").exit_code == 0
