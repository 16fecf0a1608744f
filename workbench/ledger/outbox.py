"""The pending deliveries of one mailing as one sender sees them: claimed, announced, decided (P1, P2, P3).

Every change is fenced by the sender's number: rows that were given to another sender, or cancelled, cannot be
announced any more, whatever this sender believes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from workbench.addresses import address_key
from workbench.databases import reading
from workbench.domain.deliveries import DeliveryStatus, FrozenValues, Outcome, check_move
from workbench.domain.mailings import SENDABLE, MailingRecord
from workbench.domain.messages import Letter
from workbench.domain.objections import Objections, Selves
from workbench.errors import DatabaseUnwritable, JournalBroken
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.expiry import leave_out_late
from workbench.ledger.further_patients import further_patients
from workbench.ledger.journal import JournalStatements
from workbench.ledger.occasions import release_occasions
from workbench.ledger.opt_outs import OptOuts, StandingOptOuts
from workbench.ledger.part import Part
from workbench.ledger.prepared import among
from workbench.ledger.senders import Sender, cancel_with_mailing, release_rows
from workbench.ports import Claimed

if TYPE_CHECKING:
    import pandas as pd

OBJECTIONS_AGE = timedelta(seconds=1)
"""How old the patient store's objections may be when a batch is claimed; the ledger's own are always of now."""

OBJECTIONS_SHARE = 10
"""Reading them takes at most one part in so many of the time: a store of many consents is asked less often."""

_S = DeliveryStatus
_table = schema.deliveries


class SqlOutbox:
    """The outbox of one mailing for one sender; fills ``ports.Outbox``.

    Parameters
    ----------
    objections
        The patient store's own objections, read again as batches are claimed; the ledger's opt-outs are always.
    selves
        Who else the patients are that opted out (``PatientStore.selves``).
    recover
        Gives back what dead senders held (`Senders.recover`).
    only
        The numbers of the deliveries that may leave; all of the mailing by default.
    """

    def __init__(
        self,
        engine: sa.Engine,
        practice_id: str,
        mailing: MailingRecord,
        sender: Sender,
        *,
        opt_outs: OptOuts,
        objections: Callable[[], pd.DataFrame] | None = None,
        selves: Selves | None = None,
        recover: Callable[[datetime], object] | None = None,
        only: Sequence[int] | None = None,
    ) -> None:
        self._part = None if only is None else Part(only)
        self._engine = engine
        self._practice_id = practice_id
        self._mailing = mailing
        self._sender = sender
        self._opt_outs = opt_outs
        self._read_objections = objections
        self._selves = selves
        self._recover = recover
        self._objections = Objections()
        self._standing: StandingOptOuts | None = None
        self._objections_at: datetime | None = None
        self._objections_age = OBJECTIONS_AGE
        self._now = mailing.opened_at
        self._journal = JournalStatements(engine, sender.id, sender.user)

    # --- taking -------------------------------------------------------------------------------------------

    def claim(self, limit: int, *, now: datetime) -> list[Claimed]:
        """Take up to `limit` due rows for this sender alone.

        Rows of people who object by now, or that would come too late, are left out and free their occasions (P13).
        Nothing comes back when no row is due, or when the mailing is a draft, paused, cancelled or waiting for
        somebody's word.
        """
        self._now = now
        objections = self._store_objections(now)
        while True:
            try:
                with self._sender.writer.writing() as connection:
                    self._sender.beat(connection, now)
                    rows = self._due_rows(connection, limit, now) if self._sendable(connection) else []
                    late, soon = leave_out_late(connection, [row.id for row in rows], now)
                    in_time = [row for row in rows if row.id not in late]
                    going = self._without_objectors(connection, in_time, objections, now)
                    self._journal.claim(connection, [row.id for row in going])
            except (SQLAlchemyError, DatabaseUnwritable) as error:
                raise _broken(error) from error
            if going or not rows:
                return [self._claimed(row, soon.get(row.id)) for row in going]

    def next_due(self) -> datetime | None:
        """Return when the earliest row that nobody holds becomes due (maybe in the past), or nothing without any."""
        with reading(self._engine) as connection:
            if not self._sendable(connection):
                return None
            earliest = sa.select(_table.c.not_before).order_by(_table.c.not_before).limit(1)
            if self._part is None:
                return connection.execute(earliest.where(*self._unclaimed())).scalar()
            found = [connection.execute(earliest.where(*some)).scalar() for some in self._part.unclaimed()]
            return min((due for due in found if due is not None), default=None)

    def held_elsewhere(self) -> int:
        """Return how many open rows other senders hold: they may come back when a sender dies."""
        held = (
            sa.select(sa.func.count())
            .select_from(_table)
            .where(
                _table.c.sender_id.is_not(None),
                _table.c.sender_id != self._sender.id,
                _table.c.status.in_([_S.PENDING.value, _S.SENDING.value]),
            )
        )
        whole = [_table.c.mailing_id == self._mailing.id]
        places = [whole] if self._part is None else [[some] for some in self._part.places()]
        with reading(self._engine) as connection:
            return sum(connection.execute(held.where(*where)).scalar_one() for where in places)

    def recover(self, *, now: datetime) -> None:
        """Give back what senders that died meanwhile held: waiting rows wait again, leaving ones are in doubt."""
        if self._recover is not None:
            self._recover(now)

    def release(self, delivery_ids: Sequence[int]) -> None:
        """Give back claimed rows that were not sent; those of a cancelled mailing are cancelled."""
        if not delivery_ids:
            return
        try:
            with self._sender.writer.writing() as connection:
                for start in range(0, len(delivery_ids), 500):
                    mine = [
                        _table.c.id.in_(delivery_ids[start : start + 500]),
                        _table.c.sender_id == self._sender.id,
                        _table.c.status == _S.PENDING.value,
                    ]
                    release_rows(connection, mine, now=self._now)
        except (SQLAlchemyError, DatabaseUnwritable) as error:
            raise _broken(error) from error

    # --- the journal ----------------------------------------------------------------------------------------

    def turn(
        self,
        results: Sequence[Outcome],
        about_to_go: Sequence[Letter],
        *,
        now: datetime,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Write outcomes and « in flight » lines in one durable commit (P3), with `meanwhile` beside it.

        Raises
        ------
        JournalBroken
            When it could not be written, or a row is no longer this sender's (`results` are then written all
            the same, if they can be): nothing of `about_to_go` may leave.
        ForbiddenMove
            When an outcome cannot follow where its row stands, such as « sent » without having been announced.
        """
        self._now = now
        if not results and not about_to_go:
            return
        try:
            self._commit(results, about_to_go, now, meanwhile)
        except _NotOurs as error:
            self.turn(results, (), now=now)
            raise JournalBroken(
                _("Some messages were cancelled or taken over by another sender meanwhile; the sending stopped.")
            ) from error
        except (SQLAlchemyError, DatabaseUnwritable) as error:
            raise _broken(error) from error

    def _commit(
        self,
        results: Sequence[Outcome],
        about_to_go: Sequence[Letter],
        now: datetime,
        meanwhile: Callable[[], object] | None,
    ) -> None:
        with self._sender.writer.writing(meanwhile=meanwhile) as connection:
            self._sender.beat(connection, now)
            if results:
                self._write_results(connection, results, now)
            if about_to_go and not self._journal.announce(connection, about_to_go, now):
                raise _NotOurs  # which takes the whole transaction back
        if about_to_go:
            self._sender.announced(about_to_go)

    def _write_results(self, connection: sa.Connection, results: Sequence[Outcome], now: datetime) -> None:
        refused = self._journal.decide(connection, results, now)
        if refused:
            self._explain(connection, refused, now)
        later = [outcome.delivery_id for outcome in results if outcome.status is _S.PENDING]
        if later:  # what was leaving when somebody cancelled the mailing is not tried again
            cancel_with_mailing(connection, [_table.c.id.in_(later), _table.c.sender_id.is_(None)], now=now)
        failed = [outcome.delivery_id for outcome in results if outcome.status is _S.FAILED]
        if failed:
            is_failed = sa.select(_table.c.id).where(_table.c.id.in_(failed), _table.c.status == _S.FAILED.value)
            release_occasions(connection, connection.execute(is_failed).scalars().all())

    def _explain(self, connection: sa.Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Refuse an outcome that contradicts its row; journal one that comes after somebody else decided."""
        ids = [outcome.delivery_id for outcome in outcomes]
        query = sa.select(_table.c.id, _table.c.status, _table.c.sender_id).where(_table.c.id.in_(ids))
        stands = {row.id: row for row in connection.execute(query)}
        for outcome in outcomes:
            row = stands.get(outcome.delivery_id)
            if row is not None and row.sender_id is None and row.status == outcome.status:
                continue  # written by this very statement
            if row is None or row.sender_id != self._sender.id or row.status == _S.IN_DOUBT:
                write_act(
                    connection,
                    self._practice_id,
                    "late_outcome",
                    f"delivery:{outcome.delivery_id}",
                    by=self._sender.user,
                    now=now,
                    details={"status": outcome.status.value, "code": outcome.code},
                )
            else:
                check_move(DeliveryStatus(row.status), outcome.status)

    # --- reading --------------------------------------------------------------------------------------------

    def _sendable(self, connection: sa.Connection) -> bool:
        status = connection.execute(
            sa.select(schema.mailings.c.status).where(schema.mailings.c.id == self._mailing.id)
        ).scalar_one()
        return status in SENDABLE

    def _unclaimed(self) -> list[sa.ColumnElement[bool]]:
        # Spelled as in the partial index, so that SQLite sees that it may use it.
        return [
            _table.c.mailing_id == self._mailing.id,
            _table.c.status == sa.literal_column("'pending'"),
            _table.c.sender_id.is_(None),
        ]

    def _due_rows(self, connection: sa.Connection, limit: int, now: datetime) -> list[Any]:
        letters = schema.letters.c
        due = (
            sa.select(_table.c.id)
            .where(_table.c.not_before <= now)
            .order_by(_table.c.not_before, _table.c.id)
            .with_for_update(skip_locked=True)
        )
        if self._part is None:
            ids: Sequence[int] = connection.execute(due.where(*self._unclaimed()).limit(limit)).scalars().all()
        else:
            ids = self._part.first(
                limit, lambda some, room: connection.execute(due.where(*some).limit(room)).scalars().all()
            )
        if not ids:
            return []
        query = (
            sa.select(
                _table.c.id, _table.c.token, _table.c.template_revision_id, _table.c.address, _table.c.recipient,
                _table.c.language, _table.c.channel, _table.c.patient_id, _table.c.attempts, _table.c.addressee_key,
                _table.c.letterhead_id,
                # As the texts they are kept as: reading JSON is quicker here than through the driver.
                sa.cast(letters.content, sa.Text).label("content"),
                sa.cast(letters.attachments, sa.Text).label("attachments"),
            )
            .join_from(_table, schema.letters)
            .where(among(_table.c.id, ids, connection.dialect))
            .order_by(_table.c.not_before, _table.c.id)
        )  # fmt: skip
        return list(connection.execute(query).all())

    def _store_objections(self, now: datetime) -> Objections:
        if self._read_objections is not None and (
            self._objections_at is None or abs(now - self._objections_at) >= self._objections_age
        ):
            began = perf_counter()
            self._objections = Objections.from_frame(self._read_objections(), selves=self._selves, mailbox=address_key)
            taken = timedelta(seconds=perf_counter() - began)
            self._objections_at = now
            self._objections_age = max(OBJECTIONS_AGE, OBJECTIONS_SHARE * taken)
        return self._objections

    def _without_objectors(
        self, connection: sa.Connection, rows: Sequence[Any], of_store: Objections, now: datetime
    ) -> list[Any]:
        if not rows:
            return []
        self._standing = self._opt_outs.standing(connection, self._standing, selves=self._selves)
        ours = self._standing.objections
        told = [said for said in (ours, of_store) if said]
        if not told:
            return list(rows)
        further = further_patients(connection, [row.id for row in rows])
        going, left_out = [], []
        for row in rows:
            who = {
                "address": row.address,
                "addressee_key": row.addressee_key,
                "channel": row.channel,
                "purpose": self._mailing.purpose,
            }
            about = [row.patient_id, *further.get(row.id, ())]
            reasons = [said.reason(patient_id=one, **who) for one in about for said in told]
            reason = next(filter(None, reasons), "")
            if reason:
                left_out.append((row.id, reason))
            else:
                going.append(row)
        for delivery_id, reason in left_out:
            connection.execute(
                _table.update().where(_table.c.id == delivery_id),
                {"status": _S.SKIPPED.value, "reason": reason, "decided_at": now},
            )
        release_occasions(connection, [delivery_id for delivery_id, _reason in left_out])
        return going

    def _claimed(self, row: Any, expires_at: datetime | None) -> Claimed:
        (
            number, token, revision, address, recipient, language, channel, patient, attempts, _to, letterhead, content,
            files,
        ) = row  # fmt: skip
        return Claimed(
            delivery_id=number,
            token=token,
            mailing_id=self._mailing.id,
            template_revision_id=revision,
            letterhead_id=letterhead,
            address=address,
            recipient=recipient,
            language=language,
            channel=channel,
            purpose=self._mailing.purpose,
            patient_id=patient,
            values=FrozenValues(content),
            attempts=attempts,
            attachments=() if files == "[]" else tuple(json.loads(files)),
            expires_at=expires_at,
        )


class _NotOurs(Exception):
    """A row about to leave is not this sender's any more."""


def _broken(error: Exception) -> JournalBroken:
    # Only the driver's first line: its others, and the statement, could show a patient's values (P12).
    cause = getattr(error.__cause__ if isinstance(error, DatabaseUnwritable) else error, "orig", None)
    return JournalBroken(
        _(
            "The ledger cannot be written ({cause}), so the sending stopped before the next message. "
            "Check the disk's free space and the rights of the workspace, then send again."
        ).format(cause=(str(cause or type(error).__name__).strip().splitlines() or ["?"])[0])
    )
