"""What became of each delivery, as frames to read and join; and what it takes to show a sent letter again (8.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import reading
from workbench.domain.deliveries import DeliveryStatus, SentLetter
from workbench.domain.frames import RESULT_COLUMNS
from workbench.domain.people import Channel, Role
from workbench.errors import UnknownMailing
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.columns import columns_of, read_columns, with_categories
from workbench.ledger.enqueueing import CHUNK, slices
from workbench.ledger.overview import latest_mailing

if TYPE_CHECKING:
    import pandas as pd

RESULT_DTYPES = {
    "mailing_id": "int64", "delivery_id": "int64", "recipient_id": "string", "patient_id": "string",
    "appointment_id": "string", "invoice_id": "string", "practitioner_id": "string", "recipient": "string",
    "role": "category", "channel": "category", "address": "string", "language": "string", "status": "category",
    "reason": "string", "attempts": "int64", "smtp_code": "Int64", "smtp_reply": "string", "message_id": "string",
    "queued_at": "datetime64[us, UTC]", "decided_at": "datetime64[us, UTC]", "account": "string",
    "template": "string", "template_revision": "int64", "purpose": "string", "step": "string", "again": "int64",
    "job_id": "string", "run_id": "string", "sent_by": "string",
}  # fmt: skip
"""The dtype of each result column. Absent texts are ``""``; a delivery that is not decided has no ``decided_at``."""

CATEGORIES = {
    "role": [role.value for role in Role],
    "channel": [channel.value for channel in Channel],
    "status": [status.value for status in DeliveryStatus],
}
"""The words of the categories of deliveries, whichever of them are there."""

_TRIED = ["patient_id", "recipient_id", "purpose", "step"]
"""What is the same in a message that failed and the next try of it."""

_ATTEMPTS = (
    DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.IN_DOUBT, DeliveryStatus.FAILED,
)  # fmt: skip


class Results:
    """The deliveries of one practice, as they stand."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def results(self, mailing_id: int | None = None, *, since: datetime | None = None) -> pd.DataFrame:
        """Return the deliveries of a mailing, or of the latest one, or of every mailing since an instant.

        Parameters
        ----------
        mailing_id
            The mailing; without it the one queued last, unless `since` is given.
        since
            Only deliveries queued, or decided, at this instant or later.

        Returns
        -------
        DataFrame
            ``domain.frames.RESULT_COLUMNS`` with `RESULT_DTYPES`, one row a delivery, in the order of queueing;
            key ``delivery_id``.

        Raises
        ------
        UnknownMailing
            When no mailing has this number.
        """
        rows = schema.deliveries.c
        where: list[sa.ColumnElement[bool]] = []
        with reading(self._engine) as connection:
            if mailing_id is not None:
                self._known(connection, mailing_id)
            elif since is None:
                mailing_id = latest_mailing(connection, self._practice_id)
            if mailing_id is not None:
                where.append(rows.mailing_id == mailing_id)
            elif since is None:
                return self.empty()
            if since is not None:
                where.append(sa.or_(rows.queued_at >= since, rows.decided_at >= since))
            return self._read(connection, *where)

    def all(self, *, since: datetime | None = None) -> pd.DataFrame:
        """Return the deliveries of every mailing, or those queued or decided since an instant; as `results`."""
        rows = schema.deliveries.c
        with reading(self._engine) as connection:
            return self._read(
                connection, *([] if since is None else [sa.or_(rows.queued_at >= since, rows.decided_at >= since)])
            )

    def in_parts(self, mailing_id: int, *, size: int) -> Iterator[pd.DataFrame]:
        """Give what `results` says of a mailing, `size` rows at a time; the first frame is there without any row.

        Raises
        ------
        UnknownMailing
            When no mailing has this number.
        """
        rows = schema.deliveries.c
        with reading(self._engine) as connection:
            self._known(connection, mailing_id)
            first = connection.execute(
                sa.select(sa.func.min(rows.id)).where(
                    rows.practice_id == self._practice_id, rows.mailing_id == mailing_id
                )
            ).scalar()
        if first is None:
            yield self.empty()
            return
        # Spelled so that SQLite goes by the numbers: by its other keys it would sort the whole mailing for each part.
        numbers = (
            sa.select(rows.id)
            .where(
                rows.practice_id.concat("") == self._practice_id, rows.mailing_id + sa.literal_column("0") == mailing_id
            )
            .order_by(rows.id)
            .limit(size)
        )
        last = first - 1
        while True:
            with reading(self._engine) as connection:
                some = list(connection.execute(numbers.where(rows.id > last)).scalars())
                if not some:
                    return
                part = self._read(connection, rows.id.in_(some))
            yield part
            last = some[-1]

    def history(self, patient_id: str, *, deleted: bool = False) -> pd.DataFrame:
        """Return every delivery that tells about a patient, latest first, whoever received it (F109); as `results`.

        What a person took out of the history (``Keeping.bury``) is only among them with `deleted`.
        """
        rows, further = schema.deliveries.c, schema.further_patients.c
        beside = sa.select(further.delivery_id).where(
            further.practice_id == self._practice_id, further.patient_id == patient_id
        )
        # Spelled as in the index of patients, so that it is used.
        leading = sa.select(rows.id).where(
            rows.practice_id == self._practice_id,
            sa.literal_column("deliveries.patient_id <> ''"),
            rows.patient_id == patient_id,
        )
        about = [rows.id.in_(sa.union(leading, beside))]
        if not deleted:
            gone = schema.tombstones.c
            about.append(rows.id.not_in(sa.select(gone.delivery_id).where(gone.practice_id == self._practice_id)))
        with reading(self._engine) as connection:
            return self._read(connection, *about, latest_first=True, by_number=True)

    def failed(self, *, since: datetime) -> pd.DataFrame:
        """Return what was refused since an instant, in the order of queueing: as `results`, and ``settled``.

        Settled is what was tried again since, for the same purpose and step, whatever became of it.
        """
        import pandas as pd

        rows = schema.deliveries.c
        # Spelled as in the index of what failed, so that nothing else is looked at.
        refused = [rows.status == sa.literal_column("'failed'"), rows.decided_at >= since]
        with reading(self._engine) as connection:
            found = self._read(connection, *refused)
            latest = self._latest_tries(connection, found)
        keys = zip(*(found[name] for name in _TRIED), strict=True)
        settled = [latest.get(key, 0) > number for key, number in zip(keys, found["delivery_id"].tolist(), strict=True)]
        return found.assign(settled=pd.Series(settled, index=found.index, dtype="bool"))

    def settled(self, mailing_id: int) -> frozenset[int]:
        """Return the deliveries of a mailing that failed or were left out, and were tried again since as others."""
        rows = schema.deliveries.c
        undelivered = [status.value for status in (DeliveryStatus.FAILED, DeliveryStatus.SKIPPED)]
        with reading(self._engine) as connection:
            found = self._read(connection, rows.mailing_id == mailing_id, rows.status.in_(undelivered))
            latest = self._latest_tries(connection, found)
        keys = zip(*(found[name] for name in _TRIED), strict=True)
        return frozenset(
            number
            for key, number in zip(keys, found["delivery_id"].tolist(), strict=True)
            if latest.get(key, 0) > number
        )

    def sent_by_account(self, *, since: datetime) -> dict[str, int]:
        """Return how many messages left by each account since an instant; none is absent."""
        rows, account = schema.deliveries.c, schema.mailings.c.account
        query = (
            sa.select(account, sa.func.count())
            .join_from(schema.deliveries, schema.mailings, rows.mailing_id == schema.mailings.c.id)
            # Spelled as in the index of what left.
            .where(
                rows.practice_id == self._practice_id,
                rows.status == sa.literal_column("'sent'"),
                rows.decided_at >= since,
            )
            .group_by(account)
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def empty(self) -> pd.DataFrame:
        """Return a results frame without rows."""
        return with_categories(columns_of([], RESULT_DTYPES), RESULT_DTYPES, CATEGORIES)

    def sent_letter(self, delivery_id: int) -> SentLetter:
        """Return what a delivery was frozen with, and what left.

        Raises
        ------
        UnknownMailing
            When there is no such delivery.
        """
        rows, letters = schema.deliveries.c, schema.letters.c
        query = (
            sa.select(
                rows.mailing_id, rows.status, rows.template_revision_id, schema.mailings.c.account, rows.recipient,
                rows.address, rows.language, letters.content, letters.attachments, rows.token, rows.message_id,
                rows.digest, rows.dated_at, rows.sending_at, rows.letterhead_id, letters.emptied_at,
                rows.smtp_reply,
            )
            .join_from(schema.deliveries, schema.letters)
            .join(schema.mailings, schema.mailings.c.id == rows.mailing_id)
            .where(rows.practice_id == self._practice_id, rows.id == delivery_id)
        )  # fmt: skip
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownMailing(_("There is no delivery number {number}.").format(number=delivery_id))
        return SentLetter(
            delivery_id=delivery_id,
            mailing_id=row.mailing_id,
            status=DeliveryStatus(row.status),
            template_revision_id=row.template_revision_id,
            account=row.account,
            recipient=row.recipient,
            address=row.address,
            language=row.language,
            values=row.content,
            attachments=tuple(row.attachments),
            token=row.token,
            message_id=row.message_id,
            digest=row.digest,
            dated_at=row.dated_at,
            sending_at=row.sending_at,
            letterhead_id=row.letterhead_id,
            emptied_at=row.emptied_at,
            reply=row.smtp_reply,
        )

    def _known(self, connection: sa.Connection, mailing_id: int) -> None:
        table = schema.mailings.c
        query = sa.select(table.id).where(table.practice_id == self._practice_id, table.id == mailing_id)
        if connection.execute(query).first() is None:
            raise UnknownMailing(
                _("There is no mailing number {number}. See them with: workbench mailings").format(number=mailing_id)
            )

    def _latest_tries(self, connection: sa.Connection, found: pd.DataFrame) -> dict[tuple[str, ...], int]:
        """Return the latest delivery that was tried, or is to be, of the recipients of these, by `_TRIED`."""
        rows, mailings = schema.deliveries.c, schema.mailings.c
        query = (
            sa.select(
                rows.patient_id,
                rows.recipient_id,
                mailings.purpose,
                mailings.step,
                sa.func.max(rows.id).label("latest"),
            )
            .join_from(schema.deliveries, schema.mailings, rows.mailing_id == mailings.id)
            .where(rows.status.in_([status.value for status in _ATTEMPTS]))
            .group_by(rows.patient_id, rows.recipient_id, mailings.purpose, mailings.step)
        )
        patients = sorted(set(found["patient_id"]) - {""})
        of_none = found[found["patient_id"] == ""]
        latest: dict[tuple[str, ...], int] = {}
        for some in slices(patients, CHUNK):
            # Spelled as in the index of patients, so that it is used.
            theirs = query.where(
                rows.practice_id == self._practice_id,
                sa.literal_column("deliveries.patient_id <> ''"),
                rows.patient_id.in_(some),
            )
            latest |= {tuple(row[:4]): row.latest for row in connection.execute(theirs)}
        if len(of_none):
            # Rows of a table have no index: by their numbers, from the first one that was refused.
            since = query.where(
                rows.practice_id.concat("") == self._practice_id,
                rows.patient_id == "",
                rows.id >= int(of_none["delivery_id"].min()),
            )
            latest |= {tuple(row[:4]): row.latest for row in connection.execute(since)}
        return latest

    def _read(
        self,
        connection: sa.Connection,
        *where: sa.ColumnElement[bool],
        latest_first: bool = False,
        by_number: bool = False,
    ) -> pd.DataFrame:
        """Read deliveries; `by_number` says that `where` names few of them, which SQLite would not see by itself."""
        rows, mailings, revisions = schema.deliveries.c, schema.mailings.c, schema.template_revisions.c
        elsewhere: dict[str, sa.Column[Any]] = {
            "delivery_id": rows.id,
            "account": mailings.account,
            "template": mailings.template,
            "template_revision": revisions.number,
            "purpose": mailings.purpose,
            "step": mailings.step,
            "job_id": mailings.job_id,
        }
        query = (
            sa.select(*((elsewhere[name] if name in elsewhere else rows[name]).label(name) for name in RESULT_COLUMNS))
            .join_from(schema.deliveries, schema.mailings, rows.mailing_id == mailings.id)
            .join(schema.template_revisions, rows.template_revision_id == revisions.id)
            .where((rows.practice_id.concat("") if by_number else rows.practice_id) == self._practice_id, *where)
            .order_by(rows.id.desc() if latest_first else rows.id)
        )
        return read_columns(connection, query, RESULT_DTYPES, words=CATEGORIES)
