"""The tables of the ledger: the one source of truth on what was sent (DESIGN 3).

Conventions, true for every table:

* each row and each key begins with ``practice_id`` (DESIGN 8.12);
* instants are UTC (DESIGN 8.13); on SQLite they are texts that sort by time;
* the patient store's keys (file numbers, appointments) are kept as the texts they are there, never as row numbers;
* an absent text is ``""`` and not NULL, so that keys built of texts stay unique.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import JSON, BigInteger, DateTime, TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, in UTC on both sides."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse an instant without a zone: nobody could tell which hour it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant of the ledger needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the zone back, which SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers its rows by itself only when the key is spelled INTEGER.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[Any]:
    return Column("id", _NUMBER, primary_key=True, autoincrement=True)


def _practice() -> Column[Any]:
    return Column("practice_id", Text, nullable=False)


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default="")


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=nullable)


acts = Table(
    "acts", metadata,
    _id(), _practice(), _instant("at"), _text("by"), _text("what"), _text("object"),
    Column("details", JSON, nullable=False),
    Index(None, "practice_id", "object"),
    Index(None, "practice_id", "what", "id", "at"),
)  # fmt: skip
"""Who did what, when, to which object; rows are only ever added."""

templates = Table(
    "templates", metadata,
    _id(), _practice(), _text("path"),
    Column("current", Integer, nullable=False),
    _instant("archived_at", nullable=True),
    Column("one_off", Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
    UniqueConstraint("practice_id", "path"),
)  # fmt: skip

template_revisions = Table(
    "template_revisions", metadata,
    _id(), _practice(),
    Column("template_id", ForeignKey("templates.id"), nullable=False),
    Column("number", Integer, nullable=False),
    _text("digest"),
    Column("content", JSON, nullable=False),
    _instant("saved_at"), _text("saved_by"),
    UniqueConstraint("template_id", "number"),
)  # fmt: skip
"""What a template said at each of its revisions; never changed, never deleted (DESIGN 8.6)."""

accounts = Table(
    "accounts", metadata,
    Column("practice_id", Text, primary_key=True), Column("name", Text, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("is_default", Boolean(create_constraint=False), nullable=False),
    _instant("saved_at"), _text("saved_by"),
)  # fmt: skip
"""Where messages leave from; never a password (P12)."""

opt_outs = Table(
    "opt_outs", metadata,
    _id(), _practice(), _text("patient_id"), _text("address"), _text("channel"), _text("purpose"), _text("source"),
    _instant("at"), _text("by"), _instant("withdrawn_at", nullable=True), _text("withdrawn_by"),
    CheckConstraint("patient_id <> '' OR address <> ''", name="somebody"),
    Index(None, "practice_id", "patient_id"),
    Index(None, "practice_id", "address"),
)  # fmt: skip
"""Who does not want which messages (DESIGN 8.12); a withdrawn one is kept as its history. Addresses are normalised."""

mailings = Table(
    "mailings", metadata,
    _id(), _practice(), _text("identity"), _text("key"),
    Column("definition", JSON, nullable=False),
    _text("template"), _text("account"), _text("role"), _text("channel"), _text("search"),
    _text("purpose"), _text("step"),
    Column("template_revision_id", ForeignKey("template_revisions.id"), nullable=False),
    _text("status"), _text("reason"), _text("hours"),
    _instant("opened_at"), _text("opened_by"), _text("job_id"), _text("run_id"),
    UniqueConstraint("practice_id", "identity"),
)  # fmt: skip

mailing_moves = Table(
    "mailing_moves", metadata,
    _id(), _practice(),
    Column("mailing_id", ForeignKey("mailings.id"), nullable=False, index=True),
    _instant("at"), _text("by"), _text("old"), _text("new"), _text("reason"),
)  # fmt: skip
"""Each move of a mailing from one status to another, with who and when (DESIGN 8.4)."""

senders = Table(
    "senders", metadata,
    _id(), _practice(), _text("host"), Column("pid", Integer, nullable=False), _text("user"), _text("lock"),
    _instant("started_at"), _instant("heartbeat_at"), _instant("ended_at", nullable=True),
)  # fmt: skip
"""Who drains outboxes: a lock file tells whether one of this host is alive, its heartbeat whether another's is."""

letterheads = Table(
    "letterheads", metadata,
    _id(), _practice(), _text("digest"),
    Column("content", JSON, nullable=False),
    _instant("saved_at"),
    UniqueConstraint("practice_id", "digest"),
)  # fmt: skip
"""Who writes and what stands round the text, as at confirmation (P7); the same one is kept once, never changed."""

deliveries = Table(
    "deliveries", metadata,
    _id(), _practice(),
    Column("mailing_id", ForeignKey("mailings.id"), nullable=False),
    _text("recipient_id"), _text("addressee_key"), _text("role"), _text("channel"),
    Column("again", Integer, nullable=False, server_default="0"),
    Column("previous_id", ForeignKey("deliveries.id"), nullable=True),
    _text("token"), _text("recipient"), _text("address"), _text("language"),
    _text("patient_id"), _text("appointment_id"), _text("invoice_id"), _text("practitioner_id"),
    Column("template_revision_id", ForeignKey("template_revisions.id"), nullable=False),
    _text("status"), _text("reason"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("smtp_code", Integer, nullable=True), _text("smtp_reply"), _text("message_id"), _text("digest"),
    _instant("queued_at"), _instant("not_before"), _instant("expires_at", nullable=True),
    _instant("dated_at", nullable=True), _instant("sending_at", nullable=True), _instant("decided_at", nullable=True),
    Column("sender_id", ForeignKey("senders.id"), nullable=True),
    _text("sent_by"), _text("run_id"),
    # SQLite adds no reference to a table that is there already without writing it anew.
    Column("letterhead_id", _NUMBER, nullable=True),
    CheckConstraint(
        "status IN ('pending', 'sending', 'sent', 'failed', 'in_doubt', 'skipped', 'cancelled')", name="status"
    ),
    CheckConstraint("status <> 'skipped' OR reason <> ''", name="reason"),
    CheckConstraint("status <> 'sending' OR sender_id IS NOT NULL", name="sender"),
    # P1: nobody twice in one mailing, whoever asks, unless a person said « again ».
    UniqueConstraint(
        "practice_id", "mailing_id", "recipient_id", "addressee_key", "role", "channel", "again",
        name="uq_deliveries_once",
    ),
)  # fmt: skip
"""One row a message: its key, where it stands, and what became of it. What it says is in `letters`."""

_due = Index(
    "ix_deliveries_due", deliveries.c.mailing_id, deliveries.c.not_before, deliveries.c.id,
    sqlite_where=sa.text("status = 'pending' AND sender_id IS NULL"),
    postgresql_where=sa.text("status = 'pending' AND sender_id IS NULL"),
)  # fmt: skip
_held = Index(
    "ix_deliveries_held", deliveries.c.sender_id,
    sqlite_where=sa.text("sender_id IS NOT NULL"),
    postgresql_where=sa.text("sender_id IS NOT NULL"),
)  # fmt: skip
_patient = Index(
    "ix_deliveries_patient", deliveries.c.practice_id, deliveries.c.patient_id,
    sqlite_where=sa.text("patient_id <> ''"),
    postgresql_where=sa.text("patient_id <> ''"),
)  # fmt: skip
_in_doubt = Index(
    "ix_deliveries_in_doubt", deliveries.c.practice_id, deliveries.c.mailing_id,
    sqlite_where=sa.text("status = 'in_doubt'"),
    postgresql_where=sa.text("status = 'in_doubt'"),
)  # fmt: skip
_failed = Index(
    "ix_deliveries_failed", deliveries.c.practice_id, deliveries.c.decided_at,
    sqlite_where=sa.text("status = 'failed'"),
    postgresql_where=sa.text("status = 'failed'"),
)  # fmt: skip
_sent = Index(
    "ix_deliveries_sent", deliveries.c.practice_id, deliveries.c.decided_at,
    sqlite_where=sa.text("status = 'sent'"),
    postgresql_where=sa.text("status = 'sent'"),
)  # fmt: skip

allowances = Table(
    "allowances", metadata,
    _id(), _practice(), _text("account"),
    Column("sender_id", ForeignKey("senders.id"), nullable=False),
    Column("count", Integer, nullable=False),
    _instant("granted_at"), _instant("left_at", nullable=True),
    Index(None, "practice_id", "account", "left_at"),
)  # fmt: skip
"""How many messages of a limited account were let go at once, and when the last of them left; kept for a day."""

letters = Table(
    "letters", metadata,
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True, autoincrement=False),
    _practice(),
    Column("content", JSON, nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("occasions", JSON, nullable=False),
    _instant("emptied_at", nullable=True),
)  # fmt: skip
"""What a delivery says, frozen at confirmation (P7); apart, so that a change of status rewrites a small row."""

further_patients = Table(
    "further_patients", metadata,
    Column("practice_id", Text, primary_key=True), Column("patient_id", Text, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Whom a delivery tells about besides its own patient: the brothers and sisters of a family's message."""

occasions = Table(
    "occasions", metadata,
    Column("practice_id", Text, primary_key=True), Column("purpose", Text, primary_key=True),
    Column("step", Text, primary_key=True), Column("occasion", Text, primary_key=True),
    Column("addressee_key", Text, primary_key=True), Column("role", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("again", Integer, primary_key=True, autoincrement=False),
    Column("delivery_id", ForeignKey("deliveries.id"), nullable=False, index=True),
    # Also for what begins with a text, whatever the language of the server.
    Index(None, "practice_id", "occasion", "delivery_id", postgresql_ops={"occasion": "text_pattern_ops"}),
    sqlite_with_rowid=False,
)  # fmt: skip
"""What has been told to whom, across mailings (DESIGN 8.2); several a delivery, released when it does not arrive."""

runs = Table(
    "runs", metadata,
    Column("id", Text, primary_key=True), _practice(), _text("job_id"), _text("notebook"), _text("digest"),
    Column("parameters", JSON, nullable=False),
    _instant("started_at"), _instant("ended_at", nullable=True),
    _text("status"), _text("error"), _text("by"), _text("host"),
    CheckConstraint("status IN ('running', 'done', 'failed', 'interrupted')", name="status"),
    Index(None, "practice_id", "started_at"),
)  # fmt: skip
"""Each execution of a notebook: which one (its name and SHA-256), with what, and how it ended."""

run_mailings = Table(
    "run_mailings", metadata,
    Column("practice_id", Text, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("mailing_id", ForeignKey("mailings.id"), primary_key=True),
    _instant("confirmed_at"),
)  # fmt: skip
"""Which mailings a run confirmed or went on with."""

saved_searches = Table(
    "saved_searches", metadata,
    Column("practice_id", Text, primary_key=True), Column("name", Text, primary_key=True),
    _text("search"),
    Column("parameters", JSON, nullable=False),
    _instant("saved_at"), _text("saved_by"),
)  # fmt: skip
"""Searches kept with a name: which one, and its parameters as they were given (« tomorrow » stays so)."""

signatures = Table(
    "signatures", metadata,
    Column("practice_id", Text, primary_key=True), Column("name", Text, primary_key=True),
    Column("content", JSON, nullable=False),
    _instant("saved_at"), _text("saved_by"), _instant("archived_at", nullable=True),
)  # fmt: skip
"""What stands around the text of a message (F53)."""

search_templates = Table(
    "search_templates", metadata,
    Column("practice_id", Text, primary_key=True), Column("search", Text, primary_key=True),
    _text("template"), _instant("saved_at"), _text("saved_by"),
)  # fmt: skip
"""Which email type a search proposes (F67, F112); `search` is a search's name, or a saved one's."""

custom_fields = Table(
    "custom_fields", metadata,
    Column("practice_id", Text, primary_key=True), Column("code", Text, primary_key=True),
    Column("content", JSON, nullable=False),
    _instant("saved_at"), _text("saved_by"), _instant("archived_at", nullable=True),
)  # fmt: skip
"""The practice's own merge fields (F86, F88–F91)."""

foreign_codes = Table(
    "foreign_codes", metadata,
    Column("practice_id", Text, primary_key=True), Column("code", Text, primary_key=True),
    _text("field"), _instant("saved_at"), _text("saved_by"),
)  # fmt: skip
"""What a practice said once that a code of its old texts means: a field's code, or ``""`` for « leave it out »."""

tombstones = Table(
    "tombstones", metadata,
    Column("practice_id", Text, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True, autoincrement=False),
    _instant("at"), _text("by"), _text("reason"),
)  # fmt: skip
"""Which deliveries a person took out of the history, and why; the delivery itself stays (F108)."""

drafts = Table(
    "drafts", metadata,
    Column("practice_id", Text, primary_key=True), Column("key", Text, primary_key=True),
    _text("by"), _text("host"), _text("search"), Column("parameters", JSON, nullable=False),
    _text("template"), _text("purpose"), _text("step"), Column("content", JSON, nullable=False),
    Column("mailing_id", _NUMBER), _instant("begun_at"), _instant("saved_at"),
    Index(None, "practice_id", "saved_at"),
)  # fmt: skip
"""Mailings that are being prepared: what a person did so far, until it is sent or given up."""

jobs = Table(
    "jobs", metadata,
    Column("practice_id", Text, primary_key=True), Column("key", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("content", JSON, nullable=False),
    _instant("since"), _instant("saved_at"), _text("saved_by"),
)  # fmt: skip
"""What is done by itself (« traitements automatiques »); `number` counts its changes, each of which is an act."""

job_occurrences = Table(
    "job_occurrences", metadata,
    Column("practice_id", Text, primary_key=True),
    Column("job", Text, primary_key=True), Column("occurrence", Text, primary_key=True),
    Column("number", Integer, nullable=False), Column("content", JSON, nullable=False),
    _text("state"), _text("reason"), _text("asked_by"), _instant("due_at"),
    Column("parameters", JSON, nullable=False), Column("mailing_id", _NUMBER), _text("run_id"),
    _text("host"), _text("owner"), _instant("heartbeat_at"),
    _instant("started_at"), _instant("ended_at", nullable=True), _instant("approve_until", nullable=True),
    Column("trace", JSON, nullable=False),
    CheckConstraint(
        "state IN ('running', 'awaiting_approval', 'done', 'failed', 'skipped', 'interrupted')", name="state"
    ),
    CheckConstraint("state <> 'skipped' OR reason <> ''", name="reason"),
    Index(None, "practice_id", "state"),
    Index(None, "practice_id", "mailing_id"),
)  # fmt: skip
"""Each time a job came round, named by the practice's wall clock: whoever makes its row does it, and nobody else (P14).

`content` is the job as it was then. No name and no address stands in a row.
"""
