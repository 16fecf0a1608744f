"""A signature (« signature », « entête »): what stands before and after the text of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

BODY_MARKER = "@CORPS"
"""The body marker (« balise »): it stands once in a signature, where the text of the message goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a practice puts round its messages: a head above the marker, a foot below it, or both.

    `html` may hold merge fields; `label` is what the practice calls it.
    """

    label: str
    html: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger keeps them."""
        return {"label": self.label, "html": self.html}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_dict` gave."""
        return cls(label=str(values["label"]), html=str(values["html"]))
