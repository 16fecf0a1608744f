"""What people decided about being written to: each decision with its day, channel, purpose and source (F157)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.schema import consents

DECISION_COLUMNS = ("at", "patient_id", "address", "channel", "purpose", "state", "source", "by")


def record_decision(
    connection: sa.Connection,
    practice_id: str,
    *,
    patient_id: str,
    address: str,
    channel: str,
    purpose: str,
    state: str,
    source: str,
    by: str,
    now: datetime,
) -> None:
    """Write one decision down; an earlier one is never changed, it is its history."""
    connection.execute(
        consents.insert().values(
            practice_id=practice_id,
            consent_id=uuid.uuid4().hex,
            patient_id=patient_id or None,
            address=address or None,
            channel=channel,
            purpose=purpose,
            state=state,
            source=source or None,
            by=by,
            recorded_at=now.astimezone(UTC).isoformat(timespec="milliseconds"),
        )
    )


def decisions_frame(connection: sa.Connection, practice_id: str, *, patient_id: str, address: str) -> pd.DataFrame:
    """Return every decision of a patient, or about an address, oldest first; columns ``DECISION_COLUMNS``."""
    whose = [consents.c.patient_id == patient_id] if patient_id else []
    whose += [sa.func.lower(consents.c.address) == address.lower()] if address else []
    found = connection.execute(
        sa.select(
            consents.c.recorded_at.label("at"),
            *(consents.c[name] for name in DECISION_COLUMNS[1:]),
        )
        .where(consents.c.practice_id == practice_id, sa.or_(*whose))
        .order_by(consents.c.recorded_at, consents.c.consent_id)
    ).all()
    values = rows.columns_of(found, DECISION_COLUMNS)
    moments = pd.to_datetime(pd.Series(values["at"], dtype="string"), format="ISO8601", utc=True)
    texts = {name: rows.text([one or "" for one in values[name]]) for name in DECISION_COLUMNS[1:]}
    return pd.DataFrame({"at": moments.astype("datetime64[us, UTC]"), **texts})
