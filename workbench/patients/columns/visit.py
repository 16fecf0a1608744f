"""The columns of a visit: when a patient came, what was done, and what to do after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from workbench.patients import rows
from workbench.patients.columns.appointment import texts_by_nature
from workbench.patients.columns.reading import Group, Reading, Source
from workbench.patients.schema import aftercare, appointments, procedures

_Act = tuple[str, str | None]
"""An act's label, and the teeth as they are written."""


def _done_on(reading: Reading) -> list[date | None]:
    """Return the day of each visit; an appointment that did not take place, or not yet, has none."""
    return [
        starts.date() if state in ("present", "upcoming") and starts.date() <= reading.today else None
        for starts, state in zip(reading.values["starts_at"], reading.values["state"], strict=True)
    ]


def _acts(reading: Reading) -> Mapping[str, Any]:
    """Find the patient's acts that name the appointment; where none does, those of the day that name no other.

    An appointment that was given to somebody else since tells nothing of what was done to the former patient.
    """
    act = procedures.c
    order = (act.done_on, act.procedure_id)
    named: dict[str, list[_Act]] = {}
    people, days = reading.values["patient_id"], _done_on(reading)
    whose = dict(zip(reading.keys, people, strict=True))
    for key, who, label, teeth in reading.rows_of(
        act.appointment_id, act.patient_id, act.label, act.teeth, order=order
    ):
        if whose.get(key) == who:
            named.setdefault(key, []).append((label, teeth))
    alone = {who for key, who in zip(reading.keys, people, strict=True) if key not in named}
    of_day: dict[tuple[str, date | None], list[_Act]] = {}
    for who, day, label, teeth in reading.rows_of(
        act.patient_id,
        act.done_on,
        act.label,
        act.teeth,
        where=[act.appointment_id.is_(None)],
        order=order,
        among=alone,
    ):
        of_day.setdefault((who, day), []).append((label, teeth))
    done = [
        by_label(named.get(key) or of_day.get((who, day)) or ())
        for key, who, day in zip(reading.keys, people, days, strict=True)
    ]
    return {
        "procedures": rows.lists([list(acts) for acts in done]),
        "teeth": rows.lists(
            [list(dict.fromkeys(tooth for teeth in acts.values() for tooth in teeth)) for acts in done]
        ),
        "procedures_with_teeth": rows.lists(
            [[f"{label} ({', '.join(teeth)})" if teeth else label for label, teeth in acts.items()] for acts in done]
        ),
    }


def by_label(acts: Iterable[_Act]) -> dict[str, list[str]]:
    """Return the teeth of each act, each label and each tooth once, in the order they come."""
    found: dict[str, dict[str, None]] = {}
    for label, teeth in acts:
        each = map(str.strip, (teeth or "").split(","))
        found.setdefault(label, {}).update(dict.fromkeys(filter(None, each)))
    return {label: [*teeth] for label, teeth in found.items()}


VISIT = Source(
    table=appointments,
    key="appointment_id",
    groups=(
        Group(("done_on",), lambda reading: {"done_on": rows.day(_done_on(reading))}, needs=("starts_at", "state")),
        Group(("procedures", "teeth", "procedures_with_teeth"), _acts, needs=("patient_id", "starts_at", "state")),
        Group(
            ("aftercare",),
            lambda reading: {"aftercare": texts_by_nature(reading, aftercare)},
            needs=("patient_id", "nature", "kind"),
        ),
    ),
    hidden=frozenset(column.name for column in appointments.columns)
    - {"appointment_id", "patient_id", "practitioner_id"},
)
