from __future__ import annotations

import json

import pytest

from workbench.errors import BadValue, UsageError

AGENDA = "Nr;Dossier;Quand;Venu\nX1;90001;23/11/2026 09:00;non\nX2;90002;demain;oui\n"
MAPPING = """
[columns]
appointment_id = "Nr"
starts_at = "Quand"
state = "Venu"

[values.state]
oui = "present"
non = "missed"
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "agenda.csv").write_text(AGENDA, encoding="utf-8")
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    return ("import", "appointments", str(tmp_path / "agenda.csv"), "--mapping", str(tmp_path / "m.toml"))


def test_a_file_is_imported_and_what_was_left_out_is_told_by_line(at, files):
    done = at(*files, "--format", "json")
    assert done.exit_code == 0
    assert "2 rows read: 1 new, 0 changed, 0 as before, 1 left out." in done.stderr
    assert 3 in [finding["row"] for finding in json.loads(done.stdout)]
    found = at("search", "missed", "--set", "start=2026-11-23", "--set", "end=2026-11-23", "--format", "json")
    assert [row["appointment_id"] for row in json.loads(found.stdout)] == ["X1"]


def test_the_same_file_again_changes_nothing(at, files):
    at(*files)
    assert "0 new, 0 changed, 1 as before" in at(*files).stderr


def test_a_trial_writes_nothing(at, files):
    assert "nothing was written" in at(*files, "--dry-run").stderr
    assert "1 new" in at(*files).stderr


def test_a_mapping_that_is_no_toml_is_refused(at, files, tmp_path):
    (tmp_path / "m.toml").write_text("[columns", encoding="utf-8")
    assert isinstance(at(*files).exception, BadValue)


def test_an_unknown_kind_is_wrong_usage(at, files):
    assert isinstance(at("import", "nonsense", files[2]).exception, UsageError)


def test_a_file_that_is_not_utf_8_is_told_with_what_it_was_read_as(at, tmp_path):
    table = tmp_path / "patients.csv"
    table.write_bytes("Dossier;Nom;Prénom\nZ1;Noël;Zoé\n".encode("cp1252"))
    assert "read as cp1252" in at("import", "patients", str(table)).stderr
    assert json.loads(at("patient", "show", "Z1", "--format", "json").stdout)["first_name"] == "Zoé"
    table.write_text("Dossier;Nom;Prénom\nZ1;Noël;Zoé\n", encoding="utf-8")
    assert "read as" not in at("import", "patients", str(table)).stderr


def test_findings_name_our_columns_in_the_readers_words_and_by_code_for_a_program(at, tmp_path):
    table = tmp_path / "agenda.csv"
    table.write_text("Dossier,Début\nZ1,24/11/2026 09:00\n", encoding="utf-8")
    mapping = tmp_path / "m.toml"
    mapping.write_text('[constants]\nstate = "Zut"\n', encoding="utf-8")
    words = ("import", "appointments", str(table), "--mapping", str(mapping), "--dry-run")
    done = at(*words)
    assert "« Zut » is not known: 1 row is left out." in done.stdout
    assert "State" in done.stdout
    assert json.loads(at(*words, "--format", "json").stdout)[0]["column"] == "state"
