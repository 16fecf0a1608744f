"""A mailing (« publipostage »): its identity, its statuses, what was found before it left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class MailingStatus(StrEnum):
    """Where a mailing stands (DESIGN 8.4)."""

    DRAFT = "draft"
    QUEUED = "queued"
    AWAITING_APPROVAL = "awaiting_approval"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Severity(StrEnum):
    """How much a finding weighs: an error leaves the recipient out, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Trouble with one recipient's row (or, with no recipient, with the template itself)."""

    code: str
    severity: Severity
    message: str
    recipient: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingPlan:
    """What a mailing is, frozen: who was looked for, with which email type, account and role (8.3, 8.15)."""

    template: str
    account: str
    role: str
    channel: str
    search: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    table_digest: str = ""
    key: str = ""

    def definition(self) -> dict[str, Any]:
        """Everything but the key: what two mailings of the same identity share."""
        return {
            "template": self.template,
            "account": self.account,
            "role": self.role,
            "channel": self.channel,
            "search": self.search,
            "parameters": dict(sorted(self.parameters.items())),
            "table": self.table_digest,
        }

    def identity(self) -> str:
        """``key:NAME`` when a person named the mailing, else a digest of its definition."""
        if self.key:
            return f"key:{self.key}"
        text = json.dumps(self.definition(), sort_keys=True, ensure_ascii=False)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The rows of a mailing by where they stand; they add up to the list (cancelled rows apart)."""

    sent: int = 0
    failed: int = 0
    in_doubt: int = 0
    skipped: int = 0
    pending: int = 0
    cancelled: int = 0

    @property
    def exit_status(self) -> int:
        """The command line's: rows still open 1, some failed or in doubt 3, else 0 (DESIGN 5)."""
        if self.pending:
            return 1
        return 3 if self.failed or self.in_doubt else 0
