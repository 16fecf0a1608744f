"""Whether a workspace may send from where it stands: after a restore or a copy it may not (P14, DESIGN 8.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from workbench.language import _, n_


class Arming(StrEnum):
    """What a ledger and this computer's witness of it say together."""

    ARMED = "armed"
    NEW = "new"  # nothing was ever sent with this ledger: the first sending arms it
    OLDER = "older"  # the ledger lacks what was sent with it: it was restored from an older copy
    COPY = "copy"  # the ledger is one of its own daily copies
    ELSEWHERE = "elsewhere"  # the workspace was moved or copied, or sends from another place meanwhile
    UNKNOWN = "unknown"  # the ledger has sent, but not from this computer and user
    UNWITNESSED = "unwitnessed"  # the witness cannot be read or written


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a workspace stands.

    `place` is the folder that may send, where it is another one, and `current` tells that the ledger holds all that was
    sent from there; `sendings` counts those that the ledger lacks, as
    far as the witness remembers, the last of them begun at `last_sending`; `file` is the witness, `cause` what the
    system said of it.
    """

    arming: Arming
    place: str = ""
    current: bool = False
    sendings: int = 0
    last_sending: datetime | None = None
    file: str = ""
    cause: str = ""

    @property
    def may_send(self) -> bool:
        """Whether messages may leave."""
        return self.arming in (Arming.ARMED, Arming.NEW)

    @property
    def proven(self) -> bool:
        """Whether the ledger is known to hold all that was sent with it, so that its open rows have not left."""
        return self.may_send or self.current

    @property
    def sentence(self) -> str:
        """Say what was found, without what to do."""
        match self.arming:
            case Arming.ARMED:
                return _("Armed: this folder may send.")
            case Arming.NEW:
                return _("Nothing was sent from here yet; the first sending arms this folder.")
            case Arming.OLDER if not self.sendings:
                return _("The ledger is older than what was written in it: it lacks what was done last.")
            case Arming.OLDER:
                return n_(
                    "The ledger is older than what left with it: it lacks at least {count} sending.",
                    "The ledger is older than what left with it: it lacks at least {count} sendings.",
                    self.sendings,
                ).format(count=self.sendings)
            case Arming.COPY:
                return _("The ledger was restored from a daily copy: it may lack what was sent since.")
            case Arming.ELSEWHERE:
                return _("The workspace was moved or copied: « {place} » is the folder that may send.").format(
                    place=self.place
                )
            case Arming.UNKNOWN:
                return _(
                    "Messages were sent with this ledger, but not from this computer by this user: nobody here knows "
                    "whether it is the newest."
                )
            case Arming.UNWITNESSED:
                return _("« {file} » cannot be read or written ({cause}).").format(file=self.file, cause=self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rearmed:
    """What re-arming did: how it stood before, and the rows that wait for a person's decision, by mailing."""

    before: Standing
    held: Mapping[int, int] = field(default_factory=dict)
