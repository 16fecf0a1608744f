"""The sample data: found, readable, and complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import WorkspaceError
from workbench.patients.sample import data
from workbench.patients.sample.data import sample_folder, sample_rows, sample_templates, sample_words


def test_an_empty_cell_is_nothing_and_other_cells_are_left_as_they_stand() -> None:
    by_number = {row["file_number"]: row for row in sample_rows("notable_patients")}
    assert by_number["2228"]["email"] is None
    assert by_number["2106"]["email"] == " paul.hervieu@courriel.example "
    assert by_number["2403"]["last_name"] == "NULL"


def test_the_six_practitioners_are_known_by_their_initials() -> None:
    assert [one["code"] for one in sample_words()["practitioners"]] == ["MM", "CC", "SL", "YK", "TJ", "AB"]


def test_the_email_types_of_the_sample_practice_are_found() -> None:
    paths = {f"{file.parent.name}/{file.stem}" for file in sample_templates()}
    assert {"Rendez-vous/Rappel de rendez-vous", "Rendez-vous/Rendez-vous manqué"} <= paths
    assert "Rendez-vous/Appointment reminder" in paths
    assert len(paths) >= 4


def test_an_installed_workbench_finds_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "workbench"
    copy = package / "_sample_data" / "practice"
    copy.mkdir(parents=True)
    (copy / "practice.toml").write_text("")
    monkeypatch.setattr(data, "_PACKAGE", package)
    assert sample_folder() == package / "_sample_data"


def test_a_workbench_without_its_sample_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_PACKAGE", tmp_path / "workbench")
    with pytest.raises(WorkspaceError):
        sample_folder()
