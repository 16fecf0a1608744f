"""What a person does with a mailing that was queued: cancel it, retry its failures, settle its doubts (P2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from workbench.databases import alone, writing
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.mailings import MailingStatus
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.enqueueing import CHUNK, slices
from workbench.ledger.mailing_moves import MailingMoves
from workbench.ledger.senders import cancel_rows
from workbench.ledger.settling import Settling

_S = DeliveryStatus
_rows = schema.deliveries


class MailingActs(MailingMoves):
    """The mailings of one practice, as somebody acts on them."""

    def cancel(
        self,
        mailing_id: int,
        *,
        delivery_ids: Sequence[int] | None = None,
        by: str,
        now: datetime,
        reason: str = "",
    ) -> int:
        """Cancel a mailing: its waiting rows are cancelled and free their occasions; returns how many.

        Rows in a living sender's hands are cancelled when it gives them back; what is leaving leaves.

        Parameters
        ----------
        delivery_ids
            Only these rows, where they wait and no sender has them; the others of the mailing go on.
        reason
            Why the mailing was cancelled.
        """
        self._senders.recover(now)
        with writing(self._engine) as connection:
            if delivery_ids is not None:
                return self._cancel_some(connection, mailing_id, delivery_ids, by=by, now=now)
            self._set_status(connection, mailing_id, MailingStatus.CANCELLED, by=by, now=now, reason=reason)
            return cancel_rows(connection, [_rows.c.mailing_id == mailing_id, _rows.c.sender_id.is_(None)], now=now)

    def _cancel_some(
        self, connection: sa.Connection, mailing_id: int, delivery_ids: Sequence[int], *, by: str, now: datetime
    ) -> int:
        self._record(connection, mailing_id, hold=True)
        ours = [_rows.c.practice_id == self._practice_id, _rows.c.mailing_id == mailing_id]
        waiting = [*ours, _rows.c.status == _S.PENDING.value, _rows.c.sender_id.is_(None)]
        chosen: list[int] = []
        for some in slices(sorted(set(delivery_ids)), CHUNK):
            query = sa.select(_rows.c.id).where(*waiting, _rows.c.id.in_(some)).with_for_update(skip_locked=True)
            found = list(connection.execute(query).scalars())
            cancel_rows(connection, [_rows.c.id.in_(found)], now=now)
            chosen += found
        if chosen:
            write_act(
                connection,
                self._practice_id,
                "deliveries_cancelled",
                f"mailing:{mailing_id}",
                by=by,
                now=now,
                details={"deliveries": chosen},
            )
            self._reopen(connection, mailing_id, by=by, now=now)
        return len(chosen)

    def retry(
        self,
        mailing_id: int,
        *,
        delivery_ids: Sequence[int] | None = None,
        addresses: Mapping[int, str] | None = None,
        by: str,
        now: datetime,
    ) -> int:
        """Let every failed row wait again, or of them these alone, because a person asks; returns how many.

        A failure had freed its occasions: a row whose addressee was told meanwhile by another mailing is left
        out as a duplicate.

        Parameters
        ----------
        delivery_ids
            Only these; every failed row by default.
        addresses
            Where some of them go now, since the addressee's file has another address; journalled with the act.
        """
        with writing(self._engine) as connection:
            alone(connection, f"deliveries:{self._practice_id}")
            record = self._record(connection, mailing_id, hold=True)
            self._refuse_cancelled(record)
            waiting = Settling(connection, self._practice_id, record, by, now).retry(delivery_ids, addresses or {})
            if waiting:
                self._reopen(connection, mailing_id, by=by, now=now)
        return len(waiting)

    def settle(
        self, mailing_id: int, *, as_sent: bool, delivery_ids: Sequence[int] | None = None, by: str, now: datetime
    ) -> int:
        """Decide the uncertain rows of a mailing, because a person says so; returns how many.

        Parameters
        ----------
        as_sent
            Count them as sent; otherwise they wait to be sent again.
        delivery_ids
            Only these; all of the mailing by default.
        """
        self._senders.recover(now)
        with writing(self._engine) as connection:
            record = self._record(connection, mailing_id, hold=True)
            if not as_sent:
                self._refuse_cancelled(record)
            decided = Settling(connection, self._practice_id, record, by, now).settle(delivery_ids, as_sent=as_sent)
            if decided and not as_sent:
                self._reopen(connection, mailing_id, by=by, now=now)
        return len(decided)
