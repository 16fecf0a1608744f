"""Messages that come back: why the servers on the way say so, in plain words (RFC 3463)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from workbench.language import _

RETURNED = "returned"
"""The reason of a message that was sent and came back; the cause stands behind it: ``returned:unknown_mailbox``."""


class ReturnCause(StrEnum):
    """Why a message came back."""

    UNKNOWN_MAILBOX = "unknown_mailbox"
    CLOSED_MAILBOX = "closed_mailbox"
    UNKNOWN_DOMAIN = "unknown_domain"
    FULL_MAILBOX = "full_mailbox"
    REFUSED = "refused"  # taken for unwanted mail, or not allowed
    TOO_LARGE = "too_large"
    UNREACHABLE = "unreachable"
    OTHER = "other"


OF_THE_ADDRESS = frozenset({ReturnCause.UNKNOWN_MAILBOX, ReturnCause.CLOSED_MAILBOX, ReturnCause.UNKNOWN_DOMAIN})
"""The causes that say the address itself is wrong: the next message would come back, too."""

_OF_THE_MAILBOX = OF_THE_ADDRESS | {ReturnCause.FULL_MAILBOX}
_ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")

_C = ReturnCause
_BY_CODE = (
    (re.compile(r"[45]\.1\.(2|10)\Z|[45]\.4\.4\Z"), _C.UNKNOWN_DOMAIN),
    (re.compile(r"[45]\.1\.[1346]\Z"), _C.UNKNOWN_MAILBOX),
    (re.compile(r"[45]\.2\.1\Z"), _C.CLOSED_MAILBOX),
    (re.compile(r"[45]\.2\.2\Z"), _C.FULL_MAILBOX),
    (re.compile(r"[45]\.(2\.3|3\.4)\Z"), _C.TOO_LARGE),
    (re.compile(r"[45]\.7\.\d+\Z"), _C.REFUSED),
    (re.compile(r"[45]\.4\.\d+\Z"), _C.UNREACHABLE),
)

# Codes of no meaning (5.0.0) and servers without codes: what they usually write, the plainest words first.
_BY_WORDS = {
    _C.FULL_MAILBOX: r"quota|mailbox (is )?full|bo[iî]te (aux lettres )?pleine",
    _C.UNKNOWN_DOMAIN: r"host (or domain name )?not found|domain (name )?not found|no such domain|unrouteable|nxdomain"
    r"|domaine (est )?(inconnu|introuvable)",
    _C.UNKNOWN_MAILBOX: r"(user|recipient|mailbox|address|account)( is| was)? (unknown|not found|does(n't| not) exist)"
    r"|(unknown|no such|invalid) (local )?(user|recipient|mailbox|address)|n'existe pas"
    r"|(adresse|bo[iî]te|destinataire) (est )?(inconnue?|introuvable)",
    _C.CLOSED_MAILBOX: r"(mailbox|account)( is| has been)? (disabled|inactive|closed|suspended)"
    r"|compte (ferm|désactiv)",
    _C.TOO_LARGE: r"too (large|big)|exceeds .{0,30}size|size limit|trop (gros|volumineux)",
    _C.REFUSED: r"spam|blacklist|blocklist|blocked|policy|reputation|not authori[sz]ed|indésirable",
    _C.UNREACHABLE: r"timed? ?out|connection refused|could not connect|unreachable|no route|injoignable",
}


def cause_of(code: str, words: str) -> ReturnCause:
    """Return why a message came back, from a server's code (``5.1.1``) and, where that says little, its words.

    Examples
    --------
    >>> cause_of("5.1.1", "")
    <ReturnCause.UNKNOWN_MAILBOX: 'unknown_mailbox'>
    >>> cause_of("5.0.0", "550 mailbox is full")
    <ReturnCause.FULL_MAILBOX: 'full_mailbox'>
    """
    for pattern, cause in _BY_CODE:
        if pattern.match(code):
            return cause
    for cause, text in _BY_WORDS.items():
        if re.search(text, words, re.IGNORECASE):
            return cause
    return _C.OTHER


def cause_of_refusal(reason: str, reply: str) -> str:
    """Return why a server refused a message for good, where its reply says that it is for the mailbox; else ``""``.

    Examples
    --------
    >>> cause_of_refusal("smtp_550", "5.1.1 <odile@famille.example>: User unknown")
    <ReturnCause.UNKNOWN_MAILBOX: 'unknown_mailbox'>
    >>> cause_of_refusal("smtp_554", "5.7.1 Relay access denied")
    ''
    """
    if not reason.startswith("smtp_5"):
        return ""
    code = _ENHANCED.match(reply)
    cause = cause_of(code[0] if code else "", reply)
    return cause if cause in _OF_THE_MAILBOX else ""


def sentence_of_return(cause: str, domain: str = "") -> str:
    """Return why a message came back, in the language in use; `domain` is that of the address, where it is known."""
    if domain:
        there: Mapping[str, str] = {
            _C.UNKNOWN_MAILBOX: _("Unknown mailbox at {domain}."),
            _C.CLOSED_MAILBOX: _("Mailbox closed at {domain}."),
            _C.UNKNOWN_DOMAIN: _("No mail is received at {domain}: the address is misspelt, or its service has ended."),
            _C.FULL_MAILBOX: _("Mailbox full at {domain}."),
            _C.REFUSED: _("{domain} refused the message as unwanted mail."),
            _C.TOO_LARGE: _("The message was too large for {domain}."),
            _C.UNREACHABLE: _("The mail server of {domain} could not be reached."),
        }
        return there.get(cause, _("{domain} did not deliver the message.")).format(domain=domain)
    anywhere: Mapping[str, str] = {
        _C.UNKNOWN_MAILBOX: _("Unknown mailbox."),
        _C.CLOSED_MAILBOX: _("Mailbox closed."),
        _C.UNKNOWN_DOMAIN: _("No mail is received there: the address is misspelt, or its service has ended."),
        _C.FULL_MAILBOX: _("Mailbox full."),
        _C.REFUSED: _("Refused as unwanted mail."),
        _C.TOO_LARGE: _("The message was too large."),
        _C.UNREACHABLE: _("The mail server could not be reached."),
    }
    return anywhere.get(cause, _("It was not delivered."))


def reason_of_return(cause: str) -> str:
    """Return the reason code of a message that came back."""
    return f"{RETURNED}:{cause}"


def cause_in(reason: str) -> str:
    """Return the cause that a reason code names, or ``""`` when it is not about a message that came back."""
    code, _colon, cause = reason.partition(":")
    return cause if code == RETURNED else ""
