"""What dresses every message of a mailing beside its email type: who writes, the signature, the receipt asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """The sender and the signature as they are frozen at confirmation (P7): a later change alters no queued message.

    `signature` is the HTML that stands round the text (``""`` for none), `pictures` the images it shows, by the name
    they are kept under; `read_receipt` asks for one (RFC 8098). `keep_messages` and `keep_attachments` say what is kept
    once the message left (F15, F16). `builder` is the version of what wrote the bytes (8.6).
    """

    sender_email: str
    sender_name: str = ""
    reply_to: str = ""
    signature_label: str = ""
    signature: str = ""
    pictures: tuple[str, ...] = ()
    read_receipt: bool = False
    keep_messages: bool = True
    keep_attachments: bool = True
    builder: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger keeps them."""
        return {
            "sender_email": self.sender_email,
            "sender_name": self.sender_name,
            "reply_to": self.reply_to,
            "signature_label": self.signature_label,
            "signature": self.signature,
            "pictures": list(self.pictures),
            "read_receipt": self.read_receipt,
            "keep_messages": self.keep_messages,
            "keep_attachments": self.keep_attachments,
            "builder": self.builder,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_dict` gave."""
        return cls(**{**values, "pictures": tuple(values.get("pictures", ()))})

    def digest(self) -> str:
        """SHA-256 of all it holds: the same letterhead is kept once."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
