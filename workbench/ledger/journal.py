"""The hot statements of the outbox, prepared once: « claimed », « about to leave » and « decided » (P3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.ledger import schema
from workbench.ledger.prepared import Prepared, among, instants

REPLY_LENGTH = 500

_S = DeliveryStatus
_table = schema.deliveries


def _announcing() -> sa.Update:
    return (
        _table.update()
        .where(
            _table.c.id == sa.bindparam("of"),
            _table.c.sender_id == sa.bindparam("me"),
            _table.c.status == sa.literal_column("'pending'"),
        )
        .values(
            status=sa.literal_column("'sending'"),
            sending_at=sa.bindparam("at", type_=schema.Instant),
            dated_at=sa.bindparam("dated", type_=schema.Instant),
            digest=sa.bindparam("sha"),
            message_id=sa.bindparam("name"),
        )
    )


def _deciding(*was: DeliveryStatus) -> sa.Update:
    return (
        _table.update()
        .where(
            _table.c.id == sa.bindparam("of"),
            _table.c.sender_id == sa.bindparam("me"),
            sa.or_(*(_table.c.status == sa.literal_column(f"'{status.value}'") for status in was)),
        )
        .values(
            status=sa.bindparam("new_status"),
            reason=sa.bindparam("why"),
            attempts=_table.c.attempts + sa.literal_column("1"),
            smtp_code=sa.bindparam("code"),
            smtp_reply=sa.bindparam("reply"),
            decided_at=sa.bindparam("decided", type_=schema.Instant),
            not_before=sa.bindparam("due", type_=schema.Instant),
            sender_id=sa.null(),
        )
    )


class JournalStatements:
    """What a sender writes in its turns, fenced by its number."""

    def __init__(self, engine: sa.Engine, sender_id: int, user: str) -> None:
        self._me = sender_id
        self._user = user
        self._announcing = Prepared(_announcing(), engine.dialect, ("of", "me", "at", "dated", "sha", "name"))
        # A row that was given up as interrupted still believes its own sender: a late « 250 » is the truth.
        told = ("of", "me", "new_status", "why", "code", "reply", "decided", "due")
        self._after_the_dot = Prepared(_deciding(_S.SENDING, _S.IN_DOUBT), engine.dialect, told)
        self._at_any_time = Prepared(_deciding(_S.SENDING, _S.PENDING), engine.dialect, told)
        self._instant = instants(engine.dialect)

    def claim(self, connection: sa.Connection, delivery_ids: Sequence[int]) -> None:
        """Give rows, which this transaction has locked, to this sender."""
        if delivery_ids:
            mine = among(_table.c.id, delivery_ids, connection.dialect)
            connection.execute(_table.update().where(mine).values(sender_id=self._me, sent_by=self._user))

    def announce(self, connection: sa.Connection, letters: Sequence[Letter], now: datetime) -> bool:
        """Mark letters as leaving; tells whether every one of them still was this sender's."""
        at = self._instant(now)
        rows = [
            (
                letter.delivery_id,
                self._me,
                at,
                at if letter.dated is None else self._instant(letter.dated),
                letter.digest or hashlib.sha256(letter.content).hexdigest(),
                letter.message_id,
            )
            for letter in letters
        ]
        return self._announcing.run(connection, rows) == len(rows)

    def decide(self, connection: sa.Connection, outcomes: Sequence[Outcome], now: datetime) -> list[Outcome]:
        """Write outcomes; return those of a group in which not every row could take its own.

        Sent and in doubt are told of letters that were announced; failed and « try again » also of rows that
        were refused before their content left.
        """
        after = [outcome for outcome in outcomes if outcome.status in (_S.SENT, _S.IN_DOUBT)]
        before = [outcome for outcome in outcomes if outcome.status in (_S.FAILED, _S.PENDING)]
        if len(after) + len(before) != len(outcomes):
            raise ValueError("an outcome is sent, failed, in doubt, or pending")
        refused: list[Outcome] = []
        at = self._instant(now)
        for statement, group in ((self._after_the_dot, after), (self._at_any_time, before)):
            if group and statement.run(connection, [self._decision(outcome, now, at) for outcome in group]) != len(
                group
            ):
                refused += group
        return refused

    def _decision(self, outcome: Outcome, now: datetime, at: Any) -> tuple[Any, ...]:
        again = outcome.status is _S.PENDING
        return (
            outcome.delivery_id,
            self._me,
            outcome.status,  # a text, too
            outcome.reason,
            outcome.code,
            outcome.reply[:REPLY_LENGTH],
            None if again else at,
            self._instant(now + timedelta(seconds=outcome.retry_after)) if again else at,
        )
