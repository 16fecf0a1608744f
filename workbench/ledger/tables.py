"""The ledger's tidy tables: mailings, deliveries, what they told of, what happened, runs; whole columns of UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from workbench.databases import reading
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.frames import (
    EVENT_COLUMNS,
    MAILING_TABLE_COLUMNS,
    RUN_COLUMNS,
    RUN_MAILING_COLUMNS,
    TOLD_COLUMNS,
)
from workbench.domain.mailings import MailingStatus
from workbench.domain.runs import RunStatus
from workbench.ledger import schema
from workbench.ledger.columns import MOMENT, columns_of, read_columns, with_categories
from workbench.ledger.overview import mailings_frame
from workbench.ledger.results import CATEGORIES, Results

if TYPE_CHECKING:
    import pandas as pd

MAILING_DTYPES = {
    **dict.fromkeys(MAILING_TABLE_COLUMNS, "string"),
    **dict.fromkeys(("mailing_id", "template_revision", *MAILING_TABLE_COLUMNS[-6:]), "int64"),
    "status": "category", "channel": "category", "opened_at": MOMENT,
}  # fmt: skip
EVENT_DTYPES = {
    **dict.fromkeys(EVENT_COLUMNS, "string"),
    **dict.fromkeys(("source", "what", "status"), "category"),
    **dict.fromkeys(("mailing_id", "delivery_id", "smtp_code"), "Int64"),
    "number": "int64", "at": MOMENT,
}  # fmt: skip
RUN_DTYPES = {
    **dict.fromkeys(RUN_COLUMNS, "string"),
    "status": "category", "started_at": MOMENT, "ended_at": MOMENT, "seconds": "float64", "mailings": "int64",
}  # fmt: skip
RUN_MAILING_DTYPES = dict(zip(RUN_MAILING_COLUMNS, ("string", "int64", MOMENT), strict=True))
TOLD_DTYPES = {
    **dict.fromkeys(TOLD_COLUMNS, "string"),
    **dict.fromkeys(("kind", "role", "channel", "status"), "category"),
    "delivery_id": "int64", "at": MOMENT, "starts_at": "datetime64[us]",
}  # fmt: skip
"""``starts_at`` as it was told, by the practice's wall clock: the practice says in which zone."""

SOURCES = ("act", "move", "delivery")
OF_DELIVERIES = ("queued", "attempted", "decided")

_RUN_WORDS = {"status": [status.value for status in RunStatus]}
_MAILING_WORDS = {"status": [status.value for status in MailingStatus], "channel": CATEGORIES["channel"]}
_rows, _mailings = schema.deliveries.c, schema.mailings.c


class Tables:
    """The tidy tables of one practice."""

    def __init__(self, engine: sa.Engine, practice_id: str, results: Results) -> None:
        self._engine = engine
        self._practice_id = practice_id
        self._results = results

    def deliveries(self, *, since: datetime | None = None) -> pd.DataFrame:
        """Return every delivery, or those queued or decided since an instant; columns as ``Results.results``."""
        return self._results.all(since=since)

    def mailings(self) -> pd.DataFrame:
        """Return every mailing, the oldest first (``MAILING_TABLE_COLUMNS``)."""
        query = (
            sa.select(_mailings.id, schema.template_revisions.c.number, _mailings.job_id, _mailings.run_id)
            .join_from(
                schema.mailings,
                schema.template_revisions,
                schema.template_revisions.c.id == _mailings.template_revision_id,
            )
            .where(_mailings.practice_id == self._practice_id)
        )
        names = ("mailing_id", "template_revision", "job_id", "run_id")
        with reading(self._engine) as connection:
            beside = read_columns(connection, query, {name: MAILING_DTYPES[name] for name in names}, words={})
        both = mailings_frame(self._engine, self._practice_id).merge(beside, on="mailing_id")
        told = both.sort_values("mailing_id", ignore_index=True)[list(MAILING_TABLE_COLUMNS)]
        told["opened_at"] = told["opened_at"].dt.as_unit("us")
        return with_categories(told, MAILING_DTYPES, _MAILING_WORDS)

    def told(self, *, kind: str = "") -> pd.DataFrame:
        """Return what messages tell of, in their order (``TOLD_COLUMNS``); of one kind of subject, if it is named.

        The rows of a practice's own tables are not among them: they are subjects of no store.
        """
        known = schema.occasions.c
        query = (
            sa.select(
                known.delivery_id, known.occasion, _rows.patient_id, known.purpose, known.step, known.role,
                known.channel, _rows.status, sa.func.coalesce(_rows.sending_at, _rows.decided_at, _rows.queued_at),
            )
            .join_from(schema.occasions, schema.deliveries, known.delivery_id == _rows.id)
            .where(
                known.practice_id == self._practice_id,
                known.occasion.startswith(f"{kind}:", autoescape=True)
                if kind
                else known.occasion.not_like("row:%"),
            )
            .order_by(known.delivery_id, known.occasion)
        )  # fmt: skip
        names = ("delivery_id", "told", "patient_id", "purpose", "step", "role", "channel", "status", "at")
        with reading(self._engine) as connection:
            frame = read_columns(connection, query, {name: TOLD_DTYPES[name] for name in names}, words=CATEGORIES)
        return _with_subjects(frame)

    def events(self, *, since: datetime | None = None) -> pd.DataFrame:
        """Return what happened, in the order of time (``EVENT_COLUMNS``)."""
        import pandas as pd

        with reading(self._engine) as connection:
            parts = [self._acts(connection, since), self._moves(connection, since)]
            parts += [self._of_deliveries(connection, what, since) for what in OF_DELIVERIES]
        there = [part for part in parts if len(part)] or parts[:1]
        frame = pd.concat(there, ignore_index=True).sort_values("at", kind="stable", ignore_index=True)
        return with_categories(frame, EVENT_DTYPES, {"source": SOURCES, "status": CATEGORIES["status"]})

    def runs(self) -> pd.DataFrame:
        """Return the runs of notebooks, the oldest first (``RUN_COLUMNS``)."""
        table, linked = schema.runs.c, schema.run_mailings.c
        theirs = (
            sa.select(sa.func.count())
            .where(linked.practice_id == table.practice_id, linked.run_id == table.id)
            .scalar_subquery()
        )
        columns: Mapping[str, sa.ColumnElement[Any]] = {
            **{name: table[name] for name in RUN_COLUMNS if name in table},
            "run_id": table.id,
            "seconds": sa.null(),
            "mailings": theirs,
            "parameters": table.parameters,
        }
        query = (
            sa.select(*(columns[name].label(name) for name in RUN_COLUMNS))
            .where(table.practice_id == self._practice_id)
            .order_by(table.started_at, table.id)
        )
        place = RUN_COLUMNS.index("parameters")
        with reading(self._engine) as connection:
            found = [
                (*row[:place], json.dumps(row[place], ensure_ascii=False, sort_keys=True))
                for row in connection.execute(query)
            ]
        frame = with_categories(columns_of(found, RUN_DTYPES), RUN_DTYPES, _RUN_WORDS)
        frame["seconds"] = (frame["ended_at"] - frame["started_at"]).dt.total_seconds()
        return frame

    def run_mailings(self) -> pd.DataFrame:
        """Return which mailings each run confirmed (``RUN_MAILING_COLUMNS``)."""
        linked = schema.run_mailings.c
        query = (
            sa.select(linked.run_id, linked.mailing_id, linked.confirmed_at)
            .where(linked.practice_id == self._practice_id)
            .order_by(linked.confirmed_at, linked.mailing_id)
        )
        with reading(self._engine) as connection:
            return read_columns(connection, query, RUN_MAILING_DTYPES, words={})

    # --- what happened ------------------------------------------------------------------------------------

    def _acts(self, connection: sa.Connection, since: datetime | None) -> pd.DataFrame:
        table = schema.acts.c
        where = [table.practice_id == self._practice_id, *([] if since is None else [table.at >= since])]
        frame = self._events(
            connection,
            "act",
            where,
            {"number": table.id, "what": table.what, "at": table.at, "by": table.by, "object": table.object},
        )
        for name in ("mailing", "delivery"):
            number = frame["object"].str.extract(rf"^{name}:(\d{{1,18}})$", expand=False)
            frame[f"{name}_id"] = number.astype("Int64")
        about = frame["object"].str.startswith("patient:")
        frame["patient_id"] = frame["object"].str.removeprefix("patient:").where(about, "").astype("string")
        return frame

    def _moves(self, connection: sa.Connection, since: datetime | None) -> pd.DataFrame:
        table = schema.mailing_moves.c
        where = [table.practice_id == self._practice_id, *([] if since is None else [table.at >= since])]
        told = {
            "number": table.id, "what": table.new, "at": table.at, "by": table.by, "mailing_id": table.mailing_id,
            "reason": table.reason,
        }  # fmt: skip
        return self._events(connection, "move", where, told)

    def _of_deliveries(self, connection: sa.Connection, what: str, since: datetime | None) -> pd.DataFrame:
        at = {"queued": _rows.queued_at, "attempted": _rows.sending_at, "decided": _rows.decided_at}[what]
        told: dict[str, sa.ColumnElement[Any]] = {
            "number": _rows.id, "what": sa.literal(what), "at": at, "mailing_id": _rows.mailing_id,
            "delivery_id": _rows.id, "patient_id": _rows.patient_id,
        }  # fmt: skip
        if what == "queued":
            told["status"] = sa.literal(DeliveryStatus.PENDING.value)
        else:
            told["by"] = _rows.sent_by
        if what == "attempted":
            told["status"] = sa.literal(DeliveryStatus.SENDING.value)
        if what == "decided":
            told |= {"status": _rows.status, "reason": _rows.reason, "smtp_code": _rows.smtp_code}
        where = [_rows.practice_id == self._practice_id, at.is_not(None), *([] if since is None else [at >= since])]
        return self._events(connection, "delivery", where, told)

    def _events(
        self,
        connection: sa.Connection,
        source: str,
        where: list[sa.ColumnElement[bool]],
        told: Mapping[str, sa.ColumnElement[Any]],
    ) -> pd.DataFrame:
        import pandas as pd

        # Categories and columns that tell nothing here are made afterwards: they need not be read.
        dtypes = {name: "string" if EVENT_DTYPES[name] == "category" else EVENT_DTYPES[name] for name in told}
        query = sa.select(*(column.label(name) for name, column in told.items())).where(*where).order_by(told["number"])
        frame = read_columns(connection, query, dtypes, words={})
        nothing = {"Int64": pd.NA, "string": "", "category": source}
        for name in EVENT_COLUMNS:
            if name not in frame:
                dtype = EVENT_DTYPES[name]
                value = source if name == "source" else pd.NA if name == "status" else nothing[dtype]
                frame[name] = pd.Series(value, index=frame.index, dtype="string" if dtype == "category" else dtype)
        return frame[list(EVENT_COLUMNS)]


def _with_subjects(frame: pd.DataFrame) -> pd.DataFrame:
    """Take what is told apart: the kind of the subject, its key, and what is said of it."""
    import pandas as pd

    whole = frame["told"]
    parts = whole.str.extract(r"^(?P<kind>[^:@]*):(?P<subject_id>.*?)(?:@(?P<told>[^@]*))?$")
    for name in ("kind", "subject_id", "told"):
        frame[name] = parts[name].fillna("").astype("string")
    for kind in ("appointment", "invoice"):
        frame[f"{kind}_id"] = frame["subject_id"].where(frame["kind"] == kind, "").astype("string")
    starts = frame["told"].where(frame["kind"] == "appointment")
    frame["starts_at"] = pd.to_datetime(starts.astype("object"), format="%Y-%m-%dT%H:%M", errors="coerce").astype(
        "datetime64[us]"
    )
    return with_categories(frame[list(TOLD_COLUMNS)].copy(), TOLD_DTYPES, CATEGORIES)
