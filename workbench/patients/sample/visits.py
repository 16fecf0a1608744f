"""What an appointment of the sample is, and who works on which chair at what time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

STEP = 20
"""Minutes from one possible start to the next."""

MORNING = tuple(range(8 * 60, 12 * 60 + 1, STEP))
AFTERNOON = tuple(range(13 * 60 + 40, 18 * 60 + 41, STEP))
_CHAIRS = {"F1": ("MM", "MM"), "F2": ("CC", "CC"), "F3": ("SL", "YK"), "F4": ("TJ", "AB")}  # morning, afternoon


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One appointment of the sample, on the numbered `day` (0 is today, 1 tomorrow), at `minute` of it.

    `made_before` is how many days earlier it was made, `moved_by` how many days it was moved, 0 for never; `told` is
    how the patient was reminded of it (email, sms, phone), if at all.
    """

    appointment_id: str
    file_number: str
    day: int
    minute: int
    duration: int
    practitioner: str
    chair: str
    nature: str
    state: str
    declined_by: str | None = None
    forced: bool = False
    remark: str | None = None
    made_before: int = 30
    moved_by: int = 0
    told: str | None = None


def declined_by(dice: random.Random, state: str) -> str | None:
    """Draw who declined an appointment of this state, if anybody did."""
    if state == "excused":
        return "patient"
    return dice.choice(("patient", "practice")) if state in ("cancelled", "postponed") else None


@cache
def chair_and_hours(practitioner: str) -> tuple[str, tuple[int, ...]]:
    """Return the chair of a practitioner, and the minutes at which a visit may start there."""
    for chair, (morning, afternoon) in _CHAIRS.items():
        hours = (MORNING if practitioner == morning else ()) + (AFTERNOON if practitioner == afternoon else ())
        if hours:
            return chair, hours
    raise KeyError(practitioner)
