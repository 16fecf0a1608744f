"""A signature (« signature », « entête »): what stands before and after the text of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

NO_SIGNATURE = "-"
"""What is said where a message is to have no signature at all (« Aucune »)."""

BODY_MARKER = "@CORPS"
"""The body marker (« balise »): it stands once in a signature, where the text of the message goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a practice puts round its messages: a head above the marker, a foot below it, or both.

    `html` may hold merge fields; `label` is what the practice calls it. `pictures` are the images that its HTML shows
    (``cid:``), by the name they are kept under.
    """

    label: str
    html: str
    pictures: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger keeps them."""
        kept: dict[str, Any] = {"label": self.label, "html": self.html}
        return kept | ({"pictures": list(self.pictures)} if self.pictures else {})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_dict` gave."""
        return cls(
            label=str(values["label"]), html=str(values["html"]), pictures=tuple(map(str, values.get("pictures", ())))
        )
