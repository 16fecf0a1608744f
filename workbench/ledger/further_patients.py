"""Whom deliveries tell about besides their own patients."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from workbench.ledger import schema
from workbench.ledger.prepared import among


def further_patients(connection: sa.Connection, delivery_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the further patients of some deliveries by the delivery's number, where there are any."""
    table = schema.further_patients.c
    query = (
        sa.select(table.delivery_id, table.patient_id)
        .where(among(table.delivery_id, delivery_ids, connection.dialect))
        .order_by(table.delivery_id, table.patient_id)
    )
    further: dict[int, list[str]] = {}
    for number, patient_id in connection.execute(query):
        further.setdefault(number, []).append(patient_id)
    return further
