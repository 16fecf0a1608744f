"""Tell where a mailing would stand once its list is queued, without writing anything: what a trial shows.

It follows the rules of `enqueueing`, for a whole list and for a part of one; a test holds the two together. Neither
the list nor the mailing is held: both are gone through some rows at a time.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from workbench.domain.deliveries import EXPIRED, OPEN, DeliveryStatus, NewDelivery, recipient_group
from workbench.domain.mailings import Forecast, Tally
from workbench.errors import WorkspaceError
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK, DUPLICATE
from workbench.ledger.planned import PlannedRows
from workbench.ledger.superseding import SUPERSEDED, Key, Told, is_cancelled_by_hand, is_superseded, key_of

_S = DeliveryStatus
_rows = schema.deliveries.c
_Occasion = tuple[str, str, str, str]  # occasion, addressee_key, role, channel
Tell = Callable[[NewDelivery, DeliveryStatus, str], None]


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
    tell: Tell | None = None,
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
    tell
        Told of each row of the list how it would stand, and why.

    Raises
    ------
    WorkspaceError
        When there is no room for the list among the system's temporary files.
    """
    try:
        with PlannedRows(rows) as planned:
            return _Trial(connection, practice_id, mailing_id, planned, purpose, step, again, complete, tell).run()
    except sqlite3.Error as error:  # of the list's own file: the ledger's errors are those of SQLAlchemy
        raise WorkspaceError(
            _(
                "The list cannot be gone through ({cause}): make room among the computer's temporary files, then start "
                "again. Nothing was sent."
            ).format(cause=error)
        ) from error


def tell_as_they_stand(
    connection: sa.Connection, practice_id: str, mailing_id: int, rows: Iterable[NewDelivery], tell: Tell
) -> None:
    """Tell of each row of a list how it stands in a mailing that is at its end; who is not in it leaves no more."""
    with PlannedRows(rows) as planned:
        _Trial(connection, practice_id, mailing_id, planned, "", "", again=False, complete=True, tell=tell).stand()


@dataclass(slots=True)
class _Trial:
    """One list being tried, some rows at a time."""

    connection: sa.Connection
    practice_id: str
    mailing_id: int | None
    planned: PlannedRows
    purpose: str
    step: str
    again: bool
    complete: bool
    tell: Tell | None = None
    _tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    _leaving: int = 0
    # The rows that wait, that nobody holds and that the list does not name, by their reason.
    _unnamed: Counter[str] = field(default_factory=Counter)
    # The round that the list belongs to; none when it begins one.
    _round: int | None = None
    # Of a part, what it speaks of.
    _told: Told = field(default_factory=Told)

    def run(self) -> Forecast:
        if self.mailing_id is not None:
            self._count()
            for some in self.planned.blocks(CHUNK):
                self._name(some)
            self._replace()
        for some in self.planned.blocks(CHUNK):
            self._decide([row for row, first in some if first])
        return Forecast(tally=Tally(self._tally), leaving=self._leaving)

    def stand(self) -> None:
        for some in self.planned.blocks(CHUNK):
            standing = self._standing(self._held(row.recipient_id for row, _first in some))
            for row, first in some:
                found = standing.get(key_of(row))
                if first:
                    self._tell(row, *(_ENDED if found is None else (found.status, found.reason)))

    # --- what the mailing holds -----------------------------------------------------------------------------

    def _count(self) -> None:
        held = _rows.sender_id.is_not(None).label("held")
        columns = [_rows.status, _rows.reason, _rows.again, held]
        query = sa.select(*columns, sa.func.count().label("rows")).where(*self._of_the_mailing()).group_by(*columns)
        found = self.connection.execute(query).all()
        for row in found:
            self._tally[row.status, row.reason] += row.rows
            if row.status == _S.PENDING and not row.held:
                self._unnamed[row.reason] += row.rows
        # A new round begins only when the one before has ended.
        begins = self.again and not any(row.status in OPEN for row in found)
        self._round = None if begins else max((row.again for row in found), default=0)

    def _of_the_mailing(self) -> list[sa.ColumnElement[bool]]:
        return [_rows.practice_id == self.practice_id, _rows.mailing_id == self.mailing_id]

    def _held(self, named: Iterable[str]) -> Sequence[Any]:
        """Return the mailing's rows of these recipients, of every round."""
        if self.mailing_id is None:
            return []
        query = _HELD.where(*self._of_the_mailing(), _rows.recipient_id.in_(sorted(set(named))))
        return self.connection.execute(query).all()

    def _standing(self, held: Iterable[Any]) -> Mapping[Key, Any]:
        """Return the row of each key that the list meets: the newest, or that of the round asked for."""
        rows = sorted(held, key=lambda row: (row.again, row.id))
        return {key_of(row): row for row in rows if not self.again or row.again == self._round}

    def _pages(self, *where: sa.ColumnElement[bool]) -> Iterator[Sequence[Any]]:
        """Give such rows of the mailing, some at a time."""
        # Spelled so that SQLite goes by the numbers: by its other keys it would sort the whole mailing for each page.
        query = _HELD.where(
            _rows.practice_id.concat("") == self.practice_id,
            _rows.mailing_id + sa.literal_column("0") == self.mailing_id,
            *where,
        )
        last = 0
        while some := self.connection.execute(query.where(_rows.id > last).order_by(_rows.id).limit(CHUNK)).all():
            yield some
            last = some[-1].id

    # --- whom the list names, and whom it replaces ------------------------------------------------------------

    def _name(self, some: Sequence[tuple[NewDelivery, bool]]) -> None:
        held = self._held(row.recipient_id for row, _first in some)
        standing = self._standing(held)
        may_leave = []
        for row, _first in some:
            found = standing.get(key_of(row))
            willing = found is None or not is_cancelled_by_hand(found)
            if willing:
                may_leave.append(recipient_group(row.recipient_id))
            if not self.complete:
                self._told.add(row, may_leave=willing)
        self.planned.note("group", may_leave)
        pairs = sorted({key_of(row)[:2] for row, _first in some})
        new = dict(zip(pairs, self.planned.note("pair", pairs), strict=True))
        keys = {key_of(row) for row, first in some if first}
        named = self.planned.noted("key", [key_of(row) for row in held])
        for row, is_named in zip(held, named, strict=True):
            if _waits(row) and key_of(row) in keys:
                self._unnamed[row.reason] -= 1
            goes = self.complete and _waits(row) and not is_named
            self._leaving += row.status in OPEN and not goes and new.get(key_of(row)[:2], False)

    def _replace(self) -> None:
        """Cancel whom the list replaces among those left out, and among those who wait; of a whole list, all of these.

        Of a part, an earlier round's row is replaced by what it tells alone.
        """
        for page in self._pages(_rows.status == _S.SKIPPED.value):
            self._cancel([row for row, beside in self._beside(page) if beside])
        if self.complete:
            for reason, count in self._unnamed.items():
                self._tally[_S.PENDING.value, reason] -= count
                self._tally[_S.CANCELLED.value, SUPERSEDED] += count
            return
        letters = schema.letters.c
        for page in self._pages(_rows.status == _S.PENDING.value, _rows.sender_id.is_(None)):
            near = {
                row.id: (row, beside)
                for row, beside in self._beside(page)
                if beside or key_of(row)[1:] in self._told.occasions
            }
            query = sa.select(letters.delivery_id, letters.occasions).where(letters.delivery_id.in_(sorted(near)))
            gone = []
            for number, occasions in self.connection.execute(query) if near else ():
                row, beside = near[number]
                if self._told.replaces(row, occasions, newest=beside, complete=False):
                    gone.append(row)
            self._cancel(gone)

    def _beside(self, page: Sequence[Any]) -> list[tuple[Any, bool]]:
        """Return those that the list does not name, and whether they stand beside somebody of the same group."""
        named = self.planned.noted("key", [key_of(row) for row in page])
        others = [row for row, is_named in zip(page, named, strict=True) if not is_named]
        near = self.planned.noted("group", [recipient_group(row.recipient_id) for row in others])
        standing = self._standing(self._held(row.recipient_id for row in others))
        newest = {row.id for row in standing.values()}
        return [(row, is_near and row.id in newest) for row, is_near in zip(others, near, strict=True)]

    def _cancel(self, rows: Sequence[Any]) -> None:
        self.planned.note("gone", [row.id for row in rows])
        named = self.planned.noted("pair", [key_of(row)[:2] for row in rows])
        for row, is_named in zip(rows, named, strict=True):
            self._tally[row.status, row.reason] -= 1
            self._tally[_S.CANCELLED.value, SUPERSEDED] += 1
            self._leaving -= row.status in OPEN and is_named

    # --- what becomes of each row ------------------------------------------------------------------------------

    def _decide(self, rows: Sequence[NewDelivery]) -> None:
        standing = self._standing(self._held(row.recipient_id for row in rows))
        taken = self._taken(rows)
        known = len(taken)
        new: list[_Occasion] = []
        for row in rows:
            found = standing.get(key_of(row))
            if not _may_change(row, found):
                assert found is not None  # noqa: S101 - who is not there yet may come
                self._tell(row, found.status, found.reason)
                continue
            told = [] if row.reason else _speaks_of(row)
            status = _S.SKIPPED if row.reason else _S.PENDING
            # Who waits holds his occasions already.
            if told and not (found is not None and found.status == _S.PENDING):
                if taken.issuperset(told):
                    status = _S.SKIPPED
                else:
                    taken.update(told)
                    new += told
            if found is not None:
                if found.status == _S.FAILED and status is _S.SKIPPED:
                    self._tell(row, found.status, found.reason)
                    continue
                self._tally[found.status, found.reason] -= 1
                self._leaving -= found.status in OPEN
            reason = (row.reason or DUPLICATE) if status is _S.SKIPPED else ""
            self._tally[status.value, reason] += 1
            self._leaving += status in OPEN
            self._tell(row, status, reason)
        if len(taken) > known:
            self.planned.note("told", new)

    def _tell(self, row: NewDelivery, status: str, reason: str) -> None:
        if self.tell is not None:
            self.tell(row, DeliveryStatus(status), reason)

    def _taken(self, rows: Sequence[NewDelivery]) -> set[_Occasion]:
        """Return what of these rows' occasions was told, or will be by the list up to here; nothing who goes holds."""
        asked = list({one for row in rows for one in _speaks_of(row)})
        taken = {one for one, told in zip(asked, self.planned.noted("told", asked), strict=True) if told}
        if self.again or not asked:
            return taken
        held = schema.occasions.c
        query = (
            sa.select(held.occasion, held.addressee_key, held.role, held.channel, *_HELD_BY)
            .join_from(schema.occasions, schema.deliveries)
            .where(
                held.practice_id == self.practice_id,
                held.purpose == self.purpose,
                held.step == self.step,
            )
        )
        found: list[Any] = []
        texts = sorted({one[0] for one in asked})
        for start in range(0, len(texts), CHUNK):
            found += self.connection.execute(query.where(held.occasion.in_(texts[start : start + CHUNK]))).all()
        gone = self.planned.noted("gone", [row.id for row in found])
        named = self.planned.noted("key", [tuple(row[-4:]) for row in found])
        for row, is_gone, is_named in zip(found, gone, named, strict=True):
            ours = self.mailing_id is not None and row.mailing_id == self.mailing_id
            if not is_gone and not (self.complete and ours and _waits(row) and not is_named):
                taken.add((row[0], row[1], row[2], row[3]))
        return taken


_ENDED = (_S.CANCELLED, "")
_HELD = sa.select(
    _rows.id, _rows.recipient_id, _rows.addressee_key, _rows.role, _rows.channel, _rows.again, _rows.status,
    _rows.reason, _rows.address, _rows.sender_id,
)  # fmt: skip
_HELD_BY = (
    _rows.id, _rows.mailing_id, _rows.status, _rows.sender_id, _rows.recipient_id,
    _rows.addressee_key.label("of"), _rows.role.label("as_role"), _rows.channel.label("by_channel"),
)  # fmt: skip


def _speaks_of(row: NewDelivery) -> list[_Occasion]:
    return [(occasion, row.addressee_key, row.role, row.channel) for occasion in dict.fromkeys(row.occasions)]


def _waits(row: Any) -> bool:
    """Tell whether a row waits and no sender has it."""
    return bool(row.status == _S.PENDING and row.sender_id is None)


def _may_change(row: NewDelivery, found: Any) -> bool:
    if found is None or found.status == _S.SKIPPED:
        return found is None or found.reason != EXPIRED or row.expires_at is not None
    if found.status == _S.PENDING:
        return _waits(found)
    if found.status == _S.FAILED:
        return not row.reason and row.address != found.address
    return is_superseded(found)
