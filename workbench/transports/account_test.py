"""Try an account step by step, from its name to its password, and say in plain words where it fails (F17, F23, F24)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass

from workbench.domain.accounts import Account, Auth, Security
from workbench.errors import LoginRefused, SendingStopped, TlsRefused
from workbench.language import _
from workbench.ports import AccessTokens
from workbench.transports.smtp_connection import (
    CHUNK,
    SocketAddress,
    addresses_of,
    hello_name,
    tls_context,
    tls_refused,
)
from workbench.transports.smtp_opening import Phase
from workbench.transports.smtp_session import Session

GUIDED = {
    "gmail.com": "Gmail",
    "googlemail.com": "Gmail",
    "yahoo.com": "Yahoo",
    "mail.me.com": "Apple",
    "outlook.com": "Outlook",
    "office365.com": "Outlook",
    "free.fr": "Free",
    "laposte.net": "La Poste",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the trial: ``dns``, ``tcp``, ``tls``, ``greeting`` or ``login``; `detail` is a sentence."""

    name: str
    ok: bool
    detail: str


def try_account(account: Account, password: str | AccessTokens | None, *, timeout: float | None = None) -> list[Stage]:
    """Connect to the account's server and log in, sending nothing; return the steps up to the first that fails.

    Parameters
    ----------
    account
        The account; nothing of it is changed.
    password
        Its password, or where its access tokens come from; neither is ever part of a sentence.
    timeout
        Seconds for each step; the account's own by default.
    """
    return _Trial(account, password or "", timeout or account.timeout).stages()


class _Failed(Exception):
    """The step under way failed, with its sentence."""


class _Trial:
    def __init__(self, account: Account, password: str | AccessTokens, timeout: float) -> None:
        self._account = account
        self._password = password
        self._timeout = timeout
        self._stages: list[Stage] = []
        self._step = "dns"

    def stages(self) -> list[Stage]:
        """Walk the steps."""
        sock: socket.socket | None = None
        try:
            sock = self._connect(self._addresses())
            sock = self._talk(sock)
        except _Failed as failed:
            self._stages.append(Stage(name=self._step, ok=False, detail=str(failed)))
        finally:
            if sock is not None:
                sock.close()
        return self._stages

    def _passed(self, detail: str) -> None:
        self._stages.append(Stage(name=self._step, ok=True, detail=detail))

    def _addresses(self) -> list[SocketAddress]:
        account = self._account
        try:
            addresses = addresses_of(account)
        except TlsRefused as error:
            raise _Failed(str(error)) from error
        except OSError as error:
            raise _Failed(
                _(
                    "The name {host} is not known. Check the server's name, and that this machine is on the network."
                ).format(host=account.host)
            ) from error
        self._passed(_("The name {host} is known.").format(host=account.host))
        return addresses

    def _connect(self, addresses: list[SocketAddress]) -> socket.socket:
        self._step = "tcp"
        for family, address in addresses:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.settimeout(self._timeout)
            try:
                sock.connect(address)
            except OSError:
                sock.close()
                continue
            self._passed(
                _("{host} answers on port {port}.").format(host=self._account.host, port=self._account.effective_port)
            )
            return sock
        raise _Failed(
            _(
                "{host} does not answer on port {port}. The port may be wrong (465 for tls, 587 for starttls),"
                " or the network of the practice blocks it."
            ).format(host=self._account.host, port=self._account.effective_port)
        )

    def _encrypt(self, sock: socket.socket) -> ssl.SSLSocket:
        self._step = "tls"
        try:
            encrypted = tls_context().wrap_socket(sock, server_hostname=self._account.host.strip("[]").rstrip("."))
        except ssl.SSLError as error:
            raise _Failed(str(tls_refused(self._account, error))) from error
        except OSError as error:
            raise _Failed(_("The server ended the connection instead of encrypting it.")) from error
        self._passed(
            _("The connection is encrypted ({version}), the certificate is valid.").format(version=encrypted.version())
        )
        return encrypted

    def _talk(self, sock: socket.socket) -> socket.socket:
        account = self._account
        if account.security is Security.TLS:
            sock = self._encrypt(sock)
        self._step = "greeting"
        session = Session(account, self._secret(), hello=hello_name(str(sock.getsockname()[0])), letters=1)
        greeted = False
        until = time.monotonic() + self._timeout
        while session.phase is not Phase.READY:
            self._hear(sock, session, until)
            if session.phase > Phase.GREETING and not greeted and session.phase is not Phase.CLOSED:
                greeted = True
                self._passed(_("The server greets."))
                self._step = "tls" if account.security is Security.STARTTLS else "login"
            if session.phase is Phase.HANDSHAKE:
                sock = self._encrypt(sock)
                self._step = "login"
                session.secured()
            if session.phase is Phase.CLOSED:
                raise _Failed(self._diagnosis(session))
            until = time.monotonic() + self._timeout
        self._step = "login"
        if account.login:
            self._passed(_("The server accepts the user and the password."))
        else:
            self._passed(_("No user is set, so nobody logged in."))
        session.quit()
        with contextlib.suppress(OSError):
            sock.sendall(session.spoken())
        return sock

    def _secret(self) -> str:
        if isinstance(self._password, str):
            return self._password
        step, self._step = self._step, "login"
        try:
            secret = self._password.token()
        except SendingStopped as stop:
            raise _Failed(str(stop)) from stop
        self._step = step
        return secret

    def _hear(self, sock: socket.socket, session: Session, until: float) -> None:
        """Say what is to be said, then take what the server says next."""
        try:
            sock.settimeout(max(0.01, until - time.monotonic()))
            sock.sendall(session.spoken())
            data = sock.recv(CHUNK)
        except TimeoutError as error:
            if session.phase is Phase.GREETING and self._account.security is not Security.TLS:
                raise _Failed(
                    _(
                        "The server says nothing. On port 465 it waits for an encrypted connection:"
                        " choose --security tls."
                    )
                ) from error
            raise _Failed(
                _("The server does not answer within {seconds:g} s.").format(seconds=self._timeout)
            ) from error
        except OSError as error:
            raise _Failed(_("The server ended the connection.")) from error
        if not data:
            raise _Failed(_("The server ended the connection."))
        session.receive(data)

    def _diagnosis(self, session: Session) -> str:
        stop: SendingStopped | None = session.stop
        said = (
            str(stop)
            if stop is not None
            else _("The server ended the conversation: {fault}").format(fault=session.fault)
        )
        if isinstance(stop, LoginRefused) and self._account.auth is Auth.PASSWORD:
            advice = self._advice()
            return f"{said} {advice}" if advice else said
        return said

    def _advice(self) -> str:
        host = self._account.host.lower().rstrip(".")
        provider = next((name for domain, name in GUIDED.items() if host == domain or host.endswith("." + domain)), "")
        if provider in {"Gmail", "Yahoo", "Apple"}:
            return _(
                "{provider} wants an application password: turn on the two-step verification of the mailbox,"
                " make an application password there, and give it here instead of the usual one."
            ).format(provider=provider)
        if provider == "Outlook":
            return _(
                "Outlook no longer accepts a password from other programs: let the workbench sign in instead, with"
                " workbench account set {account} --auth xoauth2 --oauth microsoft --client-id …"
            ).format(account=self._account.name)
        if provider in {"Free", "La Poste"}:
            return _("With {provider} the user is only what stands before the @ of the address.").format(
                provider=provider
            )
        return ""
