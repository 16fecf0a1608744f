"""The first part of an SMTP conversation, from the greeting to the login, without a socket and without downgrades.

Encryption that was asked for and is not given, and a login that is refused, end the conversation: nothing is sent
in clear instead, and nothing is tried twice (P8).
"""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import replace
from enum import IntEnum

from workbench.domain.accounts import Account, Auth, Security
from workbench.errors import GreetingRefused, LoginRefused, TlsRefused
from workbench.language import _
from workbench.transports.smtp_protocol import MAX_COMMAND, Extensions, Reply, extensions_from_lines


class Phase(IntEnum):
    """How far a conversation is."""

    GREETING = 0
    EHLO = 1
    HELO = 2
    STARTTLS = 3
    HANDSHAKE = 4  # the socket must become a TLS one
    LOGIN = 5
    READY = 6
    QUITTING = 7
    CLOSED = 8


def login_refused(account: Account, reply: Reply) -> LoginRefused:
    """Return the stop that a refused user, password or access token is."""
    if account.auth is Auth.XOAUTH2:
        return LoginRefused(
            _(
                "The server of the account « {account} » refused the access token: {reply}"
                " Sign in again with: workbench account login {account}"
            ).format(account=account.name, reply=reply.quoted)
        )
    return LoginRefused(
        _(
            "The server of the account « {account} » refused the user or the password: {reply}"
            " Give them again with: workbench account set {account} --user USER --password-stdin"
        ).format(account=account.name, reply=reply.quoted)
    )


def no_tls(account: Account, why: str, advice: str = "") -> TlsRefused:
    """Return the refusal to go on without encryption: what was wrong and, where it is known, what to do about it."""
    sentence = _(
        "The server of the account « {account} » gives no encrypted connection, so nothing was sent: {why}."
    ).format(account=account.name, why=why.rstrip("."))
    return TlsRefused(f"{sentence} {advice}" if advice else sentence)


class Opening:
    """What to say until the server is ready for letters; `phase` and `offered` tell how far it is."""

    __slots__ = ("_account", "_hello", "_login", "_password", "_secure", "offered", "phase")

    def __init__(self, account: Account, password: str, hello: str) -> None:
        self._account = account
        self._password = password
        self._hello = hello.encode("ascii")
        self._secure = account.security is Security.TLS
        self._login: deque[bytes] = deque()
        self.offered = Extensions()
        self.phase = Phase.GREETING

    def answered(self, reply: Reply, *, more: bool) -> bytes:
        """Take a reply and return what is to be said next.

        Parameters
        ----------
        reply
            The reply; temporary ones after the greeting are the caller's to handle.
        more
            Whether the server wrote further bytes behind it.

        Raises
        ------
        SendingStopped
            When this server cannot be used as the account wants it.
        """
        if self.phase is Phase.GREETING:
            return self._welcomed(reply)
        if self.phase is Phase.STARTTLS:
            return self._encryption_answered(reply, more=more)
        if self.phase is Phase.LOGIN:
            return self._login_answered(reply)
        return self._hello_answered(reply)

    def secured(self) -> bytes:
        """Go on after the TLS handshake that STARTTLS asked for; what was said before it is forgotten (RFC 3207)."""
        self._secure = True
        self.offered = Extensions()
        return self._say_hello()

    def _welcomed(self, reply: Reply) -> bytes:
        if reply.code == 220:
            return self._say_hello()
        raise GreetingRefused(
            _("The server of the account « {account} » refused the connection: {reply}").format(
                account=self._account.name, reply=reply.quoted
            )
        )

    def _say_hello(self) -> bytes:
        self.phase = Phase.EHLO
        return b"EHLO " + self._hello + b"\r\n"

    def _hello_answered(self, reply: Reply) -> bytes:
        account = self._account
        unencrypted = account.security is Security.STARTTLS and not self._secure
        if not reply.positive:
            if self.phase is Phase.EHLO and account.security is Security.NONE and not account.login:
                # An old server on loopback; with TLS or a login asked for, HELO would be a downgrade.
                self.phase = Phase.HELO
                return b"HELO " + self._hello + b"\r\n"
            if unencrypted:
                raise no_tls(account, reply.quoted)
            raise GreetingRefused(
                _("The server of the account « {account} » refused our greeting: {reply}").format(
                    account=account.name, reply=reply.quoted
                )
            )
        self.offered = extensions_from_lines(reply.lines) if self.phase is Phase.EHLO else Extensions()
        if unencrypted:
            if not self.offered.starttls:
                raise no_tls(
                    account,
                    _("it does not offer STARTTLS"),
                    _(
                        "Something on the way may have taken the offer out: try --security tls (port 465), or another"
                        " network; nothing is ever sent in the clear instead."
                    ),
                )
            self.phase = Phase.STARTTLS
            return b"STARTTLS\r\n"
        if account.login:
            return self._begin_login()
        self.phase = Phase.READY
        return b""

    def _encryption_answered(self, reply: Reply, *, more: bool) -> bytes:
        if reply.code != 220:
            raise no_tls(self._account, reply.quoted)
        if more:
            # Bytes that came in clear must not be taken for the server's words after the handshake.
            raise no_tls(
                self._account,
                _("it wrote more in clear after agreeing to encrypt"),
                _("Somebody on the way may be listening: try --security tls (port 465), or another network."),
            )
        self.phase = Phase.HANDSHAKE
        return b""

    def _begin_login(self) -> bytes:
        user, password = self._account.login.encode(), self._password.encode()
        self.phase = Phase.LOGIN
        if self._account.auth is Auth.XOAUTH2:
            self._login = deque(self._token_login(user, password))
        elif "PLAIN" in self.offered.mechanisms:
            self._login = deque(_at_once(b"PLAIN", b"\0" + user + b"\0" + password))
        elif "LOGIN" in self.offered.mechanisms:
            self._login = deque([b"AUTH LOGIN", base64.b64encode(user), base64.b64encode(password)])
        else:
            raise LoginRefused(
                _(
                    "The server of the account « {account} » offers no way to log in that the workbench knows"
                    " (AUTH PLAIN or LOGIN)."
                ).format(account=self._account.name)
            )
        return self._login.popleft() + b"\r\n"

    def _token_login(self, user: bytes, token: bytes) -> list[bytes]:
        """Return what logs in with an access token; a refusal comes as a 334, and the last word lets it be said.

        XOAUTH2 is Google's and Microsoft's own mechanism, OAUTHBEARER the standard's (RFC 7628).
        """
        if "XOAUTH2" in self.offered.mechanisms:
            said = b"user=%b\1auth=Bearer %b\1\1" % (user, token)
            return [*_at_once(b"XOAUTH2", said), b""]
        if "OAUTHBEARER" in self.offered.mechanisms:
            name = user.replace(b"=", b"=3D").replace(b",", b"=2C")
            where = b"host=%b\1port=%d" % (self._account.host.encode("idna"), self._account.effective_port)
            said = b"n,a=%b,\1%b\1auth=Bearer %b\1\1" % (name, where, token)
            return [*_at_once(b"OAUTHBEARER", said), base64.b64encode(b"\1")]
        raise LoginRefused(
            _(
                "The server of the account « {account} » takes no access tokens (AUTH XOAUTH2 or OAUTHBEARER)."
                " Set a password instead: workbench account set {account} --auth password"
            ).format(account=self._account.name)
        )

    def _login_answered(self, reply: Reply) -> bytes:
        if reply.code == 235:
            self.phase = Phase.READY
            return b""
        if reply.code == 334 and self._login:
            return self._login.popleft() + b"\r\n"
        if reply.code == 504 and self.offered.mechanisms >= {"PLAIN", "LOGIN"}:
            # PLAIN was offered but is not known after all.
            self.offered = replace(self.offered, mechanisms=frozenset({"LOGIN"}))
            return self._begin_login()
        raise login_refused(self._account, reply)


def _at_once(mechanism: bytes, answer: bytes) -> list[bytes]:
    """Return the lines of a login in one step: one line, or two when a command may not be so long (RFC 4954 4)."""
    encoded = base64.b64encode(answer)
    first = b"AUTH %b %b" % (mechanism, encoded)
    return [first] if len(first) <= MAX_COMMAND else [b"AUTH " + mechanism, encoded]
