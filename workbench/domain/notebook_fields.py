"""What a form asks of a notebook's parameters: one field a parameter, of the kind that its name and type tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """How a parameter is set in a form."""

    TICK = "tick"
    DAY = "day"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    TEXT = "text"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookField:
    """One parameter of a notebook as a form shows it.

    `value` is what the notebook says, as a text; of a tick it is ``yes`` or ``no``, of several choices a comma list.
    What is computed, or no plain value, is `FIXED`: it is shown and stays.
    """

    name: str
    kind: FieldKind
    label: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
