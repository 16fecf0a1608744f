"""Messages to one patient that somebody writes and has not sent: kept as they are typed, whatever ends the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.domain.drafts import KEPT, LETTER_KEY

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedLetter:
    """A message to one patient as it was written last; its ``repr`` tells nothing of it (P12).

    `subject` and `body` are what was written, or nothing where they are the email type's own; `values` what was
    answered to what the email type asks, `choices` what was chosen for this message alone. `saved_at` is when it was
    kept, once it was.
    """

    template: str = ""
    account: str = ""
    subject: str | None = field(default=None, repr=False)
    body: str | None = field(default=None, repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    choices: Mapping[str, Any] = field(default_factory=dict, repr=False)
    saved_at: datetime | None = None


class UnsavedLetters:
    """What whoever works here, at this computer, is writing to patients.

    Each message is kept in the ledger for two weeks after it was touched last, and goes with its patient when the
    patient is erased.

    Examples
    --------
    >>> from workbench.practice.unsaved_letters import UnsavedLetter
    >>> practice.unsaved_letters.keep("2610", UnsavedLetter(subject="Votre radio"))
    >>> practice.unsaved_letters.to("2610").subject
    'Votre radio'
    >>> practice.unsaved_letters.forget("2610")
    True
    """

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def keep(self, patient_id: str, letter: UnsavedLetter) -> None:
        """Keep a message as it is written now, in the place of what was kept of it before."""
        self._practice.drafts.keep(
            LETTER_KEY,
            patient_id,
            {
                "account": letter.account,
                "subject": letter.subject,
                "body": letter.body,
                "values": dict(letter.values),
                "choices": dict(letter.choices),
            },
            template=letter.template,
            parameters={"patient": patient_id},
        )

    def to(self, patient_id: str) -> UnsavedLetter | None:
        """Return what is being written to a patient; nothing where nothing is."""
        drafts = self._practice.drafts
        draft = drafts.draft(drafts.own_key(LETTER_KEY, patient_id))
        if draft is None or draft.saved_at < self._practice.now() - KEPT:
            return None
        known = self._practice.templates.called_now(draft.template)
        return UnsavedLetter(template=known, saved_at=draft.saved_at, **draft.content)

    def forget(self, patient_id: str) -> bool:
        """Give up what is being written to a patient, and tell whether something was."""
        return self._practice.drafts.forget(self._practice.drafts.own_key(LETTER_KEY, patient_id))
