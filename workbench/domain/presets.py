"""What is known of providers' mail servers (F20–F52): presets and sign-in guides, as data with source and date."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.domain.accounts import Account, AccountKind, Auth, Security, is_loopback
from workbench.domain.fields import folded
from workbench.language import LANGUAGES, _, language, marked

STALE_YEARS = 5
"""From so many years on, what a source says of a server is told as old."""


class Verdict(StrEnum):
    """How far a preset can be relied on."""

    CONFIRMED = "confirmed"  # as the practice's guide said, and still so
    CHANGED = "changed"  # read in the source, and not what the guide said
    REPORTED = "reported"  # said by one other mail program only
    UNCONFIRMED = "unconfirmed"  # nobody who was asked knows it
    OBSOLETE = "obsolete"  # the old server is not to be used any more
    DEAD = "dead"  # the mailboxes are closed


VERDICT_WORDS: dict[str, str] = {
    Verdict.CONFIRMED: marked("confirmed"),
    Verdict.CHANGED: marked("current value"),
    Verdict.REPORTED: marked("said by one source only"),
    Verdict.UNCONFIRMED: marked("not confirmed"),
    Verdict.OBSOLETE: marked("obsolete"),
    Verdict.DEAD: marked("mailboxes closed"),
}
"""What each verdict says to a person."""


class UserForm(StrEnum):
    """What a provider takes as the login (F11): the whole address, or what stands before the @."""

    ADDRESS = "address"
    LOCAL = "local"

    def of(self, email: str) -> str:
        """Return the login of an address."""
        return email.rpartition("@")[0] if self is UserForm.LOCAL else email


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is known of the mail server of a provider, and who said so when.

    `guide` are the rows of the practice's guide (FEATURES 25 to 49) that it answers, `was` what that guide said, each
    ``host`` or ``host:port``. `ways` are how one may log in: ``password``, ``app_password`` (one made for this
    program), ``google`` and ``microsoft`` (access tokens). Only what is usable has a `host`. `help` names its guide.
    """

    key: str
    name: str
    verdict: Verdict
    source: str
    dated: date
    aliases: tuple[str, ...] = ()
    guide: tuple[int, ...] = ()
    was: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    host: str = ""
    port: int = 0
    security: Security = Security.TLS
    user: UserForm = UserForm.ADDRESS
    ways: tuple[str, ...] = ()
    help: str = "operator"

    @property
    def brand(self) -> str:
        """The first of its names, for a sentence."""
        return self.name.partition(",")[0]

    @property
    def usable(self) -> bool:
        """Whether it says a server."""
        return bool(self.host)

    @property
    def takes_passwords(self) -> bool:
        """Whether one logs in with a password of any kind."""
        return bool({"password", "app_password"}.intersection(self.ways))

    @property
    def oauth(self) -> str:
        """Whose access tokens the server takes, as an account names them; ``""`` when none that we know."""
        return next((way for way in self.ways if way in ("google", "microsoft")), "")

    def is_stale(self, today: date) -> bool:
        """Tell whether the source is so old that somebody should look again."""
        return (today - self.dated).days > STALE_YEARS * 365.25

    def sentence(self, today: date) -> str:
        """Say what its values are worth: where they come from and of when, and what to do when that is not enough."""
        told = {"name": self.name, "source": self.source, "dated": self.dated.isoformat()}
        if self.verdict is Verdict.DEAD:
            return _(
                "The mailboxes of {name} are closed: nothing can be sent from such an address, and no answer would"
                " arrive. Take another address of the practice."
            ).format(**told)
        if self.verdict is Verdict.OBSOLETE:
            return _(
                "The old server of {name} takes no messages safely any more, and no other is known. Ask the provider"
                " for its SMTP server, and give it with --host."
            ).format(**told)
        if not self.usable:
            return _(
                "Nobody confirms which server {name} has today. Ask the provider for its SMTP server, and give it"
                " with --host."
            ).format(**told)
        said = _("Preset « {name} »: {host}, port {port}, {security}. Source: {source}, {dated}.").format(
            host=self.host, port=self.port, security=self.security, **told
        )
        if self.verdict is Verdict.REPORTED:
            said += " " + _("Only one source says so: try it before you rely on it.")
        if self.is_stale(today):
            said += " " + _("That is more than {years} years old: ask the provider whether it still holds.").format(
                years=STALE_YEARS
            )
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInGuide:
    """How to let the workbench send from a provider's mailbox: numbered steps, in every language.

    `refusals` are words of the provider's answers, in lower case, by which it is recognised where its server is not.
    """

    key: str
    read_on: date
    refusals: tuple[str, ...]
    titles: Mapping[str, str]
    whys: Mapping[str, str]
    steps: Mapping[str, tuple[str, ...]]
    instead: Mapping[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """What it is about, in the language in use."""
        return self.titles[language()]

    @property
    def why(self) -> str:
        """Why it is so, in the language in use."""
        return self.whys[language()]

    def lines(self, *, account: str, address: str) -> list[str]:
        """Return the steps as numbered lines for an account, then those of the other way, if there is one."""
        lines = _numbered(self.steps[language()])
        if self.instead[language()]:
            lines += ["", _("Or, instead:"), *_numbered(self.instead[language()])]
        return [line.replace("{account}", account).replace("{address}", address) for line in lines]

    def explains(self, reply: str) -> bool:
        """Tell whether a server's answer is one of this provider's."""
        said = reply.lower()
        return any(re.search(rf"(?<![\d.]){re.escape(word)}(?!\d)", said) for word in self.refusals)


def _numbered(steps: Iterable[str]) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(steps, 1)]


# --- the data -----------------------------------------------------------------------------------------


@cache
def presets() -> Mapping[str, Preset]:
    """Return every preset by its key, as listed in ``presets.toml``; read once."""
    listed = tomllib.loads((files("workbench.domain") / "presets.toml").read_text(encoding="utf-8"))
    return {key: _preset(key, row) for key, row in listed.items()}


def _preset(key: str, row: Mapping[str, object]) -> Preset:
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    words = {"verdict": Verdict, "security": Security, "user": UserForm}
    read = {name: words[name](str(value)) if name in words else value for name, value in row.items()}
    return Preset(key=key, **{**read, **lists})  # type: ignore[arg-type]  # a misspelt row fails in its own test


@cache
def sign_in_guides() -> Mapping[str, SignInGuide]:
    """Return every sign-in guide by its key, as written in ``sign_in_guides.toml``; read once."""
    listed = tomllib.loads((files("workbench.domain") / "sign_in_guides.toml").read_text(encoding="utf-8"))
    return {
        key: SignInGuide(
            key=key,
            read_on=row["read_on"],
            refusals=tuple(row["refusals"]),
            titles={name: row[name]["title"] for name in LANGUAGES},
            whys={name: row[name]["why"] for name in LANGUAGES},
            steps={name: tuple(row[name]["steps"]) for name in LANGUAGES},
            instead={name: tuple(row[name].get("instead", ())) for name in LANGUAGES},
        )
        for key, row in listed.items()
    }


@cache
def _by_domain() -> Mapping[str, Preset]:
    return {domain: preset for preset in presets().values() for domain in preset.domains}


def domain_of(address: str) -> str:
    """Return the domain of an address, or of what was written without an @, in lower case."""
    return address.strip().rpartition("@")[2].rstrip(".").lower()


def preset_of(address: str) -> Preset | None:
    """Return the preset of the domain of an address, if it is one of a provider's own (F3).

    Examples
    --------
    >>> preset_of("cabinet@Orange.fr").host
    'smtp.orange.fr'
    >>> preset_of("rdv@cabinet-molaire.example") is None
    True
    """
    return _by_domain().get(domain_of(address))


def preset_called(name: str) -> Preset | None:
    """Return the preset that a person means: by its key, its name or a part of it, a domain or an address."""
    wanted = _plain(name)
    for preset in presets().values():
        parts = re.split(r"[,(]", preset.name)
        if wanted and wanted in {_plain(one) for one in (preset.key, preset.name, *parts, *preset.aliases)}:
            return preset
    return preset_of(name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9&.@+]", "", folded(name))


def preset_of_server(host: str) -> Preset | None:
    """Return the preset whose server this is, if it is a provider's."""
    server = host.rstrip(".").lower()
    return next((preset for preset in presets().values() if preset.host and preset.host == server), None)


def preset_that_was(host: str, port: int = 0) -> Preset | None:
    """Return the preset that an account copied from the old guide should have: the host, or host and port, it gave."""
    server = host.rstrip(".").lower()
    return next(
        (preset for preset in presets().values() if {server, f"{server}:{port}"}.intersection(preset.was)), None
    )


@cache
def dead_domains() -> frozenset[str]:
    """Return the domains whose mailboxes are closed: no address to write from, nor to (F43)."""
    return frozenset(
        domain for preset in presets().values() if preset.verdict is Verdict.DEAD for domain in preset.domains
    )


# --- an account and its preset ------------------------------------------------------------------------


def fitted(account: Account, preset: Preset, *, given: Collection[str] = ()) -> Account:
    """Return an account with a preset's server and login; what is `given` (names of its values) stays as it is.

    Examples
    --------
    >>> cabinet = Account(name="cabinet", email="cabinet@free.fr")
    >>> fitted(cabinet, presets()["free"]).user
    'cabinet'
    """
    values: dict[str, Any] = {
        "host": preset.host,
        "security": preset.security,
        # Another encryption than the preset's has a port of its own.
        "port": preset.port if "security" not in given or account.security is preset.security else 0,
        "user": preset.user.of(account.email),
    }
    if account.auth is Auth.XOAUTH2 and preset.oauth:
        values["oauth"] = preset.oauth
    return replace(account, **{name: value for name, value in values.items() if name not in given})


def advice_on(account: Account, today: date) -> list[str]:
    """Return what a person should know of an account's settings, a sentence each: source, login, password.

    Nothing where no preset says anything about the server, and nothing is missing.
    """
    if account.kind is not AccountKind.SMTP or is_loopback(account.host):
        return []
    told = []
    old, known = preset_that_was(account.host, account.effective_port), preset_of_server(account.host)
    own = preset_of(account.email)
    if own is not None and own.host == account.host.rstrip(".").lower():
        known = own  # of several with one server, the one whose addresses these are
    if old is not None and (old.host, old.port) != (account.host, account.effective_port):
        told.append(old_server_sentence(old, account))
    elif known is not None:
        told.append(known.sentence(today))
    if known is not None and account.user and account.auth is Auth.PASSWORD:
        told.append(_login_sentence(account, known))
    if known is not None and account.auth is Auth.PASSWORD and "password" not in known.ways:
        needs = _("{name} wants a password made for this program, not the usual one: workbench account help {help}")
        refuses = _("{name} takes no password from other programs, only its own sign-in: workbench account help {help}")
        told.append((needs if known.takes_passwords else refuses).format(name=known.brand, help=known.key))
    if account.user and account.auth is Auth.PASSWORD and not account.password_from:
        told.append(
            _("No password is kept yet. Give it with: workbench account set {account} --password-stdin").format(
                account=account.name
            )
        )
    return told


def old_server_sentence(preset: Preset, account: Account) -> str:
    """Say that an account has the server of the old guide, and which one holds today."""
    was = _("{host}, port {port}, is what old guides say of {name}.").format(
        host=account.host, port=account.effective_port, name=preset.brand
    )
    if not preset.usable:
        return f"{was} {preset.sentence(preset.dated)}"
    now = _("Today it is {host}, port {port}: workbench account set {account} --preset {preset}").format(
        host=preset.host, port=preset.port, account=account.name, preset=preset.key
    )
    return f"{was} {now}"


def _login_sentence(account: Account, preset: Preset) -> str:
    if account.user != preset.user.of(account.email):
        return _("The login is « {user} », as it was given.").format(user=account.user)
    if preset.user is UserForm.LOCAL:
        return _("The login is « {user} »: {name} wants what stands before the @.").format(
            user=account.user, name=preset.brand
        )
    return _("The login is « {user} »: {name} wants the whole address.").format(user=account.user, name=preset.brand)
