"""Which columns of a search's frame a person reads, in which order, and how each one reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchColumn:
    """A column of a search as it is shown; ``kind`` is text, word, time, date, moment, since, number or money.

    Of ``since``, a moment told by how long ago it was, `beside` is the column of what happened then.
    """

    name: str
    kind: str = "text"
    width: int = 120
    hidden: bool = False
    beside: str = ""


def _dates(*names: str) -> list[SearchColumn]:
    return [SearchColumn(name=name, kind="date", width=145) for name in names]


_ORDER = (
    SearchColumn(name="date", kind="date", width=100),
    SearchColumn(name="time", kind="time", width=80),
    # what the search is about
    *_dates("birthday", "due_on"),
    SearchColumn(name="title", width=150),
    SearchColumn(name="last_name", width=160),
    SearchColumn(name="first_name", width=120),
    SearchColumn(name="patient", width=260),
    SearchColumn(name="file_number", width=90),
    SearchColumn(name="nature", width=90),
    SearchColumn(name="forced", width=80, hidden=True),
    SearchColumn(name="state", kind="word", width=110),
    SearchColumn(name="declined_by", kind="word", width=120),
    SearchColumn(name="change", kind="word", width=140),
    SearchColumn(name="told_start", kind="moment", width=200),
    SearchColumn(name="told_at", kind="moment", width=200, hidden=True),
    SearchColumn(name="call", width=180),
    SearchColumn(name="call_relation", width=100),
    SearchColumn(name="call_mobile", width=130),
    SearchColumn(name="call_phone", width=130),
    SearchColumn(name="mobile", width=130, hidden=True),
    SearchColumn(name="age", kind="number", width=70),
    SearchColumn(name="birth_date", kind="date", width=145, hidden=True),
    SearchColumn(name="number", width=100),
    SearchColumn(name="dated_on", kind="date", width=145),
    SearchColumn(name="amount", kind="money", width=110),
    SearchColumn(name="paid", kind="money", width=110, hidden=True),
    SearchColumn(name="remaining", kind="money", width=110),
    SearchColumn(name="remaining_charge", kind="money", width=120),
    SearchColumn(name="balance", kind="money", width=110),
    SearchColumn(name="days_late", kind="number", width=90),
    SearchColumn(name="days_waiting", kind="number", width=90),
    SearchColumn(name="reminders_sent", kind="number", width=90),
    SearchColumn(name="payer", width=180),
    SearchColumn(name="rank", kind="number", width=80),
    SearchColumn(name="reason", width=150),
    SearchColumn(name="months_since_visit", kind="number", width=100),
    SearchColumn(name="papers", width=240),
    SearchColumn(name="papers_count", kind="number", width=80, hidden=True),
    SearchColumn(name="insurer", width=160),
    SearchColumn(name="member_number", width=120, hidden=True),
    SearchColumn(name="semester", kind="number", width=80),
    SearchColumn(name="semesters", kind="number", width=80),
    *_dates(
        "oldest_asked_on", "valid_until", "ends_on", "agreement_until", "answered_on", "signed_on", "created_on",
        "first_visit", "last_visit",
    ),
    SearchColumn(name="next_appointment", kind="moment", width=200),
    SearchColumn(name="speciality", width=150),
    SearchColumn(name="city", width=120),
    SearchColumn(name="patients", kind="number", width=90),
    # who, where, how
    SearchColumn(name="practitioner", width=130),
    SearchColumn(name="chair", width=90, hidden=True),
    SearchColumn(name="duration", kind="number", width=90, hidden=True),
    SearchColumn(name="phone", width=130, hidden=True),
    SearchColumn(name="mss_email", width=180, hidden=True),
    SearchColumn(name="payer_email", width=180, hidden=True),
    SearchColumn(name="patient_type", width=110, hidden=True),
    SearchColumn(name="file_state", width=110, hidden=True),
    SearchColumn(name="language", width=90, hidden=True),
    SearchColumn(name="remark", width=160, hidden=True),
    # what was written already
    SearchColumn(name="last_message_at", kind="since", width=190, beside="last_message"),
    SearchColumn(name="last_message", width=170),
)  # fmt: skip

_ALWAYS = frozenset({"time", "patient", "file_number", "nature", "practitioner", "last_message_at"})

_SEVERAL = frozenset({"date", "state"})
"""Columns that say nothing where all rows say the same: what was asked for says it already."""

SEARCH_COLUMN_NAMES = frozenset(column.name for column in _ORDER) | {"last_message_status"}


def columns_shown(frame: pd.DataFrame) -> list[SearchColumn]:
    """Return the columns of a search's frame that a person reads, in order; some are hidden until asked for.

    So is a column that has nothing to say in any row, unless its place is always the same; and the day, or the state,
    where all rows are of one.
    """
    there = [column for column in _ORDER if column.name in frame.columns]
    return [replace(column, hidden=column.hidden or _is_idle(column.name, frame)) for column in there]


def _is_idle(name: str, frame: pd.DataFrame) -> bool:
    if name in _SEVERAL:
        return bool(frame[name].nunique() <= 1)
    if name == "dated_on" and "due_on" in frame:
        return True
    return name not in _ALWAYS and len(frame) > 0 and bool(frame[name].isna().all())
