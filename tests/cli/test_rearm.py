"""``workbench rearm``: what it says, what it asks, and what it leaves to a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from workbench.cli.main import app
from workbench.cli.report import say_what_is_open
from workbench.domain.arming import Arming, Standing
from workbench.domain.mailings import Counts
from workbench.errors import NotConfirmed
from workbench.language import use_language
from workbench.practice.identity import OPENED
from workbench.wiring import init_workspace, open_practice


@pytest.fixture(scope="session")
def bare_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace without anybody in it."""
    return init_workspace(tmp_path_factory.mktemp("bare") / "W")


@pytest.fixture
def workspace(bare_workspace: Path, tmp_path: Path) -> Iterator[Path]:
    """A workspace that has sent."""
    folder = Path(shutil.copytree(bare_workspace, tmp_path / "W"))
    with open_practice(folder, user="claire") as practice:
        practice.ledger.guard.check(by="claire", now=practice.now())
    yield folder
    OPENED.clear()


def rearm(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["-w", str(folder), "--user", "paul", "rearm", *words])


def test_where_all_is_well_there_is_nothing_to_rearm(workspace: Path) -> None:
    done = rearm(workspace)
    assert done.exit_code == 0
    assert "this folder may send" in done.stderr
    assert "nothing to re-arm" in done.stderr


def test_nobody_is_asked_where_nobody_sits(workspace: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    workspace.rename(moved)
    done = rearm(moved)
    assert isinstance(done.exception, NotConfirmed)
    assert "--yes" in str(done.exception)
    assert f"« {workspace} » is the folder that may send" in done.stderr
    assert done.stderr.count("rearm") == 0


def test_it_is_journalled_with_who_and_after_it_the_folder_may_send(workspace: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    workspace.rename(moved)
    done = rearm(moved, "--yes")
    assert done.exit_code == 0
    assert "only this folder may send" in done.stderr
    assert "This folder may send again." in done.stderr
    with open_practice(moved) as practice:
        assert practice.ledger.guard.standing().arming is Arming.ARMED
        acts = practice.ledger.acts.acts(f"workspace:{practice.settings.workspace_id}")
    assert acts[["what", "by"]].to_numpy().tolist() == [["armed", "claire"], ["rearmed", "paul"]]
    assert acts["details"].iloc[1]["before"] == "elsewhere"


def test_after_a_restore_it_says_what_may_happen(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(workspace.parent / "another computer"))
    done = rearm(workspace, "--yes")
    assert done.exit_code == 0
    assert "not from this computer" in done.stderr
    assert "may have left since" in done.stderr


def test_every_standing_is_told_in_both_languages() -> None:
    told = {}
    for language in ("en", "fr"):
        use_language(language)
        told[language] = {
            arming: Standing(arming=arming, place="/w", file="/f", cause="no room", sendings=2).sentence
            for arming in Arming
        }
    assert all(told["en"][arming] != told["fr"][arming] for arming in Arming)
    assert len(set(told["fr"].values())) == len(Arming)


@pytest.mark.parametrize("may_send", [True, False])
def test_what_waits_leaves_with_the_same_command_only_where_the_folder_may_send(
    may_send: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    say_what_is_open(9, Counts(pending=12, in_doubt=1), may_send=may_send)
    told = capsys.readouterr().err
    assert ("mailings resume 9" in told) is may_send
    assert "mailings settle 9" in told
