"""What is to be known of an address before anybody writes to it (F76): one word, the most serious one first."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from workbench.language import marked


class AddressStatus(StrEnum):
    """Whether somebody can be written to, and what is odd about the address."""

    MISSING = "missing"
    MALFORMED = "malformed"
    OPTED_OUT = "opted_out"  # the person, or the address, wants no messages
    RETURNED = "returned"  # messages to it come back
    DEAD_DOMAIN = "dead_domain"  # the mailboxes of its domain are closed
    LIKELY_TYPO = "likely_typo"  # its domain looks mistyped
    SHARED = "shared"  # several files have it
    OK = "ok"


ADDRESS_STATUS_WORDS: Mapping[str, str] = {
    AddressStatus.MISSING: marked("missing"),
    AddressStatus.MALFORMED: marked("malformed"),
    AddressStatus.OPTED_OUT: marked("wants no messages"),
    AddressStatus.RETURNED: marked("messages come back"),
    AddressStatus.DEAD_DOMAIN: marked("mailboxes closed"),
    AddressStatus.LIKELY_TYPO: marked("likely mistyped"),
    AddressStatus.SHARED: marked("shared"),
    AddressStatus.OK: marked("good"),
}
"""How each of them reads."""
