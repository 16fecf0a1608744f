"""Say of each recipient which row of a table its fields are computed from.

A message about an invoice (a quote, a recall …) tells of that one; any other message tells of the patient's current
one, which the store names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.domain.people import COLLEAGUES

CURRENT = {
    "invoice": "current_invoice_id",
    "quote": "current_quote_id",
    "recall": "current_recall_id",
    "plan": "current_plan_id",
    "agreement": "current_agreement_id",
    "visit": "last_visit_id",
    "correspondent": "correspondent_id",
}
"""Of each table that a message may be about, the patient's column that names the current row."""

_WHEN = re.compile(r"@(\d{4}-\d\d-\d\dT\d\d:\d\d)\Z")
_COLLEAGUE_ROLES = frozenset(str(role) for role in COLLEAGUES)


def leading_subjects(frame: pd.DataFrame) -> list[tuple[str, str, datetime | None]]:
    """Return of each recipient what the message is about first: ``("appointment", "12", its start)``."""
    return [_subject(texts[0] if texts else "") for texts in frame["subjects"].tolist()]


def _subject(text: str) -> tuple[str, str, datetime | None]:
    when = _WHEN.search(text)
    kind, _colon, key = (text[: when.start()] if when else text).partition(":")
    return kind, key, datetime.fromisoformat(when[1]) if when else None


def source_keys(
    table: str, frame: pd.DataFrame, values: pd.DataFrame, current: Sequence[Any], *, now: datetime
) -> list[Any]:
    """Return the key of each recipient's row in a table of ``CURRENT``, or ``None``.

    Parameters
    ----------
    values
        The further columns of a recipients table: one called ``quote_id`` names the quote, and so on.
    current
        The patient's own, in the order of the recipients (``CURRENT`` names the column).
    now
        The practice's wall clock: an appointment still to come is no visit yet.
    """
    told = _COUNTED[table](frame, now) if table in _COUNTED else _of_subjects(table, frame)
    column = f"{table}_id"
    given = values[column].tolist() if column in values.columns else [None] * len(frame)
    return [one or of_row or own or None for one, of_row, own in zip(given, told, current, strict=True)]


def _of_subjects(table: str, frame: pd.DataFrame) -> list[str | None]:
    return [key if kind == table else None for kind, key, _when in leading_subjects(frame)]


def _invoices(frame: pd.DataFrame, _now: datetime) -> list[str | None]:
    told = _of_subjects("invoice", frame)
    return [key or own or None for key, own in zip(told, frame["invoice_id"].tolist(), strict=True)]


def _visits(frame: pd.DataFrame, now: datetime) -> list[str | None]:
    starts = (when for _kind, _key, when in leading_subjects(frame))
    return [
        key if key and (when is None or when <= now) else None
        for key, when in zip(frame["appointment_id"].tolist(), starts, strict=True)
    ]


def _colleagues(frame: pd.DataFrame, _now: datetime) -> list[str | None]:
    told = _of_subjects("correspondent", frame)
    written = (key.partition(":") for key in frame["addressee_key"].tolist())
    return [
        key if role in _COLLEAGUE_ROLES else subject for (role, _colon, key), subject in zip(written, told, strict=True)
    ]


_COUNTED: Mapping[str, Any] = {"invoice": _invoices, "visit": _visits, "correspondent": _colleagues}


def person_keys(role: str, frame: pd.DataFrame) -> list[str]:
    """Return who answers for each recipient's patient: whoever is written to in that role, else the best (a patient).

    The first are told by their addressee key (``guardian:P12``), the others by the patient's.
    """
    keys = zip(frame["addressee_key"].tolist(), frame["patient_id"].tolist(), strict=True)
    return [addressee if addressee.startswith(f"{role}:") else patient for addressee, patient in keys]
