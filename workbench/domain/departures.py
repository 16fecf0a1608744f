"""When what was confirmed may leave at the earliest, when it comes too late, and why nothing leaves now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from workbench.errors import BadValue
from workbench.language import _

LONGEST_UNDO = timedelta(hours=24)
"""A message that may be taken back for longer is one that is sent later, which is another thing."""

NEVER = "never"

BEFORE_THE_APPOINTMENT = frozenset({"appointment_reminder", "appointment_moved"})
"""Purposes of messages that nobody needs once the appointment has begun."""

_APPOINTMENT = "appointment:"
_HOURS = re.compile(r"(\d{1,5})\s*(?:h|hours?|heures?)?", re.IGNORECASE)
_DURATION = re.compile(r"P(?=\w)(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?)?", re.IGNORECASE)


class WaitingFor(StrEnum):
    """Why nothing leaves now, though rows are open."""

    NOTHING = ""
    RETRY = "retry"  # the server, or the network, put them off
    UNDO = "undo"  # a person may still take them back
    LIMITS = "limits"  # the account has sent as much as it may
    HOURS = "hours"  # it is outside the sending hours


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDeparture:
    """When the next message of a mailing may leave, and why not before."""

    at: datetime
    waiting_for: WaitingFor


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a mailing leaves once it is confirmed.

    `undo_window` is how long it can still be taken back; `hours` are the sending hours that it keeps to, ``""`` for
    none. With `approval` nothing leaves before somebody released it.
    """

    undo_window: timedelta = timedelta()
    hours: str = ""
    approval: bool = False


def undo_window(minutes: float) -> timedelta:
    """Return a time to take back what was confirmed.

    Raises
    ------
    BadValue
        When it is negative, or longer than a day.
    """
    window = timedelta(minutes=minutes) if -1e6 < minutes < 1e6 else timedelta(days=2)
    if not timedelta() <= window <= LONGEST_UNDO:
        raise BadValue(_("The time to take a mailing back is from 0 to 1440 minutes."))
    return window


def lifetime(text: str) -> timedelta | None:
    """Read how long after its confirmation a message is good for: ``P2D``, ``PT6H``, ``48 h``; ``never`` is ``None``.

    Raises
    ------
    BadValue
        When it is none of these, or no time at all.
    """
    words = text.strip()
    if words.lower() == NEVER:
        return None
    hours, duration = _HOURS.fullmatch(words), _DURATION.fullmatch(words)
    found = timedelta()
    if hours:
        found = timedelta(hours=int(hours[1]))
    elif duration:
        days, whole_hours, minutes = (int(part or 0) for part in duration.groups())
        found = timedelta(days=days, hours=whole_hours, minutes=minutes)
    if not found:
        raise BadValue(
            _("« {text} » says no time: write never, P2D (two days), PT6H (six hours) or 48 h.").format(text=text)
        )
    return found


def expiry(expires: str, occasions: Sequence[str], *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a message that is confirmed now comes too late.

    Parameters
    ----------
    expires
        What its email type says (`lifetime`). When it says nothing, a message about an appointment to come is too late
        as soon as that appointment begins: the first one of several. A letter about the past never is.
    occasions
        What it tells of, as ``appointment:A17@2026-11-23T09:00`` on the practice's wall clock.
    """
    if expires:
        good_for = lifetime(expires)
        return None if good_for is None else now + good_for
    return min(
        (begins for text in occasions if (begins := _beginning(text, zone)) is not None and begins > now), default=None
    )


def has_begun(occasions: Sequence[str], *, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether every appointment that a message tells of has begun; one that tells of none is about none."""
    begins = [_beginning(text, zone) for text in occasions]
    return bool(begins) and all(moment is not None and moment <= now for moment in begins)


def _beginning(occasion: str, zone: ZoneInfo) -> datetime | None:
    if not occasion.startswith(_APPOINTMENT):
        return None
    day, time, clock = occasion.rpartition("@")[2].partition("T")
    try:
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone).astimezone(UTC) if time else None
    except ValueError:
        return None
