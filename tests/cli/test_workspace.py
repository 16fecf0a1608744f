from __future__ import annotations

import json
import stat

from typer.testing import CliRunner

from workbench.cli.main import app
from workbench.errors import WorkspaceError


def test_a_new_workspace_is_private_and_all_is_well_with_it(tmp_path):
    folder = tmp_path / "cabinet"
    done = CliRunner().invoke(app, ["init", str(folder)])
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    checks = json.loads(CliRunner().invoke(app, ["-w", str(folder), "doctor", "--format", "json"]).stdout)
    assert len(checks) > 2
    assert {check["status"] for check in checks} <= {"ok", "not_ok"}


def test_a_workspace_is_never_made_over_another(tmp_path, sample):
    before = (sample / "workbench.toml").read_bytes()
    done = CliRunner().invoke(app, ["init", str(sample), "--demo"])
    assert isinstance(done.exception, WorkspaceError)
    assert (sample / "workbench.toml").read_bytes() == before


def test_a_sample_practice_has_no_mailing_yet(at):
    assert json.loads(at("mailings", "--format", "json").stdout) == []


def test_the_fields_are_found_without_regard_to_accents(at):
    rows = json.loads(at("fields", "PRENOM", "patient", "--format", "json").stdout)
    assert "@PPRENOM" in [row["code"] for row in rows]
    assert "No field" in at("fields", "zzzz").stderr


def test_the_searches_are_listed_with_their_parameters(at):
    rows = json.loads(at("search", "--format", "json").stdout)
    assert {row["search"] for row in rows} >= {"appointments", "missed"}
    assert "exclude_returned" in {row["parameter"] for row in rows if row["search"] == "missed"}
