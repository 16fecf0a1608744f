"""Say how a mailing stands: that it waits and until when, that it was interrupted, else its status."""

from __future__ import annotations

from datetime import datetime

from workbench.displays.cells import friendly
from workbench.displays.words import status_words
from workbench.domain.departures import NextDeparture, WaitingFor
from workbench.domain.mailings import INTERRUPTED, MailingStage, MailingStatus
from workbench.language import _

_WAITING = "waiting_"


def stage_words(stage: MailingStage) -> str:
    """Return the stage of a mailing as sign and words; its moment is told by the clock that it carries."""
    if stage.interrupted:
        return "✕ " + _("Interrupted")
    if stage.departure is None:
        return status_words(stage.status)
    words = {
        WaitingFor.UNDO: _("Leaves at {time}"),
        WaitingFor.LIMITS: _("Waits until {time} (limit of the account)"),
        WaitingFor.HOURS: _("Waits until {time} (sending hours)"),
    }
    told = words.get(stage.departure.waiting_for, _("Next attempt at {time}"))
    return f"… {told.format(time=friendly(stage.departure.at, zone=stage.departure.at.tzinfo))}"


def stage_of(code: str, at: datetime | None) -> MailingStage:
    """Return the stage that a code (``MailingStage.code``) and the moment until which it waits tell of."""
    if code == INTERRUPTED:
        return MailingStage(status=MailingStatus.SENDING, interrupted=True)
    if at is None or not code.startswith(_WAITING):
        return MailingStage(status=MailingStatus.SENDING if code.startswith(_WAITING) else MailingStatus(code))
    why = WaitingFor(code.removeprefix(_WAITING))
    return MailingStage(status=MailingStatus.SENDING, departure=NextDeparture(at=at, waiting_for=why))
