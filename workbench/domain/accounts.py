"""A mail account: where messages leave from, and where its password is kept (never the password)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum

from workbench.domain.limits import WINDOWS, Limits, published_limits
from workbench.domain.options import Options


class AccountKind(StrEnum):
    """What stands behind an account."""

    SMTP = "smtp"
    CATCHER = "catcher"  # the built-in mail catcher: a real SMTP server on loopback whose port is chosen at sending
    FOLDER = "folder"  # a folder of .eml files


class Security(StrEnum):
    """How the connection is protected; there is no silent downgrade between them (P8)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Auth(StrEnum):
    """How the account logs in: with a password, or with access tokens of its provider (OAuth 2.0)."""

    PASSWORD = "password"  # noqa: S105 - a word of the command line
    XOAUTH2 = "xoauth2"


OAUTH_PROVIDERS = ("google", "microsoft")
"""Whose access tokens an account may use."""

DEFAULT_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine's loopback: ``localhost`` or an address of 127.0.0.0/8 or ::1."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of an account's trial; `detail` is a sentence.

    `name` is ``dns``, ``tcp``, ``tls``, ``greeting``, ``login``, ``folder`` or ``mail``.
    """

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mail account of the practice (F2–F18).

    `name` is what the practice calls it, which nobody else sees.
    `password_from` names where the password is: ``env:VARIABLE``, ``keyring``, ``file`` or nothing.
    `timeout` is in seconds, and bounds connecting and each command before the content; the reply after the
    final dot is awaited as RFC 5321 4.5.3.2 says, whatever it is.
    `connections` is the most at once, `letters_per_connection` the most that one carries before the next is opened;
    `dsn` asks the servers on the way to tell of failures and delays (RFC 3461), where the account's server offers it.
    With `auth` ``xoauth2``, `oauth` is the provider (``google``, ``microsoft``), `client_id` the practice's own
    registration there, `tenant` its Microsoft organisation; `password_from` then says where the tokens are.
    `per_minute`, `per_hour` and `per_day` are the most messages that leave in any such time; ``None`` is what the
    provider publishes, 0 no limit. `signature` is the default one of its messages (F5), `options` those of its sendings
    (F13–F16). `hours` are the sending hours (``domain.sending_hours``), in place of the
    practice's.
    """

    name: str
    email: str
    kind: AccountKind = AccountKind.SMTP
    display_name: str = ""
    host: str = ""
    port: int = 0
    security: Security = Security.TLS
    user: str = ""
    password_from: str = ""
    reply_to: str | None = None
    timeout: float = 30.0
    connections: int = 4
    folder: str = ""
    letters_per_connection: int = 100
    dsn: bool = False
    auth: Auth = Auth.PASSWORD
    oauth: str = ""
    client_id: str = ""
    tenant: str = ""
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    hours: str = ""
    signature: str = ""
    options: Options = field(default_factory=Options)

    @property
    def login(self) -> str:
        """Who logs in on the server: the user, with access tokens the address when no user is said; else nobody."""
        return self.user or (self.email if self.auth is Auth.XOAUTH2 else "")

    @property
    def effective_port(self) -> int:
        """The port given, else the usual one for this security."""
        return self.port or DEFAULT_PORTS[self.security]

    @property
    def limits(self) -> Limits:
        """How many messages may leave: what was said of this account, else what its provider publishes."""
        known = published_limits(self.host, self.email) if self.kind is AccountKind.SMTP else Limits()
        said = {name: getattr(self, name) for name in WINDOWS}
        return Limits(**{name: getattr(known, name) if most is None else most for name, most in said.items()})
