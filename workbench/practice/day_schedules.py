"""The schedule of the day to each practitioner: one message with their appointments, to their own address alone.

A message tells of many patients, so it holds file numbers and no names; an email type that shows the names is one with
health data, and passes that gate (P13). What it told is not kept once it has left: it stands in nobody's history, where
it could be forgotten. However often it is done, a practitioner gets one message for a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.templates import Template
from workbench.language import _, language
from workbench.merging.formats.dates import day_text
from workbench.practice.identity import TOLD_ONCE, WITH_HEALTH

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

OPTIONS: Mapping[str, bool] = {"keep_messages": False, "keep_attachments": False}
"""What is kept of such a message: that it left, and not what it told of the patients."""

WITH_NAMES = "schedule_with_names"

NOBODY = "none"
"""What stands for the practitioner in the ``id`` of the appointments that have none."""

_CELL = '<td style="padding:2px 14px 2px 0">{{ one.%s }}</td>'


def schedules(practice: Practice, found: pd.DataFrame) -> pd.DataFrame:
    """Return the table of a mailing to the practitioners of the appointments that a search found.

    Returns
    -------
    DataFrame
        One row a practitioner: ``id email name civility first_name last_name sex practitioner_id``, the texts ``day``
        and ``count``, and the appointments as lists of what each is (``day time minutes file chair``):
        ``schedule``, and ``schedule_with_names`` with ``name`` besides. Appointments without a practitioner have a row
        of their own, without an address: nobody gets it, and it is seen that nobody does.
    """
    spoken = language()
    days = found.attrs["workbench"]["resolved"]
    start, end = (days.get(name, "") for name in ("start", "end"))
    told = [day_text(date.fromisoformat(one), spoken, year=True) for one in dict.fromkeys((start, end)) if one]
    known = practice.tables.practitioners().set_index("practitioner_id").to_dict("index")
    several = start != end
    rows = []
    ordered = found.sort_values("starts_at")
    for practitioner, some in ordered.groupby(ordered["practitioner_id"].astype("string").fillna("")):
        person = {name: _text(value) for name, value in known.get(practitioner, {}).items()}
        appointments = [_appointment(one, spoken, several=several) for one in some.to_dict("records")]
        names = (person.get(part, "") for part in ("title", "first_name", "last_name"))
        rows.append(
            {
                "id": ":".join(dict.fromkeys((str(practitioner) or NOBODY, start, end))),
                "email": person.get("email", ""),
                "name": " ".join(name for name in names if name) or str(practitioner) or _("Without a practitioner"),
                "civility": person.get("title", ""),
                "first_name": person.get("first_name", ""),
                "last_name": person.get("last_name", ""),
                "sex": person.get("sex", ""),
                "practitioner_id": str(practitioner),
                "day": " – ".join(told),
                "count": len(appointments),
                "schedule": [{name: one[name] for name in one if name != "name"} for one in appointments],
                WITH_NAMES: appointments,
            }
        )
    table = pd.DataFrame(rows)
    table.attrs = {**found.attrs, TOLD_ONCE: True, WITH_HEALTH: [WITH_NAMES]}
    return table


def own_template() -> Template:
    """Return the email type that it is written with where the practice chose none."""
    opening = _("{{ name }}, your appointments of {{ day }}: {{ count }}.")
    headings = (_("Hour of the appointment"), _("Minutes"), _("File"), _("Chair"))
    head = "".join(f'<th align="left" style="padding:2px 14px 2px 0">{one}</th>' for one in headings)
    cells = "".join(_CELL % shown for shown in ("day }} {{ one.time", "minutes", "file", "chair"))
    return Template(
        label="schedule",
        folder="_schedules",
        purpose="day_schedule",
        language=language(),
        subject=_("Schedule of {{ day }}"),
        html=(
            f"<p>{opening}</p><table><tr>{head}</tr>{{% for one in schedule %}}<tr>{cells}</tr>{{% endfor %}}</table>"
        ),
    )


def _appointment(row: Mapping[Any, Any], spoken: str, *, several: bool) -> dict[str, str]:
    begins: datetime = row["starts_at"].to_pydatetime()
    return {
        "day": day_text(begins.date(), spoken, year=False) if several else "",
        "time": begins.strftime("%H:%M"),
        "minutes": _text(row["duration"]),
        "file": _text(row["file_number"]),
        "chair": _text(row["chair"]),
        "name": _text(row["patient"]),
    }


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]  # one cell
