"""The columns of a practitioner and of the practice itself: who they are, when they are there, when not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.domain.calendar import PracticeCalendar
from workbench.patients import rows
from workbench.patients.calendar import calendar_of
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.hours import hours_text
from workbench.patients.names import full_name
from workbench.patients.schema import (
    closed_days,
    emergency_lines,
    leaves,
    media,
    opening_hours,
    practices,
    practitioners,
)
from workbench.patients.words import plain, vocabulary

# --- of a practitioner ----------------------------------------------------------------------------------

_NAME = ("title", "first_name", "last_name", "code")


def _name(reading: Reading) -> Mapping[str, Any]:
    parts = zip(*(reading.values[name] for name in _NAME), strict=True)
    return {"name": rows.text([full_name(title, first, last) or code for title, first, last, code in parts])}


def _emergency_lines(reading: Reading) -> dict[str, str]:
    """Return the first line of each practitioner, and under "" the first of everybody's."""
    lines: dict[str, str] = {}
    for practitioner, phone in reading.connection.execute(
        sa.select(emergency_lines.c.practitioner_id, emergency_lines.c.phone)
        .where(emergency_lines.c.practice_id == reading.practice_id)
        .order_by(emergency_lines.c.line_id)
    ):
        lines.setdefault(practitioner or "", phone)
    return lines


def _emergency_phone(reading: Reading) -> Mapping[str, Any]:
    lines = _emergency_lines(reading)
    return {"emergency_phone": rows.text([lines.get(key, lines.get("")) for key in reading.keys])}


def _own_pictures(reading: Reading, whose: Sequence[str | None]) -> dict[tuple[str | None, str], str]:
    """Return where the pictures of practitioners lie (of the practice: ``None``), by whose they are and their kind.

    A picture of the house is no patient's, and of no view or stage; of several the one taken last counts.
    """
    kinds = vocabulary("own_pictures")
    query = sa.select(media.c.practitioner_id, media.c.kind, media.c.path, media.c.taken_on, media.c.media_id).where(
        media.c.practice_id == reading.practice_id,
        *(column.is_(None) for column in (media.c.patient_id, media.c.plan_id, media.c.stage, media.c.view)),
    )
    wanted = set(whose)
    found = [row for row in reading.connection.execute(query) if (row.practitioner_id or None) in wanted]
    found.sort(key=lambda row: (row.taken_on or date.min, row.media_id))
    return {
        (row.practitioner_id or None, kinds[word]): row.path
        for row in found
        if (word := plain(row.kind or "")) in kinds
    }


def _signature_path(reading: Reading) -> Mapping[str, Any]:
    """Find where the image of a signature lies: the one that a practitioner's row names, else the one of the album."""
    signatures = reading.values["signature_media_id"]
    paths = dict(reading.rows_of(media.c.media_id, media.c.path, among=[one for one in signatures if one]))
    own = _own_pictures(reading, reading.keys)
    chosen = zip(signatures, reading.keys, strict=True)
    return {"signature_path": rows.text([paths.get(one) or own.get((key, "signature")) for one, key in chosen])}


def _practitioner_pictures(reading: Reading) -> Mapping[str, Any]:
    own = _own_pictures(reading, reading.keys)
    return {f"{kind}_path": rows.text([own.get((key, kind)) for key in reading.keys]) for kind in ("logo", "photo")}


PRACTITIONER = Source(
    table=practitioners,
    key="practitioner_id",
    groups=(
        Group(("name",), _name, needs=_NAME),
        Group(("emergency_phone",), _emergency_phone),
        Group(("signature_path",), _signature_path, needs=("signature_media_id",)),
        Group(("logo_path", "photo_path"), _practitioner_pictures),
    ),
)

# --- of the practice ------------------------------------------------------------------------------------


def _opening_hours(reading: Reading) -> Mapping[str, Any]:
    found = reading.connection.execute(
        sa.select(opening_hours.c.weekday, opening_hours.c.opens, opening_hours.c.closes)
        .where(opening_hours.c.practice_id == reading.practice_id, opening_hours.c.site_id == "")
        .order_by(opening_hours.c.weekday, opening_hours.c.opens)
    )
    hours = [(weekday, opens, closes) for weekday, opens, closes in found]
    return {"opening_hours": rows.text([hours_text(hours, language=one) for one in reading.values["language"]])}


def _practice_emergency_phone(reading: Reading) -> Mapping[str, Any]:
    """Find everybody's line, else the first of a practitioner."""
    lines = _emergency_lines(reading)
    return {"emergency_phone": rows.text([lines.get("") or next(iter(lines.values()), None) for _key in reading.keys])}


def next_closure(declared: Sequence[date], calendar: PracticeCalendar, today: date) -> tuple[date, date] | None:
    """Return the first and the last day of the run of declared closed days that ends on or after `today`, the next one.

    Days on which the practice does not work anyhow (Sundays, holidays) do not break a run; they neither begin nor end
    one, for nobody declared them.
    """
    run: tuple[date, date] | None = None
    for day in sorted(declared):
        if run and not _works_between(run[1], day, calendar):
            run = (run[0], day)
        elif run and run[1] >= today:
            return run
        else:
            run = (day, day)
    return run if run and run[1] >= today else None


def _works_between(day: date, later: date, calendar: PracticeCalendar) -> bool:
    return any(calendar.is_open(day + timedelta(days=step)) for step in range(1, (later - day).days))


def _closure(reading: Reading) -> Mapping[str, Any]:
    """Find the next closure of the whole practice, and who replaces whom then (or, without one, at the next leave)."""
    declared = reading.connection.execute(
        sa.select(closed_days.c.day).where(
            closed_days.c.practice_id == reading.practice_id, closed_days.c.site_id == ""
        )
    ).scalars()
    closure = next_closure([*declared], calendar_of(reading.connection, reading.practice_id), reading.today)
    start, end = closure or (None, None)
    absent = reading.connection.execute(
        sa.select(leaves.c.starts_on, leaves.c.ends_on, leaves.c.replacement, leaves.c.replacement_phone)
        .where(leaves.c.practice_id == reading.practice_id, leaves.c.ends_on >= reading.today)
        .order_by(leaves.c.starts_on, leaves.c.leave_id)
    ).all()
    if start and end:
        # Of the leaves around the closure, one that names somebody; a leave at another time is no help then.
        around = [leave for leave in absent if leave.starts_on <= end and leave.ends_on >= start]
        leave = next((one for one in around if one.replacement), None)
    else:
        leave = absent[0] if absent else None
    return {
        "next_closure_from": rows.day([start]),
        "next_closure_until": rows.day([end]),
        "replacement": rows.text([leave.replacement or None if leave else None]),
        "replacement_phone": rows.text([leave.replacement_phone or None if leave else None]),
    }


def _practice_pictures(reading: Reading) -> Mapping[str, Any]:
    own = _own_pictures(reading, [None])
    return {f"{kind}_path": rows.text([own.get((None, kind)) for _key in reading.keys]) for kind in ("logo", "plan")}


PRACTICE = Source(
    table=practices,
    key="practice_id",
    groups=(
        Group(("opening_hours",), _opening_hours, needs=("language",)),
        Group(("emergency_phone",), _practice_emergency_phone),
        Group(("logo_path", "plan_path"), _practice_pictures),
        Group(("next_closure_from", "next_closure_until", "replacement", "replacement_phone"), _closure),
    ),
)
"""One row: whatever keys are asked for, it is read by the practice's own."""
