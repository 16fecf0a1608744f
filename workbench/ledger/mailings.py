"""Mailings: opened by their identity, their rows queued, their status moved (DESIGN 8.2 to 8.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.deliveries import DeliveryStatus, NewDelivery
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import (
    Counts,
    EnqueueReport,
    Forecast,
    MailingPlan,
    MailingRecord,
    MailingStanding,
    MailingStatus,
    Tally,
    check_mailing_move,
)
from workbench.domain.templates import Template
from workbench.errors import ForbiddenMove, KeyTaken, QueueingCutOff, UnknownMailing
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.enqueueing import CHUNK, Enqueuing, slices
from workbench.ledger.forecast import foretold
from workbench.ledger.library import Library
from workbench.ledger.overview import latest_mailing, mailings_frame
from workbench.ledger.runs import note_mailing
from workbench.ledger.senders import Senders, cancel_rows
from workbench.ledger.settling import Settling

if TYPE_CHECKING:
    import pandas as pd

_S = DeliveryStatus
_rows = schema.deliveries
_OPEN = (_S.PENDING.value, _S.SENDING.value)


class Mailings:
    """The mailings of one practice."""

    def __init__(
        self, engine: sa.Engine, practice_id: str, *, library: Library, senders: Senders, run_id: str = ""
    ) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._library = library
        self._senders = senders
        self._run_id = run_id

    # --- opening and queueing -------------------------------------------------------------------------------

    def id_of(self, plan: MailingPlan) -> int | None:
        """Return the number of the mailing with this identity, or nothing when it was never opened.

        Raises
        ------
        KeyTaken
            When the plan's key names a mailing of another template, account or search.
        """
        with reading(self._engine) as connection:
            found = self._found(connection, plan)
        return None if found is None else found.id

    def open_mailing(
        self, plan: MailingPlan, *, template: Template, account: str, hours: str = "", by: str, now: datetime
    ) -> MailingRecord:
        """Return the mailing with this identity, made when it is not there yet (8.3).

        Parameters
        ----------
        plan
            What the mailing is.
        template
            The saved revision that rows queued from now on are frozen with; its purpose and step say which
            occasions they take.
        account
            The name of the account it leaves from.
        hours
            The sending hours that it keeps to from now on.

        Raises
        ------
        KeyTaken
            When the plan's key names a mailing of another template, account or search.
        UnknownTemplate
            When the revision was not saved.
        """
        with writing(self._engine) as connection:
            alone(connection, f"mailings:{self._practice_id}")
            values = {
                "definition": plan.definition(),
                "account": account,
                "purpose": template.occasion_purpose,
                "step": template.step,
                "hours": hours,
                "template_revision_id": self._library.revision_id_in(connection, template.path, template.revision),
            }
            found = self._found(connection, plan)
            if found is not None:
                connection.execute(schema.mailings.update().where(schema.mailings.c.id == found.id), values)
                note_mailing(connection, self._practice_id, self._run_id, found.id, now=now)
                return self._record(connection, found.id, created=False)
            number = connection.execute(
                schema.mailings.insert().returning(schema.mailings.c.id),
                {
                    "practice_id": self._practice_id,
                    "identity": plan.identity(),
                    "key": plan.key,
                    "template": plan.template,
                    "role": plan.role,
                    "channel": plan.channel,
                    "search": plan.search,
                    "status": MailingStatus.DRAFT.value,
                    "opened_at": now,
                    "opened_by": by,
                    "run_id": self._run_id,
                    **values,
                },
            ).scalar_one()
            note_mailing(connection, self._practice_id, self._run_id, number, now=now)
            self._move(connection, number, "", MailingStatus.DRAFT, "", by, now)
            return self._record(connection, number, created=True)

    def enqueue(
        self,
        mailing_id: int,
        rows: Iterable[NewDelivery],
        *,
        again: bool = False,
        complete: bool = False,
        not_before: datetime | None = None,
        by: str,
        now: datetime,
    ) -> EnqueueReport:
        """Freeze a list into the mailing (P7); the mailing is then queued, or finished when nobody is left to write to.

        New rows are added; rows left out whose reason is gone wait again with their new values; rows left out
        for another reason take it. Rows that wait, and that no sender holds, are frozen anew as they are named now;
        rows that failed and whose address is another one now wait again. What has left or is leaving stays as it is.
        A row left out or waiting whose patient's day is told by other rows now (another addressee, a moved
        appointment) is cancelled (``superseded``), and reopens when it is named again. Called again after a crash,
        it goes on where it stopped.

        Parameters
        ----------
        rows
            The list, taken in short transactions: it may be a generator over a million rows.
        again
            A person asks to send again: a new round, each row linked to its delivery before, unless the
            mailing has open rows, whose round is then finished.
        complete
            The list is the whole search or table: rows that wait and are not named any more are cancelled.
        not_before
            When what begins to wait now may leave at the earliest: until then it can be taken back.

        Raises
        ------
        ForbiddenMove
            When the mailing was cancelled, and nobody asked to send again; or while it was being queued.
        """
        with reading(self._engine) as connection:
            record = self._record(connection, mailing_id)
            newest, is_open = connection.execute(
                sa.select(sa.func.max(_rows.c.again), sa.func.max(sa.case((_rows.c.status.in_(_OPEN), 1), else_=0)))
                .where(_rows.c.practice_id == self._practice_id, _rows.c.mailing_id == mailing_id)
            ).one()  # fmt: skip
        if record.status is MailingStatus.CANCELLED and not again:
            raise ForbiddenMove(
                _(
                    "Mailing {number} was cancelled. To send it all the same, ask to send again (--again), "
                    "or give it another key."
                ).format(number=mailing_id)
            )
        round_number = (newest or 0) + (1 if again and newest is not None and not is_open else 0)
        queueing = Enqueuing(
            engine=self._engine,
            practice_id=self._practice_id,
            mailing=record,
            again=round_number,
            on_purpose=again,
            complete=complete,
            by=by,
            now=now,
            run_id=self._run_id,
            not_before=not_before,
        )
        report = queueing.run(rows)
        with writing(self._engine) as connection:
            queueing.refuse_cancelled(connection, moving=True)
            write_act(
                connection,
                self._practice_id,
                "mailing_queued",
                f"mailing:{mailing_id}",
                by=by,
                now=now,
                details={
                    "added": report.added,
                    "reopened": report.reopened,
                    "refreshed": report.refreshed,
                    "superseded": report.superseded,
                    "again": report.again,
                },
            )
            self._reopen(connection, mailing_id, by=by, now=now)
        return report

    # --- reading --------------------------------------------------------------------------------------------

    def mailing(self, mailing_id: int) -> MailingRecord:
        """Return a mailing.

        Raises
        ------
        UnknownMailing
            When there is none with this number.
        """
        with reading(self._engine) as connection:
            return self._record(connection, mailing_id)

    def latest(self) -> int | None:
        """Return the number of the mailing that was opened or queued last, or nothing when there is none."""
        with reading(self._engine) as connection:
            return latest_mailing(connection, self._practice_id)

    def counts(self, mailing_id: int) -> Counts:
        """Return the mailing's rows by where they stand now; rows that are leaving count as pending."""
        with reading(self._engine) as connection:
            return self._counts(connection, mailing_id)

    def tally(self, mailing_id: int) -> Tally:
        """Return the mailing's rows by where they stand now, and why."""
        with reading(self._engine) as connection:
            return self._tally(connection, mailing_id)

    def numbers(
        self,
        mailing_id: int,
        statuses: Collection[DeliveryStatus],
        *,
        recipients: Collection[tuple[str, str]] | None = None,
    ) -> list[int]:
        """Return the numbers of the mailing's deliveries that stand so, in their order.

        Parameters
        ----------
        recipients
            The recipients (``recipient_id``, ``addressee_key``) whose deliveries are meant; everybody's by default.
        """
        query = sa.select(_rows.c.id, _rows.c.recipient_id, _rows.c.addressee_key).where(
            _rows.c.practice_id == self._practice_id,
            _rows.c.mailing_id == mailing_id,
            _rows.c.status.in_([status.value for status in statuses]),
        )
        with reading(self._engine) as connection:
            if recipients is None:
                return list(connection.execute(query.order_by(_rows.c.id)).scalars())
            found: list[int] = []
            for some in slices(sorted({recipient for recipient, _addressee in recipients}), CHUNK):
                rows = connection.execute(query.where(_rows.c.recipient_id.in_(some)))
                found += [row.id for row in rows if (row.recipient_id, row.addressee_key) in recipients]
        return sorted(found)

    def forecast(
        self,
        mailing_id: int | None,
        rows: Iterable[NewDelivery],
        *,
        purpose: str,
        step: str,
        again: bool = False,
        complete: bool = True,
    ) -> Forecast:
        """Return how the rows of a mailing (``None``: a new one) would stand, were this list queued now.

        Nothing is written. Of the rows only keys, addresses, occasions and reasons are looked at; `complete` as for
        `enqueue`.
        """
        with reading(self._engine) as connection:
            if mailing_id is not None and not again:
                record = self._record(connection, mailing_id)
                if record.status is MailingStatus.CANCELLED:
                    return Forecast(tally=self._tally(connection, mailing_id), leaving=0)  # it is at its end
            return foretold(
                connection,
                self._practice_id,
                mailing_id,
                rows,
                purpose=purpose,
                step=step,
                again=again,
                complete=complete,
            )

    def standing(self, mailing_id: int, *, now: datetime) -> MailingStanding:
        """Return where a mailing stands, what dead senders held given back first."""
        self._senders.recover(now)
        with reading(self._engine) as connection:
            record = self._record(connection, mailing_id)
            return MailingStanding(
                record=record,
                tally=self._tally(connection, mailing_id),
                at_work=record.status is MailingStatus.SENDING and self._senders.alive(connection),
            )

    def mailings(self) -> pd.DataFrame:
        """Return every mailing, the newest first, with its counts (`MAILING_COLUMNS`; key ``mailing_id``)."""
        return mailings_frame(self._engine, self._practice_id)

    def moves(self, mailing_id: int) -> list[tuple[datetime, str, str, str, str]]:
        """Return each move of a mailing, oldest first: when, who, from, to, reason."""
        table = schema.mailing_moves.c
        query = (
            sa.select(table.at, table.by, table.old, table.new, table.reason)
            .where(table.practice_id == self._practice_id, table.mailing_id == mailing_id)
            .order_by(table.id)
        )
        with reading(self._engine) as connection:
            return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]

    # --- moving ---------------------------------------------------------------------------------------------

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

    def cancel(self, mailing_id: int, *, delivery_ids: Sequence[int] | None = None, by: str, now: datetime) -> int:
        """Cancel a mailing: its waiting rows are cancelled and free their occasions; returns how many.

        Rows in a living sender's hands are cancelled when it gives them back; what is leaving leaves.

        Parameters
        ----------
        delivery_ids
            Only these rows, where they wait and no sender has them; the others of the mailing go on.
        """
        self._senders.recover(now)
        with writing(self._engine) as connection:
            if delivery_ids is not None:
                return self._cancel_some(connection, mailing_id, delivery_ids, by=by, now=now)
            self._set_status(connection, mailing_id, MailingStatus.CANCELLED, by=by, now=now)
            return cancel_rows(connection, [_rows.c.mailing_id == mailing_id, _rows.c.sender_id.is_(None)], now=now)

    def _cancel_some(
        self, connection: sa.Connection, mailing_id: int, delivery_ids: Sequence[int], *, by: str, now: datetime
    ) -> int:
        self._record(connection, mailing_id, hold=True)
        ours = [_rows.c.practice_id == self._practice_id, _rows.c.mailing_id == mailing_id]
        waiting = [*ours, _rows.c.status == _S.PENDING.value, _rows.c.sender_id.is_(None)]
        chosen: list[int] = []
        for some in slices(sorted(set(delivery_ids)), CHUNK):
            query = sa.select(_rows.c.id).where(*waiting, _rows.c.id.in_(some)).with_for_update(skip_locked=True)
            found = list(connection.execute(query).scalars())
            cancel_rows(connection, [_rows.c.id.in_(found)], now=now)
            chosen += found
        if chosen:
            write_act(
                connection,
                self._practice_id,
                "deliveries_cancelled",
                f"mailing:{mailing_id}",
                by=by,
                now=now,
                details={"deliveries": chosen},
            )
            self._reopen(connection, mailing_id, by=by, now=now)
        return len(chosen)

    def next_due(self, mailing_id: int) -> tuple[datetime, WaitingFor] | None:
        """Return when the earliest waiting row may leave as far as it is for the row, and why; nothing without any."""
        query = (
            sa.select(_rows.c.not_before, _rows.c.attempts)
            .where(
                _rows.c.practice_id == self._practice_id,
                _rows.c.mailing_id == mailing_id,
                # Spelled as in the index of what is due.
                _rows.c.status == sa.literal_column("'pending'"),
                _rows.c.sender_id.is_(None),
            )
            .order_by(_rows.c.not_before)
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row[0], WaitingFor.RETRY if row[1] else WaitingFor.UNDO)

    def retry(self, mailing_id: int, *, by: str, now: datetime) -> int:
        """Let every failed row wait again, because a person asks; returns how many.

        A failure had freed its occasions: a row whose addressee was told meanwhile by another mailing is left
        out as a duplicate.
        """
        with writing(self._engine) as connection:
            alone(connection, f"deliveries:{self._practice_id}")
            record = self._record(connection, mailing_id, hold=True)
            self._refuse_cancelled(record)
            waiting = Settling(connection, self._practice_id, record, by, now).retry()
            if waiting:
                self._reopen(connection, mailing_id, by=by, now=now)
        return len(waiting)

    def settle(
        self, mailing_id: int, *, as_sent: bool, delivery_ids: Sequence[int] | None = None, by: str, now: datetime
    ) -> int:
        """Decide the uncertain rows of a mailing, because a person says so; returns how many.

        Parameters
        ----------
        as_sent
            Count them as sent; otherwise they wait to be sent again.
        delivery_ids
            Only these; all of the mailing by default.
        """
        self._senders.recover(now)
        with writing(self._engine) as connection:
            record = self._record(connection, mailing_id, hold=True)
            if not as_sent:
                self._refuse_cancelled(record)
            decided = Settling(connection, self._practice_id, record, by, now).settle(delivery_ids, as_sent=as_sent)
            if decided and not as_sent:
                self._reopen(connection, mailing_id, by=by, now=now)
        return len(decided)

    # --- inside a transaction ---------------------------------------------------------------------------------

    def _found(self, connection: sa.Connection, plan: MailingPlan) -> Any:
        table = schema.mailings.c
        found = connection.execute(
            sa.select(table.id, table.definition).where(
                table.practice_id == self._practice_id, table.identity == plan.identity()
            )
        ).one_or_none()
        if found is not None and plan.key:
            # A table named by a key may be corrected and grow: its rows are told apart by their own ids.
            old = {name: value for name, value in found.definition.items() if name != "table"}
            new = {name: value for name, value in plan.definition().items() if name != "table"}
            if old != new or bool(found.definition["table"]) != bool(plan.table_digest):
                raise KeyTaken(
                    _(
                        "The key « {key} » already names mailing {number}, with another template, account or "
                        "search. Choose another key."
                    ).format(key=plan.key, number=found.id)
                )
        return found

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

    def _reopen(self, connection: sa.Connection, mailing_id: int, *, by: str, now: datetime) -> None:
        """Put a mailing with open rows back in the queue, and end one without; a pause or an approval stays."""
        status = self._record(connection, mailing_id, hold=True).status
        is_open = bool(self._counts(connection, mailing_id).pending)
        ended = (MailingStatus.DRAFT, MailingStatus.FINISHED, MailingStatus.CANCELLED, MailingStatus.STOPPED)
        if is_open and status in ended:
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
