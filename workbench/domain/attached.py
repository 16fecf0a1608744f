"""What goes with each recipient's message by rule: an image of the album, a document of the file (F94–F98, F103)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class WhenMissing(StrEnum):
    """What becomes of a recipient for whom nothing was found."""

    SKIP = "skip"  # the recipient is left out, with the reason ``missing_attachment``
    WITHOUT = "without"  # the message leaves without it, with a finding
    ASK = "ask"  # left out until a person decides for this mailing


class Pick(StrEnum):
    """Which one, where several fit: by the day on which they were taken or written."""

    LATEST = "latest"
    FIRST = "first"


DOCUMENT_KINDS = ("invoice", "quote", "prescription")
"""The documents of a patient's file that may go with a message (F103, F104)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRule:
    """An image of the patient's album (« album médias »), chosen anew for each recipient.

    `stage` (« étape »: début, en cours, fin …), `kind` (« type »: panoramique …) and `view` (« sous-type »: face …) are
    the store's own words, folded when they are compared; ``""`` is any. `on_or_before` (an ISO day, or ``""``) takes
    none that is younger.
    """

    kind: str = ""
    stage: str = ""
    view: str = ""
    pick: Pick = Pick.LATEST
    on_or_before: str = ""
    missing: WhenMissing = WhenMissing.SKIP

    def to_dict(self) -> dict[str, str]:
        """Plain values; what is usual is left out."""
        return _said(self, ("kind", "stage", "view", "pick", "on_or_before", "missing"), ImageRule())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_dict` gave.

        Raises
        ------
        ValueError
            For a choice that does not exist.
        """
        known = dict(values)
        known["pick"] = Pick(known.get("pick", Pick.LATEST))
        known["missing"] = WhenMissing(known.get("missing", WhenMissing.SKIP))
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRule:
    """A document of the patient's file.

    `kind` is ``invoice`` (the subject's own, else the latest), ``quote`` or ``prescription``.
    """

    kind: str
    missing: WhenMissing = WhenMissing.SKIP

    def to_dict(self) -> dict[str, str]:
        """Plain values; what is usual is left out."""
        return {"kind": self.kind, **_said(self, ("missing",), DocumentRule(kind=""))}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_dict` gave.

        Raises
        ------
        ValueError
            For a choice that does not exist.
        """
        return cls(kind=str(values["kind"]), missing=WhenMissing(values.get("missing", WhenMissing.SKIP)))


def _said(rule: object, names: tuple[str, ...], usual: object) -> dict[str, str]:
    return {name: str(getattr(rule, name)) for name in names if getattr(rule, name) != getattr(usual, name)}
