"""Where the sending of a mailing is, for a screen: what may be confirmed, what stands, what is being done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from workbench.domain.accounts import Account
from workbench.domain.departures import NextDeparture, Timing, WaitingFor
from workbench.domain.mailings import Counts, MailingProgress, MailingStage, MailingStanding, MailingStatus
from workbench.practice.offers import Offer, seal_of_confirmation, seal_of_standing
from workbench.practice.retrying import Retrial

if TYPE_CHECKING:
    from workbench.practice.mailing import Mailing

OPEN_STATUSES = (MailingStatus.QUEUED, MailingStatus.SENDING, MailingStatus.PAUSED, MailingStatus.STOPPED)
"""Statuses of a mailing that a person may go on with when rows are still open."""


class Doing(StrEnum):
    """What a dispatcher is at."""

    NOTHING = ""
    COUNTING = "counting"
    CHECKING = "checking"  # what was confirmed is worked out once more; nothing leaves yet
    SENDING = "sending"
    PAUSING = "pausing"
    CANCELLING = "cancelling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a mailing is, for a screen.

    `offer` is what may be confirmed now; `standing` what the ledger holds, once it was queued, and `account` where
    messages leave from, both as they were read together; `progress` and `seconds_left` are set while something is
    being sent from here. `changed` says that a confirmation was not taken,
    since what it stood for has changed; `outdated` that the list is another one by now. `timing` says when what is
    confirmed would leave, `next_due` when the next message that waits may, and `waiting_for` why not before.
    `gone_before` is how many had left, or may have, when a person cancelled the rest here. `retrial` says where the
    failed messages would go, were they tried again.
    """

    doing: Doing = Doing.NOTHING
    mailing: Mailing | None = None
    offer: Offer | None = None
    standing: MailingStanding | None = None
    account: Account | None = None
    retrial: Retrial = field(default_factory=Retrial)
    progress: MailingProgress | None = None
    seconds_left: float | None = None
    timing: Timing = field(default_factory=Timing)
    next_due: datetime | None = None
    waiting_for: WaitingFor = WaitingFor.NOTHING
    gone_before: int | None = None
    error: str = ""
    changed: bool = False
    outdated: bool = False

    @property
    def counts(self) -> Counts:
        """The rows of the mailing that was queued."""
        return self.standing.tally.counts if self.standing is not None else Counts()

    @property
    def elsewhere(self) -> bool:
        """Whether somebody else is sending it: another screen, the command line, another machine."""
        return self.doing is Doing.NOTHING and self.standing is not None and self.standing.at_work

    @property
    def gone(self) -> int:
        """How many messages have left, or may have."""
        counts = self.progress or self.counts
        return counts.sent + counts.in_doubt

    @property
    def offer_seal(self) -> str:
        """What a confirmation of the offer is for: its messages, and when they leave."""
        return "" if self.offer is None else seal_of_confirmation(self.offer, self.timing)

    @property
    def seal(self) -> str:
        """What a decision about the queued rows is for: this mailing, as it stands, from this account."""
        if self.standing is None or self.account is None:
            return ""
        moving = self.doing in (Doing.SENDING, Doing.PAUSING, Doing.CANCELLING) or self.standing.at_work
        return seal_of_standing(self.standing, self.account, self.retrial, moving=moving)

    @property
    def may_resume(self) -> bool:
        """Whether open rows wait for somebody to go on."""
        return (
            self.doing is Doing.NOTHING
            and not self.elsewhere
            and self.standing is not None
            and self.standing.record.status in OPEN_STATUSES
            and self.counts.pending > 0
        )

    @property
    def departure(self) -> NextDeparture | None:
        """When the next message leaves, while nothing does, and why not before."""
        if self.progress is not None:
            at, why = self.progress.waiting_until, self.progress.waiting_for
        else:
            at, why = self.next_due, self.waiting_for
        return None if at is None or not why else NextDeparture(at=at, waiting_for=why)

    @property
    def may_be_taken_back(self) -> bool:
        """Whether it is confirmed, and nothing of it has begun to leave: its undo window; a pause has none."""
        if self.departure is None or self.departure.waiting_for is not WaitingFor.UNDO:
            return False
        status = self.standing.record.status if self.standing is not None else MailingStatus.SENDING
        return self.doing is Doing.SENDING or status in (MailingStatus.QUEUED, MailingStatus.SENDING)

    @property
    def stage(self) -> MailingStage | None:
        """How the queued mailing stands: that it waits and until when, that it was interrupted, else its status."""
        if self.standing is None:
            return None
        status = self.standing.record.status
        if self.doing is Doing.NOTHING and status is MailingStatus.SENDING and not self.standing.at_work:
            return MailingStage(status=status, interrupted=True)
        return MailingStage(status=status, departure=self.departure if status is MailingStatus.SENDING else None)
