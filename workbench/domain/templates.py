"""An email type (« email type, maquette »): what is written once and merged for everyone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from workbench.domain.people import Channel, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One email type in its folder; a change is a new revision.

    `html` is the body with its merge fields; `text`, when given, replaces the text part made from it.
    `required` codes leave a recipient out when they have no value; `defaults` give a text instead.
    `group` (``patient``, ``family``) joins messages, `guardians` = ``both`` writes to every guardian of a minor.
    `expires` says how long a message is good for once it is confirmed (``domain.departures.lifetime``); when it says
    nothing, a message about an appointment to come is, until that appointment begins.
    `health` says that this template was deliberately allowed to carry health data on ordinary mail (P13).
    """

    label: str
    subject: str
    html: str
    folder: str = ""
    text: str | None = None
    account: str | None = None
    signature: str | None = None
    role: Role = Role.PATIENT
    channel: Channel = Channel.EMAIL
    purpose: str = ""
    step: str = ""
    group: str = ""
    guardians: str = ""
    reply_to: str | None = None
    language: str = "fr"
    attachments: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    health: bool = False
    expires: str = ""
    revision: int = 0

    @property
    def path(self) -> str:
        """``Folder/Label``, or the label alone."""
        return f"{self.folder}/{self.label}" if self.folder else self.label

    @property
    def occasion_purpose(self) -> str:
        """The purpose two messages must share to count as the same one for the same occasion."""
        return self.purpose or self.path

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger keeps a revision of them (the revision number apart)."""
        return {
            "label": self.label,
            "subject": self.subject,
            "html": self.html,
            "folder": self.folder,
            "text": self.text,
            "account": self.account,
            "signature": self.signature,
            "role": str(self.role),
            "channel": str(self.channel),
            "purpose": self.purpose,
            "step": self.step,
            "group": self.group,
            "reply_to": self.reply_to,
            "language": self.language,
            "attachments": list(self.attachments),
            "required": list(self.required),
            "defaults": dict(self.defaults),
            "health": self.health,
            # Said when it is chosen: what was kept before is the same revision still.
            **({"guardians": self.guardians} if self.guardians else {}),
            **({"expires": self.expires} if self.expires else {}),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, revision: int = 0) -> Self:
        """Take back what `to_dict` gave."""
        known = dict(values)
        known["role"] = Role(known.get("role", Role.PATIENT))
        known["channel"] = Channel(known.get("channel", Channel.EMAIL))
        known["attachments"] = tuple(known.get("attachments", ()))
        known["required"] = tuple(known.get("required", ()))
        return cls(**known, revision=revision)

    def digest(self) -> str:
        """SHA-256 of everything a revision holds."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
