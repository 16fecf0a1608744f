from __future__ import annotations

import json

import pytest

from workbench.errors import AccountError, UnknownAccount, UsageError

SET = ("account", "set", "cabinet", "--email", "cabinet@exemple.test", "--host", "127.0.0.1", "--port", "2525")


def listed(at) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(at("account", "list", "--format", "json").stdout)}


def test_an_account_is_set_listed_changed_and_removed(at):
    assert at(*SET, "--security", "none", "--display-name", "Cabinet").exit_code == 0
    assert listed(at)["cabinet"]["security"] == "none"
    assert at("account", "set", "cabinet", "--display-name", "Les Tilleuls").exit_code == 0
    changed = listed(at)["cabinet"]
    assert (changed["display_name"], changed["host"], changed["port"]) == ("Les Tilleuls", "127.0.0.1", 2525)
    assert at("account", "remove", "cabinet").exit_code == 0
    assert "cabinet" not in listed(at)


def test_the_port_shown_is_the_one_that_is_used(at):
    for security in ("tls", "starttls", "none"):
        words = ("--email", "a@exemple.test", "--host", "127.0.0.1", "--security", security)
        assert at("account", "set", security, *words).exit_code == 0
    ports = {name: row["port"] for name, row in listed(at).items()}
    assert ports == {"catcher": None, "tls": 465, "starttls": 587, "none": 25}
    assert "465" in at("account", "list").stdout


def test_in_the_clear_only_to_this_computer(at):
    done = at("account", "set", "far", "--email", "a@exemple.test", "--host", "mail.exemple.test", "--security", "none")
    assert isinstance(done.exception, AccountError)
    assert "far" not in listed(at)


def test_a_password_is_named_and_never_shown(at):
    done = at(*SET, "--user", "login", "--password-env", "CABINET_PASSWORD")
    assert done.exit_code == 0
    assert listed(at)["cabinet"]["password_from"] == "env:CABINET_PASSWORD"


def test_a_password_from_the_input_is_kept_outside_and_shown_nowhere(at, sample, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    secret = "s3cr3t-of-the-practice"
    done = at(*SET, "--user", "login", "--password-stdin", typed=secret + "\n")
    assert done.exit_code == 0, done.output
    shown = done.output + at("account", "list", "--format", "json").output + at("account", "list").output
    assert secret not in shown
    assert not any(secret.encode() in file.read_bytes() for file in sample.rglob("*") if file.is_file())


def test_no_password_from_the_input_changes_nothing(at):
    assert isinstance(at(*SET, "--password-stdin", typed="\n").exception, UsageError)
    assert "cabinet" not in listed(at)


def test_one_way_to_the_password_is_enough(at):
    done = at(*SET, "--password-env", "A", "--password-stdin", typed="x\n")
    assert isinstance(done.exception, UsageError)


def test_a_test_shows_each_stage_and_fails_when_one_does(at):
    assert at("account", "test", "catcher").exit_code == 0
    at(
        "account",
        "set",
        "nobody",
        "--email",
        "a@exemple.test",
        "--host",
        "127.0.0.1",
        "--port",
        "1",
        "--security",
        "none",
    )
    done = at("account", "test", "nobody")
    assert done.exit_code == 1
    assert "✕" in done.stdout


@pytest.mark.parametrize("verb", ["test", "remove"])
def test_an_unknown_account_is_refused(at, verb):
    assert isinstance(at("account", verb, "ghost").exception, UnknownAccount)
