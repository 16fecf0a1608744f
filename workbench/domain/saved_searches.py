"""A search kept under a name: which one, and its parameters as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from workbench.domain.fields import folded
from workbench.errors import BadValue
from workbench.language import _

LONGEST_NAME = 100

_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search somebody saved. Relative days stay so: « tomorrow » is tomorrow again each day."""

    name: str
    search: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    saved_at: datetime
    saved_by: str


def name_to_save(text: str, *, taken: Iterable[str]) -> str:
    """Return a name as it is kept, its blanks made single.

    Raises
    ------
    BadValue
        When there is no name, it is too long, does not fit on a line, or is one of `taken`.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadValue(
            _("A saved search has a name of 1 to {count} characters, on one line.").format(count=LONGEST_NAME)
        )
    if folded(name) in {folded(one) for one in taken}:
        raise BadValue(
            _("« {name} » is one of the workbench's own searches: save yours under another name.").format(name=name)
        )
    return name


def called(name: str, among: Mapping[str, _Named]) -> _Named | None:
    """Return what has this name exactly, else what alone has it without regard to accents and case, else nothing."""
    if name in among:
        return among[name]
    alike = [one for known, one in among.items() if folded(known) == folded(" ".join(name.split()))]
    return alike[0] if len(alike) == 1 else None
