"""Mail domains that look mistyped, or whose mailboxes are closed: doubts about an address, no reason to skip it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from workbench.domain.address_status import AddressStatus
from workbench.domain.presets import dead_domains
from workbench.language import _


@cache
def mistyped_domains() -> Mapping[str, str]:
    """Return what people write by mistake, and what they mean; read once."""
    listed = tomllib.loads((files("workbench.domain") / "mail_domains.toml").read_text(encoding="utf-8"))
    return dict(listed["typos"])


def doubtful_domains() -> Mapping[str, AddressStatus]:
    """Return every domain there is a doubt about, with what it is."""
    return dict.fromkeys(mistyped_domains(), AddressStatus.LIKELY_TYPO) | dict.fromkeys(
        dead_domains(), AddressStatus.DEAD_DOMAIN
    )


def doubt_about(domain: str) -> str:
    """Return the sentence about a domain that looks mistyped or has ended, or ``""``; never a reason to skip.

    Examples
    --------
    >>> doubt_about("laposte.net")
    ''
    """
    meant = mistyped_domains().get(domain)
    if meant is not None:
        return _("The address ends in {domain}; is it {near}?").format(domain=domain, near=meant)
    if domain in dead_domains():
        return _("Mail to {domain} has ended; ask for another address.").format(domain=domain)
    return ""


def meant_address(address: str) -> str:
    """Return the address that was meant by one whose domain looks mistyped, or ``""``.

    Examples
    --------
    >>> meant_address("claire@gmial.com")
    'claire@gmail.com'
    >>> meant_address("claire@laposte.net")
    ''
    """
    mailbox, at, domain = address.strip().rpartition("@")
    meant = mistyped_domains().get(domain.lower())
    return f"{mailbox}@{meant}" if at and meant else ""
