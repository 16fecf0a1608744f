"""The columns that merge fields are computed from, by source: a patient, an appointment, an invoice, the practice.

A source is a table with groups of columns that are looked for in other ones; only what is asked for is read, and never
by one statement a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from workbench.errors import UnknownName
from workbench.language import _
from workbench.patients import rows
from workbench.patients.columns.appointment import APPOINTMENT
from workbench.patients.columns.care import AGREEMENT, PLAN, RECALL
from workbench.patients.columns.colleagues import CORRESPONDENT
from workbench.patients.columns.house import PRACTICE, PRACTITIONER
from workbench.patients.columns.money import INVOICE, QUOTE
from workbench.patients.columns.patient import PATIENT
from workbench.patients.columns.visit import VISIT

SOURCES = {
    "patient": PATIENT,
    "appointment": APPOINTMENT,
    "visit": VISIT,
    "invoice": INVOICE,
    "quote": QUOTE,
    "recall": RECALL,
    "plan": PLAN,
    "agreement": AGREEMENT,
    "correspondent": CORRESPONDENT,
    "practitioner": PRACTITIONER,
    "practice": PRACTICE,
}


def columns_frame(
    connection: sa.Connection,
    practice_id: str,
    source: str,
    keys: Sequence[str],
    names: Sequence[str],
    *,
    today: date,
    zone: ZoneInfo,
) -> pd.DataFrame:
    """Return the named columns of a source, indexed by its key, in the order of `keys`; see `column_names`.

    Unknown keys are absent; ``practice`` has its one row whatever the keys.

    Raises
    ------
    UnknownName
        When there is no such source or column.
    """
    wanted = list(dict.fromkeys(names))
    known = column_names(source)
    for name in wanted:
        if name not in known:
            raise UnknownName(
                _("« {source} » has no column « {name} ». It has: {known}.").format(
                    source=source, name=name, known=", ".join(sorted(known))
                )
            )
    asked = [practice_id] if source == "practice" else keys
    with rows.undisturbed():
        return SOURCES[source].frame(connection, practice_id, asked, wanted, today=today, zone=zone)


def column_names(source: str) -> frozenset[str]:
    """Return the columns a source has; raises `UnknownName` for another source."""
    if source not in SOURCES:
        raise UnknownName(
            _("There are no columns of « {source} ». The sources are: {known}.").format(
                source=source, known=", ".join(SOURCES)
            )
        )
    return SOURCES[source].names
