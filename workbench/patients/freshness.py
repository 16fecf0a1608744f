"""When the data of the patient store came: what was imported last of each kind, or what the store itself says."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.patients import rows
from workbench.patients.schema import facts, imports

SAMPLE, STORE = "sample", "store"
"""What the data came with when nothing of a kind was imported: the sample practice, or a store that others fill."""

_FACTS = {"sample_dated_for": SAMPLE, "data_as_of": STORE}


def freshness_frame(connection: sa.Connection, practice_id: str, *, zone: ZoneInfo) -> pd.DataFrame:
    """Return when the data came, one row a kind.

    Returns
    -------
    DataFrame
        ``kind`` (a kind of import, ``sample`` or ``store``), ``as_of`` (a moment of the practice's zone), ``rows``
        and ``by``, missing where no import tells.
    """
    latest = (
        sa.select(imports.c.kind, sa.func.max(imports.c.at).label("at"))
        .where(imports.c.practice_id == practice_id)
        .group_by(imports.c.kind)
        .subquery()
    )
    found = connection.execute(
        sa.select(imports.c.kind, imports.c.at, imports.c.rows, imports.c.by)
        .join_from(imports, latest, sa.and_(imports.c.kind == latest.c.kind, imports.c.at == latest.c.at))
        .where(imports.c.practice_id == practice_id)
        .order_by(imports.c.kind)
    ).all()
    said = connection.execute(
        sa.select(facts.c.name, facts.c.value).where(
            facts.c.practice_id == practice_id, facts.c.name.in_(list(_FACTS)), facts.c.value.is_not(None)
        )
    )
    told = {
        **{row.kind: (_moment(row.at, zone), row.rows, row.by) for row in found},
        **{_FACTS[row.name]: (_moment(row.value, zone), None, None) for row in said},
    }
    known = {kind: row for kind, row in told.items() if row[0] is not None}
    moments = [row[0] for row in known.values()]
    return pd.DataFrame(
        {
            "kind": rows.text(list(known)),
            "as_of": pd.to_datetime(pd.Series(moments, dtype="object"), utc=True).astype(
                pd.DatetimeTZDtype("us", zone)
            ),
            "rows": rows.number([row[1] for row in known.values()]),
            "by": rows.text([row[2] for row in known.values()]),
        }
    )


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a moment; one without a zone is the practice's wall clock, and what is none tells nothing."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
