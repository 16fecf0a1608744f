"""What is kept of messages: taken out of a history, emptied when it is time, forgotten with a patient (F15, F16, F109).

The proof stays in every case: that a message of an email type left on a day, its Message-ID and the SHA-256 of its
bytes. What goes is what it said and, with a patient, to whom.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from array import array
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import alone, reading, sqlite_path, writing
from workbench.domain.deliveries import OPEN, DeliveryStatus, NewDelivery
from workbench.domain.identities import Identity
from workbench.domain.keeping import KEPT_BARE, RETRY, Forgotten, Tombstone, reason_given, without_words
from workbench.domain.mailings import TRIAL, trial_of
from workbench.errors import BadValue, ForbiddenMove, UnknownMailing
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act
from workbench.ledger.drafts import forget_in_drafts
from workbench.ledger.enqueueing import CHUNK, slices
from workbench.ledger.forgetting import forget_in_decisions, forget_in_runs
from workbench.ledger.senders import cancel_rows

if TYPE_CHECKING:
    import pandas as pd

_S = DeliveryStatus
_rows, _letters = schema.deliveries.c, schema.letters.c
_SHORTEST_WORD = 3
"""Letters of a name's word below which a key that holds it tells of nobody."""

_DIGEST = re.compile("[0-9a-f]{64}")
"""By what a kept file is named, wherever a text or a list names it."""

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
        unkept = self._letterheads("keep_messages")
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
        return not (self._letterheads("keep_messages") or self._letterheads("keep_attachments"))

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
        unkept = self._letterheads("keep_attachments")
        waiting = {status.value for status in (*OPEN, _S.IN_DOUBT, _S.FAILED)}
        query = (
            sa.select(
                _rows.id, _rows.status, _rows.letterhead_id, _letters.emptied_at,
                sa.cast(_letters.attachments, sa.Text).label("attachments"),
            )
            .join_from(schema.deliveries, schema.letters)
            .where(_rows.practice_id == self._practice_id, sa.cast(_letters.attachments, sa.Text) != "[]")
            .execution_options(yield_per=1000)
        )  # fmt: skip
        needed, gone = self._named_elsewhere(), {*also}
        chosen = None if numbers is None else set(numbers)
        lists: dict[str, list[str]] = {}
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                files = lists.setdefault(row.attachments, [])
                if not files:
                    files += json.loads(row.attachments)
                emptied = row.emptied_at is not None
                if not emptied and (row.status in waiting or row.letterhead_id not in unkept):
                    needed.update(files)
                elif chosen is None or row.id in chosen:
                    gone.update(files)
        prepared = self._named_in_drafts()
        return {name for name in gone - needed if name.partition("/")[0] not in prepared}

    def _named_in_drafts(self) -> set[str]:
        """Return the digests of all that drafts name: files to go with a message, and pictures that a text shows."""
        table = schema.drafts.c
        query = sa.select(sa.cast(table.content, sa.Text)).where(table.practice_id == self._practice_id)
        with reading(self._engine) as connection:
            return {digest for content in connection.execute(query).scalars() for digest in _DIGEST.findall(content)}

    def _named_elsewhere(self) -> set[str]:
        """Return the files that email types, signatures and letterheads name; those of one message are its own."""
        templates, revisions = schema.templates, schema.template_revisions
        contents = [
            sa.select(revisions.c.content).join(templates).where(
                templates.c.practice_id == self._practice_id, templates.c.one_off.is_(sa.false())
            ),
            *(
                sa.select(table.c.content).where(table.c.practice_id == self._practice_id)
                for table in (schema.signatures, schema.letterheads)
            ),
        ]  # fmt: skip
        named: set[str] = set()
        with reading(self._engine) as connection:
            for query in contents:
                for content in connection.execute(query).scalars():
                    named.update(content.get("attachments", ()), content.get("pictures", ()))
        return named

    def _letterheads(self, option: str) -> set[int]:
        """Return the letterheads that say no to an option."""
        table = schema.letterheads.c
        query = sa.select(table.id, table.content).where(table.practice_id == self._practice_id)
        with reading(self._engine) as connection:
            return {row.id for row in connection.execute(query) if not row.content.get(option, True)}

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
                _overwriting(connection)
                # Whoever queues the list again writes these very rows: what it reopened meanwhile is not emptied.
                alone(connection, f"deliveries:{self._practice_id}")
                held = full.where(_rows.id.in_(some)).with_for_update(of=schema.deliveries, skip_locked=True)
                found = list(connection.execute(held).scalars())
                self._empty_letters(connection, found, now=now)
                count += len(found)
        return count

    def _empty_letters(self, connection: sa.Connection, numbers: Sequence[int], *, now: datetime) -> None:
        for some in slices(numbers, CHUNK):
            mine = [_letters.delivery_id.in_(some), _letters.emptied_at.is_(None)]
            connection.execute(schema.letters.update().where(*mine), {"content": {}, "emptied_at": now})
            self._empty_one_offs(connection, some)

    def _empty_one_offs(self, connection: sa.Connection, numbers: Sequence[int]) -> None:
        """Empty the texts that were written for these messages alone, once no message needs them: they are the message.

        They are found by the mailings that were made of them.
        """
        templates, revisions, mailings = schema.templates, schema.template_revisions, schema.mailings
        theirs = (
            sa.select(templates.c.id, templates.c.path)
            .distinct()
            .join_from(schema.deliveries, revisions, _rows.template_revision_id == revisions.c.id)
            .join(templates, templates.c.id == revisions.c.template_id)
            .where(_rows.id.in_(numbers), templates.c.one_off.is_(sa.true()))
        )
        for template_id, path in connection.execute(theirs).all():
            full = (
                sa.select(_rows.id)
                .join_from(mailings, schema.deliveries, _rows.mailing_id == mailings.c.id)
                .join(schema.letters, _letters.delivery_id == _rows.id)
                .where(
                    mailings.c.practice_id == self._practice_id,
                    mailings.c.template == path,
                    _rows.practice_id == self._practice_id,
                    _letters.emptied_at.is_(None),
                )
                .limit(1)
            )
            if connection.execute(full).first() is not None:
                continue
            query = sa.select(revisions.c.id, revisions.c.content).where(revisions.c.template_id == template_id)
            for number, content in connection.execute(query).all():
                bare = {**content, "subject": "", "html": "", "text": None}
                connection.execute(revisions.update().where(revisions.c.id == number), {"content": bare, "digest": ""})

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
        said, patient_id = reason_given(reason), patient.patient_id
        if not said:
            raise BadValue(_("Say why the patient is erased."))
        further = schema.further_patients.c
        beside = sa.select(further.delivery_id).where(
            further.practice_id == self._practice_id, further.patient_id == patient_id
        )
        trials = sa.select(schema.mailings.c.id).where(
            schema.mailings.c.practice_id == self._practice_id,
            schema.mailings.c.key.startswith(TRIAL, autoescape=True),
            schema.mailings.c.key.contains(trial_of(patient_id), autoescape=True),
        )
        own = sa.or_(_rows.patient_id == patient_id, _rows.addressee_key == f"patient:{patient_id}")
        query = (
            sa.select(
                _rows.id, _rows.status, _rows.sender_id, _rows.recipient_id, _rows.addressee_key, _rows.recipient,
                _rows.address, _rows.message_id, _rows.mailing_id, own.label("own"),
            )
            .where(
                _rows.practice_id == self._practice_id,
                sa.or_(own, _rows.id.in_(beside), _rows.mailing_id.in_(trials)),
            )
            .order_by(_rows.id)
            .with_for_update()
        )  # fmt: skip
        with writing(self._engine) as connection:
            _overwriting(connection)
            alone(connection, f"deliveries:{self._practice_id}")
            found = connection.execute(query).all()
            if any(row.status == _S.SENDING or row.sender_id is not None for row in found):
                raise ForbiddenMove(
                    _("A message about patient {number} is leaving at this moment. Try again in a minute.").format(
                        number=patient_id
                    )
                )
            numbers = [row.id for row in found]
            cancelled = sum(cancel_rows(connection, [_rows.id.in_(some)], now=now) for some in slices(numbers, CHUNK))
            self._empty_letters(connection, numbers, now=now)
            hidden = {*patient.words}
            for row in found:
                hidden |= {row.address, *row.recipient.split()} if row.own else set()
            names = {word.casefold() for word in hidden if len(word) >= _SHORTEST_WORD}
            for row in found:
                if row.own:
                    self._take_names_away(connection, row, names)
            for mailing_id in sorted({row.mailing_id for row in found}):
                self._blank_definition(connection, mailing_id, names)
                forget_in_decisions(connection, self._practice_id, mailing_id, names)
            self._blank_tombstones(connection, numbers)
            theirs = [row for row in found if row.own]
            told = patient.also(addresses=[row.address for row in theirs], names=[row.recipient for row in theirs])
            drafts = forget_in_drafts(connection, self._practice_id, told)
            forget_in_runs(connection, self._practice_id, told)
            self._act(
                connection, "patient_erased", f"patient:{patient_id}", by=by, now=now,
                details={
                    "deliveries": len(numbers),
                    "cancelled": cancelled,
                    "drafts": drafts,
                    "reason": without_words(said, names),
                },
            )  # fmt: skip
        return Forgotten(
            deliveries=len(numbers),
            cancelled=cancelled,
            drafts=drafts,
            numbers=tuple(numbers),
            proofs=tuple(row.message_id for row in found if row.message_id),
            compact=self.compact(),
        )

    def compact(self) -> bool:
        """Write a SQLite file anew, so that nothing that was taken away is left in its unused parts; tells whether.

        A server does so by itself (PostgreSQL's autovacuum). It is not done while another program writes.
        """
        if sqlite_path(self._engine.url) is None:
            return True
        with contextlib.closing(self._engine.raw_connection()) as connection:
            try:
                connection.cursor().execute("VACUUM")
                busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError:
                return False
        return not busy

    def _take_names_away(self, connection: sa.Connection, row: Any, names: Collection[str]) -> None:
        changed: dict[str, Any] = {"recipient": "", "address": "", "smtp_reply": ""}
        if _names_somebody(row.recipient_id, names) or _names_somebody(row.addressee_key, names):
            # The number keeps the key unique; nobody can be found by it any more.
            changed |= {"recipient_id": f"erased:{row.id}", "addressee_key": f"erased:{row.id}"}
            occasions = schema.occasions
            connection.execute(occasions.delete().where(occasions.c.delivery_id == row.id))
            connection.execute(schema.letters.update().where(_letters.delivery_id == row.id), {"occasions": []})
        connection.execute(schema.deliveries.update().where(_rows.id == row.id), changed)

    def _blank_definition(self, connection: sa.Connection, mailing_id: int, names: Collection[str]) -> None:
        """Blank what a mailing was asked with where it names somebody; its identity, a digest, stays."""
        table = schema.mailings.c
        definition = connection.execute(sa.select(table.definition).where(table.id == mailing_id)).scalar_one()
        blanked = dict(definition)
        for part in ("parameters", "values"):
            asked: Mapping[str, Any] = definition.get(part) or {}
            if asked:
                blanked[part] = {name: "…" if _holds(str(value), names) else value for name, value in asked.items()}
        if blanked != definition:
            connection.execute(schema.mailings.update().where(table.id == mailing_id), {"definition": blanked})

    def _blank_tombstones(self, connection: sa.Connection, numbers: Sequence[int]) -> None:
        table = schema.tombstones
        for some in slices(numbers, CHUNK):
            mine = [table.c.practice_id == self._practice_id, table.c.delivery_id.in_(some)]
            connection.execute(table.update().where(*mine), {"reason": "…"})

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


def _overwriting(connection: sa.Connection) -> None:
    """Have SQLite write zeros over what is taken away, instead of leaving it in the file."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _names_somebody(key: str, names: Collection[str]) -> bool:
    """Tell whether a recipient's key, which a practice's own table may have given, holds a name or an address."""
    kind, _colon, rest = key.partition(":")
    return kind == "row" and ("@" in rest or _holds(rest, names))


def _holds(text: str, names: Collection[str]) -> bool:
    plain = text.casefold()
    return any(name in plain for name in names)
