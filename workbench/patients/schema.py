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
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from workbench.patients.schema_columns import (
    belongs_to,
    day,
    flag,
    identity,
    key_part,
    moment,
    needed,
    number,
    one_of,
    postal_address,
    text,
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


def _table(name: str, *parts: Any, **options: Any) -> Table:
    practice = () if name == "practices" else (ForeignKeyConstraint(["practice_id"], ["practices.practice_id"]),)
    return Table(name, metadata, key_part("practice_id"), *parts, *practice, **options)


# --- the practice itself ------------------------------------------------------------------------------

practices = _table(
    "practices",
    needed("name"),
    *postal_address(),
    text("phone"),
    text("email"),
    text("website"),
    text("booking_url"),
    text("iban"),
    text("bic"),
    text("emergency_text"),
    needed("zone", "Europe/Paris"),
    needed("language", "fr"),
)

facts = _table("store_facts", key_part("name"), text("value"))
"""Small things the store knows about itself, by name (the day a sample practice is dated for)."""

sites = _table("sites", key_part("site_id"), needed("name"), *postal_address(), text("phone"))

rooms = _table("rooms", key_part("room_id"), needed("name"), text("site_id"), belongs_to("sites", "site_id"))

chairs = _table(
    "chairs",
    key_part("chair_id"),
    needed("code"),
    text("name"),
    text("room_id"),
    text("site_id"),
    belongs_to("rooms", "room_id"),
    belongs_to("sites", "site_id"),
)

practitioners = _table(
    "practitioners",
    key_part("practitioner_id"),
    needed("code"),
    text("title"),
    text("last_name"),
    text("first_name"),
    Column("sex", Text, nullable=False, server_default="U"),
    text("speciality"),
    text("rpps"),
    text("email"),
    text("phone"),
    text("site_id"),
    text("signature_media_id"),
    Column("active", Boolean(create_constraint=False), nullable=False, server_default=sa.true()),
    one_of("sex", SEXES),
    belongs_to("sites", "site_id"),
)

opening_hours = _table(
    "opening_hours",
    Column("site_id", Text, primary_key=True, nullable=False, default=""),  # "" = the whole practice
    Column("weekday", Integer, primary_key=True, nullable=False, autoincrement=False),  # Monday = 0
    Column("opens", Text, primary_key=True, nullable=False),  # "08:30"
    needed("closes"),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
)

closed_days = _table(
    "closed_days",
    Column("site_id", Text, primary_key=True, nullable=False, default=""),
    Column("day", Date, primary_key=True, nullable=False),
    text("reason"),
)

leaves = _table(
    "leaves",
    key_part("leave_id"),
    needed("practitioner_id"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    text("reason"),
    text("replacement"),
    text("replacement_phone"),
    belongs_to("practitioners", "practitioner_id", cascade=True),
)

emergency_lines = _table(
    "emergency_lines",
    key_part("line_id"),
    needed("label"),
    needed("phone"),
    text("practitioner_id"),
    text("instructions"),
    belongs_to("practitioners", "practitioner_id"),
)

insurers = _table(
    "insurers", key_part("insurer_id"), needed("name"), text("kind"), text("phone"), text("email"), *postal_address()
)

# --- people -------------------------------------------------------------------------------------------

patients = _table(
    "patients",
    key_part("patient_id"),  # the file number
    *identity(),
    text("birth_name"),
    day("birth_date"),
    text("patient_type"),
    text("file_state"),
    text("main_practitioner_id"),
    text("family_id"),
    text("remark"),
    day("created_on"),
    number("balance_cents"),  # as the practice's software states it; else computed from invoices and payments
    flag("deceased"),
    flag("archived"),
    flag("external"),  # « personne externe »: has appointments, has no file
    one_of("sex", SEXES),
    belongs_to("practitioners", "main_practitioner_id", to="practitioner_id"),
    sqlite_with_rowid=False,  # every search looks patients up by key: found in one step instead of two
)
Index(None, patients.c.practice_id, patients.c.family_id)
Index(None, patients.c.practice_id, patients.c.last_name)
Index(None, patients.c.practice_id, patients.c.email)

persons = _table(
    "persons",
    key_part("person_id"),
    *identity(),
    text("patient_id"),  # when this person also has a file
    one_of("sex", SEXES),
    belongs_to("patients", "patient_id"),
)

responsibilities = _table(
    "responsibilities",
    key_part("patient_id"),
    key_part("person_id"),
    key_part("role"),
    text("relation"),  # mother, father, tutor, …: free text of the practice
    Column("rank", Integer, nullable=False, server_default="1"),
    one_of("role", RESPONSIBILITIES),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("persons", "person_id", cascade=True),
)
Index(None, responsibilities.c.practice_id, responsibilities.c.person_id)

correspondents = _table(
    "correspondents",
    key_part("correspondent_id"),
    text("title"),
    *identity(),
    text("speciality"),
    text("mss_email"),
    one_of("sex", SEXES),
)

patient_correspondents = _table(
    "patient_correspondents",
    key_part("patient_id"),
    key_part("correspondent_id"),
    key_part("kind"),
    Column("rank", Integer, nullable=False, server_default="1"),
    one_of("kind", CORRESPONDENT_KINDS),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("correspondents", "correspondent_id", cascade=True),
)

correspondent_relations = _table(
    "correspondent_relations",
    key_part("correspondent_id"),
    Column("practitioner_id", Text, primary_key=True, nullable=False, default=""),  # "" = every practitioner
    needed("relation", "colleague"),  # colleague, friend, …
    needed("form", "vous"),
    CheckConstraint("form IN ('tu', 'vous')", name="form"),
    belongs_to("correspondents", "correspondent_id", cascade=True),
)

groups = _table("patient_groups", key_part("group_id"), needed("name"))

group_members = _table(
    "group_members",
    key_part("group_id"),
    key_part("patient_id"),
    belongs_to("patient_groups", "group_id", cascade=True),
    belongs_to("patients", "patient_id", cascade=True),
)
Index(None, group_members.c.practice_id, group_members.c.patient_id)

patient_insurances = _table(
    "patient_insurances",
    key_part("patient_id"),
    key_part("insurer_id"),
    text("member_number"),
    day("valid_from"),
    day("valid_until"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("insurers", "insurer_id"),
)

consents = _table(
    "consents",
    key_part("consent_id"),
    text("patient_id"),
    text("address"),  # normalised; either a patient, or an address, or both
    needed("channel", "email"),
    Column("purpose", Text, nullable=False, default=""),  # "" = every purpose
    needed("state"),
    text("source"),
    text("by"),
    needed("recorded_at"),
    one_of("channel", CHANNELS),
    one_of("state", CONSENT_STATES),
    CheckConstraint("patient_id IS NOT NULL OR address IS NOT NULL", name="somebody"),
    belongs_to("patients", "patient_id", cascade=True),
)
Index(None, consents.c.practice_id, consents.c.patient_id)

# --- the agenda ---------------------------------------------------------------------------------------

appointments = _table(
    "appointments",
    key_part("appointment_id"),
    needed("patient_id"),
    moment("starts_at", nullable=False),
    moment("ends_at"),
    number("duration"),  # minutes
    needed("state", "upcoming"),
    text("declined_by"),
    text("nature"),
    text("kind"),  # « Type »
    flag("forced"),
    text("chair_id"),
    text("room_id"),
    text("site_id"),
    text("practitioner_id"),
    moment("made_on"),
    text("remark"),
    moment("moved_from"),
    one_of("state", STATES),
    one_of("declined_by", DECLINERS),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("chairs", "chair_id"),
    belongs_to("rooms", "room_id"),
    belongs_to("sites", "site_id"),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, appointments.c.practice_id, appointments.c.starts_at)
# With the patient in it, the exclusions of the missed search are decided before any row is read.
Index(None, appointments.c.practice_id, appointments.c.state, appointments.c.starts_at, appointments.c.patient_id)
Index(None, appointments.c.practice_id, appointments.c.patient_id, appointments.c.state, appointments.c.starts_at)

appointment_instructions = _table(
    "appointment_instructions",
    key_part("nature"),
    Column("language", Text, primary_key=True, nullable=False, server_default="fr"),
    needed("text"),
)

# --- care and papers (read by later searches and fields) ----------------------------------------------

treatment_plans = _table(
    "treatment_plans",
    key_part("plan_id"),
    needed("patient_id"),
    text("practitioner_id"),
    needed("title"),
    text("stage"),
    day("starts_on"),
    day("ends_on"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, treatment_plans.c.practice_id, treatment_plans.c.patient_id)

quotes = _table(
    "quotes",
    key_part("quote_id"),
    needed("patient_id"),
    text("plan_id"),
    text("practitioner_id"),
    text("number"),
    Column("dated_on", Date, nullable=False),
    day("valid_until"),
    Column("amount_cents", Integer, nullable=False),
    number("insurance_cents"),
    number("complementary_cents"),
    day("answered_on"),
    day("signed_on"),
    text("document"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("treatment_plans", "plan_id"),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, quotes.c.practice_id, quotes.c.patient_id)

media = _table(
    "media",
    key_part("media_id"),
    text("patient_id"),
    text("practitioner_id"),
    text("plan_id"),
    text("stage"),
    text("kind"),
    text("view"),
    day("taken_on"),
    needed("file_name"),
    needed("media_type"),
    needed("path"),
    text("digest"),
    text("caption"),
    Column("health", Boolean(create_constraint=False), nullable=False, server_default=sa.true()),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
    belongs_to("treatment_plans", "plan_id"),
)
Index(None, media.c.practice_id, media.c.patient_id)

recalls = _table(
    "recalls",
    key_part("recall_id"),
    needed("patient_id"),
    text("practitioner_id"),
    Column("due_on", Date, nullable=False),
    text("reason"),
    Column("rank", Integer, nullable=False, server_default="1"),
    day("done_on"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, recalls.c.practice_id, recalls.c.due_on)
Index(None, recalls.c.practice_id, recalls.c.patient_id)

# --- money --------------------------------------------------------------------------------------------

invoices = _table(
    "invoices",
    key_part("invoice_id"),
    needed("patient_id"),
    text("payer_id"),
    text("practitioner_id"),
    text("number"),
    Column("dated_on", Date, nullable=False),
    day("due_on"),
    Column("amount_cents", Integer, nullable=False),
    text("label"),
    text("language"),
    text("billing_email"),
    text("document"),
    day("cancelled_on"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("persons", "payer_id", to="person_id"),
    belongs_to("practitioners", "practitioner_id"),
)
Index(None, invoices.c.practice_id, invoices.c.patient_id)
Index(None, invoices.c.practice_id, invoices.c.due_on)

payments = _table(
    "payments",
    key_part("payment_id"),
    needed("patient_id"),
    text("invoice_id"),
    Column("paid_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    text("method"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("invoices", "invoice_id"),
)
Index(None, payments.c.practice_id, payments.c.patient_id)
Index(None, payments.c.practice_id, payments.c.invoice_id)

instalments = _table(
    "instalments",
    key_part("instalment_id"),
    needed("patient_id"),
    text("plan_id"),
    text("quote_id"),
    text("invoice_id"),
    Column("due_on", Date, nullable=False),
    Column("amount_cents", Integer, nullable=False),
    day("paid_on"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("treatment_plans", "plan_id"),
    belongs_to("quotes", "quote_id"),
    belongs_to("invoices", "invoice_id"),
)
Index(None, instalments.c.practice_id, instalments.c.patient_id)
Index(None, instalments.c.practice_id, instalments.c.due_on)

# --- what people did to the store ---------------------------------------------------------------------

corrections = _table(
    "corrections",
    key_part("correction_id"),
    needed("patient_id"),
    needed("column_name"),
    text("old_value"),
    text("new_value"),
    needed("at"),
    needed("by"),
    text("copied_back_at"),  # when an import brought the same value: nothing left to copy
    belongs_to("patients", "patient_id", cascade=True),
)
Index(None, corrections.c.practice_id, corrections.c.patient_id, corrections.c.column_name)

imports = _table(
    "imports",
    key_part("import_id"),
    needed("kind"),
    needed("file_name"),
    needed("digest"),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    needed("at"),
    needed("by"),
)
