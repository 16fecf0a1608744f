from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workbench.cli import main as door
from workbench.cli.main import globals_first
from workbench.errors import BadValue, UnknownMailing


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["-w", "W", "search", "x"], ["-w", "W", "search", "x"]),
        (["search", "x", "-w", "W"], ["-w", "W", "search", "x"]),
        (["search", "--workspace=W", "x"], ["--workspace=W", "search", "x"]),
        (["send", "--user", "zoe", "--yes"], ["--user", "zoe", "send", "--yes"]),
        (["account", "set", "a", "--user", "login", "-w", "W"], ["-w", "W", "account", "set", "a", "--user", "login"]),
        (["--user", "zoe", "account", "list"], ["--user", "zoe", "account", "list"]),
        (["search", "--", "-w", "W"], ["search", "--", "-w", "W"]),
        (["search", "-w"], ["-w", "search"]),
        (["search", "x", "-wW"], ["-wW", "search", "x"]),
        (["account", "list", "-wW"], ["-wW", "account", "list"]),
        (["search", "--", "-wW"], ["search", "--", "-wW"]),
        ([], []),
    ],
)
def test_the_global_options_may_stand_anywhere(written, read):
    assert globals_first(written) == read


def leaves(monkeypatch, error: BaseException) -> int:
    def fail(**_call: object) -> None:
        raise error

    monkeypatch.setattr(door, "app", fail)
    monkeypatch.delenv("WORKBENCH_DEBUG", raising=False)
    with pytest.raises(SystemExit) as leaving:
        door.main([])
    return int(leaving.value.code or 0)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownMailing("No mailing 9."), 1),
        (BadValue("Not a day."), 2),
        (PermissionError(13, "Permission denied", "results.csv"), 1),
        (ConnectionResetError(), 1),
        (SystemExit(3), 3),
        (SystemExit(None), 1),
        (BrokenPipeError(), 1),
    ],
)
def test_an_error_becomes_its_exit_status(monkeypatch, error, status):
    assert leaves(monkeypatch, error) == status


def test_an_error_is_a_sentence_on_stderr(monkeypatch, capsys):
    leaves(monkeypatch, UnknownMailing("No mailing 9."))
    told = capsys.readouterr()
    assert told.err == "No mailing 9.\n"
    assert told.out == ""


def test_a_file_that_cannot_be_used_is_named(monkeypatch, capsys):
    leaves(monkeypatch, PermissionError(13, "Permission denied", "results.csv"))
    assert capsys.readouterr().err == "« results.csv » cannot be used: Permission denied.\n"


def test_half_a_character_is_told_as_such(monkeypatch, capsys):
    leaves(monkeypatch, UnicodeEncodeError("utf-8", "a\udcff", 1, 2, "surrogates not allowed"))
    assert "half a character" in capsys.readouterr().err


def test_something_unforeseen_names_its_kind_and_no_patient(monkeypatch, capsys):
    leaves(monkeypatch, KeyError("lefevre@exemple.test"))
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "WORKBENCH_DEBUG=1" in told
    assert "lefevre" not in told
    assert "Traceback" not in told


def test_whoever_asks_for_details_gets_them(monkeypatch):
    def fail(**_call: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(door, "app", fail)
    monkeypatch.setenv("WORKBENCH_DEBUG", "1")
    with pytest.raises(KeyError):
        door.main([])


NAMES = "demo init doctor import search fields preview send results history template account patient mailings"


def workbench(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WORKBENCH_LANGUAGE": "en", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "workbench", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        **options,
    )


def test_the_help_names_every_command_and_comes_at_once():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "workbench", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    for name in NAMES.split():
        assert f" {name} " in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "workbench.cli.main" in loaded
    assert loaded.isdisjoint({"pandas", "numpy", "sqlalchemy"})


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["send"],
        ["search", "appointments", "--format", "xml"],
        ["mailings", "show", "seven"],
        ["send", "--template", "T", "--connections", "0", "--search", "appointments"],
    ],
)
def test_wrong_usage_leaves_with_2(words, tmp_path):
    assert workbench(*words, cwd=tmp_path).returncode == 2


def test_outside_a_workspace_a_sentence_says_what_to_do(tmp_path):
    done = workbench("search", "appointments", cwd=tmp_path)
    assert done.returncode == 1
    assert "workbench init" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_reader_that_leaves_early_is_no_trouble():
    done = subprocess.run(
        f"'{sys.executable}' -m workbench --help | true", shell=True, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_version_is_said():
    assert workbench("--version").stdout.strip()[0].isdigit()
