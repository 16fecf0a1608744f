"""The accounts are made, tried and removed from a screen that never holds a password."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.servers.chaos_smtp import ChaosServer
from tests.transports.conftest import server_context
from workbench.domain.presets import presets, sign_in_guides
from workbench.errors import LoginRefused
from workbench.language import LANGUAGES, use_language
from workbench.practice import Practice
from workbench.widgets.account_words import on_screen
from workbench.widgets.accounts_screen import AccountsScreen
from workbench.widgets.settings_page import SettingsPage
from workbench.wiring import open_practice

SECRET = "s3cr3t of the practice/+="


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    shutil.copytree(sample_made_once, tmp_path / "W")
    with open_practice(tmp_path / "W", user="claire") as opened:
        yield opened


class Watched(AccountsScreen):
    """A screen that keeps what it says to its page."""

    def __init__(self, practice: Practice) -> None:
        self.said: list[dict[str, Any]] = []
        super().__init__(practice)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.said.append(content)

    def hear(self, kind: str, **values: Any) -> dict[str, Any]:
        """Say something as the page does; give what the screen answers."""
        self._hear(self, {"kind": kind, "request": len(self.said), "view": "v", **values}, [])
        return [message for message in self.said if message["kind"] == "answer"][-1]

    def tried(self, name: str, *, mail: bool = False) -> dict[str, Any]:
        """Try an account, and give how it ended."""
        self.said.clear()
        self.hear("test", name=name, mail=mail)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            ended = [message for message in self.said if message["kind"] == "tested"]
            if ended:
                return ended[0]
            time.sleep(0.02)
        raise AssertionError("the trial does not end")


@pytest.fixture
def screen(practice: Practice) -> Watched:
    return Watched(practice)


def here(screen: Watched, server: ChaosServer, **values: object) -> dict[str, Any]:
    given = {"email": "rdv@cabinet.example", "host": "127.0.0.1", "port": str(server.port), "security": "none"}
    return screen.hear("save", name="here", new=True, values=given | {"user": "rdv", "password": SECRET} | values)


def test_an_account_takes_an_address_and_a_password_and_keeps_the_password_to_itself(screen: Watched) -> None:
    answer = screen.hear(
        "save", name="poste", new=True, values={"email": "cabinet@laposte.net", "password": SECRET, "signature": ""}
    )
    [row] = [one for one in answer["accounts"] if one["name"] == "poste"]
    assert (row["host"], row["user"], row["kept"]) == ("smtp.laposte.net", "cabinet", "kept in a private file")
    assert "private file" in answer["keeper"]
    assert SECRET not in json.dumps(screen.said)
    assert SECRET not in json.dumps(screen.get_state(), default=str)
    assert screen.hear("draft", name="poste", values={"password": SECRET, "host": "x"}) is not None
    assert SECRET not in json.dumps(screen.hear("open"))


def test_a_name_that_is_taken_or_missing_and_a_number_that_is_none_are_refused(screen: Watched) -> None:
    assert "choose another name" in screen.hear("save", name="catcher", new=True, values={})["error"]
    assert "name" in screen.hear("save", name=" ", new=True, values={"email": "a@free.fr"})["error"]
    answer = screen.hear("save", name="x", new=True, values={"email": "a@free.fr", "per_day": "many"})
    assert "« many » is not a whole number" in answer["error"]


def test_a_refusal_speaks_of_the_form_and_of_no_command(screen: Watched) -> None:
    error = screen.hear("save", name="own", new=True, values={"email": "rdv@cabinet.example"})["error"]
    assert "« Provider: OVH »" in error
    assert "--" not in error
    assert "workbench account" not in error


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_no_sentence_of_a_proposal_or_a_guide_holds_a_command(screen: Watched, chosen: str) -> None:
    use_language(chosen)
    for preset in presets().values():
        told = screen.hear("propose", email="", preset=preset.key)
        assert "error" not in told
        text = json.dumps(told, ensure_ascii=False)
        assert "--" not in text
        assert "workbench" not in text
    for guide in sign_in_guides().values():
        for line in [guide.why, *guide.lines(account="Mon compte", address="x@y.example")]:
            assert "--" not in on_screen(line, "Mon compte")
            assert "workbench account" not in on_screen(line, "Mon compte")


def test_an_address_tells_its_server_or_that_its_mailboxes_are_closed(screen: Watched) -> None:
    assert screen.hear("propose", email="a@orange.fr")["host"] == "smtp.orange.fr"
    dead = screen.hear("propose", email="a@tiscali.fr", preset="ovh")
    assert (dead["state"], dead["known"], dead["closed"]) == ("bad", False, True)
    assert screen.hear("propose", email="a@own.example")["state"] == "doubt"
    assert screen.hear("propose", email="a@own.example", preset="ovh")["host"] == "ssl0.ovh.net"
    assert screen.hear("propose", email="not an address")["state"] == "bad"
    assert screen.hear("propose", email="a@hotmail.fr")["auth"] == "microsoft"


def test_a_trial_tells_its_stages_as_they_end_and_its_report_holds_no_secret(screen: Watched) -> None:
    with ChaosServer(users={"rdv": SECRET}, mechanisms=("PLAIN",)) as server:
        here(screen, server)
        ended = screen.tried("here", mail=True)
        assert ended["ok"]
        stages = [message["stage"]["name"] for message in screen.said if message["kind"] == "stage"]
        assert stages == ["dns", "tcp", "greeting", "login", "mail"]
        assert server.recipients == ["rdv@cabinet.example"]
        assert ended["state"]["state"] == "good"
    assert SECRET not in json.dumps(screen.said)


def test_a_wrong_password_is_told_with_what_to_do(screen: Watched) -> None:
    with ChaosServer(users={"rdv": "another"}, mechanisms=("PLAIN",)) as server:
        here(screen, server)
        ended = screen.tried("here")
    assert not ended["ok"]
    assert ended["state"]["text"] == "✕ Failed: Logging in"
    failed = [message["stage"] for message in screen.said if message["kind"] == "stage"][-1]
    assert "workbench account" not in failed["detail"]
    assert SECRET not in ended["report"]


def test_nobody_there_and_a_lost_password_are_told(screen: Watched, practice: Practice) -> None:
    with ChaosServer() as server:
        here(screen, server)
    assert screen.tried("here")["state"]["text"] == "✕ Failed: Connection"
    practice.accounts.set("here", password_env="NOT_SET")
    assert "NOT_SET" in screen.tried("here")["error"]


def test_a_certificate_that_nobody_vouches_for_ends_the_trial_before_any_password_is_said(screen: Watched) -> None:
    authority = trustme.CA()
    with ChaosServer(implicit_tls=server_context(authority), users={"rdv": SECRET}) as server:
        here(screen, server, host="localhost", security="tls")
        ended = screen.tried("here")
        assert ended["state"]["text"] == "✕ Failed: Encryption"
        assert not any(command.startswith("AUTH") for command in server.commands)


def test_a_trusted_certificate_passes_with_starttls(
    screen: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with ChaosServer(starttls=server_context(authority), users={"rdv": SECRET}, mechanisms=("PLAIN",)) as server:
        here(screen, server, host="localhost", security="starttls")
        assert screen.hear("open")["accounts"][-1]["stages"] == ["dns", "tcp", "greeting", "tls", "login"]
        assert screen.tried("here")["ok"]


def test_the_address_to_agree_at_is_shown_and_how_signing_in_ended(
    screen: Watched, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"email": "a@gmail.com", "auth": "google", "client_id": "1.apps.example"}
    assert "error" not in screen.hear("save", name="google", new=True, values=given)

    def agree(name: str, *, client_secret: str, show: Callable[[str], object]) -> None:
        show("https://accounts.example/agree")
        raise LoginRefused(f"Nobody agreed: workbench account login {name}")

    monkeypatch.setattr(practice.accounts, "login", agree)
    screen.hear("sign_in", name="google", secret=SECRET)
    until = time.monotonic() + 10
    while "signed_in" not in [message["kind"] for message in screen.said] and time.monotonic() < until:
        time.sleep(0.02)
    said = {message["kind"]: message for message in screen.said}
    assert said["agree"]["address"] == "https://accounts.example/agree"
    assert said["signed_in"]["error"] == "Nobody agreed: « Sign in »"
    assert SECRET not in json.dumps(screen.said)


def test_an_account_is_made_the_default_one_and_removed(screen: Watched) -> None:
    with ChaosServer() as server:
        here(screen, server)
        screen.hear("save", name="here", values={"default": True, "read_receipt": True, "per_day": "0"})
    rows = {one["name"]: one for one in screen.hear("open")["accounts"]}
    assert (rows["here"]["default"], rows["here"]["read_receipt"]) == (True, True)
    told: list[str] = []
    screen.on_change(lambda: told.append("changed"))
    assert "here" not in [one["name"] for one in screen.hear("remove", name="here")["accounts"]]
    assert told == ["changed"]


def test_signing_in_is_for_accounts_with_access_tokens(screen: Watched) -> None:
    assert "sign-in" in screen.hear("sign_in", name="catcher")["error"]


def test_the_page_of_the_settings_makes_a_part_when_it_is_first_shown(practice: Practice) -> None:
    page = SettingsPage(practice)
    assert page.view is page.view
    page.open(part="accounts")
    assert isinstance(page.accounts, AccountsScreen)
