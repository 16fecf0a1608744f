"""Access tokens for SMTP from Google and Microsoft (OAuth 2.0, RFC 6749), through Authlib.

The practice registers an application of its own with the provider and gives its client id. `sign_in` lets a person
agree once in a browser (RFC 8252: an address of this machine alone, PKCE, a state); what comes of it is kept where
passwords are kept, and `OAuthTokens` makes access tokens of it without asking anybody again. No token is part of a
``repr``, a sentence or an exception (P12).
"""

from __future__ import annotations

import html
import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from workbench.domain.accounts import Account
from workbench.errors import AccountError, LoginRefused, NetworkDown
from workbench.language import _

LEEWAY = 120.0
"""Seconds before its end from which an access token is not used for a new connection."""

ANSWER_LIMIT = 20.0
"""Seconds that the provider has for one answer."""

AGREEMENT_LIMIT = 300.0
"""Seconds that a person has to agree in the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider's pages are, and what is asked of it; ``{tenant}`` and ``{port}`` are filled in."""

    authorize: str
    token: str
    scope: str
    redirect: str
    asked: Mapping[str, str] = field(default_factory=dict)


PROVIDERS = {
    # https://developers.google.com/identity/protocols/oauth2/native-app
    "google": Provider(
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        scope="https://mail.google.com/",
        redirect="http://127.0.0.1:{port}/",
        asked={"access_type": "offline", "prompt": "consent"},
    ),
    # https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
    "microsoft": Provider(
        authorize="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        token="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 - an address
        scope="https://outlook.office.com/SMTP.Send offline_access",
        redirect="http://localhost:{port}/",
    ),
}


class OAuthTokens:
    """The access tokens of one account.

    Parameters
    ----------
    account
        Its provider, client id and tenant.
    kept
        What `sign_in` returned, or what `keep` was given last.
    keep
        Called with what is to be kept instead, whenever the provider gave new tokens.
    now
        Seconds since 1970.
    """

    def __init__(
        self, account: Account, kept: str, *, keep: Callable[[str], object], now: Callable[[], float] = time.time
    ) -> None:
        self._account = account
        self._kept = _read(account, kept)
        self._keep = keep
        self._now = now

    def __repr__(self) -> str:
        return f"OAuthTokens({self._account.name!r})"

    def token(self, *, renewed: bool = False) -> str:
        """Return an access token that is good for a while; `renewed` asks for a new one although there is one.

        Raises
        ------
        LoginRefused
            When the provider gives none any more: a person must sign in again.
        NetworkDown
            When the provider cannot be reached.
        """
        known = self._kept.get("access_token")
        if known and not renewed and float(self._kept.get("expires_at") or 0) - LEEWAY > self._now():
            return str(known)
        provider = provider_of(self._account)
        with _session(self._account, self._kept.get("client_secret"), scope=None) as session:
            got = _asked(
                self._account,
                lambda: session.refresh_token(
                    _filled(provider.token, self._account),
                    refresh_token=self._kept.get("refresh_token"),
                    timeout=ANSWER_LIMIT,
                ),
            )
        self._kept = _to_keep(got, self._kept, self._now())
        self._keep(json.dumps(self._kept))
        return str(self._kept["access_token"])


def provider_of(account: Account) -> Provider:
    """Return the provider of an account's tokens.

    Raises
    ------
    AccountError
        When it is none that the workbench knows, or the client id is missing.
    """
    provider = PROVIDERS.get(account.oauth)
    if provider is None or not account.client_id:
        raise AccountError(
            _(
                "Account « {name} »: say whose sign-in it uses and the client id that the practice got there:"
                " --oauth google or microsoft, and --client-id."
            ).format(name=account.name)
        )
    return provider


def sign_in(
    account: Account,
    client_secret: str = "",
    *,
    show: Callable[[str], object],
    limit: float = AGREEMENT_LIMIT,
    now: Callable[[], float] = time.time,
) -> str:
    """Let a person sign in with the account's provider; return what is to be kept in place of a password.

    Parameters
    ----------
    client_secret
        What Google gives beside a client id; Microsoft wants none.
    show
        Called once with the address to open in a browser of this computer.
    limit
        Seconds that the person has.

    Raises
    ------
    LoginRefused
        When nobody agreed in time, the person or the provider refused, or no lasting permission came of it.
    NetworkDown
        When the provider cannot be reached.
    """
    from authlib.common.security import generate_token

    provider = provider_of(account)
    verifier, state = generate_token(64), secrets.token_urlsafe(32)
    with (
        _Answer(state) as answer,
        _session(
            account, client_secret, scope=provider.scope, redirect_uri=provider.redirect.format(port=answer.port)
        ) as session,
    ):
        address, _state = session.create_authorization_url(
            _filled(provider.authorize, account),
            state=state,
            code_verifier=verifier,
            login_hint=account.login,
            **provider.asked,
        )
        show(address)
        code = answer.wait(account, limit)
        got = _asked(
            account,
            lambda: session.fetch_token(
                _filled(provider.token, account), code=code, code_verifier=verifier, timeout=ANSWER_LIMIT
            ),
        )
    if not got.get("refresh_token"):
        raise LoginRefused(
            _("The provider of the account « {account} » gave no lasting permission; sign in again.").format(
                account=account.name
            )
        )
    return json.dumps(_to_keep(got, {"client_secret": client_secret} if client_secret else {}, now()))


def sign_in_again(account: Account) -> str:
    """Return the sentence that says how to sign in again."""
    return _("Sign in again with: workbench account login {account}").format(account=account.name)


def _read(account: Account, kept: str) -> dict[str, Any]:
    try:
        known = json.loads(kept)
    except ValueError:
        known = None
    if not isinstance(known, dict) or not known.get("refresh_token"):
        raise LoginRefused(
            _(
                "Nobody has signed in for the account « {account} ». Sign in with: workbench account login {account}"
            ).format(account=account.name)
        )
    return known


def _to_keep(got: Mapping[str, Any], known: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return what is kept: a provider that gives no new refresh token means the one there is."""
    kept = {key: known[key] for key in ("client_secret", "refresh_token") if key in known}
    if got.get("refresh_token"):
        kept["refresh_token"] = got["refresh_token"]
    return {**kept, "access_token": got["access_token"], "expires_at": now + float(got.get("expires_in") or 0)}


def _filled(address: str, account: Account) -> str:
    return address.replace("{tenant}", account.tenant or "common")


def _session(account: Account, client_secret: object, *, scope: str | None, redirect_uri: str | None = None) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        account.client_id,
        client_secret or None,
        token_endpoint_auth_method="client_secret_post" if client_secret else "none",
        scope=scope,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _asked(account: Account, ask: Callable[[], Any]) -> dict[str, Any]:
    """Ask the provider; what it or the network says against it becomes a sentence without any token."""
    from authlib.common.errors import AuthlibBaseError
    from requests import RequestException

    try:
        got = dict(ask())
    except AuthlibBaseError as error:
        raise LoginRefused(
            _("The provider of the account « {account} » refused the sign-in ({why}).").format(
                account=account.name, why=str(error.error or type(error).__name__)[:100]
            )
            + " "
            + sign_in_again(account)
        ) from None
    except (RequestException, ValueError) as error:
        raise NetworkDown(
            _(
                "The sign-in of the account « {account} » could not be reached ({fault})."
                " Nothing is lost: send again when the network is back."
            ).format(account=account.name, fault=type(error).__name__)
        ) from None
    if not got.get("access_token"):
        raise LoginRefused(
            _("The provider of the account « {account} » refused the sign-in ({why}).").format(
                account=account.name, why="no access_token"
            )
            + " "
            + sign_in_again(account)
        )
    return got


class _Answer:
    """Listens on this machine alone for the browser that comes back from the provider."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._found: dict[str, str] | None = None

    def __enter__(self) -> _Answer:
        import http.server  # only a person who signs in waits for it

        answer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 5.0

            def do_GET(self) -> None:
                said = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                mine = secrets.compare_digest(said.get("state", "").encode(), answer._state.encode())
                if mine and ("code" in said or "error" in said):
                    answer._found = answer._found or said
                words = _("You can close this page and go back to the workbench.") if mine else "?"
                page = f"<!doctype html><meta charset=utf-8><title>workbench</title><p>{html.escape(words)}".encode()
                self.send_response(200 if mine else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Connection", "close")
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(page)

            def log_message(self, *_arguments: object) -> None:
                """Write nothing: the address holds the code."""

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.server_close()

    def wait(self, account: Account, limit: float) -> str:
        """Return the code that the browser brings."""
        until = time.monotonic() + limit
        while self._found is None and (left := until - time.monotonic()) > 0:
            self._server.timeout = min(left, 1.0)
            self._server.handle_request()
        if self._found is None or "code" not in self._found:
            why = self._found.get("error", "") if self._found else _("nobody agreed in time")
            raise LoginRefused(
                _("The provider of the account « {account} » refused the sign-in ({why}).").format(
                    account=account.name, why=why[:100]
                )
                + " "
                + sign_in_again(account)
            )
        return self._found["code"]
