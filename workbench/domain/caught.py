"""A letter that the mail catcher kept instead of sending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtLetter:
    """What a mailbox tells of a letter before it is opened; `key` names it in its folder, `at` is when it came."""

    key: str
    at: datetime
    sender: str
    recipient: str
    subject: str
    size: int
