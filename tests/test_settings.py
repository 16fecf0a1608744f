"""workbench.toml: read, written, refused with the name of what is wrong; found from where one stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import BadSettings, NoWorkspace
from workbench.settings import SETTINGS_FILE, Settings, find_workspace, private_folder, write_private


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = Settings(workspace_id="w1", practice_id='cab"inet\\', language="en", adult_age=16, sample=True)
    (tmp_path / SETTINGS_FILE).write_text(settings.to_toml(), encoding="utf-8")
    assert Settings.read(tmp_path) == settings


def test_a_number_is_written_where_a_practice_wants_another_one(tmp_path: Path) -> None:
    assert "megabytes" not in Settings(workspace_id="w1").to_toml()
    settings = Settings(workspace_id="w1", message_megabytes=20, image_max_pixels=1200)
    (tmp_path / SETTINGS_FILE).write_text(settings.to_toml(), encoding="utf-8")
    assert Settings.read(tmp_path) == settings
    assert Settings.change(tmp_path, image_quality=70).image_quality == 70


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("workspace_id = 3", "workspace_id"),
        ('workspace_id = "a"\ncolour = "red"', "colour"),
        ('workspace_id = "a"\nlanguage = "de"', "language"),
        ("practice_id = 'a'", "workspace_id"),
        ('workspace_id = "a"\nlease_seconds = 0', "lease_seconds"),
        ('workspace_id = "a"\nimage_quality = 100', "image_quality is a number from 50 to 95"),
        ('workspace_id = "a"\nimage_max_pixels = 1', "image_max_pixels"),
        ('workspace_id = "a"\nmessage_megabytes = 0', "message_megabytes"),
        ('workspace_id = "a"\nmessage_megabytes = true', "message_megabytes"),
        ('workspace_id = "a"\nmailing_megabytes = -1', "mailing_megabytes"),
        ("workspace_id = ", SETTINGS_FILE),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings, match=named):
        Settings.read(tmp_path)


def test_the_nearest_workspace_above_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_WORKSPACE", raising=False)
    inner = tmp_path / "W" / "notebooks" / "scheduled"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    with pytest.raises(NoWorkspace):
        find_workspace()
    (tmp_path / "W" / SETTINGS_FILE).write_text('workspace_id = "a"', encoding="utf-8")
    assert find_workspace() == tmp_path / "W"
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "other"))
    assert find_workspace() == tmp_path / "other"
    assert find_workspace(tmp_path / "third") == tmp_path / "third"


def test_what_a_workspace_holds_is_its_owners_alone(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    write_private(folder / "file", b"one")
    write_private(folder / "file", b"two")
    assert (folder / "file").read_bytes() == b"two"
    assert [entry.name for entry in folder.iterdir()] == ["file"]
    assert (folder.stat().st_mode & 0o777, (folder / "file").stat().st_mode & 0o777) == (0o700, 0o600)
