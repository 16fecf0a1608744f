from __future__ import annotations

import json

import pytest

from workbench.errors import BadValue, NoWorkspace, TemplateError, UnknownTemplate, UsageError, WorkbenchError
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


# --- the library ------------------------------------------------------------------------------------------


@pytest.fixture
def kept(at, tmp_path) -> str:
    """An email type of the tests, twice changed."""
    file = tmp_path / "essai.html"
    file.write_text("---\nlabel: Essai\nfolder: Essais\nsubject: Bonjour\n---\n<p>@DAPPEL</p>\n", encoding="utf-8")
    at("template", "import", str(file))
    at("template", "set", "Essais/Essai", "subject=Bonsoir", "read_receipt=oui", "--reason", "plus poli")
    return "Essais/Essai"


def rows_of(done) -> list[dict[str, object]]:
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_change_is_kept_with_its_reason_and_shown_in_words(at, kept):
    rows = rows_of(at("template", "revisions", kept, "--format", "json"))
    assert [(row["revision"], row["changes"], row["reason"]) for row in rows] == [
        (2, "subject, options", "plus poli"),
        (1, "first version", ""),
    ]
    assert "plus poli" in at("template", "revisions", kept).stdout


def test_an_email_type_is_shown_with_what_counts_and_who_says_so(at, kept):
    shown = at("template", "show", kept)
    assert shown.stdout.startswith("---\nlabel: Essai\n")
    assert "Read receipt: yes (the email type)" in shown.stderr
    assert "Asks before sending: yes (as usual)" in shown.stderr
    assert "subject: Bonjour" in at("template", "show", kept, "--revision", "1").stdout
    assert at("template", "show", kept, "--html").stdout == "<p>@DAPPEL</p>\n"
    assert isinstance(at("template", "show", kept, "--revision", "9").exception, UnknownTemplate)


@pytest.mark.parametrize(
    "words",
    [["subjet=x"], ["subject"], ["=x"], ["html=x"], ["self=x"], ["path=x"], ["role=voisin"], ["account=nowhere"]],
)
def test_a_setting_that_cannot_be_changes_nothing(at, kept, words):
    done = at("template", "set", kept, *words)
    assert isinstance(done.exception, WorkbenchError)
    assert len(rows_of(at("template", "revisions", kept, "--format", "json"))) == 2
    assert "says so already" in at("template", "set", kept, "subject=Bonsoir").stderr


def test_another_purpose_is_told_of(at, kept):
    assert "once more" in at("template", "set", kept, "purpose=essais").stderr


def test_a_difference_is_shown_and_a_version_restored(at, kept):
    assert "-subject: Bonjour\n+subject: Bonsoir" in at("template", "diff", kept).stdout
    assert "version 3" in at("template", "restore", kept, "1").stderr
    assert "no difference" in at("template", "diff", kept, "1", "3").stderr


def test_a_new_name_says_that_nobody_is_told_twice(at, kept):
    told = at("template", "rename", kept, "Autre", "--reason", "clair").stderr
    assert "« Essais/Essai » is called « Essais/Autre » now; version 3." in told
    assert "Its purpose stays « Essais/Essai »" in told
    assert "« Agenda/Autre » now" in at("template", "move", "Essais/Autre", "Agenda").stderr
    assert "called so already" in at("template", "move", "Agenda/Autre", "Agenda").stderr
    assert "1 email type is in « Divers » now." in at("template", "rename-folder", "Agenda", "Divers").stderr
    rows = rows_of(at("template", "list", "--folder", "Divers", "--format", "json"))
    assert [(row["path"], row["revision"], row["purpose"]) for row in rows] == [("Divers/Autre", 5, "Essais/Essai")]
    assert "The folders are" in at("template", "list", "--folder", "Agenda").stderr


def test_a_copy_that_shares_a_purpose_says_so(at, kept):
    assert "too: whoever was told" in at("template", "duplicate", REMINDER, "Rappel J-7").stderr
    assert "too: whoever was told" not in at("template", "duplicate", kept, "Copie").stderr
    assert isinstance(at("template", "duplicate", kept, "Copie").exception, TemplateError)


def test_what_is_put_away_is_listed_apart_and_comes_back(at, kept):
    at("template", "use", kept, "--for", "appointments")
    told = at("template", "archive", kept, "--reason", "plus utilisé").stderr
    assert "is archived" in told
    assert "« appointments » proposes none" in told
    assert kept not in [row["path"] for row in rows_of(at("template", "list", "--format", "json"))]
    archived = rows_of(at("template", "list", "--archived", "--format", "json"))
    assert [row["path"] for row in archived] == [kept]
    assert "is back" in at("template", "unarchive", kept).stderr


def test_a_search_proposes_an_email_type_to_preview_and_send(at, kept):
    tomorrow = ["--search", "appointments", "--set", "start=tomorrow", "--set", "end=tomorrow"]
    assert "proposes none" in at("preview", *tomorrow).exception.sentence
    assert (
        "« appointments » proposes « Essais/Essai » from now on"
        in at("template", "use", kept, "--for", "Rendez-vous").stderr
    )
    assert at("preview", *tomorrow).exit_code == 0
    told = at("send", *tomorrow, "--dry-run").stderr
    assert "« appointments » proposes « Essais/Essai »" in told
    rows = {row["path"]: row for row in rows_of(at("template", "list", "--format", "json"))}
    assert rows[kept]["searches"] == ["appointments"]
    assert "Proposed by the search: appointments" in at("template", "show", kept).stderr
    assert "no longer" in at("template", "use", kept, "--not-for", "appointments").stderr
    assert isinstance(at("send", *tomorrow, "--dry-run").exception, UsageError)
    assert isinstance(at("template", "use", kept).exception, BadValue)


def test_a_table_needs_its_email_type_named(at, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("email\na@exemple.test\n", encoding="utf-8")
    assert isinstance(at("send", "--recipients", str(table), "--dry-run").exception, UsageError)


def test_a_library_goes_to_a_folder_and_comes_back(at, kept, tmp_path):
    folder = tmp_path / "maquettes"
    assert at("template", "export", "--all", str(folder)).exit_code == 0
    assert (folder / "Essais" / "Essai.html").is_file()
    (folder / "Essais" / "Essai.html").write_text("---\nlabel: Essai\nfolder: Essais\n---\n<p>x</p>", encoding="utf-8")
    told = at("template", "import", str(folder), "--reason", "du dépôt").stderr
    assert "« Essais/Essai » is in, version 3." in told
    assert f"« {REMINDER} » is in, version 1." in told
    at("template", "rename", kept, "Autre")
    assert "it was left there" in at("template", "export", "--all", str(folder)).stderr
    assert isinstance(at("template", "export", "--all", str(folder), "x").exception, BadValue)


def test_an_attached_file_is_written_beside(at, kept, tmp_path):
    (tmp_path / "plan.txt").write_text("plan", encoding="utf-8")
    assert at("template", "set", kept, f"attachments={tmp_path / 'plan.txt'}").exit_code == 0
    folder = tmp_path / "out"
    folder.mkdir()
    assert at("template", "export", kept, str(folder)).exit_code == 0
    assert sorted(file.name for file in folder.iterdir()) == ["Essai.html", "plan.txt"]


@pytest.mark.parametrize("name", ["../../etc/x", "a\x1b[31mb", "é" * 200, "\u202eabc", "..", "con"])
def test_a_hostile_name_is_a_sentence_or_a_name(at, kept, name):
    done = at("template", "rename", kept, f"Essais/{name}")
    assert done.exit_code == 0 or isinstance(done.exception, TemplateError)
    assert "\x1b" not in at("template", "list").stdout


def test_a_text_that_came_with_the_workbench_can_be_had_again(at, kept):
    at("template", "set", REMINDER, "subject=Demain")
    assert "version 3" in at("template", "reset", REMINDER).stderr
    assert isinstance(at("template", "reset", kept).exception, TemplateError)


def test_the_languages_of_an_email_type_are_told(at, kept, tmp_path):
    file = tmp_path / "try.html"
    file.write_text(
        f"---\nlabel: Try\nfolder: Essais\nlanguage: en\nvariant_of: {kept}\n---\n<p>x</p>", encoding="utf-8"
    )
    assert "called so before" not in at("template", "import", str(file)).stderr
    assert "In another language (en): Essais/Try" in at("template", "show", kept).stderr
    assert f"A variant of: {kept}" in at("template", "show", "Essais/Try").stderr


def test_a_name_that_another_one_had_is_told_of(at, kept, tmp_path):
    at("template", "rename", kept, "Autre")
    told = at("template", "import", str(tmp_path / "essai.html")).stderr
    assert "« Essais/Autre » was called so before" in told
    at("template", "set", kept, "purpose=essais")
    assert "called so before" not in at("template", "import", str(tmp_path / "essai.html")).stderr
