"""What a mail account must be, and what follows when its address or its server is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.addresses import address_problem
from workbench.domain.accounts import OAUTH_PROVIDERS, Account, AccountKind, Auth, Security, is_loopback
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.limits import WINDOWS
from workbench.domain.presets import preset_of, preset_of_server
from workbench.domain.sending_hours import SendingHours
from workbench.errors import AccountError
from workbench.language import _

_BETWEEN_SERVERS = 25
"""The port by which mail servers talk to one another (RFC 6409 names others for what a person sends)."""


def check_address(account: Account) -> None:
    """Raise `AccountError` unless the address of an account is one."""
    problem = address_problem(account.email)
    if problem:
        raise AccountError(
            _("Account « {name} »: {problem} ({email})").format(
                name=account.name, email=account.email, problem=sentence_of_reason(problem)
            )
        )


def check_account(account: Account) -> None:
    """Raise `AccountError` with a sentence when an account cannot be as it is; `BadValue` for its hours."""
    texts = (account.display_name, account.name, account.user, account.client_id, account.tenant)
    if any(ord(character) < 32 for text in texts for character in text):
        raise AccountError(_("Account « {name} »: no line break or control character here.").format(name=account.name))
    written = (*texts, account.host, account.reply_to, account.folder)
    if any("\ud800" <= character <= "\udfff" for text in written for character in text or ""):
        raise AccountError(
            _("Account « {name} »: a text holds half a character, as a bad copy leaves it; write it again.").format(
                name=account.name
            )
        )
    if account.connections < 1 or account.letters_per_connection < 1 or account.timeout <= 0:
        raise AccountError(
            _("Account « {name} »: connections, messages per connection and the time-out are numbers above 0.").format(
                name=account.name
            )
        )
    if account.auth is Auth.XOAUTH2 and (account.oauth not in OAUTH_PROVIDERS or not account.client_id):
        raise AccountError(
            _(
                "Account « {name} »: say whose sign-in it uses and the client id that the practice got there:"
                " --oauth google or microsoft, and --client-id."
            ).format(name=account.name)
        )
    if any(most < 0 for name in WINDOWS if (most := getattr(account, name)) is not None):
        raise AccountError(
            _("Account « {name} »: a limit is a number of messages, 0 or more.").format(name=account.name)
        )
    SendingHours.parse(account.hours)
    if account.kind is not AccountKind.SMTP:
        return
    if account.security is Security.NONE and not is_loopback(account.host):
        raise AccountError(
            _(
                "Account « {name} »: without TLS a password and patients' messages would travel in the clear. "
                "Choose --security tls or starttls; none is for this computer's own addresses only."
            ).format(name=account.name)
        )
    if account.port == _BETWEEN_SERVERS and not is_loopback(account.host):
        raise AccountError(
            _(
                "Account « {name} »: port 25 is for servers among themselves, and providers block it. Choose --port 465"
                " with --security tls, or --port 587 with --security starttls."
            ).format(name=account.name)
        )


def moved(old: Account | None, account: Account) -> bool:
    """Tell whether an address went to another provider than the one whose server its account has."""
    before = preset_of(old.email) if old else None
    return before is not None and before.host == account.host and preset_of(account.email) is not before


def with_login(account: Account, old: Account | None, given: Mapping[str, Any]) -> Account:
    """Return an account whose login follows its address, where it did so before and no other is given."""
    known = preset_of_server(account.host)
    if old is None or known is None or "user" in given or old.user != known.user.of(old.email):
        return account
    return replace(account, user=known.user.of(account.email))


def way_in(account: Account) -> tuple[str, ...]:
    """Return what a kept password or sign-in belongs to, but for the server itself."""
    oauth = (account.oauth, account.client_id, account.tenant) if account.auth is Auth.XOAUTH2 else ()
    return (account.auth, *oauth)
