"""Where a mailing stands and how it moves from one status to another, journalled with who and when (DESIGN 8.4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from workbench.databases import writing
from workbench.domain.mailings import Counts, MailingRecord, MailingStatus, Tally, check_mailing_move
from workbench.errors import ForbiddenMove, QueueingCutOff, UnknownMailing
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.library import Library
from workbench.ledger.runs import note_mailing
from workbench.ledger.senders import Senders

_rows = schema.deliveries


class MailingMoves:
    """The mailings of one practice, as far as they move."""

    def __init__(
        self, engine: sa.Engine, practice_id: str, *, library: Library, senders: Senders, run_id: str = ""
    ) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._library = library
        self._senders = senders
        self._own_run = run_id
        self._run_of_job = threading.local()

    def set_status(self, mailing_id: int, status: MailingStatus, *, by: str, now: datetime, reason: str = "") -> None:
        """Move a mailing to a status, journalled with who and when; the status it has already changes nothing.

        Nor does a sending that stops (``stopped``) on a mailing that somebody paused or cancelled meanwhile.

        Raises
        ------
        ForbiddenMove
            When the status cannot follow the one it has.
        QueueingCutOff
            When the mailing is to be sent, and its list was never queued to the end.
        """
        with writing(self._engine) as connection:
            self._set_status(connection, mailing_id, status, reason=reason, by=by, now=now)
            if status is MailingStatus.SENDING:
                note_mailing(connection, self._practice_id, self._run_id, mailing_id, now=now)

    def finish(self, mailing_id: int, *, by: str, now: datetime) -> Counts:
        """Say how a sending left its mailing: finished when no row is open, else waiting in the queue."""
        with writing(self._engine) as connection:
            status = self._record(connection, mailing_id, hold=True).status
            counts = self._counts(connection, mailing_id)
            ends = (MailingStatus.DRAFT, MailingStatus.QUEUED, MailingStatus.SENDING, MailingStatus.STOPPED)
            if not counts.pending and status in ends:
                self._set_status(connection, mailing_id, MailingStatus.FINISHED, by=by, now=now)
            elif counts.pending and status is MailingStatus.SENDING:
                self._set_status(connection, mailing_id, MailingStatus.QUEUED, by=by, now=now)
        return counts

    @contextmanager
    def within(self, run_id: str) -> Iterator[None]:
        """Note what is confirmed in this thread meanwhile as a run's."""
        before = self._run_id
        self._run_of_job.id = run_id
        try:
            yield
        finally:
            self._run_of_job.id = before

    @property
    def _run_id(self) -> str:
        """The run whose mailings are confirmed: of a job, what is confirmed in its thread alone."""
        return getattr(self._run_of_job, "id", self._own_run)

    # --- inside a transaction ---------------------------------------------------------------------------------

    def _record(
        self, connection: sa.Connection, mailing_id: int, *, created: bool = False, hold: bool = False
    ) -> MailingRecord:
        """Read a mailing; with `hold`, nobody else moves it before this transaction ends."""
        table = schema.mailings
        query = table.select().where(table.c.practice_id == self._practice_id, table.c.id == mailing_id)
        row = connection.execute(query.with_for_update() if hold else query).one_or_none()
        if row is None:
            raise UnknownMailing(
                _("There is no mailing number {number}. See them with: workbench mailings").format(number=mailing_id)
            )
        return MailingRecord(
            id=row.id,
            status=MailingStatus(row.status),
            reason=row.reason,
            identity=row.identity,
            key=row.key,
            template=row.template,
            template_revision_id=row.template_revision_id,
            account=row.account,
            role=row.role,
            channel=row.channel,
            search=row.search,
            parameters=row.definition["parameters"],
            purpose=row.purpose,
            step=row.step,
            opened_at=row.opened_at,
            opened_by=row.opened_by,
            created=created,
            hours=row.hours,
        )

    def _refuse_cancelled(self, record: MailingRecord) -> None:
        if record.status is MailingStatus.CANCELLED:
            raise ForbiddenMove(
                _("Mailing {number} was cancelled: nothing of it leaves any more.").format(number=record.id)
            )

    def _counts(self, connection: sa.Connection, mailing_id: int) -> Counts:
        return self._tally(connection, mailing_id).counts

    def _tally(self, connection: sa.Connection, mailing_id: int) -> Tally:
        query = (
            sa.select(_rows.c.status, _rows.c.reason, sa.func.count())
            .where(_rows.c.practice_id == self._practice_id, _rows.c.mailing_id == mailing_id)
            .group_by(_rows.c.status, _rows.c.reason)
        )
        return Tally({(status, reason): count for status, reason, count in connection.execute(query)})

    def _reopen(
        self, connection: sa.Connection, mailing_id: int, *, approval: bool = False, by: str, now: datetime
    ) -> None:
        """Put a mailing with open rows back in the queue, and end one without; a pause or an approval stays.

        With `approval` a new one, and one that had ended, waits for somebody's word instead.
        """
        status = self._record(connection, mailing_id, hold=True).status
        is_open = bool(self._counts(connection, mailing_id).pending)
        ended = (MailingStatus.DRAFT, MailingStatus.FINISHED, MailingStatus.CANCELLED, MailingStatus.STOPPED)
        if is_open and approval and status in (MailingStatus.DRAFT, MailingStatus.FINISHED):
            self._set_status(connection, mailing_id, MailingStatus.AWAITING_APPROVAL, by=by, now=now)
        elif is_open and status in ended:
            self._set_status(connection, mailing_id, MailingStatus.QUEUED, by=by, now=now)
        elif not is_open and status in (MailingStatus.DRAFT, MailingStatus.QUEUED, MailingStatus.STOPPED):
            self._set_status(connection, mailing_id, MailingStatus.FINISHED, by=by, now=now)

    def _set_status(
        self,
        connection: sa.Connection,
        mailing_id: int,
        status: MailingStatus,
        *,
        by: str,
        now: datetime,
        reason: str = "",
    ) -> None:
        old = self._record(connection, mailing_id, hold=True).status
        if old is status or (
            status is MailingStatus.STOPPED and old not in (MailingStatus.QUEUED, MailingStatus.SENDING)
        ):
            return
        if old is MailingStatus.DRAFT and status is MailingStatus.SENDING:
            raise QueueingCutOff(
                _(
                    "The queueing of mailing {number} was cut off before the end of its list, so nothing of it was "
                    "sent. Give the same « send » command again: it goes on where it stopped."
                ).format(number=mailing_id)
            )
        if old is MailingStatus.FINISHED and status is MailingStatus.SENDING:
            # A list that had grown was cut off while it was queued: what it left makes the mailing open again.
            self._reopen(connection, mailing_id, by=by, now=now)
            old = self._record(connection, mailing_id).status
        check_mailing_move(old, status)
        connection.execute(
            schema.mailings.update().where(schema.mailings.c.id == mailing_id),
            {"status": status.value, "reason": reason},
        )
        self._move(connection, mailing_id, old.value, status, reason, by, now)

    def _move(
        self,
        connection: sa.Connection,
        mailing_id: int,
        old: str,
        new: MailingStatus,
        reason: str,
        by: str,
        now: datetime,
    ) -> None:
        connection.execute(
            schema.mailing_moves.insert(),
            {
                "practice_id": self._practice_id,
                "mailing_id": mailing_id,
                "at": now,
                "by": by,
                "old": old,
                "new": new.value,
                "reason": reason,
            },
        )
