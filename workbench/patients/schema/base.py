"""What every table of the patient store begins with: the practice, and the words that columns may hold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint, Table

from workbench.patients.schema.columns import key_part

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STATES = ("upcoming", "missed", "postponed", "present", "cancelled", "excused")
"""What became of an appointment (F128)."""

DECLINERS = ("practice", "patient")
"""Who moved or cancelled an appointment, « Déclinaison » (F129)."""

SEXES = ("F", "M", "U")
RESPONSIBILITIES = ("guardian", "payer")
CORRESPONDENT_KINDS = ("treating_dentist", "treating_physician", "orthodontist", "referring", "correspondent")
CHANNELS = ("email", "letter", "sms")
CONTACT_CHANNELS = (*CHANNELS, "phone")
"""How a practice reaches somebody outside the workbench: a call is no message."""

CONSENT_STATES = ("accepted", "refused", "opted_out")
"""What a person decided about a channel; the latest decision counts, the earlier ones are its history (F157)."""


def table(name: str, *parts: Any, **options: Any) -> Table:
    """Return a table whose key begins with the practice."""
    practice = () if name == "practices" else (ForeignKeyConstraint(["practice_id"], ["practices.practice_id"]),)
    return Table(name, metadata, key_part("practice_id"), *parts, *practice, **options)
