"""Freeze a list of recipients into the rows of a mailing: new ones, those whose reason is gone, those that wait (8.3).

A person who sends the same mailing again confirms it as it is today: what has left or is leaving stays, what still
waits is frozen anew, and what others replace is cancelled.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.deliveries import EXPIRED, DeliveryStatus, NewDelivery
from workbench.domain.mailings import EnqueueReport, MailingRecord, MailingStatus
from workbench.errors import ForbiddenMove
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.occasions import Occasions, Speaker, release_occasions
from workbench.ledger.prepared import inserting, instants, json_list, json_text, new_numbers
from workbench.ledger.seen import Seen
from workbench.ledger.superseding import SUPERSEDED, Key, Told, is_cancelled_by_hand, is_superseded, key_of

CHUNK = 500
"""Rows written in one transaction: short enough not to keep a second workstation waiting."""

DUPLICATE = "duplicate_occasion"

TOKEN_BYTES = 16
"""Random bytes of a delivery's token: nobody guesses its Message-ID."""

_T = TypeVar("_T")
_S = DeliveryStatus
_rows = schema.deliveries


_New = tuple[NewDelivery, str, int | None, Any]
"""A row to be added, why it is left out, the delivery before it, and its occasions."""


@dataclass(slots=True)
class _Tally:
    added: int = 0
    reopened: int = 0
    refreshed: int = 0
    kept: int = 0
    duplicates: int = 0
    superseded: int = 0


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the mailing holds already of a chunk's recipients, and of those whom they replace."""

    rows: Mapping[Key, Any]
    previous: Mapping[Key, int]  # the latest delivery of each key before this round
    all: Sequence[Any]  # the rows of every round
    waiting: Mapping[int, Any]  # the letters of the pending rows that nobody holds


@dataclass(slots=True)
class Enqueuing:
    """One list being queued, chunk by chunk; a whole search or table is never held whole.

    Parameters
    ----------
    again
        The round: 0 the first time, then one more each time a person asks to send again.
    on_purpose
        A person asked to send again: rows are matched within the round, and no occasion stops them.
    complete
        The list is the whole search or table: whoever it does not name any more is not to be written to.
    run_id
        The run of a notebook that queues the list, or nothing.
    not_before
        When what waits now may leave at the earliest: until then it can be taken back.
    letterhead_id
        What dresses the messages (`Letterheads.keep`); by default the account alone.
    """

    engine: sa.Engine
    practice_id: str
    mailing: MailingRecord
    again: int
    on_purpose: bool
    complete: bool
    by: str
    now: datetime
    run_id: str = ""
    not_before: datetime | None = None
    letterhead_id: int | None = None
    _tally: _Tally = field(default_factory=_Tally)
    # Rows of before this list have numbers up to `_last_before`; `_named` are those of them that it names.
    _last_before: int = 0
    _named: Seen = field(default_factory=Seen)
    # Of a part of a search, the subjects that it speaks of to each addressee.
    _told: Told = field(default_factory=Told)

    def run(self, rows: Iterable[NewDelivery]) -> EnqueueReport:
        """Queue every row and tell what was done."""
        with reading(self.engine) as connection:
            ends = sa.select(*(sa.func.coalesce(end(_rows.c.id), 0) for end in (sa.func.min, sa.func.max)))
            first, self._last_before = connection.execute(ends.where(*self._of_the_mailing())).one()
        self._named = Seen(first, self._last_before)
        if not self.complete and self._last_before:
            rows = list(rows)  # a part is held whole, so that where it is cut into transactions does not matter
            for row in rows:
                self._told.add(row, may_leave=False)
        waiting = iter(rows)
        while chunk := list(islice(waiting, CHUNK)):
            with writing(self.engine) as connection:
                alone(connection, f"deliveries:{self.practice_id}")
                self.refuse_cancelled(connection)
                self._write(connection, chunk)
        if self.complete and self._last_before:
            self._cancel_unnamed()
        tally = self._tally
        return EnqueueReport(
            added=tally.added,
            reopened=tally.reopened,
            refreshed=tally.refreshed,
            kept=tally.kept,
            duplicates=tally.duplicates,
            superseded=tally.superseded,
            again=self.again,
        )

    def refuse_cancelled(self, connection: sa.Connection, *, moving: bool = False) -> None:
        """Queue nothing more once somebody has cancelled the mailing; nobody does before this transaction ends.

        Parameters
        ----------
        moving
            The transaction is to move the mailing itself.

        Raises
        ------
        ForbiddenMove
            When it was cancelled since the queueing began.
        """
        table = schema.mailings.c
        query = sa.select(table.status).where(table.id == self.mailing.id).with_for_update(read=not moving)
        status = connection.execute(query).scalar_one()
        if status == MailingStatus.CANCELLED and self.mailing.status is not MailingStatus.CANCELLED:
            raise ForbiddenMove(
                _("Mailing {number} was cancelled while its list was being queued: nothing of it leaves.").format(
                    number=self.mailing.id
                )
            )

    def _of_the_mailing(self) -> list[sa.ColumnElement[bool]]:
        return [_rows.c.practice_id == self.practice_id, _rows.c.mailing_id == self.mailing.id]

    def _write(self, connection: sa.Connection, chunk: Sequence[NewDelivery]) -> None:
        standing = self._standing(connection, chunk)
        # First, so that what they were to tell is free for those who replace them.
        self._supersede(connection, chunk, standing)
        release_occasions(connection, self._retold(chunk, standing))
        occasions = Occasions(connection, self.practice_id, self.mailing.purpose, self.mailing.step)
        occasions.look_up(text for row in chunk for text in row.occasions)
        granted: list[tuple[int, Any]] = []
        tell: list[tuple[int, NewDelivery]] = []
        new: list[_New] = []
        changed: list[dict[str, Any]] = []
        seen: set[Key] = set()
        for row in chunk:
            key = key_of(row)
            found = standing.rows.get(key)
            if key in seen or not self._may_change(row, found, standing):
                self._tally.kept += 1
                continue
            seen.add(key)
            if found is not None and found.status == _S.PENDING and self._tells_the_same(row, found, standing):
                self._refresh(connection, row, found, standing, changed)
                tell.append((found.id, row))
                continue
            reason, grants = self._decided(row, occasions)
            if found is not None and found.status == _S.FAILED and reason:
                self._tally.kept += 1  # its failure says more than that somebody was told meanwhile
                continue
            self._tally.duplicates += reason == DUPLICATE
            if found is None:
                self._tally.added += 1
                new.append((row, reason, standing.previous.get(key), grants))
                continue
            if found.status == _S.PENDING:
                self._tally.refreshed += 1
            else:
                self._tally.reopened += not reason
                self._tally.kept += bool(reason)
            if not reason or reason != found.reason or row.address != found.address or found.status != _S.SKIPPED:
                changed.append({"of": found.id, **self._frozen(row, reason)})
                self._rewrite_letter(connection, found.id, row)
                tell.append((found.id, row))
            granted.append((found.id, grants))
        if changed:
            _update_by_id(connection, schema.deliveries, changed)
        self._name_further_patients(connection, tell, anew=True)
        if new:
            granted += self._insert(connection, new)
        occasions.written(granted)

    # --- what stands already ------------------------------------------------------------------------------

    def _standing(self, connection: sa.Connection, chunk: Sequence[NewDelivery]) -> _Standing:
        table = schema.deliveries.c
        query = sa.select(
            table.id, table.recipient_id, table.addressee_key, table.role, table.channel, table.again, table.status,
            table.reason, table.recipient, table.address, table.language, table.patient_id, table.appointment_id,
            table.invoice_id, table.practitioner_id, table.template_revision_id, table.letterhead_id, table.sender_id,
            table.not_before,
        )  # fmt: skip
        named = sorted({row.recipient_id for row in chunk} | self._telling_the_same(connection, chunk))
        found = {
            row.id: row
            for row in connection.execute(query.where(*self._of_the_mailing(), table.recipient_id.in_(named)))
        }
        patients = sorted({row.patient_id for row in chunk if row.patient_id})
        if self._last_before and patients:
            # Those of the same patients. The sum keeps SQLite from reading the whole mailing by its own key, and
            # the condition is spelled as in the index of patients, so that it is used.
            beside = query.where(
                table.practice_id == self.practice_id,
                table.mailing_id + sa.literal_column("0") == self.mailing.id,
                sa.literal_column("deliveries.patient_id <> ''"),
                table.patient_id.in_(patients),
            )
            found |= {row.id: row for row in connection.execute(beside)}
        # An earlier round's row may wait too, since a person settled it: it is named as well as the newest.
        keys = {key_of(row) for row in chunk}
        self._named.add(row.id for row in found.values() if key_of(row) in keys)
        standing: dict[Key, Any] = {}
        previous: dict[Key, int] = {}
        for row in sorted(found.values(), key=lambda row: (row.again, row.id)):
            if not self.on_purpose or row.again == self.again:
                standing[key_of(row)] = row
            else:
                previous[key_of(row)] = row.id
        open_rows = [row.id for row in found.values() if row.status == _S.PENDING and row.sender_id is None]
        return _Standing(standing, previous, list(found.values()), _hold(connection, open_rows))

    def _telling_the_same(self, connection: sa.Connection, chunk: Sequence[NewDelivery]) -> set[str]:
        """Return the recipients of this mailing whose waiting messages speak of an occasion of the chunk, too."""
        texts = sorted({text for row in chunk for text in row.occasions})
        if not self._last_before or not texts:
            return set()
        held = schema.occasions.c
        query = (
            sa.select(_rows.c.recipient_id)
            .distinct()
            .join_from(schema.occasions, _rows, held.delivery_id == _rows.c.id)
            .where(
                held.practice_id == self.practice_id,
                held.purpose == self.mailing.purpose,
                held.step == self.mailing.step,
                held.occasion.in_(texts),
                # The sum keeps SQLite from beginning with the whole mailing.
                _rows.c.mailing_id + sa.literal_column("0") == self.mailing.id,
                _rows.c.status == _S.PENDING.value,
            )
        )
        return set(connection.execute(query).scalars())

    def _may_change(self, row: NewDelivery, found: Any, standing: _Standing) -> bool:
        """Tell whether the list decides about a row, or somebody else does: a sender, a server, a person."""
        if found is None or found.status == _S.SKIPPED:
            # What came too late does so still, unless it tells of another time.
            return found is None or found.reason != EXPIRED or row.expires_at is not None
        if found.status == _S.PENDING:
            return found.id in standing.waiting
        if found.status == _S.FAILED:
            return not row.reason and row.address != found.address
        return is_superseded(found)

    def _tells_the_same(self, row: NewDelivery, found: Any, standing: _Standing) -> bool:
        """Tell whether a waiting row keeps the occasions that it took; they need not be asked for again."""
        kept: Any = standing.waiting[found.id].occasions
        return not row.reason and list(dict.fromkeys(row.occasions)) == kept

    def _retold(self, chunk: Sequence[NewDelivery], standing: _Standing) -> list[int]:
        """Return the waiting rows that are left out now, or speak of something else: what they held is free."""
        first = {key_of(row): row for row in reversed(chunk)}
        return [
            found.id
            for key, found in standing.rows.items()
            if key in first and found.id in standing.waiting and not self._tells_the_same(first[key], found, standing)
        ]

    def _refresh(
        self,
        connection: sa.Connection,
        row: NewDelivery,
        found: Any,
        standing: _Standing,
        changed: list[dict[str, Any]],
    ) -> None:
        """Let a waiting row leave as its recipient is today; when it is tried again stays as it was."""
        frozen = self._frozen(row, "") | {"reason": found.reason, "not_before": found.not_before}
        kept, letter = standing.waiting[found.id], _letter(row)
        same = all(getattr(kept, name) == value for name, value in letter.items())
        if same and all(getattr(found, name) == frozen[name] for name in _SHOWN):
            self._tally.kept += 1
            return
        self._tally.refreshed += 1
        changed.append({"of": found.id, **frozen})
        if not same:
            self._rewrite_letter(connection, found.id, row)

    # --- rows that others replace ---------------------------------------------------------------------------

    def _supersede(self, connection: sa.Connection, chunk: Sequence[NewDelivery], standing: _Standing) -> None:
        """Cancel what was left out or still waits of recipients whom the chunk replaces.

        Nobody is replaced by a row that cannot leave because somebody cancelled it. A list cut off here has
        replaced too much at worst, which it mends when it is queued again: what it names further on reopens.
        """
        if not self._last_before:
            return
        # Of a part, the subjects of the whole list count, wherever it is cut.
        told = Told() if self.complete else Told(subjects=self._told.subjects)
        named = set()
        for row in chunk:
            key = key_of(row)
            named.add(key)
            found = standing.rows.get(key)
            told.add(row, may_leave=found is None or not is_cancelled_by_hand(found))
        gone: set[int] = set()
        for row in standing.all:
            key = key_of(row)
            if key in named or row.id in self._named or row.id > self._last_before:
                continue
            latest = standing.rows.get(key)
            newest = latest is not None and latest.id == row.id
            if row.status == _S.SKIPPED:
                replaced = newest and told.group_of(row) is not None
            else:
                letter = standing.waiting.get(row.id)
                replaced = letter is not None and told.replaces(
                    row, letter.occasions, newest=newest, complete=self.complete
                )
            if replaced:
                gone.add(row.id)
        self._cancel(connection, sorted(gone))

    def _cancel_unnamed(self) -> None:
        """Cancel the waiting rows that the whole list does not name any more."""
        waiting = [*self._of_the_mailing(), _rows.c.status == _S.PENDING.value, _rows.c.sender_id.is_(None)]
        last = 0
        while True:
            with writing(self.engine) as connection:
                alone(connection, f"deliveries:{self.practice_id}")
                query = sa.select(_rows.c.id).where(*waiting, _rows.c.id > last, _rows.c.id <= self._last_before)
                some = list(connection.execute(query.order_by(_rows.c.id).limit(CHUNK)).scalars())
                if not some:
                    return
                last = some[-1]
                self._cancel(connection, list(_hold(connection, [one for one in some if one not in self._named])))

    def _cancel(self, connection: sa.Connection, delivery_ids: Sequence[int]) -> None:
        if not delivery_ids:
            return
        release_occasions(connection, delivery_ids)
        connection.execute(
            _rows.update().where(_rows.c.id.in_(delivery_ids)),
            {"status": _S.CANCELLED.value, "reason": SUPERSEDED, "decided_at": self.now},
        )
        self._tally.superseded += len(delivery_ids)

    # --- what is written --------------------------------------------------------------------------------------

    def _decided(self, row: NewDelivery, occasions: Occasions) -> tuple[str, Any]:
        if row.reason:
            return row.reason, ()
        grants = occasions.granted(
            Speaker(
                addressee_key=row.addressee_key,
                role=row.role,
                channel=row.channel,
                occasions=row.occasions,
                on_purpose=self.on_purpose,
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
            "template_revision_id": row.template_revision_id or self.mailing.template_revision_id,
            "letterhead_id": self.letterhead_id,
            "status": DeliveryStatus.SKIPPED.value if reason else DeliveryStatus.PENDING.value,
            "reason": reason,
            "queued_at": self.now,
            "not_before": self.not_before or self.now,
            "expires_at": row.expires_at,
            "decided_at": self.now if reason else None,
            "sent_by": self.by,
            "run_id": self.run_id,
        }

    def _insert(self, connection: sa.Connection, new: Sequence[_New]) -> list[tuple[int, Any]]:
        dialect = connection.dialect
        instant = instants(dialect)
        now, not_before = instant(self.now), instant(self.not_before or self.now)
        numbers = new_numbers(connection, _rows, len(new))
        tokens = secrets.token_hex(TOKEN_BYTES * len(new))
        deliveries = []
        letters = []
        for place, (number, (row, reason, previous, _grants)) in enumerate(zip(numbers, new, strict=True)):
            expires = None if row.expires_at is None else instant(row.expires_at)
            deliveries.append(
                (
                    number, self.practice_id, self.mailing.id,
                    row.recipient_id, row.addressee_key, row.role, row.channel, self.again, row.previous_id or previous,
                    tokens[2 * TOKEN_BYTES * place : 2 * TOKEN_BYTES * (place + 1)],
                    row.recipient, row.address, row.language,
                    row.patient_id, row.appointment_id, row.invoice_id, row.practitioner_id,
                    row.template_revision_id or self.mailing.template_revision_id,
                    _S.SKIPPED if reason else _S.PENDING, reason,
                    # What no server and no sender has said yet of a new row.
                    0, None, "", "", "",
                    now, not_before, expires, None, None, now if reason else None,
                    None, self.by, self.run_id, self.letterhead_id,
                )
            )  # fmt: skip
            letters.append(
                (
                    number,
                    self.practice_id,
                    json_text(_content(row)),
                    json_list(row.attachments),
                    json_text(list(dict.fromkeys(row.occasions))),
                    None,
                )
            )
        inserting(_rows, dialect).run(connection, deliveries)
        inserting(schema.letters, dialect).run(connection, letters)
        self._name_further_patients(connection, [(number, one[0]) for number, one in zip(numbers, new, strict=True)])
        return [(number, one[3]) for number, one in zip(numbers, new, strict=True)]

    def _name_further_patients(
        self, connection: sa.Connection, told: Sequence[tuple[int, NewDelivery]], *, anew: bool = False
    ) -> None:
        table = schema.further_patients
        if anew and told:
            connection.execute(table.delete().where(table.c.delivery_id.in_([number for number, _row in told])))
        rows = [
            {"practice_id": self.practice_id, "patient_id": patient_id, "delivery_id": number}
            for number, row in told
            for patient_id in sorted({*row.patients} - {row.patient_id})
        ]
        if rows:
            connection.execute(table.insert(), rows)

    def _rewrite_letter(self, connection: sa.Connection, delivery_id: int, row: NewDelivery) -> None:
        values = _letter(row) | {"emptied_at": None}  # whatever was emptied of it before, it says this now
        connection.execute(schema.letters.update().where(schema.letters.c.delivery_id == delivery_id), values)


_SHOWN = (
    "recipient", "address", "language", "patient_id", "appointment_id", "invoice_id", "practitioner_id",
    "template_revision_id", "letterhead_id",
)  # fmt: skip
"""What a waiting row shows of its recipient; its letter apart."""


def _hold(connection: sa.Connection, delivery_ids: Sequence[int]) -> dict[int, Any]:
    """Return the letters of those rows that wait and that no sender has, nor can take before this transaction ends."""
    held: dict[int, Any] = {}
    for some in slices(delivery_ids, CHUNK):
        query = (
            sa.select(_rows.c.id, schema.letters.c.content, schema.letters.c.attachments, schema.letters.c.occasions)
            .join_from(_rows, schema.letters)
            .where(_rows.c.id.in_(some), _rows.c.status == _S.PENDING.value, _rows.c.sender_id.is_(None))
            .with_for_update(of=_rows, skip_locked=True)
        )
        held |= {row.id: row for row in connection.execute(query)}
    return held


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


def _content(row: NewDelivery) -> dict[str, object]:
    return {
        str(name): value if value is None or type(value) is str else _plain(value) for name, value in row.values.items()
    }


def _letter(row: NewDelivery) -> dict[str, Any]:
    return {
        "content": _content(row),
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
