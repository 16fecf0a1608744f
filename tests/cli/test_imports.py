from __future__ import annotations

import json
from pathlib import Path

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


@pytest.fixture
def seated(monkeypatch):
    """Somebody sits at the terminal."""
    monkeypatch.setattr("workbench.cli.imports.is_terminal", lambda _stream: True)


def test_at_a_terminal_nothing_is_written_before_a_yes(at, files, seated):
    refused = at(*files, typed="n\n")
    assert "1 new" in refused.stderr
    assert "Write this into the patient store?" in refused.stderr
    assert "Nothing was written." in refused.stderr
    agreed = at(*files, typed="oui\n")
    assert agreed.stderr.count("1 new") == 2
    assert "1 as before" in at(*files, "--yes").stderr
    assert "?" not in at(*files, "--yes").stderr.replace("« ? »", "")


def test_a_program_is_never_asked(at, files):
    done = at(*files, typed="")
    assert "Write this" not in done.stderr
    assert "1 as before" in at(*files).stderr


def test_the_findings_are_kept_in_a_file_of_ones_own(at, files, tmp_path):
    at(*files, "--report", str(tmp_path / "found.csv"))
    text = (tmp_path / "found.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "row,column,code,message"
    assert "3,Quand,unreadable" in text
    assert (tmp_path / "found.csv").stat().st_mode & 0o777 == 0o600


def test_a_mapping_is_said_once_and_forgotten_when_asked(at, files):
    at(*files)
    again = at(*files[:3])
    assert "was used again for these headings" in again.stderr
    assert "1 as before" in again.stderr
    assert at(*files[:3], "--forget-mapping").exception is not None  # its headings alone do not say enough
    assert isinstance(at(*files, "--forget-mapping").exception, BadValue)


def test_a_workbook_is_imported_like_any_file(at):
    sample = Path(__file__).parents[2] / "sample_data" / "imports" / "patients.xlsx"
    done = at("import", "patients", str(sample))
    assert "8 rows read: 6 new, 0 changed, 0 as before, 2 left out." in done.stderr
    assert json.loads(at("patient", "show", "00472", "--format", "json").stdout)["last_name"] == "Null"
