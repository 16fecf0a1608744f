"""What a person decides about a mailing that was confirmed: hold it, take it back, try again, settle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from workbench.domain.accounts import Account
from workbench.domain.departures import NextDeparture
from workbench.domain.mailings import MailingStatus
from workbench.errors import MailingError
from workbench.language import _
from workbench.practice.card import Card
from workbench.practice.dispatch import next_departure
from workbench.practice.retrying import retry

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class Deciding(Card):
    """The verbs about mailings that were confirmed."""

    def cancel(self, mailing_id: int, *, deliveries: Sequence[int] | None = None) -> int:
        """Cancel the rows of a mailing that have not left, or of them these alone; return how many.

        Parameters
        ----------
        deliveries
            The numbers of deliveries (``delivery_id`` of the results); the others of the mailing go on.

        Raises
        ------
        MailingError
            When the mailing has ended: nothing of it waits, and it stays what it is.
        """
        mailings = self.ledger.mailings
        ended = mailings.mailing(mailing_id).status is MailingStatus.FINISHED
        if deliveries is None and ended and not mailings.counts(mailing_id).pending:
            raise MailingError(
                _("Mailing {number} has ended: nothing of it waits any more, so nothing is cancelled.").format(
                    number=mailing_id
                )
            )
        return mailings.cancel(mailing_id, delivery_ids=deliveries, by=self.user, now=self.now())

    def sending_hours(self, account: Account) -> str:
        """Return the sending hours of an account: its own, else the practice's; ``""`` when neither has any."""
        return account.hours or self.settings.sending_hours

    def next_departure(self, mailing_id: int) -> NextDeparture | None:
        """Return when the next message of a mailing may leave and why not now; nothing when it may, or none waits."""
        return next_departure(cast("Practice", self), mailing_id)

    def pause(self, mailing_id: int) -> None:
        """Hold a mailing: nobody takes rows of it any more until somebody goes on with it."""
        self.ledger.mailings.set_status(mailing_id, MailingStatus.PAUSED, by=self.user, now=self.now())

    def retry(self, mailing_id: int, *, deliveries: Sequence[int] | None = None) -> int:
        """Put the failed rows of a mailing back into the queue; return how many. Nothing is sent yet.

        Each goes to the address that the patient's file has now: whoever corrected it did so for this. A row whose
        addressee has no usable address any more stays failed, and so do one that was to go to an address of MSSanté
        where the file has an ordinary one by now, one about a patient who died or whose file is archived, and one to
        a guardian whom the file does not name any more; opt-outs are read again as ever (P13).

        Parameters
        ----------
        deliveries
            The numbers of deliveries (``delivery_id`` of the results); every failed row by default.
        """
        return retry(cast("Practice", self), mailing_id, deliveries)

    def settle(self, mailing_id: int, *, as_sent: bool, deliveries: Sequence[int] | None = None) -> int:
        """Decide the uncertain rows of a mailing: count them as sent, or put them back into the queue.

        Parameters
        ----------
        deliveries
            The numbers of deliveries (``delivery_id`` of the results); every uncertain row by default.
        """
        return self.ledger.mailings.settle(
            mailing_id, as_sent=as_sent, delivery_ids=deliveries, by=self.user, now=self.now()
        )
