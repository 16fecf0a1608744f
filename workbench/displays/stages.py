"""Say how a mailing stands: that it waits and until when, that it was interrupted, else its status."""

from __future__ import annotations

from workbench.displays.cells import friendly
from workbench.displays.words import status_words
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import MailingStage
from workbench.language import _


def stage_words(stage: MailingStage) -> str:
    """Return the stage of a mailing as sign and words; its moment is told by the clock that it carries."""
    if stage.interrupted:
        return f"✕ {_('Interrupted')}"
    if stage.departure is None:
        return status_words(stage.status)
    words = {
        WaitingFor.UNDO: _("Leaves at {time}"),
        WaitingFor.LIMITS: _("Waits until {time} (limit of the account)"),
        WaitingFor.HOURS: _("Waits until {time} (sending hours)"),
    }
    told = words.get(stage.departure.waiting_for, _("Next attempt at {time}"))
    return f"… {told.format(time=friendly(stage.departure.at))}"
