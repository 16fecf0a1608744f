"""Opt-outs: who does not want which messages. Recorded in one gesture, read again at each claimed batch (P13)."""

from __future__ import annotations

from datetime import datetime
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from workbench.addresses import address_key
from workbench.databases import reading, writing
from workbench.domain.objections import OBJECTION_COLUMNS, OPTED_OUT, Objections, Selves
from workbench.errors import BadValue
from workbench.language import _
from workbench.ledger import schema
from workbench.ledger.acts import write_act

if TYPE_CHECKING:
    import pandas as pd


class StandingOptOuts(NamedTuple):
    """The ledger's opt-outs at one moment, and the mark by which a later one is recognised as the same."""

    mark: tuple[object, ...]
    objections: Objections


class OptOuts:
    """The opt-outs of one practice, by patient or by address."""

    def __init__(self, engine: sa.Engine, practice_id: str) -> None:
        self._engine = engine
        self._practice_id = practice_id

    def opt_out(
        self,
        *,
        patient_id: str = "",
        address: str = "",
        channel: str = "email",
        purpose: str = "",
        source: str = "",
        by: str,
        now: datetime,
    ) -> None:
        """Record that somebody does not want messages; recording it twice is recording it once.

        Parameters
        ----------
        patient_id, address
            Who: a file number, an address, or both (either one then stops a message).
        channel, purpose
            What: ``""`` means every one.
        source
            Where it was said: ``desk``, ``phone``, ``reply``, ``import`` …

        Raises
        ------
        BadValue
            When nobody is named.
        """
        key = self._key(patient_id, address, channel, purpose)
        with writing(self._engine) as connection:
            if connection.execute(sa.select(schema.opt_outs.c.id).where(*self._standing(**key)).limit(1)).first():
                return
            connection.execute(
                schema.opt_outs.insert(),
                {"practice_id": self._practice_id, **key, "source": source, "at": now, "by": by},
            )
            self._act(connection, "opt_out", patient_id, channel, purpose, by, now)

    def withdraw(
        self,
        *,
        patient_id: str = "",
        address: str = "",
        channel: str = "email",
        purpose: str = "",
        by: str,
        now: datetime,
    ) -> bool:
        """Take an opt-out back, exactly as it was recorded; tells whether there was one. Its history stays."""
        key = self._key(patient_id, address, channel, purpose)
        with writing(self._engine) as connection:
            done = connection.execute(
                schema.opt_outs.update().where(*self._standing(**key)), {"withdrawn_at": now, "withdrawn_by": by}
            )
            if done.rowcount:
                self._act(connection, "opt_out_withdrawn", patient_id, channel, purpose, by, now)
        return bool(done.rowcount)

    def history(self, *, patient_id: str, address: str) -> pd.DataFrame:
        """Return every opt-out of a patient, or of an address, and its withdrawal: at channel purpose state source by.

        ``at`` is UTC, the rest text; ``state`` is *opted_out* or *withdrawn*.
        """
        import pandas as pd

        table = schema.opt_outs.c
        whose = [table.patient_id == patient_id] if patient_id else []
        whose += [table.address == address_key(address)] if address else []
        with reading(self._engine) as connection:
            found = connection.execute(
                sa.select(schema.opt_outs).where(table.practice_id == self._practice_id, sa.or_(*whose))
            ).all()
        told = [(row.at, row.channel, row.purpose, OPTED_OUT, row.source, row.by) for row in found]
        told += [
            (row.withdrawn_at, row.channel, row.purpose, "withdrawn", row.source, row.withdrawn_by)
            for row in found
            if row.withdrawn_at is not None
        ]
        frame = pd.DataFrame(sorted(told), columns=["at", "channel", "purpose", "state", "source", "by"])
        texts = dict.fromkeys(frame.columns[1:], "string")
        return frame.astype({"at": "datetime64[us, UTC]", **texts})

    def objections(self) -> pd.DataFrame:
        """Return the opt-outs that stand, with the columns of ``PatientStore.objections`` (all of dtype string)."""
        import pandas as pd

        with reading(self._engine) as connection:
            rows = connection.execute(self._rows().order_by(schema.opt_outs.c.id)).all()
        return pd.DataFrame([tuple(row) for row in rows], columns=list(OBJECTION_COLUMNS), dtype="string")

    def standing(
        self, connection: sa.Connection, known: StandingOptOuts | None = None, *, selves: Selves | None = None
    ) -> StandingOptOuts:
        """Return the opt-outs as they are inside this very transaction; `known` itself when nothing changed since.

        Rows are only ever added or withdrawn, so the newest number and the count of withdrawn ones tell. `selves`
        is ``PatientStore.selves``: whoever opted out by file number does so as somebody's guardian too.
        """
        table = schema.opt_outs.c
        mark = tuple(
            connection.execute(
                sa.select(sa.func.max(table.id), sa.func.count(table.withdrawn_at)).where(
                    table.practice_id == self._practice_id
                )
            ).one()
        )
        if known is not None and known.mark == mark:
            return known
        rows = connection.execute(self._rows()).all()
        columns = dict(zip(OBJECTION_COLUMNS, zip(*rows, strict=True) if rows else repeat(()), strict=False))
        return StandingOptOuts(mark, Objections.from_frame(columns, selves=selves, mailbox=address_key))

    def _rows(self) -> sa.Select[Any]:
        table = schema.opt_outs.c
        return sa.select(
            table.patient_id, table.address, table.channel, table.purpose, sa.literal(OPTED_OUT).label("reason")
        ).where(table.practice_id == self._practice_id, table.withdrawn_at.is_(None))

    def _key(self, patient_id: str, address: str, channel: str, purpose: str) -> dict[str, str]:
        if not patient_id and not address.strip():
            raise BadValue(_("Say who does not want messages: a patient's file number or an address."))
        return {"patient_id": patient_id, "address": address_key(address), "channel": channel, "purpose": purpose}

    def _standing(self, **key: str) -> list[sa.ColumnElement[bool]]:
        table = schema.opt_outs.c
        return [
            table.practice_id == self._practice_id,
            table.withdrawn_at.is_(None),
            *(table[name] == value for name, value in key.items()),
        ]

    def _act(
        self, connection: sa.Connection, what: str, patient_id: str, channel: str, purpose: str, by: str, now: datetime
    ) -> None:
        # An address does not enter the journal of acts (P12): the opt-out itself holds it.
        about = f"patient:{patient_id}" if patient_id else "address"
        write_act(
            connection,
            self._practice_id,
            what,
            about,
            by=by,
            now=now,
            details={"channel": channel, "purpose": purpose},
        )
