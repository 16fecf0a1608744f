"""What an old text loses on its way, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Loss(StrEnum):
    """What sort of thing could not be carried over."""

    CONDITION = "condition"
    TAG = "tag"
    IMAGE = "image"
    FORMAT = "format"
    DEFAULT = "default"
    MACRO = "macro"
    ATTACHED = "attached"
    HEADER = "header"
    HTML = "html"
    SIGNS = "signs"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that was not carried over: where it stood (0: nowhere in particular), what, and a sentence."""

    line: int = 0
    what: Loss
    message: str
