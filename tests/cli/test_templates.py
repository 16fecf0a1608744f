from __future__ import annotations

import json

import pytest

from workbench.errors import BadValue, NoWorkspace, TemplateError, UnknownTemplate
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
FILE = "---\nlabel: Invitation\nfolder: Vie du cabinet\nsubject: Bonjour {{ name }}\n---\n<p>Code {{ token }}</p>\n"


def test_the_email_types_are_listed_by_path(at):
    rows = json.loads(at("template", "list", "--format", "json").stdout)
    paths = [row["path"] for row in rows]
    assert REMINDER in paths
    assert paths == sorted(paths)
    assert all(row["subject"] for row in rows)


def test_what_is_exported_is_imported_as_the_next_version_only_when_it_changed(at, tmp_path):
    file = tmp_path / "t.html"
    assert at("template", "export", REMINDER, str(file)).exit_code == 0
    assert "version 1" in at("template", "import", str(file)).stderr
    file.write_text(file.read_text(encoding="utf-8") + "<!-- changed -->\n<p>À bientôt</p>", encoding="utf-8")
    assert "version 2" in at("template", "import", str(file)).stderr


@pytest.mark.parametrize("way", [[], ["--output"]])
def test_an_email_type_is_exported_to_the_output_or_a_file(at, tmp_path, way):
    file = tmp_path / "t.html"
    done = at("template", "export", REMINDER, *(word for word in way), *([str(file)] if way else []))
    text = file.read_text(encoding="utf-8") if way else done.stdout
    assert text.startswith("---\n")
    assert "label: Rappel de rendez-vous" in text


def test_a_file_is_imported_shown_and_checked(at, tmp_path):
    file = tmp_path / "invitation.html"
    file.write_text(FILE.replace("Code", "@PNOMS Code"), encoding="utf-8")
    assert "Vie du cabinet/Invitation" in at("template", "import", str(file)).stderr
    assert "{{ token }}" in at("template", "show", "Vie du cabinet/Invitation").stdout
    checked = at("template", "check", "Vie du cabinet/Invitation")
    assert checked.exit_code == 0  # a reading command, whatever it shows
    assert "cannot be sent as it is" in checked.stderr
    assert "@PNOM" in checked.stdout


def test_an_email_type_in_order_is_said_to_be(at):
    assert "in order" in at("template", "check", REMINDER).stderr


def test_an_unknown_email_type_is_refused(at):
    assert isinstance(at("template", "show", "Nowhere/Nothing").exception, UnknownTemplate)


def test_a_file_is_rendered_with_plain_values_without_any_workspace(command, tmp_path, monkeypatch):
    monkeypatch.delenv("WORKBENCH_WORKSPACE", raising=False)
    file, values, out = tmp_path / "t.html", tmp_path / "v.json", tmp_path / "out.html"
    file.write_text(FILE, encoding="utf-8")
    values.write_text(json.dumps({"name": "Zoé", "token": "<b>42</b>"}), encoding="utf-8")
    done = command("template", "render", str(file), "--data", str(values), "--output", str(out))
    assert done.exit_code == 0
    assert "Code &lt;b&gt;42&lt;/b&gt;" in out.read_text(encoding="utf-8")


def test_a_value_of_nothing_is_blank_with_a_finding(command, tmp_path):
    file, values = tmp_path / "t.html", tmp_path / "v.json"
    file.write_text(FILE, encoding="utf-8")
    values.write_text('{"name": "Zoé", "token": null}', encoding="utf-8")
    done = command("template", "render", str(file), "--data", str(values))
    assert done.exit_code == 0
    assert "Code </p>" in done.stdout
    assert "token" in done.stderr


def test_an_unknown_name_is_an_error(command, tmp_path):
    file, values = tmp_path / "t.html", tmp_path / "v.json"
    file.write_text(FILE, encoding="utf-8")
    values.write_text('{"name": "Zoé"}', encoding="utf-8")
    assert isinstance(command("template", "render", str(file), "--data", str(values)).exception, TemplateError)


@pytest.mark.parametrize("text", ["", "[1]", "{", '"x"', "\xff"])
def test_values_that_are_no_json_object_are_refused(command, tmp_path, text):
    file, values = tmp_path / "t.html", tmp_path / "v.json"
    file.write_text(FILE, encoding="utf-8")
    values.write_bytes(text.encode("latin-1"))
    assert isinstance(command("template", "render", str(file), "--data", str(values)).exception, BadValue)


def test_a_named_workspace_that_is_none_is_refused(command, tmp_path):
    from typer.testing import CliRunner

    from workbench.cli.main import app

    done = CliRunner().invoke(app, ["-w", str(tmp_path), "template", "list"])
    assert isinstance(done.exception, NoWorkspace)


def test_an_import_names_the_fields_that_nobody_knows(at, tmp_path):
    file = tmp_path / "invitation.html"
    file.write_text(FILE.replace("Code", "@PNOMS Code"), encoding="utf-8")
    told = at("template", "import", str(file)).stderr
    assert told.count("@PNOMS") == 1
    assert "Did you mean @PNOM?" in told


def test_the_list_shows_no_conditions_of_a_subject(at):
    shown = at("template", "list").stdout
    assert "{%" not in shown
    assert "Your appointment on @RDVDATE at @RDVHEURE…" in shown
    assert any("{%" in row["subject"] for row in json.loads(at("template", "list", "--format", "json").stdout))


def test_a_finding_says_in_which_part_it_stands(at, tmp_path):
    file = tmp_path / "invitation.html"
    file.write_text(FILE.replace("Bonjour", "Bonjour @PNOMS").replace("Code", "@PNOMS"), encoding="utf-8")
    at("template", "import", str(file))
    messages = [row["message"] for row in json.loads(
        at("template", "check", "Vie du cabinet/Invitation", "--format", "json").stdout
    )]  # fmt: skip
    assert [message.partition(":")[0] for message in messages if "@PNOMS" in message] == ["Subject. Line 1", "Line 1"]


FRONT = "---\nlabel: {label}\nfolder: Essais\nsubject: Bonjour\n---\n"
TOO_MUCH = {
    "Boucle": "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}{% endfor %}"
    "{% endfor %}",
    "Gonfle": "{% for a in range(999) %}{{ PNOM|replace('', 'A' * 900) }}{% endfor %}",
    "Vide": "{% if not PNOM %}{{ 1 / 0 }}{% endif %}",  # only whoever has no name meets it
}


@pytest.mark.parametrize("label", TOO_MUCH)
def test_a_check_merges_the_email_type_and_names_the_line(at, tmp_path, label):
    file = tmp_path / "t.html"
    file.write_text(FRONT.format(label=label) + "<p>Bonjour @PNOM</p>\n" + TOO_MUCH[label], encoding="utf-8")
    imported = at("template", "import", str(file))
    assert imported.exit_code == 0
    assert "Line 7" in imported.stderr  # as the author counts in the file
    kept = at("template", "check", f"Essais/{label}")
    assert "cannot be sent as it is" in kept.stderr
    assert "render_error" in kept.stdout
    assert "Line 2" in kept.stdout  # of the body, which is what is kept
    before = at("template", "check", str(file))
    assert before.exit_code == kept.exit_code == 0
    assert "Line 7" in before.stdout


def test_a_refused_file_names_the_line_of_the_file(at, tmp_path):
    file, data = tmp_path / "t.html", tmp_path / "v.json"
    data.write_text("{}", encoding="utf-8")
    file.write_text(FRONT.format(label="Faux") + "<p>{% if %}</p>", encoding="utf-8")
    for words in (("import", file), ("check", file), ("render", file, "--data", data)):
        refused = at("template", *map(str, words)).exception
        assert isinstance(refused, TemplateError)
        assert "Line 6" in refused.sentence
    file.write_text(FRONT.format(label="Zéro") + "<p>Bonjour</p>\n{{ 1 / 0 }}", encoding="utf-8")
    assert "Line 7" in at("template", "render", str(file), "--data", str(data)).exception.sentence


def test_names_of_one_s_own_that_cannot_be_tried_are_no_error(at, tmp_path):
    file = tmp_path / "t.html"
    file.write_text(FRONT.format(label="Table") + "{% for one in lines %}{{ one.name }}{% endfor %}", encoding="utf-8")
    done = at("template", "check", str(file))
    assert "cannot be sent" not in done.stderr
    assert "Warning" in done.stdout
    assert "With an invented text for each name of your own" in done.stdout


def test_every_sample_email_type_can_be_merged_with_its_examples(sample):
    with open_practice(sample) as practice:
        assert [path for path in practice.templates if not practice.templates.check(path).empty] == []
