"""Leave out what would come too late: a reminder of an appointment that has begun is never sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from workbench.domain.deliveries import EXPIRED, DeliveryStatus
from workbench.ledger import schema
from workbench.ledger.occasions import release_occasions

_rows = schema.deliveries


def leave_out_late(connection: sa.Connection, delivery_ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Skip those of these waiting deliveries whose time is over, and free their occasions; returns them."""
    if not delivery_ids:
        return frozenset()
    query = sa.select(_rows.c.id).where(_rows.c.id.in_(delivery_ids), _rows.c.expires_at <= now)
    late = list(connection.execute(query).scalars())
    if late:
        connection.execute(
            _rows.update().where(_rows.c.id.in_(late), _rows.c.status == DeliveryStatus.PENDING.value),
            {"status": DeliveryStatus.SKIPPED.value, "reason": EXPIRED, "sender_id": None, "decided_at": now},
        )
        release_occasions(connection, late)
    return frozenset(late)
