"""Who was reached outside the workbench, as searches ask it: when last, and about what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.schema import contacts

_SUBJECTS = {name: contacts.c[f"{name}_id"] for name in ("appointment", "invoice", "quote", "recall")}


def last_contacts(connection: sa.Connection, practice_id: str) -> pd.DataFrame:
    """Return when each patient was last reached: index ``patient_id``, ``at`` (UTC)."""
    found = connection.execute(
        sa.select(contacts.c.patient_id, sa.func.max(contacts.c.at))
        .where(contacts.c.practice_id == practice_id)
        .group_by(contacts.c.patient_id)
    ).all()
    read = rows.columns_of(found, ["patient_id", "at"])
    return pd.DataFrame(
        {"at": _instants(read["at"])}, index=pd.Index(rows.text(list(read["patient_id"])), name="patient_id")
    )


def contacts_about(connection: sa.Connection, practice_id: str, kind: str) -> pd.DataFrame:
    """Return every contact about subjects of a kind (``appointment``, ``invoice`` …), the latest last.

    Returns
    -------
    DataFrame
        ``subject_key``; ``occasion``, the start that was told of an appointment (as ``2026-11-23T09:00``), ``""`` where
        none was; ``at`` (UTC). Without rows for a kind that contacts are never about.
    """
    column = _SUBJECTS.get(kind)
    found: Sequence[Any] = ()
    if column is not None:
        found = connection.execute(
            sa.select(column, contacts.c.told_start, contacts.c.at).where(
                contacts.c.practice_id == practice_id, column.is_not(None)
            )
        ).all()
    read = rows.columns_of(found, ["key", "told_start", "at"])
    starts = ["" if start is None else start.isoformat(timespec="minutes") for start in read["told_start"]]
    frame = pd.DataFrame(
        {
            "subject_key": rows.text([f"{kind}:{key}" for key in read["key"]]),
            "occasion": rows.text(starts),
            "at": _instants(read["at"]),
        }
    )
    return frame.sort_values("at", kind="stable", ignore_index=True)


def _instants(values: rows.Values) -> Any:
    """Return moments kept as texts; one that cannot be read is missing."""
    read = pd.to_datetime(pd.Series(list(values), dtype="object"), utc=True, format="ISO8601", errors="coerce")
    return read.astype(pd.DatetimeTZDtype("us", "UTC")).array
