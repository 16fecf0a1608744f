"""Why one delivery ended as it did, as every screen tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.domain.deliveries import sentence_of_outcome


def reply_of(row: Mapping[Any, Any]) -> str:
    """Return the server's last words about a row of results; nothing where there were none."""
    reply = row["smtp_reply"]
    return reply if isinstance(reply, str) else ""


def outcome_told(row: Mapping[Any, Any]) -> str:
    """Return the sentence of a row of results with its reason, the server's reply and the address."""
    return sentence_of_outcome(str(row["reason"] or ""), reply=reply_of(row), address=str(row["address"] or ""))
