"""Say when the next message leaves, and why not now."""

from __future__ import annotations

from datetime import datetime

from workbench.displays.cells import friendly
from workbench.domain.departures import WaitingFor
from workbench.language import _


def waiting_words(why: WaitingFor, at: datetime) -> str:
    """Return in a few words, after the numbers of a mailing, when it goes on (by the clock of `at`) and why not now."""
    words = {
        WaitingFor.UNDO: _("can be taken back until {time}, then leaves"),
        WaitingFor.LIMITS: _("the account has sent as much as it may, goes on at {time}"),
        WaitingFor.HOURS: _("outside the sending hours, goes on at {time}"),
    }
    return words.get(why, _("next attempt at {time}")).format(time=friendly(at, zone=at.tzinfo))


def waiting_sentence(why: WaitingFor, at: datetime) -> str:
    """Return the sentence for open rows of a mailing that nobody is sending now."""
    sentences = {
        WaitingFor.UNDO: _("Until {time} they can be taken back; nothing leaves before."),
        WaitingFor.LIMITS: _("The account has sent as much as it may for now; it may go on at {time}."),
        WaitingFor.HOURS: _("It is outside the sending hours; they may leave from {time}."),
        WaitingFor.RETRY: _("They are put off; the next attempt is due at {time}."),
    }
    return sentences[why].format(time=friendly(at, zone=at.tzinfo))
