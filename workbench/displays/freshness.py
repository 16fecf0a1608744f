"""Say when the data behind a search came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.language import _, language, marked

_SENTENCES = {
    "appointments": marked("Agenda imported on {day} at {time}"),
    "patients": marked("Patients imported on {day} at {time}"),
    "correspondents": marked("Colleagues imported on {day} at {time}"),
    "invoices": marked("Invoices imported on {day} at {time}"),
    "quotes": marked("Quotes imported on {day} at {time}"),
    "recalls": marked("Recalls imported on {day} at {time}"),
    "sample": marked("Sample practice, dated {day}"),
    "store": marked("Data of {day} at {time}"),
}


def freshness_sentence(asked: Mapping[str, Any]) -> str:
    """Return when the data of a search came, from what its frame tells (``attrs["workbench"]``); maybe nothing."""
    if "as_of" not in asked:
        return ""
    if asked["as_of"] is None:
        return _("Nobody knows when this data came")
    moment = datetime.fromisoformat(asked["as_of"])
    french = language() == "fr"
    sentence = _SENTENCES.get(asked["as_of_kind"], marked("Data imported on {day} at {time}"))
    return _(sentence).format(
        day=f"{moment:%d/%m/%Y}" if french else f"{moment:%Y-%m-%d}",
        time=f"{moment.hour} h {moment:%M}" if french else f"{moment:%H:%M}",
    )
