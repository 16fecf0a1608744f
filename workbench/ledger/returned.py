"""Messages that were sent and came back: found by their mark, recorded because a person says so, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.addresses import address_key
from workbench.databases import reading, writing
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.returned_mail import OF_THE_ADDRESS, RETURNED, reason_of_return
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.enqueueing import CHUNK, slices

if TYPE_CHECKING:
    import pandas as pd

_S = DeliveryStatus
_rows = schema.deliveries
_MARKED = ("token", "delivery_id", "mailing_id", "patient_id", "recipient", "address", "template", "status", "reason",
           "decided_at")  # fmt: skip
_ACT = "mail_returned"
_ACT_WITHDRAWN = "mail_returned_withdrawn"
_OF_A_DELIVERY = "delivery:"


class Returned:
    """What came back to one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def marked(self, tokens: Sequence[str]) -> pd.DataFrame:
        """Return the deliveries whose Message-IDs begin so.

        Returns
        -------
        DataFrame
            token delivery_id mailing_id patient_id recipient address template status reason decided_at; what never left
            is not among them.
        """
        import pandas as pd

        mailings = schema.mailings.c
        columns: dict[str, sa.Column[Any]] = {"delivery_id": _rows.c.id, "template": mailings.template}
        query = sa.select(
            *((columns[name] if name in columns else _rows.c[name]).label(name) for name in _MARKED)
        ).join_from(schema.deliveries, schema.mailings, _rows.c.mailing_id == mailings.id)
        found: list[Any] = []
        with reading(self._engine) as connection:
            for some in slices(sorted(set(tokens)), CHUNK):
                where = [_rows.c.practice_id == self._practice_id, _rows.c.token.in_(some), _rows.c.message_id != ""]
                found += connection.execute(query.where(*where)).all()
        return pd.DataFrame([tuple(row) for row in found], columns=list(_MARKED), dtype="object")

    def record(self, causes: Mapping[int, tuple[str, str]], *, by: str, now: datetime) -> list[int]:
        """Record that deliveries came back, journalled; returns those that were sent until now.

        What was uncertain counts as sent from then on: a message that comes back has left. Nothing waits to be sent
        again for it, and its occasion stays taken.

        Parameters
        ----------
        causes
            Why (``ReturnCause``) and by which code of a server, by the delivery's number.
        """
        done: list[int] = []
        with writing(self._engine) as connection:
            for number, (cause, code) in sorted(causes.items()):
                changed = connection.execute(
                    _rows.update()
                    .where(
                        _rows.c.practice_id == self._practice_id,
                        _rows.c.id == number,
                        _rows.c.status.in_([_S.SENT.value, _S.IN_DOUBT.value]),
                        _rows.c.reason.not_like(f"{RETURNED}:%"),
                    )
                    .values(
                        status=_S.SENT.value,
                        reason=reason_of_return(cause),
                        decided_at=sa.func.coalesce(_rows.c.decided_at, sa.literal(now, schema.Instant)),
                        sender_id=None,
                    )
                )
                if changed.rowcount:
                    done.append(number)
                    self._act(connection, _ACT, number, by, now, {"cause": str(cause), "code": code})
        return done

    def withdraw(self, delivery_id: int, *, by: str, now: datetime) -> bool:
        """Take back that a delivery came back, journalled; tells whether it was recorded so. It stays sent."""
        with writing(self._engine) as connection:
            changed = connection.execute(
                _rows.update()
                .where(
                    _rows.c.practice_id == self._practice_id,
                    _rows.c.id == delivery_id,
                    _rows.c.reason.like(f"{RETURNED}:%"),
                )
                .values(reason="")
            )
            if changed.rowcount:
                self._act(connection, _ACT_WITHDRAWN, delivery_id, by, now, {})
        return bool(changed.rowcount)

    def addresses(self) -> frozenset[str]:
        """Return the addresses from which messages come back because they are wrong (``address_key``)."""
        acts = schema.acts.c
        wrong = [reason_of_return(cause) for cause in OF_THE_ADDRESS]
        addresses: set[str] = set()
        with reading(self._engine) as connection:
            # What came back is found by its act: that is seldom, and indexed.
            told = connection.execute(
                sa.select(acts.object).where(acts.practice_id == self._practice_id, acts.what == _ACT).distinct()
            ).scalars()
            numbers = [int(about.removeprefix(_OF_A_DELIVERY)) for about in told]
            for some in slices(numbers, CHUNK):
                found = sa.select(_rows.c.address).where(_rows.c.id.in_(some), _rows.c.reason.in_(wrong))
                addresses |= {address_key(address) for address in connection.execute(found).scalars() if address}
        return frozenset(addresses)

    def _act(
        self, connection: sa.Connection, what: str, number: int, by: str, now: datetime, details: dict[str, str]
    ) -> None:
        write_act(connection, self._practice_id, what, f"{_OF_A_DELIVERY}{number}", by=by, now=now, details=details)
