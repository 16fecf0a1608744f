"""Tell where a mailing would stand once its list is queued, without writing anything: what a trial shows.

It follows the rules of `enqueueing`, for a whole list and for a part of one; a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from workbench.domain.deliveries import EXPIRED, OPEN, DeliveryStatus, NewDelivery
from workbench.domain.mailings import Forecast, Tally
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK, DUPLICATE, slices
from workbench.ledger.superseding import SUPERSEDED, Key, Told, is_cancelled_by_hand, is_superseded, key_of

_S = DeliveryStatus
_rows = schema.deliveries.c
_Occasion = tuple[str, str, str, str]  # occasion, addressee_key, role, channel


def foretold(
    connection: sa.Connection,
    practice_id: str,
    mailing_id: int | None,
    rows: Iterable[NewDelivery],
    *,
    purpose: str,
    step: str,
    again: bool,
    complete: bool,
) -> Forecast:
    """Return how the rows of a mailing (``None``: a new one) would stand, were this list queued now.

    Parameters
    ----------
    rows
        The list; only keys, addresses, occasions and reasons are looked at.
    purpose, step
        What the occasions are told for.
    again
        A person asks to send again to those who already had it.
    complete
        The list is the whole search or table; of a part, who else waits stays waiting, and is not `leaving`.
    """
    held = _held(connection, practice_id, mailing_id)
    tally = Counter((str(row.status), str(row.reason)) for row in held)
    newest = max((row.again for row in held), default=0)
    # A new round begins only when the one before has ended.
    begins = again and bool(held) and not any(row.status in OPEN for row in held)
    standing = {key_of(row): row for row in sorted(held, key=_age) if not again or (row.again == newest and not begins)}
    planned: dict[Key, NewDelivery] = {}
    told = Told()
    for row in rows:
        key = key_of(row)
        planned.setdefault(key, row)
        found = standing.get(key)
        told.add(row, may_leave=found is None or not is_cancelled_by_hand(found))
    waiting = [row for row in held if row.status == _S.PENDING and row.sender_id is None and key_of(row) not in planned]
    replaced = _replaced(connection, planned, standing, waiting, told, complete=complete)
    unnamed = [row for row in waiting if complete and row.id not in replaced]
    named = {key[:2] for key in planned}
    gone = {*replaced, *(row.id for row in unnamed)}
    leaving = sum(row.status in OPEN and row.id not in gone and key_of(row)[:2] in named for row in held)
    for row in (*replaced.values(), *unnamed):
        tally[row.status, row.reason] -= 1
        tally[_S.CANCELLED.value, SUPERSEDED] += 1
    taken: set[_Occasion] = set()
    if not again:
        texts = {text for row in planned.values() for text in row.occasions}
        taken = _taken(connection, practice_id, texts, purpose=purpose, step=step, free=gone)
    for key, row in planned.items():
        found = standing.get(key)
        if not _may_change(row, found):
            continue
        status = _decided(row, found, taken)
        if found is not None:
            if found.status == _S.FAILED and status is _S.SKIPPED:
                continue
            tally[found.status, found.reason] -= 1
            leaving -= found.status in OPEN
        tally[status.value, (row.reason or DUPLICATE) if status is _S.SKIPPED else ""] += 1
        leaving += status in OPEN
    return Forecast(tally=Tally(tally), leaving=leaving)


def _age(row: Any) -> tuple[int, int]:
    return row.again, row.id


def _held(connection: sa.Connection, practice_id: str, mailing_id: int | None) -> Sequence[Any]:
    if mailing_id is None:
        return []
    query = sa.select(
        _rows.id, _rows.recipient_id, _rows.addressee_key, _rows.role, _rows.channel, _rows.again, _rows.status,
        _rows.reason, _rows.address, _rows.sender_id,
    )  # fmt: skip
    return connection.execute(query.where(_rows.practice_id == practice_id, _rows.mailing_id == mailing_id)).all()


def _replaced(
    connection: sa.Connection,
    planned: Mapping[Key, NewDelivery],
    standing: Mapping[Key, Any],
    waiting: Sequence[Any],
    told: Told,
    *,
    complete: bool,
) -> dict[int, Any]:
    """Return by number the rows left out, and of those that are waiting the ones, whom the list replaces.

    Of a whole list, who waits and is not named goes in any case: here are only those of a group that it names.
    """
    beside = {row.id: row for key, row in standing.items() if key not in planned and told.group_of(row) is not None}
    found = {number: row for number, row in beside.items() if row.status == _S.SKIPPED}
    if complete:
        return found | {row.id: row for row in waiting if row.id in beside}
    letters = schema.letters.c
    by_number = {row.id: row for row in waiting if row.id in beside or key_of(row)[1:] in told.occasions}
    for some in slices(sorted(by_number), CHUNK):
        query = sa.select(letters.delivery_id, letters.occasions).where(letters.delivery_id.in_(some))
        for number, occasions in connection.execute(query):
            row = by_number[number]
            if told.replaces(row, occasions, newest=number in beside, complete=False):
                found[number] = row
    return found


def _may_change(row: NewDelivery, found: Any) -> bool:
    if found is None or found.status == _S.SKIPPED:
        return found is None or found.reason != EXPIRED or row.expires_at is not None
    if found.status == _S.PENDING:
        return found.sender_id is None
    if found.status == _S.FAILED:
        return not row.reason and row.address != found.address
    return is_superseded(found)


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
    texts: set[str],
    *,
    purpose: str,
    step: str,
    free: set[int],
) -> set[_Occasion]:
    """Return which of these occasions somebody was told about, but for those of the deliveries `free`."""
    table = schema.occasions.c
    query = sa.select(table.occasion, table.addressee_key, table.role, table.channel, table.delivery_id).where(
        table.practice_id == practice_id, table.purpose == purpose, table.step == step
    )
    return {
        (row[0], row[1], row[2], row[3])
        for some in slices(sorted(texts), CHUNK)
        for row in connection.execute(query.where(table.occasion.in_(some)))
        if row[4] not in free
    }
