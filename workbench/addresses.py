"""Tell whether e-mail addresses are well formed, and when two of them are one and the same mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

NO_ADDRESS = "no_address"
INVALID_ADDRESS = "invalid_address"

# The addresses that nearly everybody has. Whatever this does not match is asked of email-validator, which knows
# the rest of RFC 5321, RFC 6531 and IDNA; a property test holds the two together.
_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"
_PLAIN = re.compile(
    rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z)(?!.*=\?){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+"
    r"(?!(?i:arpa|invalid|local|localhost|onion)\Z)[A-Za-z]{2,63}\Z"
)


def _text(value: object) -> str:
    # A missing cell of a frame is None or a float nan, never equal to itself.
    if not isinstance(value, str):
        return ""
    return value.strip()


@lru_cache(maxsize=4096)
def _validated(text: str) -> ValidatedEmail | None:
    if "=?" in text:  # well formed, but mail readers take it for an encoded word, which may hold a line break (P9)
        return None
    try:
        return validate_email(text, test_environment=True, check_deliverability=False)
    except EmailNotValidError:
        return None


def address_problem(text: object) -> str:
    """Return ``""`` for a usable address, else ``"no_address"`` or ``"invalid_address"``.

    Syntax only, without DNS (DESIGN 5); blanks around are tolerated, ``.test`` and ``.example`` are valid. Two
    addresses in one cell, a display name, a quoted local part, a control character are malformed, and so is what
    could begin an encoded word (``=?``, RFC 2047).
    """
    address = _text(text)
    if not address:
        return NO_ADDRESS
    if _PLAIN.match(address) is not None or _validated(address) is not None:
        return ""
    return INVALID_ADDRESS


def address_problems(values: Iterable[object]) -> list[str]:
    """Return `address_problem` of each value, in order; each distinct value is looked at once."""
    known: dict[str, str] = {}
    problems = []
    for value in values:
        text = value if isinstance(value, str) else ""
        problem = known.get(text)
        if problem is None:
            problem = known[text] = address_problem(text)
        problems.append(problem)
    return problems


def normalised_address(text: object) -> str:
    """Return the address as it goes on the envelope: no blanks around, the domain in lower case and IDNA ASCII.

    A malformed address comes back without the blanks around it and otherwise as it is; nothing gives ``""``.
    """
    address = _text(text)
    if _PLAIN.match(address):
        local, _at, domain = address.rpartition("@")
        return f"{local}@{domain.lower()}"
    found = _validated(address) if address else None
    if found is None:
        return address
    return f"{found.local_part}@{found.ascii_domain}".rstrip("@")


def address_key(text: object) -> str:
    """Return what two spellings of one mailbox share: the normalised address, its local part in folded case."""
    return normalised_address(text).casefold()
