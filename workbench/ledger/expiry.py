"""Leave out what would come too late: a reminder of an appointment that has begun is never sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from workbench.domain.deliveries import EXPIRED, DeliveryStatus
from workbench.ledger import schema
from workbench.ledger.occasions import release_occasions
from workbench.ledger.prepared import among

SOON = timedelta(minutes=30)
"""Longer than a letter that was claimed may wait in a connection before its content leaves."""

_rows = schema.deliveries


def leave_out_late(
    connection: sa.Connection, delivery_ids: Sequence[int], now: datetime
) -> tuple[frozenset[int], Mapping[int, datetime]]:
    """Skip those of these waiting deliveries whose time is over, and free their occasions.

    Returns
    -------
    frozenset, dict
        The late ones; and when those come too late that do so before long.
    """
    if not delivery_ids:
        return frozenset(), {}
    ours = among(_rows.c.id, delivery_ids, connection.dialect)
    query = sa.select(_rows.c.id, _rows.c.expires_at).where(ours, _rows.c.expires_at <= now + SOON)
    soon = {row[0]: row[1] for row in connection.execute(query)}
    late = [number for number, moment in soon.items() if moment <= now]
    if late:
        connection.execute(
            _rows.update().where(_rows.c.id.in_(late), _rows.c.status == DeliveryStatus.PENDING.value),
            {"status": DeliveryStatus.SKIPPED.value, "reason": EXPIRED, "sender_id": None, "decided_at": now},
        )
        release_occasions(connection, late)
    return frozenset(late), soon
