"""The tables of the patient store; every key is the practice's own, as text, and starts with the practice.

Conventions, true for every table:

* the primary key begins with ``practice_id``; the other keys are external texts (a file number, an appointment's
  number in the practice's software), so a frame never has to show a row number (DESIGN 8.12);
* moments of the agenda are wall-clock values of the practice, without a zone (DESIGN 8.13); moments at which
  somebody did something (``recorded_at``, ``at``) are UTC texts in ISO form;
* money is a whole number of cents, in columns called ``…_cents``: no store of ours rounds an invoice;
* ``None`` means « the practice does not say »; an empty text is never stored in a nullable column.

Composite text keys, rather than row numbers, keep joins, imports and frames simple: nothing is ever translated. They
are fast enough (``missed`` with both exclusions over 110,000 appointments takes 0.3 s, its frame included).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STATES = ("upcoming", "missed", "postponed", "present", "cancelled", "excused")
"""What became of an appointment (F128)."""

DECLINERS = ("practice", "patient")
"""Who moved or cancelled an appointment, « Déclinaison » (F129)."""

SEXES = ("F", "M", "U")
RESPONSIBILITIES = ("guardian", "payer")
CORRESPONDENT_KINDS = ("treating_dentist", "treating_physician", "orthodontist", "referring", "correspondent")
CHANNELS = ("email", "letter", "sms")
CONSENT_STATES = ("accepted", "refused", "opted_out")
"""What a person decided about a channel; the latest decision counts, the earlier ones are its history (F157)."""


def _key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True, nullable=False)


def _text(name: str) -> Column[Any]:
    return Column(name, Text)


def _needed(name: str, default: str | None = None) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=default)


def _day(name: str) -> Column[Any]:
    return Column(name, Date)


def _moment(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, DateTime(timezone=False), nullable=nullable)


def _number(name: str) -> Column[Any]:
    return Column(name, Integer)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default=sa.false())


def _address() -> list[Column[Any]]:
    return [_text(name) for name in ("address_line_1", "address_line_2", "postcode", "city", "country")]


def _identity() -> list[Column[Any]]:
    return [
        _text("civility"),
        _text("last_name"),
        _text("first_name"),
        Column("sex", Text, nullable=False, server_default="U"),
        _text("email"),
        _text("phone"),
        _text("mobile"),
        _text("language"),
        *_address(),
    ]


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _belongs(table: str, column: str, *, to: str | None = None, cascade: bool = False) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["practice_id", column],
        [f"{table}.practice_id", f"{table}.{to or column}"],
        ondelete="CASCADE" if cascade else None,
    )


def _table(name: str, *parts: Any, **options: Any) -> Table:
    practice = () if name == "practices" else (ForeignKeyConstraint(["practice_id"], ["practices.practice_id"]),)
    return Table(name, metadata, _key("practice_id"), *parts, *practice, **options)


# --- the practice itself ------------------------------------------------------------------------------

practices = _table(
    "practices",
    _needed("name"),
    *_address(),
    _text("phone"),
    _text("email"),
    _text("website"),
    _text("booking_url"),
    _text("iban"),
    _text("bic"),
    _text("emergency_text"),
    _needed("zone", "Europe/Paris"),
    _needed("language", "fr"),
)

facts = _table("store_facts", _key("name"), _text("value"))
"""Small things the store knows about itself, by name (the day a sample practice is dated for)."""

sites = _table("sites", _key("site_id"), _needed("name"), *_address(), _text("phone"))

rooms = _table("rooms", _key("room_id"), _needed("name"), _text("site_id"), _belongs("sites", "site_id"))

chairs = _table(
    "chairs",
    _key("chair_id"),
    _needed("code"),
    _text("name"),
    _text("room_id"),
    _text("site_id"),
    _belongs("rooms", "room_id"),
    _belongs("sites", "site_id"),
)

practitioners = _table(
    "practitioners",
    _key("practitioner_id"),
    _needed("code"),
    _text("title"),
    _text("last_name"),
    _text("first_name"),
    Column("sex", Text, nullable=False, server_default="U"),
    _text("speciality"),
    _text("rpps"),
    _text("email"),
    _text("phone"),
    _text("site_id"),
    _text("signature_media_id"),
    Column("active", Boolean(create_constraint=False), nullable=False, server_default=sa.true()),
    _one_of("sex", SEXES),
    _belongs("sites", "site_id"),
)

opening_hours = _table(
    "opening_hours",
    Column("site_id", Text, primary_key=True, nullable=False, default=""),  # "" = the whole practice
    Column("weekday", Integer, primary_key=True, nullable=False, autoincrement=False),  # Monday = 0
    Column("opens", Text, primary_key=True, nullable=False),  # "08:30"
    _needed("closes"),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
)

closed_days = _table(
    "closed_days",
    Column("site_id", Text, primary_key=True, nullable=False, default=""),
    Column("day", Date, primary_key=True, nullable=False),
    _text("reason"),
)

leaves = _table(
    "leaves",
    _key("leave_id"),
    _needed("practitioner_id"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    _text("reason"),
    _text("replacement"),
    _text("replacement_phone"),
    _belongs("practitioners", "practitioner_id", cascade=True),
)

emergency_lines = _table(
    "emergency_lines",
    _key("line_id"),
    _needed("label"),
    _needed("phone"),
    _text("practitioner_id"),
    _text("instructions"),
    _belongs("practitioners", "practitioner_id"),
)

insurers = _table(
    "insurers", _key("insurer_id"), _needed("name"), _text("kind"), _text("phone"), _text("email"), *_address()
)

# --- people -------------------------------------------------------------------------------------------

patients = _table(
    "patients",
    _key("patient_id"),  # the file number
    *_identity(),
    _text("birth_name"),
    _day("birth_date"),
    _text("patient_type"),
    _text("file_state"),
    _text("main_practitioner_id"),
    _text("family_id"),
    _text("remark"),
    _day("created_on"),
    _number("balance_cents"),  # as the practice's software states it; else computed from invoices and payments
    _flag("deceased"),
    _flag("archived"),
    _flag("external"),  # « personne externe »: has appointments, has no file
    _one_of("sex", SEXES),
    _belongs("practitioners", "main_practitioner_id", to="practitioner_id"),
    sqlite_with_rowid=False,  # every search looks patients up by key: found in one step instead of two
)
Index(None, patients.c.practice_id, patients.c.family_id)
Index(None, patients.c.practice_id, patients.c.last_name)
Index(None, patients.c.practice_id, patients.c.email)

persons = _table(
    "persons",
    _key("person_id"),
    *_identity(),
    _text("patient_id"),  # when this person also has a file
    _one_of("sex", SEXES),
    _belongs("patients", "patient_id"),
)

responsibilities = _table(
    "responsibilities",
    _key("patient_id"),
    _key("person_id"),
    _key("role"),
    _text("relation"),  # mother, father, tutor, …: free text of the practice
    Column("rank", Integer, nullable=False, server_default="1"),
    _one_of("role", RESPONSIBILITIES),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("persons", "person_id", cascade=True),
)
Index(None, responsibilities.c.practice_id, responsibilities.c.person_id)

correspondents = _table(
    "correspondents",
    _key("correspondent_id"),
    _text("title"),
    *_identity(),
    _text("speciality"),
    _text("mss_email"),
    _one_of("sex", SEXES),
)

patient_correspondents = _table(
    "patient_correspondents",
    _key("patient_id"),
    _key("correspondent_id"),
    _key("kind"),
    Column("rank", Integer, nullable=False, server_default="1"),
    _one_of("kind", CORRESPONDENT_KINDS),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("correspondents", "correspondent_id", cascade=True),
)

correspondent_relations = _table(
    "correspondent_relations",
    _key("correspondent_id"),
    Column("practitioner_id", Text, primary_key=True, nullable=False, default=""),  # "" = every practitioner
    _needed("relation", "colleague"),  # colleague, friend, …
    _needed("form", "vous"),
    CheckConstraint("form IN ('tu', 'vous')", name="form"),
    _belongs("correspondents", "correspondent_id", cascade=True),
)

groups = _table("patient_groups", _key("group_id"), _needed("name"))

group_members = _table(
    "group_members",
    _key("group_id"),
    _key("patient_id"),
    _belongs("patient_groups", "group_id", cascade=True),
    _belongs("patients", "patient_id", cascade=True),
)
Index(None, group_members.c.practice_id, group_members.c.patient_id)

patient_insurances = _table(
    "patient_insurances",
    _key("patient_id"),
    _key("insurer_id"),
    _text("member_number"),
    _day("valid_from"),
    _day("valid_until"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("insurers", "insurer_id"),
)

consents = _table(
    "consents",
    _key("consent_id"),
    _text("patient_id"),
    _text("address"),  # normalised; either a patient, or an address, or both
    _needed("channel", "email"),
    Column("purpose", Text, nullable=False, default=""),  # "" = every purpose
    _needed("state"),
    _text("source"),
    _text("by"),
    _needed("recorded_at"),
    _one_of("channel", CHANNELS),
    _one_of("state", CONSENT_STATES),
    CheckConstraint("patient_id IS NOT NULL OR address IS NOT NULL", name="somebody"),
    _belongs("patients", "patient_id", cascade=True),
)
Index(None, consents.c.practice_id, consents.c.patient_id)

# --- the agenda ---------------------------------------------------------------------------------------

appointments = _table(
    "appointments",
    _key("appointment_id"),
    _needed("patient_id"),
    _moment("starts_at", nullable=False),
    _moment("ends_at"),
    _number("duration"),  # minutes
    _needed("state", "upcoming"),
    _text("declined_by"),
    _text("nature"),
    _text("kind"),  # « Type »
    _flag("forced"),
    _text("chair_id"),
    _text("room_id"),
    _text("site_id"),
    _text("practitioner_id"),
    _moment("made_on"),
    _text("remark"),
    _moment("moved_from"),
    _one_of("state", STATES),
    _one_of("declined_by", DECLINERS),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("chairs", "chair_id"),
    _belongs("rooms", "room_id"),
    _belongs("sites", "site_id"),
    _belongs("practitioners", "practitioner_id"),
)
Index(None, appointments.c.practice_id, appointments.c.starts_at)
# With the patient in it, the exclusions of the missed search are decided before any row is read.
Index(None, appointments.c.practice_id, appointments.c.state, appointments.c.starts_at, appointments.c.patient_id)
Index(None, appointments.c.practice_id, appointments.c.patient_id, appointments.c.state, appointments.c.starts_at)

appointment_instructions = _table(
    "appointment_instructions",
    _key("nature"),
    Column("language", Text, primary_key=True, nullable=False, server_default="fr"),
    _needed("text"),
)

# --- care and papers (read by later searches and fields) ----------------------------------------------

treatment_plans = _table(
    "treatment_plans",
    _key("plan_id"),
    _needed("patient_id"),
    _text("practitioner_id"),
    _needed("title"),
    _text("stage"),
    _day("starts_on"),
    _day("ends_on"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("practitioners", "practitioner_id"),
)
Index(None, treatment_plans.c.practice_id, treatment_plans.c.patient_id)

quotes = _table(
    "quotes",
    _key("quote_id"),
    _needed("patient_id"),
    _text("plan_id"),
    _text("practitioner_id"),
    _text("number"),
    Column("dated_on", Date, nullable=False),
    _day("valid_until"),
    Column("amount_cents", Integer, nullable=False),
    _number("insurance_cents"),
    _number("complementary_cents"),
    _day("answered_on"),
    _day("signed_on"),
    _text("document"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("treatment_plans", "plan_id"),
    _belongs("practitioners", "practitioner_id"),
)
Index(None, quotes.c.practice_id, quotes.c.patient_id)

media = _table(
    "media",
    _key("media_id"),
    _text("patient_id"),
    _text("practitioner_id"),
    _text("plan_id"),
    _text("stage"),
    _text("kind"),
    _text("view"),
    _day("taken_on"),
    _needed("file_name"),
    _needed("media_type"),
    _needed("path"),
    _text("digest"),
    _text("caption"),
    Column("health", Boolean(create_constraint=False), nullable=False, server_default=sa.true()),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("practitioners", "practitioner_id"),
    _belongs("treatment_plans", "plan_id"),
)
Index(None, media.c.practice_id, media.c.patient_id)

recalls = _table(
    "recalls",
    _key("recall_id"),
    _needed("patient_id"),
    _text("practitioner_id"),
    Column("due_on", Date, nullable=False),
    _text("reason"),
    Column("rank", Integer, nullable=False, server_default="1"),
    _day("done_on"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("practitioners", "practitioner_id"),
)
Index(None, recalls.c.practice_id, recalls.c.due_on)
Index(None, recalls.c.practice_id, recalls.c.patient_id)

# --- money --------------------------------------------------------------------------------------------

invoices = _table(
    "invoices",
    _key("invoice_id"),
    _needed("patient_id"),
    _text("payer_id"),
    _text("practitioner_id"),
    _text("number"),
    Column("dated_on", Date, nullable=False),
    _day("due_on"),
    Column("amount_cents", Integer, nullable=False),
    _text("label"),
    _text("language"),
    _text("billing_email"),
    _text("document"),
    _day("cancelled_on"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("persons", "payer_id", to="person_id"),
    _belongs("practitioners", "practitioner_id"),
)
Index(None, invoices.c.practice_id, invoices.c.patient_id)
Index(None, invoices.c.practice_id, invoices.c.due_on)

payments = _table(
    "payments",
    _key("payment_id"),
    _needed("patient_id"),
    _text("invoice_id"),
    Column("paid_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    _text("method"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("invoices", "invoice_id"),
)
Index(None, payments.c.practice_id, payments.c.patient_id)
Index(None, payments.c.practice_id, payments.c.invoice_id)

instalments = _table(
    "instalments",
    _key("instalment_id"),
    _needed("patient_id"),
    _text("plan_id"),
    _text("quote_id"),
    _text("invoice_id"),
    Column("due_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    _day("paid_on"),
    _belongs("patients", "patient_id", cascade=True),
    _belongs("treatment_plans", "plan_id"),
    _belongs("quotes", "quote_id"),
    _belongs("invoices", "invoice_id"),
)
Index(None, instalments.c.practice_id, instalments.c.patient_id)
Index(None, instalments.c.practice_id, instalments.c.due_on)

# --- what people did to the store ---------------------------------------------------------------------

corrections = _table(
    "corrections",
    _key("correction_id"),
    _needed("patient_id"),
    _needed("column_name"),
    _text("old_value"),
    _text("new_value"),
    _needed("at"),
    _needed("by"),
    _text("copied_back_at"),  # when an import brought the same value: nothing left to copy
    _belongs("patients", "patient_id", cascade=True),
)
Index(None, corrections.c.practice_id, corrections.c.patient_id, corrections.c.column_name)

imports = _table(
    "imports",
    _key("import_id"),
    _needed("kind"),
    _needed("file_name"),
    _needed("digest"),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    _needed("at"),
    _needed("by"),
)
