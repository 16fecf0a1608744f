"""What a person decides about rows that did not arrive: try the failed ones again, settle the uncertain ones (P2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.mailings import MailingRecord
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.enqueueing import CHUNK, DUPLICATE, slices
from workbench.ledger.occasions import Occasions, Speaker

_S = DeliveryStatus
_rows = schema.deliveries


@dataclass(frozen=True, slots=True)
class Settling:
    """The decisions of one person about one mailing, inside one transaction, journalled with it."""

    connection: sa.Connection
    practice_id: str
    mailing: MailingRecord
    by: str
    now: datetime

    def retry(self, delivery_ids: Sequence[int] | None, addresses: Mapping[int, str]) -> list[int]:
        """Let failed rows wait again and return them; those told meanwhile by another mailing are left out.

        With `delivery_ids`, of these alone. Those of `addresses` go to another address than before.

        What is not kept any more (`Keeping`) has nothing left to say, and stays failed.
        """
        query = (
            sa.select(
                _rows.c.id, _rows.c.addressee_key, _rows.c.role, _rows.c.channel, _rows.c.again,
                schema.letters.c.occasions,
            )
            .join_from(_rows, schema.letters)
            .where(*self._standing(_S.FAILED), schema.letters.c.emptied_at.is_(None))
            .order_by(_rows.c.id)
            .with_for_update(of=_rows)
        )  # fmt: skip
        waiting: list[int] = []
        left_out: list[int] = []
        failed = self.connection.execute(query).all()
        if delivery_ids is not None:
            chosen = set(delivery_ids)
            failed = [row for row in failed if row.id in chosen]
        for some in slices(failed, CHUNK):
            free, taken = self._retaken(some)
            waiting += free
            left_out += taken
        self._decide(waiting, _S.PENDING)
        self._decide(left_out, _S.SKIPPED, reason=DUPLICATE)
        corrected = [number for number in waiting if number in addresses]
        self._readdress({number: addresses[number] for number in corrected})
        self._act("retry", waiting, **({"readdressed": corrected} if corrected else {}))
        return waiting

    def settle(self, delivery_ids: Sequence[int] | None, *, as_sent: bool) -> list[int]:
        """Count uncertain rows as sent, or let them wait to be sent again; returns them."""
        # Held, so that a late answer does not end the doubt between the look and the decision.
        query = (
            sa.select(_rows.c.id)
            .join_from(_rows, schema.letters)
            .where(*self._standing(_S.IN_DOUBT))
            .order_by(_rows.c.id)
            .with_for_update(of=_rows)
        )
        if not as_sent:  # what was forgotten with its patient has nothing left to say
            query = query.where(schema.letters.c.emptied_at.is_(None))
        doubtful = list(self.connection.execute(query).scalars())
        if delivery_ids is not None:
            chosen = set(delivery_ids)
            doubtful = [number for number in doubtful if number in chosen]
        self._decide(doubtful, _S.SENT if as_sent else _S.PENDING)
        self._act("counted_as_sent" if as_sent else "send_again", doubtful)
        return doubtful

    def _standing(self, status: DeliveryStatus) -> list[sa.ColumnElement[bool]]:
        return [
            _rows.c.practice_id == self.practice_id,
            _rows.c.mailing_id == self.mailing.id,
            _rows.c.status == status.value,
        ]

    def _retaken(self, rows: Sequence[Any]) -> tuple[list[int], list[int]]:
        """Take back the occasions that a failure had freed; returns the rows that may go, and those that may not."""
        waiting: list[int] = []
        left_out: list[int] = []
        occasions = Occasions(self.connection, self.practice_id, self.mailing.purpose, self.mailing.step)
        occasions.look_up(text for row in rows for text in row.occasions)
        repeated = occasions.tellers(text for row in rows if row.again for text in row.occasions)
        granted: list[tuple[int, Any]] = []
        for row in rows:
            speaker = Speaker(
                addressee_key=row.addressee_key,
                role=row.role,
                channel=row.channel,
                occasions=tuple(row.occasions),
                on_purpose=False,
            )
            # Whoever asked to send again knew of this mailing's earlier rounds, and of nothing told since.
            known = [(self.mailing.id, earlier) for earlier in range(row.again)]
            told = [repeated[key] for key in repeated.keys() & set(speaker.keys())]
            if row.again and all(teller in known for teller in told):
                speaker = replace(speaker, on_purpose=True)
            grants = occasions.granted(speaker)
            (left_out if grants is None else waiting).append(row.id)
            granted.append((row.id, grants or ()))
        occasions.written(granted)
        return waiting, left_out

    def _decide(self, delivery_ids: Sequence[int], status: DeliveryStatus, *, reason: str = "") -> None:
        values: dict[str, Any] = {"status": status.value, "sender_id": None}
        values["decided_at"] = None if status is _S.PENDING else self.now
        if status is not _S.SENT:  # what had made it uncertain stays to be read
            values |= {"reason": reason, "not_before": self.now}
        for some in slices(delivery_ids, CHUNK):
            self.connection.execute(_rows.update().where(_rows.c.id.in_(some)), values)

    def _readdress(self, addresses: Mapping[int, str]) -> None:
        for number, address in addresses.items():
            self.connection.execute(_rows.update().where(_rows.c.id == number), {"address": address})

    def _act(self, what: str, delivery_ids: Sequence[int], **more: Sequence[int]) -> None:
        write_act(
            self.connection,
            self.practice_id,
            what,
            f"mailing:{self.mailing.id}",
            by=self.by,
            now=self.now,
            details={"deliveries": list(delivery_ids), **more},
        )
