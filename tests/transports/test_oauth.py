"""Access tokens in place of a password: got once by a person, renewed without one, and shown to nobody."""

from __future__ import annotations

import base64
import json
import threading
import urllib.request
from collections.abc import Iterator

import pytest

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.servers.chaos_smtp import ChaosServer
from tests.servers.token_server import TokenServer
from tests.transports.conftest import account
from workbench.domain.accounts import Account, Auth
from workbench.errors import AccountError, LoginRefused, NetworkDown
from workbench.transports import oauth
from workbench.transports.account_test import try_account
from workbench.transports.oauth import OAuthTokens, sign_in
from workbench.transports.smtp import SmtpTransport
from workbench.transports.smtp_connection import Patience


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with TokenServer() as server:
        monkeypatch.setitem(oauth.PROVIDERS, "google", server.provider)
        yield server


def token_account(port: int = 25, **changes: object) -> Account:
    return account(port, auth=Auth.XOAUTH2, oauth="google", client_id="practice-client", **changes)


def kept(**more: object) -> str:
    return json.dumps({"refresh_token": "refresh-0", **more})


def a_browser(visited: list[str]):
    """A person who opens the address and agrees at once."""

    def show(address: str) -> None:
        visited.append(address)
        threading.Thread(target=lambda: urllib.request.urlopen(address, timeout=5).read(), daemon=True).start()

    return show


# --- signing in ---------------------------------------------------------------------------------------------


def test_a_person_signs_in_once_and_what_is_kept_makes_access_tokens(provider: TokenServer) -> None:
    visited: list[str] = []
    text = sign_in(token_account(), show=a_browser(visited), limit=10)
    assert len(visited) == 1
    assert "login_hint=practice%40cabinet.example" in visited[0]
    assert "/common/authorize" in visited[0]
    tokens = OAuthTokens(token_account(), text, keep=lambda _text: None)
    assert tokens.token() == "access-0"
    assert tokens.token(renewed=True) == "access-1"
    assert [form["grant_type"] for form in provider.asked] == ["authorization_code", "refresh_token"]


def test_what_google_gives_beside_the_client_id_is_kept_with_the_tokens(provider: TokenServer) -> None:
    provider.client_secret = "beside"
    text = sign_in(token_account(), "beside", show=a_browser([]), limit=10)
    OAuthTokens(token_account(), text, keep=lambda _text: None).token(renewed=True)
    assert provider.asked[-1]["client_secret"] == "beside"


def test_a_person_who_refuses_is_believed(provider: TokenServer) -> None:
    provider.denies = "access_denied"
    with pytest.raises(LoginRefused, match="access_denied"):
        sign_in(token_account(), show=a_browser([]), limit=10)


def test_nobody_waits_for_ever(provider: TokenServer) -> None:
    with pytest.raises(LoginRefused):
        sign_in(token_account(), show=lambda _address: None, limit=0.05)
    assert provider.asked == []


def test_an_answer_that_does_not_know_our_state_is_nobodys(provider: TokenServer) -> None:
    visited: list[str] = []

    def show(address: str) -> None:
        visited.append(address)
        query = dict(pair.split("=", 1) for pair in address.partition("?")[2].split("&"))
        forged = urllib.request.unquote(query["redirect_uri"]) + "?code=evil&state=guessed"

        def forge() -> None:
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(forged, timeout=5)

        threading.Thread(target=forge, daemon=True).start()

    with pytest.raises(LoginRefused):
        sign_in(token_account(), show=show, limit=0.5)
    assert visited
    assert provider.asked == []


def test_an_unknown_provider_or_no_client_id_is_said() -> None:
    for changes in ({"oauth": "yahoo"}, {"client_id": ""}):
        broken = account(25, auth=Auth.XOAUTH2, **{"oauth": "google", "client_id": "x", **changes})
        with pytest.raises(AccountError):
            sign_in(broken, show=lambda _address: None, limit=0.05)


# --- access tokens -----------------------------------------------------------------------------------------


def test_a_token_is_asked_for_only_when_the_one_there_is_about_to_end(provider: TokenServer) -> None:
    now, saved = [1000.0], []
    tokens = OAuthTokens(token_account(), kept(), keep=saved.append, now=lambda: now[0])
    assert tokens.token() == tokens.token() == "access-0"
    now[0] += 3600 - oauth.LEEWAY - 1
    assert tokens.token() == "access-0"
    now[0] += 2
    assert tokens.token() == "access-1"
    assert len(saved) == 2
    assert json.loads(saved[-1])["refresh_token"] == "refresh-0"


def test_another_refresh_token_replaces_the_one_there_was(provider: TokenServer) -> None:
    provider.rotates = True
    saved: list[str] = []
    OAuthTokens(token_account(), kept(), keep=saved.append).token()
    OAuthTokens(token_account(), saved[-1], keep=saved.append).token(renewed=True)
    assert [form["refresh_token"] for form in provider.asked] == ["refresh-0", "refresh-1"]
    assert json.loads(saved[-1])["refresh_token"] == "refresh-2"


def test_a_permission_taken_back_says_how_to_sign_in_again_and_shows_no_secret(provider: TokenServer) -> None:
    provider.refuses = "invalid_grant"
    with pytest.raises(LoginRefused, match="workbench account login reception") as caught:
        OAuthTokens(token_account(), kept(), keep=lambda _text: None).token()
    assert "refresh-0" not in str(caught.getrepr(style="long"))
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("broken", [True, False])
def test_a_provider_that_does_not_answer_is_the_network(
    provider: TokenServer, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.broken = broken
    if not broken:
        gone = oauth.Provider(authorize="x", token="http://localhost:9/token", scope="", redirect="")
        monkeypatch.setitem(oauth.PROVIDERS, "google", gone)
    with pytest.raises(NetworkDown):
        OAuthTokens(token_account(), kept(), keep=lambda _text: None).token()


@pytest.mark.parametrize("text", ["", "hunter2", "[]", "{}"])
def test_without_a_sign_in_there_is_no_token(text: str) -> None:
    with pytest.raises(LoginRefused, match="workbench account login reception"):
        OAuthTokens(token_account(), text, keep=lambda _text: None)


def test_tokens_are_not_shown() -> None:
    assert "refresh-0" not in repr(OAuthTokens(token_account(), kept(), keep=lambda _text: None))


# --- on the wire ------------------------------------------------------------------------------------------


def send(server: ChaosServer, tokens: OAuthTokens, count: int = 6, **changes: object) -> RecordingJournal:
    journal = RecordingJournal()
    transport = SmtpTransport(
        token_account(server.port, **changes), tokens, connections=3, patience=Patience(network=0.5, goodbye=0.3)
    )
    transport.deliver(ListQueue([a_letter(number) for number in range(1, count + 1)]), journal)
    return journal


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_letters_leave_with_an_access_token(provider: TokenServer, mechanism: str) -> None:
    tokens = OAuthTokens(token_account(), kept(), keep=lambda _text: None)
    with ChaosServer(mechanisms=("PLAIN", mechanism), tokens=provider.issued) as server:
        journal = send(server, tokens)
    assert set(journal.statuses().values()) == {"sent"}
    first = next(command for command in server.commands if command.startswith("AUTH"))
    assert first.split()[1] == mechanism
    said = base64.b64decode(first.split()[2])
    if mechanism == "XOAUTH2":
        assert said == b"user=practice@cabinet.example\1auth=Bearer access-0\1\1"
    else:
        assert said == (
            b"n,a=practice@cabinet.example,\1host=localhost\1port=%d\1auth=Bearer access-0\1\1" % server.port
        )


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_ended_early_is_renewed_once_and_every_letter_leaves(
    provider: TokenServer, mechanism: str
) -> None:
    stale = kept(access_token="stale", expires_at=4e9)
    tokens = OAuthTokens(token_account(), stale, keep=lambda _text: None)
    with ChaosServer(mechanisms=(mechanism,), tokens=provider.issued) as server:
        journal = send(server, tokens, 30)
    assert set(journal.statuses().values()) == {"sent"}
    assert provider.issued == ["access-0"]


def test_a_new_token_that_is_refused_too_stops_the_mailing_and_says_what_to_do(provider: TokenServer) -> None:
    tokens = OAuthTokens(token_account(), kept(), keep=lambda _text: None)
    with (
        ChaosServer(mechanisms=("XOAUTH2",), tokens=["another"]) as server,
        pytest.raises(LoginRefused, match="workbench account login reception") as caught,
    ):
        send(server, tokens)
    assert len(provider.issued) == 2
    assert not any(command.startswith("MAIL") for command in server.commands)
    assert "access-" not in str(caught.value)


def test_a_long_token_goes_on_a_line_of_its_own(provider: TokenServer) -> None:
    long = "t" * 3000
    tokens = OAuthTokens(token_account(), kept(access_token=long, expires_at=4e9), keep=lambda _text: None)
    with ChaosServer(mechanisms=("XOAUTH2",), tokens=[long]) as server:
        journal = send(server, tokens, 2)
    assert set(journal.statuses().values()) == {"sent"}
    assert "AUTH XOAUTH2" in server.commands


def test_a_token_is_never_offered_as_a_password(provider: TokenServer) -> None:
    tokens = OAuthTokens(token_account(), kept(), keep=lambda _text: None)
    with ChaosServer(mechanisms=("PLAIN", "LOGIN"), tokens=provider.issued) as server, pytest.raises(LoginRefused):
        send(server, tokens)
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


def test_an_account_with_tokens_is_tried_step_by_step(provider: TokenServer) -> None:
    tokens = OAuthTokens(token_account(), kept(), keep=lambda _text: None)
    with ChaosServer(mechanisms=("XOAUTH2",), tokens=provider.issued) as server:
        assert [(stage.name, stage.ok) for stage in try_account(token_account(server.port), tokens)] == [
            ("dns", True), ("tcp", True), ("greeting", True), ("login", True),
        ]  # fmt: skip
        provider.refuses = "invalid_grant"
        refused = try_account(token_account(server.port), OAuthTokens(token_account(), kept(), keep=lambda _t: None))
    assert (refused[-1].name, refused[-1].ok) == ("login", False)
    assert "workbench account login" in refused[-1].detail
