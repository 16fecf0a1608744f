"""What is kept of messages: taken out of a history, emptied when it is time, forgotten with a patient (F15, F16, F109).

The proof stays in every case: that a message of an email type left on a day, its Message-ID and the SHA-256 of its
bytes. What goes is what it said and, with a patient, to whom.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import alone, reading, writing
from workbench.domain.deliveries import DeliveryStatus, NewDelivery
from workbench.domain.identities import Identity
from workbench.domain.keeping import KEPT_BARE, RETRY, Forgotten, Tombstone, reason_given
from workbench.errors import BadValue, UnknownMailing
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.emptying import empty_letters, overwriting
from workbench.ledger.enqueueing import CHUNK, slices
from workbench.ledger.forgetting import forget
from workbench.ledger.kept_files import unkept_letterheads, unneeded_files

if TYPE_CHECKING:
    import pandas as pd

_S = DeliveryStatus
_rows, _letters = schema.deliveries.c, schema.letters.c

STANDING_DTYPES = {
    "previous_id": "Int64", "emptied_at": "datetime64[us, UTC]", "deleted_at": "datetime64[us, UTC]",
    "deleted_by": "string", "deleted_reason": "string",
}  # fmt: skip
"""The columns of `Keeping.standing`, with their dtypes."""


class Keeping:
    """What one practice keeps of its messages."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    # --- the history ------------------------------------------------------------------------------------

    def bury(self, delivery_id: int, *, reason: str, by: str, now: datetime) -> bool:
        """Take a message out of the history of its patients, journalled; tells whether it stood there.

        The delivery itself stays: in the results, and as what was told.

        Raises
        ------
        BadValue
            Without a reason.
        UnknownMailing
            When there is no such delivery.
        """
        said = reason_given(reason)
        if not said:
            raise BadValue(_("Say why it is taken out of the history."))
        table = schema.tombstones
        with writing(self._engine) as connection:
            alone(connection, f"tombstones:{self._practice_id}")
            self._known(connection, delivery_id)
            mine = [table.c.practice_id == self._practice_id, table.c.delivery_id == delivery_id]
            if connection.execute(sa.select(table.c.at).where(*mine)).first() is not None:
                return False
            connection.execute(
                table.insert(),
                {"practice_id": self._practice_id, "delivery_id": delivery_id, "at": now, "by": by, "reason": said},
            )
            self._act(connection, "history_deleted", f"delivery:{delivery_id}", by=by, now=now, details={})
        return True

    def unbury(self, delivery_id: int, *, by: str, now: datetime) -> bool:
        """Put a message back into the history of its patients, journalled; tells whether it had been taken out."""
        table = schema.tombstones
        with writing(self._engine) as connection:
            done = connection.execute(
                table.delete().where(table.c.practice_id == self._practice_id, table.c.delivery_id == delivery_id)
            )
            if done.rowcount:
                self._act(connection, "history_restored", f"delivery:{delivery_id}", by=by, now=now, details={})
        return bool(done.rowcount)

    def tombstone(self, delivery_id: int) -> Tombstone | None:
        """Return who took a message out of the history, when and why; nothing where nobody did."""
        table = schema.tombstones.c
        query = sa.select(table.at, table.by, table.reason).where(
            table.practice_id == self._practice_id, table.delivery_id == delivery_id
        )
        with reading(self._engine) as connection:
            found = connection.execute(query).one_or_none()
        return None if found is None else Tombstone(delivery_id=delivery_id, at=found[0], by=found[1], reason=found[2])

    def frozen(self, delivery_id: int) -> NewDelivery:
        """Return a delivery as its list was frozen, to be sent once more; ``reason`` is why it did not leave, if so.

        Raises
        ------
        UnknownMailing
            When there is no such delivery.
        """
        further = schema.further_patients.c
        query = (
            sa.select(
                _rows.recipient_id, _rows.addressee_key, _rows.role, _rows.channel, _rows.recipient, _rows.address,
                _rows.language, _rows.reason, _rows.patient_id, _rows.appointment_id, _rows.invoice_id,
                _rows.practitioner_id, _rows.expires_at, _rows.template_revision_id, _rows.previous_id,
                _letters.content.label("values"), _letters.attachments, _letters.occasions,
            )
            .join_from(schema.deliveries, schema.letters)
            .where(_rows.practice_id == self._practice_id, _rows.id == int(delivery_id))
        )  # fmt: skip
        beside = sa.select(further.patient_id).where(
            further.practice_id == self._practice_id, further.delivery_id == int(delivery_id)
        )
        with reading(self._engine) as connection:
            found = connection.execute(query).one_or_none()
            if found is None:
                raise _unknown(delivery_id)
            others = sorted(connection.execute(beside).scalars())
        lists = {name: tuple(getattr(found, name)) for name in ("attachments", "occasions")}
        return NewDelivery(**{**found._mapping, **lists, "patients": tuple(others)})  # noqa: SLF001 - its documented way

    def repetitions(self, delivery_id: int) -> list[int]:
        """Return the deliveries that repeat this one on purpose, the first one first."""
        mailings, own = schema.mailings.c, schema.deliveries.alias().c
        # In the same mailing, or in one that was made for it: the ledger is read by mailing.
        where = [
            sa.select(own.mailing_id).where(own.id == int(delivery_id)),
            sa.select(mailings.id).where(
                mailings.practice_id == self._practice_id, mailings.key.startswith(f"again:{int(delivery_id)}:")
            ),
        ]
        query = sa.select(_rows.id).where(
            _rows.practice_id == self._practice_id,
            _rows.mailing_id.in_(sa.union(*where)),
            _rows.previous_id == int(delivery_id),
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(_rows.id)).scalars())

    def standing(self, delivery_ids: Collection[int]) -> pd.DataFrame:
        """Return what a history tells of deliveries beside their results.

        Returns
        -------
        DataFrame
            Index ``delivery_id``, in the order asked; ``previous_id`` (the delivery that this one repeats),
            ``emptied_at``, and ``deleted_at deleted_by deleted_reason`` of what was taken out of the history.
        """
        import pandas as pd

        table = schema.tombstones
        query = (
            sa.select(_rows.id, _rows.previous_id, _letters.emptied_at, table.c.at, table.c.by, table.c.reason)
            .join_from(schema.deliveries, schema.letters)
            .outerjoin(table, sa.and_(table.c.delivery_id == _rows.id, table.c.practice_id == _rows.practice_id))
        )
        found: dict[int, Sequence[Any]] = {}
        with reading(self._engine) as connection:
            for some in slices(list(map(int, delivery_ids)), CHUNK):
                mine = query.where(_rows.practice_id == self._practice_id, _rows.id.in_(some))
                found |= {row[0]: tuple(row[1:]) for row in connection.execute(mine)}
        numbers = [one for one in delivery_ids if one in found]
        columns = list(zip(*(found[one] for one in numbers), strict=True)) or [()] * len(STANDING_DTYPES)
        made: dict[str, Any] = {}
        for (name, dtype), values in zip(STANDING_DTYPES.items(), columns, strict=True):
            if dtype.startswith("datetime64"):
                moments = pd.to_datetime(pd.Series(values, dtype="object"), utc=True)
                made[name] = moments.astype(pd.DatetimeTZDtype("us", "UTC")).array
            else:
                plain = ["" if one is None and dtype == "string" else one for one in values]
                made[name] = pd.Series(plain, dtype="object").astype(dtype).array  # type: ignore[call-overload]
        return pd.DataFrame(made, index=pd.Index(numbers, name="delivery_id", dtype="int64"))

    # --- emptied when it is time ------------------------------------------------------------------------

    def tidy(self, *, mailing_id: int | None = None, now: datetime) -> int:
        """Empty what was decided of those who said that messages are not kept; returns how many (F15).

        A failed message keeps its content for `domain.keeping.RETRY`: it may be tried again until then. An uncertain
        one keeps it until somebody settled it.

        Parameters
        ----------
        mailing_id
            Only of this mailing.
        """
        unkept = unkept_letterheads(self._engine, self._practice_id, "keep_messages")
        if not unkept:
            return 0
        bare = _rows.status.in_([status.value for status in KEPT_BARE])
        failed = sa.and_(_rows.status == _S.FAILED.value, _rows.decided_at <= now - RETRY)
        where = [_rows.letterhead_id.in_(sorted(unkept)), sa.or_(bare, failed)]
        if mailing_id is not None:
            where.append(_rows.mailing_id == mailing_id)
        return self._empty(where, now=now)

    def retire(self, *, before: datetime, by: str, now: datetime) -> int:
        """Empty every message that was decided before an instant, journalled; returns how many (F109)."""
        decided = [status.value for status in (*KEPT_BARE, _S.FAILED)]
        mailings = schema.mailings.c
        # Few mailings are that old, and the ledger is read by mailing: the others need not be looked through.
        old = sa.select(mailings.id).where(mailings.practice_id == self._practice_id, mailings.opened_at < before)
        where = [_rows.mailing_id.in_(old), _rows.status.in_(decided), _rows.decided_at < before]
        count = self._empty(where, now=now)
        if count:
            with writing(self._engine) as connection:
                details = {"messages": count, "before": before.isoformat()}
                self._act(connection, "history_emptied", "ledger", by=by, now=now, details=details)
        return count

    def keeps_everything(self) -> bool:
        """Tell whether nobody ever said that messages or their files are not to be kept."""
        return not any(
            unkept_letterheads(self._engine, self._practice_id, option)
            for option in ("keep_messages", "keep_attachments")
        )

    def unneeded_files(self, numbers: Collection[int] | None = None, *, also: Collection[str] = ()) -> set[str]:
        """Return the kept files that went with messages and that nothing needs any more, by name (F16).

        Names and hashes stay in the ledger. What waits, is uncertain or failed needs its files; so do email types,
        signatures, what somebody is preparing, and every message whose content and files are kept.

        Parameters
        ----------
        numbers
            Only those that went with these deliveries.
        also
            Further kept files, which may have gone with no message at all.
        """
        return unneeded_files(self._engine, self._practice_id, numbers, also=also)

    def _empty(self, where: Sequence[sa.ColumnElement[bool]], *, now: datetime) -> int:
        full = (
            sa.select(_rows.id)
            .join_from(schema.deliveries, schema.letters)
            .where(_rows.practice_id == self._practice_id, _letters.emptied_at.is_(None), *where)
            .order_by(_rows.id)
        )
        with reading(self._engine) as connection:  # eight bytes each, of a list as long as it may be
            numbers = array("q", connection.execute(full.execution_options(yield_per=1000)).scalars())
        count = 0
        for some in slices(numbers, CHUNK):
            with writing(self._engine) as connection:
                overwriting(connection)
                # Whoever queues the list again writes these very rows: what it reopened meanwhile is not emptied.
                alone(connection, f"deliveries:{self._practice_id}")
                held = full.where(_rows.id.in_(some)).with_for_update(of=schema.deliveries, skip_locked=True)
                found = list(connection.execute(held).scalars())
                empty_letters(connection, self._practice_id, found, now=now)
                count += len(found)
        return count

    # --- forgotten with a patient -------------------------------------------------------------------------

    def forget(self, patient: Identity, *, reason: str = "", by: str, now: datetime) -> Forgotten:
        """Forget what was written about a patient and to whom, journalled; the bare proof stays.

        What still waits is cancelled first. Contents are emptied, names, addresses and servers' words taken away, also
        where a key of a table's row, what a mailing or an ended run was asked with, or a reason repeats them. Opt-outs
        stay: they protect. Saved searches and jobs stay, too: somebody uses them.

        Parameters
        ----------
        patient
            As the patient's file tells of them; the deliveries hold further addresses and names.

        Raises
        ------
        BadValue
            Without a reason.
        ForbiddenMove
            When a message about the patient is leaving at this moment; nothing was changed.
        """
        return forget(self._engine, self._practice_id, patient, reason=reason, by=by, now=now)

    # --- what all of it shares ------------------------------------------------------------------------------

    def _known(self, connection: sa.Connection, delivery_id: int) -> None:
        query = sa.select(_rows.id).where(_rows.practice_id == self._practice_id, _rows.id == delivery_id)
        if connection.execute(query).first() is None:
            raise _unknown(delivery_id)

    def _act(
        self, connection: sa.Connection, what: str, about: str, *, by: str, now: datetime, details: dict[str, Any]
    ) -> None:
        write_act(connection, self._practice_id, what, about, by=by, now=now, details=details)


def _unknown(delivery_id: int) -> UnknownMailing:
    return UnknownMailing(_("There is no delivery number {number}.").format(number=delivery_id))
