"""Tell where a mailing would stand once its list is queued, without writing anything: what a trial shows.

It follows the rules of `enqueueing`, for a list that is the whole search or table; a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.domain.deliveries import OPEN, DeliveryStatus, NewDelivery, recipient_group
from workbench.domain.mailings import Tally
from workbench.ledger import schema
from workbench.ledger.enqueueing import DUPLICATE, SUPERSEDED, slices

_S = DeliveryStatus
_rows = schema.deliveries.c
_Key = tuple[str, str, str, str]  # recipient_id, addressee_key, role, channel
_Occasion = tuple[str, str, str, str]  # occasion, addressee_key, role, channel


def forecast_tally(
    connection: sa.Connection,
    practice_id: str,
    mailing_id: int | None,
    rows: Iterable[NewDelivery],
    *,
    purpose: str,
    step: str,
    again: bool,
) -> Tally:
    """Return how the rows of a mailing (``None``: a new one) would stand, were this whole list queued now.

    Parameters
    ----------
    rows
        The list; only keys, addresses, occasions and reasons are looked at.
    purpose, step
        What the occasions are told for.
    again
        A person asks to send again to those who already had it.
    """
    held = _held(connection, practice_id, mailing_id)
    tally = Counter((str(row.status), str(row.reason)) for row in held)
    newest = max((row.again for row in held), default=0)
    # A new round begins only when the one before has ended.
    begins = again and bool(held) and not any(row.status in OPEN for row in held)
    standing = {_key(row): row for row in sorted(held, key=_age) if not again or (row.again == newest and not begins)}
    planned: dict[_Key, NewDelivery] = {}
    for row in rows:
        planned.setdefault(_key(row), row)
    gone = _superseded(planned, standing)
    for row in gone:
        tally[row.status, row.reason] -= 1
        tally[_S.CANCELLED.value, SUPERSEDED] += 1
    taken: set[_Occasion] = set()
    if not again:
        free = {row.id for row in gone}
        taken = _taken(connection, practice_id, list(planned.values()), purpose=purpose, step=step, free=free)
    for key, row in planned.items():
        found = standing.get(key)
        if not _may_change(row, found):
            continue
        status = _decided(row, found, taken)
        if found is not None:
            if found.status == _S.FAILED and status is _S.SKIPPED:
                continue
            tally[found.status, found.reason] -= 1
        tally[status.value, (row.reason or DUPLICATE) if status is _S.SKIPPED else ""] += 1
    return Tally(tally)


def _age(row: Any) -> tuple[int, int]:
    return row.again, row.id


def _key(row: Any) -> _Key:  # a `NewDelivery`, or a row of the table
    return row.recipient_id, row.addressee_key, row.role, row.channel


def _held(connection: sa.Connection, practice_id: str, mailing_id: int | None) -> Sequence[Any]:
    if mailing_id is None:
        return []
    query = sa.select(
        _rows.id, _rows.recipient_id, _rows.addressee_key, _rows.role, _rows.channel, _rows.again, _rows.status,
        _rows.reason, _rows.address, _rows.sender_id,
    )  # fmt: skip
    return connection.execute(query.where(_rows.practice_id == practice_id, _rows.mailing_id == mailing_id)).all()


def _superseded(planned: dict[_Key, NewDelivery], standing: dict[_Key, Any]) -> list[Any]:
    """Return the rows that the list replaces, or does not name any more."""
    told = {recipient_group(key[0]) for key in planned if not _cancelled_by_hand(standing.get(key))}
    return [
        row
        for key, row in standing.items()
        if key not in planned
        and (
            (row.status == _S.PENDING and row.sender_id is None)
            or (row.status == _S.SKIPPED and recipient_group(row.recipient_id) in told)
        )
    ]


def _cancelled_by_hand(found: Any) -> bool:
    return found is not None and bool(found.status == _S.CANCELLED and found.reason != SUPERSEDED)


def _may_change(row: NewDelivery, found: Any) -> bool:
    if found is None or found.status == _S.SKIPPED:
        return True
    if found.status == _S.PENDING:
        return found.sender_id is None
    if found.status == _S.FAILED:
        return not row.reason and row.address != found.address
    return bool(found.status == _S.CANCELLED and found.reason == SUPERSEDED)


def _decided(row: NewDelivery, found: Any, taken: set[_Occasion]) -> DeliveryStatus:
    if row.reason:
        return _S.SKIPPED
    if found is not None and found.status == _S.PENDING:
        return _S.PENDING  # it holds its occasions already
    told = {(occasion, row.addressee_key, row.role, row.channel) for occasion in row.occasions}
    if told and told <= taken:
        return _S.SKIPPED
    taken |= told
    return _S.PENDING


def _taken(
    connection: sa.Connection,
    practice_id: str,
    rows: Sequence[NewDelivery],
    *,
    purpose: str,
    step: str,
    free: set[int],
) -> set[_Occasion]:
    """Return the occasions of these rows that somebody was told about, but for those of the deliveries `free`."""
    table = schema.occasions.c
    query = sa.select(table.occasion, table.addressee_key, table.role, table.channel, table.delivery_id).where(
        table.practice_id == practice_id, table.purpose == purpose, table.step == step
    )
    texts = sorted({text for row in rows for text in row.occasions})
    return {
        (row[0], row[1], row[2], row[3])
        for some in slices(texts, 500)
        for row in connection.execute(query.where(table.occasion.in_(some)))
        if row[4] not in free
    }
