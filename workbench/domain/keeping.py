"""What is kept of messages once they left, and what became of what is not kept any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workbench.domain.deliveries import DeliveryStatus

RETRY = timedelta(days=7)
"""How long the content of a failed message is kept though nobody wants it kept: until then it may be tried again."""

BY_HAND = "Courrier"
"""The folder of what was written by hand, once; it stands in no list of email types."""

LONGEST_REASON = 500
"""Characters of a reason that a person gives."""

KEPT_BARE = frozenset({DeliveryStatus.SENT, DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED})
"""Statuses in which nothing is needed of a message's content any more: it left, or it is worked out anew if it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """How many messages' contents were emptied, and how many files let go."""

    contents: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What the ledger held of a patient and holds no more.

    `deliveries` are those about the patient, of which `cancelled` still waited; `drafts` are those that told of the
    patient. `proofs` are the Message-IDs of those that left, which stay. `compact` tells that nothing of it is left in
    the file's unused parts either.
    """

    deliveries: int = 0
    cancelled: int = 0
    drafts: int = 0
    numbers: tuple[int, ...] = field(default=(), repr=False)
    proofs: tuple[str, ...] = field(default=(), repr=False)
    compact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """Who took a message out of a patient's history, when, and why."""

    delivery_id: int
    at: datetime
    by: str
    reason: str = field(repr=False)


def reason_given(text: str) -> str:
    r"""Return a reason as it is kept: on one line, not too long, nothing in it that a database cannot hold.

    Examples
    --------
    >>> reason_given("  sent to the wrong\n person ")
    'sent to the wrong person'
    """
    plain = text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    return " ".join(plain.split())[:LONGEST_REASON]


def without_words(text: str, words: Iterable[str]) -> str:
    """Return a text with « … » in the place of each of these words, however it is written.

    Examples
    --------
    >>> without_words("wish of Mme DUPONT", ["Dupont"])
    'wish of Mme …'
    """
    hidden = {word.casefold() for word in words}
    return " ".join("…" if part.strip(".,;:()«»\"'").casefold() in hidden else part for part in text.split())
