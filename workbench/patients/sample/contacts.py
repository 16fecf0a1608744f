"""What the practice told people before it had the workbench: reminders and calls, simulated and marked as such."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from workbench.patients.sample.agenda import sample_visits
from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import PAST_DAYS, SampleDays
from workbench.patients.sample.visits import Visit

SOURCE = "simulated"
"""Every contact of the sample is marked with it: nobody was ever told any of this."""

_EVENING = 17 * 60 + 30
_BEFORE = 2
"""Numbered days from a reminder to its appointment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody was told something on a numbered day; `visit` is the appointment it was about."""

    file_number: str
    purpose: str
    day: int
    minute: int
    channel: str
    outcome: str
    rank: int = 1
    visit: Visit | None = None
    invoice_id: str | None = None
    recall_id: str | None = None


def contact_rows(days: SampleDays, others: Iterable[Contact]) -> list[dict[str, Any]]:
    """Return the rows of `others` and of every reminder of an appointment."""
    zone = ZoneInfo(sample_words()["practice"]["zone"])
    moments: dict[tuple[int, int], str] = {}
    rows = []
    for number, contact in enumerate((*_appointment_reminders(), *others), start=1):
        told = contact.visit
        moment = (contact.day, contact.minute)
        if moment not in moments:
            moments[moment] = _utc(days.at(*moment), zone)
        rows.append(
            {
                "contact_id": f"K-{number:05}",
                "patient_id": contact.file_number,
                "appointment_id": told.appointment_id if told else None,
                "invoice_id": contact.invoice_id,
                "recall_id": contact.recall_id,
                "at": moments[moment],
                "channel": contact.channel,
                "purpose": contact.purpose,
                "rank": contact.rank,
                "told_start": days.told(told.day, told.minute, told.moved_by) if told else None,
                "outcome": contact.outcome,
                "by": "Claire" if contact.channel == "phone" else None,
                "source": SOURCE,
            }
        )
    return rows


def _appointment_reminders() -> Iterable[Contact]:
    dice = random.Random("calls of the Cabinet des Tilleuls")  # noqa: S311 (invented calls)
    for visit in sample_visits():
        # What was told before the first numbered day is not known any more.
        if visit.told is None or visit.day - _BEFORE < -PAST_DAYS:
            continue
        called = visit.told == "phone"
        yield Contact(
            file_number=visit.file_number,
            purpose="appointment_reminder",
            day=visit.day - _BEFORE if visit.day <= 1 else -dice.randint(1, 8),  # what is to come was told lately
            minute=dice.choice((9 * 60 + 20, 11 * 60, 14 * 60 + 40)) if called else _EVENING,
            channel=visit.told,
            outcome=dice.choice(("joint", "joint", "répondeur", "message laissé")) if called else "envoyé",
            visit=visit,
        )


def _utc(moment: datetime, zone: ZoneInfo) -> str:
    return moment.replace(tzinfo=zone).astimezone(UTC).isoformat()
