"""A mailing that somebody is preparing: what was done so far, to be taken up again here or at another screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workbench.domain.identities import Identity

FRESH = timedelta(hours=8)
"""For so long after it was last touched a colleague's draft is worth a word to whoever prepares the same."""

KEPT = timedelta(days=14)
"""For so long a draft that nobody touches is kept."""

TEXT_KEY = "text:"
"""The key of a draft begins so that is no mailing, but the text of an email type that somebody is writing."""

LETTER_KEY = "letter:"
"""The key of a draft begins so that is a message to one patient, whose file number is its parameter ``patient``."""

_ROWS = ("out", "in", "only")
"""In the content: lists of rows by their keys."""


class Step(StrEnum):
    """Where a person is in a mailing."""

    SEARCH = "search"
    MESSAGE = "message"
    CHECK = "check"
    RESULT = "result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody prepared of one mailing.

    `search` and `parameters` are with absolute dates: « tomorrow » is the same day when it is taken up again. `content`
    is all that the screen needs besides, as plain values: the rows taken out (``out``), the account, the signature, the
    values asked once, the text as it was changed for this mailing alone. `mailing_id` is the mailing it became.
    """

    key: str
    by: str
    host: str = ""
    search: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    template: str = ""
    purpose: str = ""
    step: Step = Step.SEARCH
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    mailing_id: int | None = None
    begun_at: datetime
    saved_at: datetime

    @property
    def days(self) -> tuple[str, str]:
        """The first and the last day it is about; empty where its search has none."""
        return self.parameters.get("start", ""), self.parameters.get("end", "")

    def prepares_the_same(self, other: Draft) -> bool:
        """Tell whether two drafts are about the same people for the same purpose, as far as both say."""
        purposes = {self.purpose, other.purpose} - {""}
        return (self.search, self.days) == (other.search, other.days) and len(purposes) < 2

    def without_patient(self, patient: Identity) -> Draft | None:
        """Return the draft without a patient's row, or nothing when it tells of the patient otherwise."""
        row = f"patient:{patient.patient_id}"
        rows = {name: [key for key in self.content[name] if key != row] for name in _ROWS if name in self.content}
        texts = _texts({name: value for name, value in self.content.items() if name not in _ROWS})
        about = patient.patient_id in (self.parameters.get("patient"), self.parameters.get("patient_id"))
        if about or any(map(patient.is_told_in, (*self.parameters.values(), *texts))):
            return None
        return replace(self, content={**self.content, **rows})


def _texts(value: Any) -> list[str]:
    """Return every text of plain values."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return []
