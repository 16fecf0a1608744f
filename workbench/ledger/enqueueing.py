"""Freeze a list of recipients into the rows of a mailing: newly found ones, and those whose reason is gone (8.3)."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from workbench.databases import alone, writing
from workbench.domain.deliveries import DeliveryStatus, NewDelivery
from workbench.domain.mailings import EnqueueReport, MailingRecord
from workbench.ledger import schema
from workbench.ledger.occasions import Occasions, Speaker

CHUNK = 500
"""Rows written in one transaction: short enough not to keep a second workstation waiting."""

DUPLICATE = "duplicate_occasion"
SUPERSEDED = "superseded"

_T = TypeVar("_T")
_Key = tuple[str, str, str, str]  # recipient_id, addressee_key, role, channel


def _key(row: Any) -> _Key:  # a `NewDelivery`, or a row of the table
    return row.recipient_id, row.addressee_key, row.role, row.channel


@dataclass(slots=True)
class _Tally:
    added: int = 0
    reopened: int = 0
    kept: int = 0
    duplicates: int = 0


@dataclass(slots=True)
class Enqueuing:
    """One list being queued, chunk by chunk; the list itself is never held whole.

    Parameters
    ----------
    again
        The round: 0 the first time, then one more each time a person asks to send again.
    on_purpose
        A person asked to send again: rows are matched within the round, and no occasion stops them.
    """

    engine: sa.Engine
    practice_id: str
    mailing: MailingRecord
    again: int
    on_purpose: bool
    by: str
    now: datetime
    _tally: _Tally = field(default_factory=_Tally)
    # Rows left out of whom another addressee of the same recipient was seen: unless the list still names them
    # further on, somebody else answers for the recipient now.
    _maybe_superseded: set[int] = field(default_factory=set)
    _still_named: set[int] = field(default_factory=set)

    def run(self, rows: Iterable[NewDelivery]) -> EnqueueReport:
        """Queue every row and tell what was done."""
        waiting = iter(rows)
        while chunk := list(islice(waiting, CHUNK)):
            with writing(self.engine) as connection:
                alone(connection, f"deliveries:{self.practice_id}")
                self._write(connection, chunk)
        self._supersede()
        tally = self._tally
        return EnqueueReport(
            added=tally.added,
            reopened=tally.reopened,
            kept=tally.kept,
            duplicates=tally.duplicates,
            again=self.again,
        )

    def _write(self, connection: sa.Connection, chunk: Sequence[NewDelivery]) -> None:
        existing, previous = self._existing(connection, chunk)
        occasions = Occasions(connection, self.practice_id, self.mailing.purpose, self.mailing.step)
        occasions.look_up(text for row in chunk for text in row.occasions)
        granted: list[tuple[int, Any]] = []
        new: list[tuple[dict[str, Any], NewDelivery, Any]] = []
        changed: list[dict[str, Any]] = []
        seen: set[_Key] = set()
        for row in chunk:
            key = _key(row)
            found = existing.get(key)
            if key in seen or (found is not None and found.status != DeliveryStatus.SKIPPED):
                self._tally.kept += 1
                continue
            seen.add(key)
            if found is not None:
                self._still_named.add(found.id)
            reason, grants = self._decided(row, occasions, again=found.again if found is not None else self.again)
            self._tally.duplicates += reason == DUPLICATE
            if found is None:
                self._tally.added += 1
                new.append((self._new_values(row, reason, previous.get(key)), row, grants))
                continue
            self._tally.reopened += not reason
            self._tally.kept += bool(reason)
            if not reason or reason != found.reason or row.address != found.address:
                changed.append({"of": found.id, **self._frozen(row, reason)})
                self._rewrite_letter(connection, found.id, row)
            granted.append((found.id, grants))
        if changed:
            _update_by_id(connection, schema.deliveries, changed)
        if new:
            granted += self._insert(connection, new)
        occasions.written(granted)
        self._note_superseded(chunk, existing)

    def _existing(
        self, connection: sa.Connection, chunk: Sequence[NewDelivery]
    ) -> tuple[dict[_Key, Any], dict[_Key, int]]:
        """Return the rows that stand for these recipients, and the latest delivery of each key before this round."""
        table = schema.deliveries.c
        query = (
            sa.select(
                table.id, table.recipient_id, table.addressee_key, table.role, table.channel,
                table.again, table.status, table.reason, table.address,
            )
            .where(
                table.practice_id == self.practice_id,
                table.mailing_id == self.mailing.id,
                table.recipient_id.in_(sorted({row.recipient_id for row in chunk})),
            )
            .order_by(table.again)
        )  # fmt: skip
        standing: dict[_Key, Any] = {}
        previous: dict[_Key, int] = {}
        for row in connection.execute(query):
            if not self.on_purpose or row.again == self.again:
                standing[_key(row)] = row
            else:
                previous[_key(row)] = row.id
        return standing, previous

    def _decided(self, row: NewDelivery, occasions: Occasions, *, again: int) -> tuple[str, Any]:
        if row.reason:
            return row.reason, ()
        grants = occasions.granted(
            Speaker(
                addressee_key=row.addressee_key,
                role=row.role,
                channel=row.channel,
                occasions=row.occasions,
                on_purpose=self.on_purpose or again > 0,
            )
        )
        return (DUPLICATE, ()) if grants is None else ("", grants)

    def _frozen(self, row: NewDelivery, reason: str) -> dict[str, Any]:
        return {
            "recipient": row.recipient,
            "address": row.address,
            "language": row.language,
            "patient_id": row.patient_id,
            "appointment_id": row.appointment_id,
            "invoice_id": row.invoice_id,
            "practitioner_id": row.practitioner_id,
            "template_revision_id": self.mailing.template_revision_id,
            "status": DeliveryStatus.SKIPPED.value if reason else DeliveryStatus.PENDING.value,
            "reason": reason,
            "queued_at": self.now,
            "not_before": self.now,
            "decided_at": self.now if reason else None,
            "sent_by": self.by,
        }

    def _new_values(self, row: NewDelivery, reason: str, previous: int | None) -> dict[str, Any]:
        return {
            "practice_id": self.practice_id,
            "mailing_id": self.mailing.id,
            "recipient_id": row.recipient_id,
            "addressee_key": row.addressee_key,
            "role": row.role,
            "channel": row.channel,
            "again": self.again,
            "previous_id": previous,
            "token": secrets.token_hex(16),
            **self._frozen(row, reason),
        }

    def _insert(
        self, connection: sa.Connection, new: Sequence[tuple[dict[str, Any], NewDelivery, Any]]
    ) -> list[tuple[int, Any]]:
        insert = schema.deliveries.insert().returning(schema.deliveries.c.id, sort_by_parameter_order=True)
        ids = list(connection.execute(insert, [values for values, _row, _grants in new]).scalars())
        self._still_named.update(
            number for number, (values, _row, _grants) in zip(ids, new, strict=True) if values["reason"]
        )
        connection.execute(
            schema.letters.insert(),
            [
                {"delivery_id": number, "practice_id": self.practice_id, **_letter(row)}
                for number, (_values, row, _grants) in zip(ids, new, strict=True)
            ],
        )
        return [(number, grants) for number, (_values, _row, grants) in zip(ids, new, strict=True)]

    def _rewrite_letter(self, connection: sa.Connection, delivery_id: int, row: NewDelivery) -> None:
        connection.execute(schema.letters.update().where(schema.letters.c.delivery_id == delivery_id), _letter(row))

    def _note_superseded(self, chunk: Sequence[NewDelivery], existing: Mapping[_Key, Any]) -> None:
        named = {_key(row) for row in chunk}
        self._maybe_superseded.update(
            row.id for key, row in existing.items() if row.status == DeliveryStatus.SKIPPED and key not in named
        )

    def _supersede(self) -> None:
        """Cancel rows left out whose recipient has another addressee now."""
        gone = sorted(self._maybe_superseded - self._still_named)
        for some in slices(gone, CHUNK):
            with writing(self.engine) as connection:
                connection.execute(
                    schema.deliveries.update().where(
                        schema.deliveries.c.id.in_(some),
                        schema.deliveries.c.status == DeliveryStatus.SKIPPED.value,
                    ),
                    {"status": DeliveryStatus.CANCELLED.value, "reason": SUPERSEDED, "decided_at": self.now},
                )


def slices(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Cut a list into short ones."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _update_by_id(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    names = [name for name in rows[0] if name != "of"]
    statement = (
        table.update()
        .where(table.c.id == sa.bindparam("of"))
        .values({table.c[name]: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    connection.execute(statement, [{"of": row["of"], **{f"new_{name}": row[name] for name in names}} for row in rows])


def _letter(row: NewDelivery) -> dict[str, Any]:
    return {
        "content": {str(name): _plain(value) for name, value in row.values.items()},
        "attachments": list(row.attachments),
        "occasions": list(dict.fromkeys(row.occasions)),
    }


def _plain(value: object) -> object:
    """Return a value that JSON keeps as it is; what it cannot keep (a date) becomes its text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value)
