"""A letter that the mail catcher kept instead of sending it, and how the letters of anyone are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.policy import EmailPolicy
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtLetter:
    """What a mailbox tells of a letter before it is opened; `key` names it in its folder, `at` is when it came."""

    key: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    size: int


class BoundedPolicy(EmailPolicy):
    """The standard library's way of reading headers, of which each is read only so far.

    Its readers take seconds for some headers of a few hundred kilobytes, which nobody writes but to hurt.
    """

    LONGEST = 2000
    """Characters of one header."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Return a header's value, read up to its `LONGEST` first characters."""
        return super().header_fetch_parse(name, value[: self.LONGEST])


LETTERS = BoundedPolicy()
"""The policy for ``email.parser``."""


def headers_of(letter: Message[str, str]) -> Iterator[tuple[str, str]]:
    """Yield a letter's headers as a mail reader reads them: decoded, each on one line, in order."""
    for name, raw in letter.raw_items():
        yield name, _told(name, raw)


def header_of(letter: Message[str, str], name: str) -> str:
    """Return the text of a letter's first header of this name, or nothing."""
    wanted = name.lower()
    return next((_told(name, raw) for found, raw in letter.raw_items() if found.lower() == wanted), "")


def _told(name: str, raw: str) -> str:
    try:
        value = str(LETTERS.header_fetch_parse(name, raw))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        value = str(raw)[: LETTERS.LONGEST]
    return " ".join(value.encode("utf-8", "replace").decode().split())
