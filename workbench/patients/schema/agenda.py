"""The tables of the agenda: appointments, what to know before and after them, reminders of former times."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Text

from workbench.patients.schema.base import CONTACT_CHANNELS, DECLINERS, STATES, table
from workbench.patients.schema.columns import belongs_to, flag, key_part, moment, needed, number, one_of, text

appointments = table(
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
# Of the practice's own words, an index tells which there are without a look at the rows.
Index(None, appointments.c.practice_id, appointments.c.nature)
Index(None, appointments.c.practice_id, appointments.c.kind)

appointment_instructions = table(
    "appointment_instructions",
    key_part("nature"),
    Column("language", Text, primary_key=True, nullable=False, server_default="fr"),
    needed("text"),
)

aftercare = table(
    "aftercare",
    key_part("nature"),
    Column("language", Text, primary_key=True, nullable=False, server_default="fr"),
    needed("text"),
)
"""What to do after an appointment, by its nature or type."""

contacts = table(
    "contacts",
    key_part("contact_id"),
    needed("patient_id"),
    text("appointment_id"),
    text("invoice_id"),
    text("quote_id"),
    text("recall_id"),
    needed("at"),
    needed("channel", "email"),
    needed("purpose"),
    Column("rank", Integer, nullable=False, server_default="1"),  # the first, the second reminder …
    moment("told_start"),  # of an appointment: the start that was told
    text("outcome"),
    text("by"),
    needed("source"),  # import, desk, simulated
    one_of("channel", CONTACT_CHANNELS),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("appointments", "appointment_id", cascade=True),
    belongs_to("invoices", "invoice_id", cascade=True),
    belongs_to("quotes", "quote_id", cascade=True),
    belongs_to("recalls", "recall_id", cascade=True),
)
"""Who was reached outside the workbench: calls, and the reminders of former software. The ledger tells of its own."""

Index(None, contacts.c.practice_id, contacts.c.patient_id, contacts.c.at)
Index(None, contacts.c.practice_id, contacts.c.appointment_id)
Index(None, contacts.c.practice_id, contacts.c.invoice_id)
