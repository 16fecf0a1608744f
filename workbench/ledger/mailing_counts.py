"""Read mailings: where their rows stand and why, which of them are meant, and where they would stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workbench.databases import reading
from workbench.domain.deliveries import OPEN, Addressed, DeliveryStatus, NewDelivery
from workbench.domain.departures import WaitingFor
from workbench.domain.mailings import Counts, Forecast, MailingRecord, MailingStanding, MailingStatus, Tally
from workbench.domain.runs import RunRecord
from workbench.ledger import schema
from workbench.ledger.enqueueing import CHUNK, DUPLICATE, slices
from workbench.ledger.forecast import Tell, foretold, tell_as_they_stand
from workbench.ledger.further_patients import further_patients
from workbench.ledger.mailing_moves import MailingMoves
from workbench.ledger.overview import latest_mailing, mailings_frame, sent_to_one, unfinished_frame

if TYPE_CHECKING:
    import pandas as pd

_rows = schema.deliveries


class MailingCounts(MailingMoves):
    """The mailings of one practice, as they are read."""

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

    def sent_of_run(self, mailing_ids: Collection[int], run: RunRecord) -> tuple[int, int]:
        """Return how many messages of mailings left in a run or of what it queued, and how many had left before."""
        at = _rows.c.decided_at
        ended = [] if run.ended_at is None else [at <= run.ended_at]
        own = sa.or_(_rows.c.run_id == run.id, sa.and_(at >= run.started_at, *ended))
        query = sa.select(sa.func.count().filter(own), sa.func.count().filter(~own, at < run.started_at)).where(
            _rows.c.practice_id == self._practice_id,
            _rows.c.mailing_id.in_(list(mailing_ids)),
            _rows.c.status == DeliveryStatus.SENT.value,
        )
        with reading(self._engine) as connection:
            sent, before = connection.execute(query).one()
        return sent, before

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

    def failed_rows(self, mailing_id: int) -> list[Addressed]:
        """Return whom the failed rows of a mailing went to and why they failed, in their order."""
        table = _rows.c
        query = (
            sa.select(
                table.id.label("delivery_id"), table.recipient_id, table.addressee_key, table.role,
                table.patient_id, table.appointment_id, table.address, table.reason, table.smtp_reply.label("reply"),
            )
            .where(
                table.practice_id == self._practice_id,
                table.mailing_id == mailing_id,
                table.status == DeliveryStatus.FAILED.value,
            )
            .order_by(table.id)
        )  # fmt: skip
        with reading(self._engine) as connection:
            found = connection.execute(query).mappings().all()
            further = further_patients(connection, [row["delivery_id"] for row in found])
        return [Addressed(**row, further_patients=tuple(further.get(row["delivery_id"], ()))) for row in found]

    def told_by(self, mailing_id: int) -> dict[int, tuple[str, str, tuple[str, ...]]]:
        """Return what each message of a mailing tells of, and to whom.

        Returns
        -------
        dict
            By the number of the delivery: the addressee's key, the role and the occasions.
        """
        rows, letters = _rows.c, schema.letters.c
        query = (
            sa.select(rows.id, rows.addressee_key, rows.role, letters.occasions)
            .join_from(_rows, schema.letters)
            .where(rows.practice_id == self._practice_id, rows.mailing_id == mailing_id)
        )
        with reading(self._engine) as connection:
            return {row.id: (row.addressee_key, row.role, tuple(row.occasions)) for row in connection.execute(query)}

    def forecast(
        self,
        mailing_id: int | None,
        rows: Iterable[NewDelivery],
        *,
        purpose: str,
        step: str,
        again: bool = False,
        complete: bool = True,
        tell: Tell | None = None,
    ) -> Forecast:
        """Return how the rows of a mailing (``None``: a new one) would stand, were this list queued now.

        Nothing is written. Of the rows only keys, addresses, occasions and reasons are looked at; `complete` as for
        `enqueue`. `tell` is told of each row how it would stand, and why.
        """
        with reading(self._engine) as connection:
            if mailing_id is not None and not again:
                record = self._record(connection, mailing_id)
                if record.status is MailingStatus.CANCELLED:
                    if tell is not None:
                        tell_as_they_stand(connection, self._practice_id, mailing_id, rows, tell)
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
                tell=tell,
            )

    def standing(self, mailing_id: int, *, now: datetime) -> MailingStanding:
        """Return where a mailing stands, what dead senders held given back first."""
        self._senders.recover(now)
        with reading(self._engine) as connection:
            record = self._record(connection, mailing_id)
            return MailingStanding(
                record=record,
                tally=self._tally(connection, mailing_id),
                at_work=record.status is MailingStatus.SENDING and self._senders.alive(connection, mailing_id),
            )

    def duplicates(self, mailing_id: int) -> Iterator[tuple[str, str, str, str]]:
        """Give what the rows left out as duplicates would have told: occasion, addressee key, role, channel."""
        letters, last = schema.letters.c, 0
        query = (
            sa.select(_rows.c.id, _rows.c.addressee_key, _rows.c.role, _rows.c.channel, letters.occasions)
            .join_from(_rows, schema.letters)
            .where(
                _rows.c.practice_id == self._practice_id,
                _rows.c.mailing_id == mailing_id,
                _rows.c.status == DeliveryStatus.SKIPPED.value,
                _rows.c.reason == DUPLICATE,
            )
            .order_by(_rows.c.id)
            .limit(CHUNK)
        )
        while True:
            with reading(self._engine) as connection:
                found = connection.execute(query.where(_rows.c.id > last)).all()
            if not found:
                return
            last = found[-1].id
            for _number, addressee_key, role, channel, occasions in found:
                for occasion in occasions:
                    yield occasion, addressee_key, role, channel

    def waiting_to_tell(
        self, told: Iterable[tuple[str, str, str, str]], *, purpose: str, step: str, among: Collection[int]
    ) -> frozenset[int]:
        """Return which mailings `among` these hold, in rows that are open, anything of what is `told`.

        Parameters
        ----------
        told
            As `duplicates` gives them.
        purpose, step
            What they are told for.
        """
        held, wanted, waiting = schema.occasions.c, set(among), iter(told)
        found: set[int] = set()
        while wanted > found and (some := set(islice(waiting, CHUNK))):
            query = (
                sa.select(held.occasion, held.addressee_key, held.role, held.channel, _rows.c.mailing_id)
                .join_from(schema.occasions, _rows)
                .where(
                    held.practice_id == self._practice_id,
                    held.purpose == purpose,
                    held.step == step,
                    held.occasion.in_(sorted({occasion for occasion, *_to in some})),
                    _rows.c.mailing_id.in_(sorted(wanted)),
                    _rows.c.status.in_([status.value for status in OPEN]),
                )
            )
            with reading(self._engine) as connection:
                found.update(row[4] for row in connection.execute(query) if tuple(row[:4]) in some)
        return frozenset(found)

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

    def mailings(self) -> pd.DataFrame:
        """Return every mailing, the newest first, with its counts (`MAILING_COLUMNS`; key ``mailing_id``)."""
        return mailings_frame(self._engine, self._practice_id)

    def sent_to_one(self, *, since: datetime) -> dict[str, int]:
        """Return of how many mailings of a single message each email type was, the most used first."""
        return sent_to_one(self._engine, self._practice_id, since=since)

    def unfinished(self) -> pd.DataFrame:
        """Return the mailings that have not ended, and those with an uncertain row (``UNFINISHED_COLUMNS``)."""
        return unfinished_frame(self._engine, self._practice_id)

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
