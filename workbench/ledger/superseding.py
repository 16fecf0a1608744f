"""Whom a list replaces among what its mailing left out or still holds: the rules, for the queue and for a trial."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from workbench.domain import deliveries
from workbench.domain.deliveries import DeliveryStatus, NewDelivery, occasion_subject, recipient_group

SUPERSEDED = deliveries.SUPERSEDED

Key = tuple[str, str, str, str]  # recipient_id, addressee_key, role, channel
To = tuple[str, str, str]  # addressee_key, role, channel


def key_of(row: Any) -> Key:
    """Return what a `NewDelivery`, or a row of the table, is known by within its mailing."""
    return row.recipient_id, row.addressee_key, row.role, row.channel


def is_superseded(row: Any) -> bool:
    """Tell whether a row of the table was cancelled because others replaced it: it may come back."""
    return bool(row.status == DeliveryStatus.CANCELLED and row.reason == SUPERSEDED)


def is_cancelled_by_hand(row: Any) -> bool:
    """Tell whether somebody cancelled a row of the table: it replaces nobody."""
    return bool(row.status == DeliveryStatus.CANCELLED and row.reason != SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Told:
    """What a list speaks of, as far as it replaces others.

    Replaced are those of the same group (a patient's day), and whoever waits to tell the same addressee something
    that the list tells too: a group of subjects that grew, shrank or has another lead.
    """

    by_group: dict[str, set[str]] = field(default_factory=dict)
    """The subjects, by recipient group."""
    subjects: dict[To, set[str]] = field(default_factory=dict)
    """The subjects, by addressee: of the whole list, where `by_group` and `occasions` may be a chunk's."""
    occasions: dict[To, set[str]] = field(default_factory=dict)

    def add(self, row: NewDelivery, *, may_leave: bool) -> None:
        """Add a row of the list; one that somebody cancelled replaces nobody."""
        subjects, to = set(map(occasion_subject, row.occasions)), key_of(row)[1:]
        self.subjects.setdefault(to, set()).update(subjects)
        if may_leave:
            self.by_group.setdefault(recipient_group(row.recipient_id), set()).update(subjects)
            self.occasions.setdefault(to, set()).update(row.occasions)

    def group_of(self, row: Any) -> set[str] | None:
        """Return the subjects that the list tells the group of a row of the table, ``None`` when it names none."""
        return self.by_group.get(recipient_group(row.recipient_id))

    def replaces(self, row: Any, occasions: Collection[str], *, newest: bool, complete: bool) -> bool:
        """Tell whether a row that waits to tell `occasions`, and that the list does not name, is replaced by it.

        `newest` says whether it is the latest of its key; an earlier round's is replaced by what it tells alone.
        """
        to = key_of(row)[1:]
        told = [self.group_of(row) if newest else None]
        if not self.occasions.get(to, set()).isdisjoint(occasions):
            told.append(self.subjects.get(to, set()))
        tells = set(map(occasion_subject, occasions))
        # A part of a search says nothing about the subjects that it leaves away.
        return any(complete or tells <= subjects for subjects in told if subjects is not None)
