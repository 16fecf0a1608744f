"""The options of a sending (F13–F16, F119): said of an account, an email type or a mailing, and what counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one level says of the options; ``None`` leaves an option to the level before.

    `confirm` asks a person before anything leaves (« confirmation avant envoi »), `read_receipt` asks the addressee's
    program for a receipt (RFC 8098), `keep_messages` keeps what was sent in the history (« sauvegarder les emails
    envoyés »), `keep_attachments` keeps the bytes of its attachments too (« conserver les P.J. »).
    """

    confirm: bool | None = None
    read_receipt: bool | None = None
    keep_messages: bool | None = None
    keep_attachments: bool | None = None

    def to_dict(self) -> dict[str, bool]:
        """What is said, by name; nothing of what is not."""
        said = {name: getattr(self, name) for name in OPTION_NAMES}
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_dict` gave."""
        return cls(**{name: bool(values[name]) for name in OPTION_NAMES if values.get(name) is not None})


OPTION_NAMES = tuple(one.name for one in fields(Options))
"""The options, as they are written in a template file and on the command line."""

USUAL = Options(confirm=True, read_receipt=False, keep_messages=True, keep_attachments=True)
"""What counts where nobody says anything: the guide's own advice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveOption:
    """An option as it counts: its `value`, and the level that said so (``usual`` when none did)."""

    name: str
    value: bool
    said_by: str


def effective_options(*levels: tuple[str, Options]) -> dict[str, EffectiveOption]:
    """Return what counts of each option, the last level that says something deciding.

    Parameters
    ----------
    *levels
        Pairs of a level's name and what it says, from the most general: account, template, mailing.
    """
    effective: dict[str, EffectiveOption] = {}
    for name in OPTION_NAMES:
        for level, options in (("usual", USUAL), *levels):
            value = getattr(options, name)
            if value is not None:
                effective[name] = EffectiveOption(name=name, value=value, said_by=level)
    return effective
