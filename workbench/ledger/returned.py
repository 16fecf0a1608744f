"""Messages that were sent and came back: found by their mark, recorded because a person says so, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.addresses import address_key
from workbench.databases import reading, writing
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.returned_mail import OF_THE_ADDRESS, RETURNED, cause_of_refusal, reason_of_return
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
        self._refusals: tuple[object, list[Any]] = (None, [])  # those that say nobody has the address, as read last

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
                mine = [_rows.c.practice_id == self._practice_id, _rows.c.id == number]
                left = [
                    _rows.c.status.in_([_S.SENT.value, _S.IN_DOUBT.value]),
                    _rows.c.reason.not_like(f"{RETURNED}:%"),
                ]
                query = sa.select(_rows.c.status, _rows.c.reason, _rows.c.decided_at).where(*mine, *left)
                before = connection.execute(query.with_for_update()).one_or_none()
                if before is None:
                    continue
                values: dict[str, Any] = {"status": _S.SENT.value, "reason": reason_of_return(cause), "sender_id": None}
                values["decided_at"] = before.decided_at or now
                connection.execute(_rows.update().where(*mine), values)
                done.append(number)
                details = {"cause": str(cause), "code": code}
                if before.status == _S.IN_DOUBT:
                    details |= {"was": before.status, "reason": before.reason}
                    details |= {} if before.decided_at else {"undecided": "yes"}
                self._act(connection, _ACT, number, by, now, details)
        return done

    def withdraw(self, delivery_id: int, *, by: str, now: datetime) -> bool:
        """Take back that a delivery came back, journalled; tells whether it was recorded so.

        It stands as it did before: sent, or uncertain again, for nobody knows any more that it left.
        """
        mine = [_rows.c.practice_id == self._practice_id, _rows.c.id == delivery_id]
        acts = schema.acts.c
        recorded = (
            sa.select(acts.details)
            .where(
                acts.practice_id == self._practice_id,
                acts.object == f"{_OF_A_DELIVERY}{delivery_id}",
                acts.what == _ACT,
            )
            .order_by(acts.id.desc())
            .limit(1)
        )
        with writing(self._engine) as connection:
            details = connection.execute(recorded).scalar() or {}
            values = {"reason": details.get("reason", "")}
            if details.get("was"):
                values["status"] = details["was"]
            if details.get("undecided"):
                values["decided_at"] = None
            returned = _rows.c.reason.like(f"{RETURNED}:%")
            changed = connection.execute(_rows.update().where(*mine, returned).values(values))
            if changed.rowcount:
                self._act(connection, _ACT_WITHDRAWN, delivery_id, by, now, {})
        return bool(changed.rowcount)

    def addresses(self) -> frozenset[str]:
        """Return the addresses that are wrong (``address_key``): messages come back from them, or are refused there.

        A refusal counts until a message to the address is taken.
        """
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
            addresses |= self._refused(connection)
        return frozenset(addresses)

    def _refused(self, connection: sa.Connection) -> set[str]:
        """Return the addresses that a server said nobody has, the last time a message about a patient was tried."""
        failed = [
            _rows.c.practice_id == self._practice_id,
            # Spelled as in the index of what failed, so that nothing else is looked at.
            _rows.c.status == sa.literal_column("'failed'"),
        ]
        at = tuple(connection.execute(sa.select(sa.func.count(), sa.func.max(_rows.c.decided_at)).where(*failed)).one())
        if at != self._refusals[0]:
            query = sa.select(_rows.c.id, _rows.c.patient_id, _rows.c.address, _rows.c.reason, _rows.c.smtp_reply)
            found = connection.execute(query.where(*failed, _rows.c.patient_id != ""))
            nobody = [row for row in found if cause_of_refusal(row.reason, row.smtp_reply) in OF_THE_ADDRESS]
            self._refusals = (at, nobody)
        wrong = self._refusals[1]
        latest: dict[str, int] = {}
        for some in slices(sorted({row.patient_id for row in wrong}), CHUNK):
            # Spelled as in the index of patients, so that it is used.
            taken = (
                sa.select(_rows.c.address, sa.func.max(_rows.c.id))
                .where(
                    _rows.c.practice_id == self._practice_id,
                    sa.literal_column("deliveries.patient_id <> ''"),
                    _rows.c.patient_id.in_(some),
                    _rows.c.status == _S.SENT.value,
                    _rows.c.reason == "",
                )
                .group_by(_rows.c.address)
            )
            for address, number in connection.execute(taken):
                latest[address] = max(number, latest.get(address, 0))
        return {address_key(row.address) for row in wrong if row.address and latest.get(row.address, 0) < row.id}

    def _act(
        self, connection: sa.Connection, what: str, number: int, by: str, now: datetime, details: dict[str, str]
    ) -> None:
        write_act(connection, self._practice_id, what, f"{_OF_A_DELIVERY}{number}", by=by, now=now, details=details)
