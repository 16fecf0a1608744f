from __future__ import annotations

import json
import threading
import urllib.request

import pytest

from tests.servers.token_server import TokenServer
from workbench.errors import AccountError, LoginRefused, UnknownAccount, UsageError
from workbench.transports import oauth

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


# --- what a server may ask for -------------------------------------------------------------------------------


def test_connections_messages_and_patience_are_set(at):
    words = ("--connections", "3", "--per-connection", "20", "--timeout", "12.5", "--dsn")
    assert at(*SET, "--security", "none", *words).exit_code == 0
    row = listed(at)["cabinet"]
    assert [row[name] for name in ("connections", "letters_per_connection", "timeout", "dsn")] == [3, 20, 12.5, True]
    assert at("account", "set", "cabinet", "--no-dsn").exit_code == 0
    assert listed(at)["cabinet"]["dsn"] is False
    assert listed(at)["cabinet"]["connections"] == 3


@pytest.mark.parametrize("words", [("--connections", "0"), ("--per-connection", "-1"), ("--timeout", "0")])
def test_none_of_them_is_nothing(at, words):
    assert isinstance(at(*SET, "--security", "none", *words).exception, UsageError)


# --- access tokens -------------------------------------------------------------------------------------------

OAUTH = ("--auth", "xoauth2", "--oauth", "google", "--client-id", "practice-client")


@pytest.fixture
def private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return tmp_path


@pytest.fixture
def signed_in(at, private, monkeypatch):
    """An account for which a person signed in at a terminal, in a browser."""
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("http"):
            threading.Thread(target=lambda: urllib.request.urlopen(sentence, timeout=5).read(), daemon=True).start()

    monkeypatch.setattr("workbench.cli.accounts.say", say)
    monkeypatch.setattr("workbench.cli.accounts.is_terminal", lambda _stream: True)
    monkeypatch.setenv("BESIDE", "s3cr3t-beside")
    with TokenServer(client_secret="s3cr3t-beside") as provider:
        monkeypatch.setitem(oauth.PROVIDERS, "google", provider.provider)
        assert at(*SET, "--security", "none", *OAUTH).exit_code == 0
        assert "workbench account login cabinet" in said[-1]
        assert at("account", "login", "cabinet", "--client-secret-env", "BESIDE").exit_code == 0
        yield provider, said


def test_tokens_are_kept_outside_the_workspace_and_shown_nowhere(at, signed_in, sample, private):
    _provider, said = signed_in
    shown = "".join(said) + at("account", "list", "--format", "json").output
    secrets = ("access-0", "refresh-1", "s3cr3t-beside")
    assert not any(secret in shown for secret in secrets)
    assert not any(
        secret.encode() in file.read_bytes() for secret in secrets for file in sample.rglob("*") if file.is_file()
    )
    [file] = (private / "config").rglob("*-cabinet-*")
    assert "refresh-1" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_another_way_to_log_in_forgets_the_tokens(at, signed_in, private):
    assert listed(at)["cabinet"]["password_from"] == "file"
    assert at("account", "set", "cabinet", "--display-name", "Les Tilleuls").exit_code == 0
    assert listed(at)["cabinet"]["password_from"] == "file"
    assert at("account", "set", "cabinet", "--auth", "password").exit_code == 0
    assert listed(at)["cabinet"]["password_from"] == ""
    assert not list((private / "config").rglob("*-cabinet-*"))


def test_a_permission_taken_back_fails_the_trial_with_the_sentence(at, signed_in):
    provider, _said = signed_in
    provider.refuses = "invalid_grant"
    tried = at("account", "test", "cabinet", "--format", "json")
    assert tried.exit_code == 1


def test_signing_in_needs_a_person(at, private):
    assert at(*SET, "--security", "none", *OAUTH).exit_code == 0
    assert isinstance(at("account", "login", "cabinet").exception, AccountError)
    assert isinstance(at("account", "test", "cabinet").exception, LoginRefused)


@pytest.mark.parametrize("words", [("--auth", "xoauth2"), (*OAUTH[:4],), (*OAUTH[:2], "--oauth", "yahoo", *OAUTH[4:])])
def test_an_account_with_tokens_says_whose(at, words):
    assert isinstance(at(*SET, "--security", "none", *words).exception, AccountError)


def test_tokens_and_a_password_do_not_go_together(at):
    done = at(*SET, "--security", "none", *OAUTH, "--password-env", "X")
    assert isinstance(done.exception, AccountError)


def test_an_account_with_a_password_is_not_signed_in(at, monkeypatch):
    monkeypatch.setattr("workbench.cli.accounts.is_terminal", lambda _stream: True)
    assert at(*SET, "--security", "none").exit_code == 0
    assert isinstance(at("account", "login", "cabinet").exception, AccountError)


def test_limits_and_hours_are_listed_where_an_account_has_any(at):
    assert "A day, at most" not in at("account", "list").stdout
    at("account", "set", "slow", "--email", "a@exemple.test", "--host", "127.0.0.1", "--port", "1",
       "--security", "none", "--per-day", "480", "--hours", "08:00-20:00")  # fmt: skip
    listed = at("account", "list").stdout
    assert "A day, at most" in listed
    assert "480" in listed
    assert "08:00-20:00" in listed


@pytest.mark.parametrize("option", ["--display-name", "--email", "--user", "--host"])
def test_half_a_character_is_refused_with_a_sentence(at, option):
    refused = at(*SET, option, "a\udcff@exemple.test").exception
    assert isinstance(refused, AccountError)
    assert "2525" not in at("account", "list").stdout


# --- presets, settings, trial --------------------------------------------------------------------------------


def test_an_address_is_enough_and_where_the_server_is_known_from_is_said(at):
    done = at("account", "set", "mail", "--email", "cabinet@free.fr", "--password-env", "FREE_PASSWORD")
    assert done.exit_code == 0
    row = listed(at)["mail"]
    assert [row[name] for name in ("host", "port", "security", "user")] == ["smtp.free.fr", 465, "tls", "cabinet"]
    assert "Source: thunderbird/autoconfig" in done.stderr
    assert "before the @" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--email", "a@cabinet.test"), "--preset ovh"),
        (("--email", "a@noos.fr"), "--host"),
        (("--email", "a@tiscali.fr", "--host", "smtp.cabinet.test"), "closed"),
        (("--email", "a@cabinet.test", "--preset", "zzz"), "zzz"),
    ],
)
def test_a_server_that_nobody_knows_is_a_sentence(at, words, said):
    refused = at("account", "set", "mail", *words).exception
    assert isinstance(refused, AccountError)
    assert said in refused.sentence
    assert "mail" not in listed(at)


def test_signature_options_and_default_are_set_shown_and_listed(at):
    words = ("--signature", "Cabinet", "--no-confirm", "--read-receipt", "--no-keep-attachments", "--default")
    assert at(*SET, "--security", "none", *words).exit_code == 0
    row = listed(at)["cabinet"]
    assert [row[name] for name in ("signature", "confirm", "read_receipt", "keep_messages", "keep_attachments")] == [
        "Cabinet", False, True, None, False,
    ]  # fmt: skip
    assert row["default"] is True
    told = {row["name"]: row for row in json.loads(at("account", "show", "cabinet", "--format", "json").stdout)}
    assert told["confirm"] == {"name": "confirm", "value": False, "said_by": "account"}
    assert told["keep_messages"] == {"name": "keep_messages", "value": True, "said_by": "usual"}
    table = at("account", "show", "cabinet").stdout
    assert "Asks before sending" in table
    assert "the account" in table
    assert at("account", "set", "cabinet", "--signature", "-").exit_code == 0
    assert listed(at)["cabinet"]["signature"] == ""


def test_the_test_mailbox_is_no_default_beside_an_account_that_sends(at):
    assert at("account", "set", "catcher", "--default").exit_code == 0  # while it is the only one
    assert listed(at)["catcher"]["default"] is True
    assert at(*SET, "--security", "none").exit_code == 0
    before = listed(at)
    refused = at("account", "set", "catcher", "--default", "--per-minute", "3")
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.exit_status == 2
    assert "catcher" in refused.exception.sentence
    assert "--account catcher" in refused.exception.sentence
    assert listed(at) == before
    changed = at("account", "set", "catcher", "--per-minute", "3")
    assert changed.exit_code == 0
    assert "--default" not in changed.output  # nor advised


def test_what_is_known_of_providers_is_listed_and_explained(at):
    known = {row["preset"]: row for row in json.loads(at("account", "presets", "--format", "json").stdout)}
    assert known["tiscali"]["verdict"] == "dead"
    table = at("account", "presets").stdout
    assert "mailboxes closed" in table
    assert "before the @" in table  # in words, where a program reads « local »
    assert known["free"]["user"] == "local"
    assert "test mailbox" in at("account", "show", "catcher").stdout
    for word in ("gmail", "a@gmail.com", "Gmail"):
        told = at("account", "help", word).stdout
        assert "1. On myaccount.google.com" in told
        assert "Source: " in told
    assert isinstance(at("account", "help", "zzz").exception, AccountError)
    assert at(*SET, "--security", "none").exit_code == 0
    assert "workbench account set cabinet" in at("account", "help", "cabinet").stdout


def test_a_trial_to_oneself_and_its_report_for_support(at, tmp_path):
    done = at("account", "test", "catcher", "--mail-to-self")
    assert done.exit_code == 0
    assert "Message-ID" in done.stdout
    report = at("account", "test", "catcher", "--copy").stdout
    assert report.startswith("Account: catcher")
    assert "✓ login" in report
    at("account", "set", "nobody", "--email", "a@exemple.test", "--host", "127.0.0.1", "--port", "1",
       "--security", "none")  # fmt: skip
    file = tmp_path / "report.txt"
    assert at("account", "test", "nobody", "--copy", "--output", str(file)).exit_code == 1
    assert "✕ tcp" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
