"""Say of each recipient which row of a table its fields are computed from.

A message about an invoice (a quote, a recall …) tells of that one; any other message tells of the patient's current
one, which the store names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.domain.people import COLLEAGUES
from workbench.merging.recipients import Recipients

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

_START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")

Subject = tuple[str, str, datetime | None]
"""What a message is about first: ``("appointment", "12", its start)``."""


def leading_subjects(recipients: Recipients) -> list[Subject]:
    """Return of each recipient what the message is about first; of a row of a table, nothing."""
    subjects = recipients.subjects
    known = frozenset(subjects["subject_key"].astype(str)) if "subject_key" in subjects.columns else frozenset()
    return [subject_of(texts[0] if texts else "", known) for texts in recipients.frame["subjects"].tolist()]


def subject_of(text: str, known: frozenset[str]) -> Subject:
    """Read ``subject_key@what sets it apart``: a key of another software may hold an ``@`` itself."""
    key, when = text, ""
    while key and key not in known:
        key, _at, when = key.rpartition("@")
    kind, _colon, number = key.partition(":")
    return kind, number, datetime.fromisoformat(when) if _START.fullmatch(when) else None


def source_keys(
    table: str, recipients: Recipients, subjects: Sequence[Subject], current: Sequence[Any], *, now: datetime
) -> list[Any]:
    """Return the key of each recipient's row in a table of ``CURRENT``, or ``None``.

    Parameters
    ----------
    recipients
        A column of a recipients table called ``quote_id`` names the quote, and so on.
    subjects
        Their `leading_subjects`.
    current
        The patient's own, in the order of the recipients (``CURRENT`` names the column).
    now
        The practice's wall clock: an appointment still to come is no visit yet.
    """
    frame, values = recipients.frame, recipients.values
    told: list[str | None] = [key if kind == table else None for kind, key, _start in subjects]
    if table == "invoice":
        told = [key or own or None for key, own in zip(told, frame["invoice_id"].tolist(), strict=True)]
    elif table == "visit":
        told = _visits(frame, subjects, now)
    elif table == "correspondent":
        told = _colleagues(frame, told)
    column = f"{table}_id"
    given = values[column].tolist() if column in values.columns else [None] * len(frame)
    return [one or of_row or own or None for one, of_row, own in zip(given, told, current, strict=True)]


def _visits(frame: pd.DataFrame, subjects: Sequence[Subject], now: datetime) -> list[str | None]:
    return [
        key if key and (start is None or start <= now) else None
        for key, (_kind, _key, start) in zip(frame["appointment_id"].tolist(), subjects, strict=True)
    ]


def _colleagues(frame: pd.DataFrame, told: Sequence[str | None]) -> list[str | None]:
    written = (key.partition(":") for key in frame["addressee_key"].tolist())
    return [key if role in COLLEAGUES else subject for (role, _colon, key), subject in zip(written, told, strict=True)]


def person_keys(role: str, frame: pd.DataFrame) -> list[str]:
    """Return who answers for each recipient's patient: whoever is written to in that role, else the best (a patient).

    The first are told by their addressee key (``guardian:P12``), the others by the patient's.
    """
    keys = zip(frame["addressee_key"].tolist(), frame["patient_id"].tolist(), strict=True)
    return [addressee if addressee.startswith(f"{role}:") else patient for addressee, patient in keys]
