"""The tables of the practice itself: who works there, where, and when."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, CheckConstraint, Column, Date, Integer, Text

from workbench.patients.schema.base import SEXES, table
from workbench.patients.schema.columns import belongs_to, key_part, needed, one_of, postal_address, text

practices = table(
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

facts = table("store_facts", key_part("name"), text("value"))
"""Small things the store knows about itself, by name (the day a sample practice is dated for)."""

sites = table("sites", key_part("site_id"), needed("name"), *postal_address(), text("phone"))

rooms = table("rooms", key_part("room_id"), needed("name"), text("site_id"), belongs_to("sites", "site_id"))

chairs = table(
    "chairs",
    key_part("chair_id"),
    needed("code"),
    text("name"),
    text("room_id"),
    text("site_id"),
    belongs_to("rooms", "room_id"),
    belongs_to("sites", "site_id"),
)

practitioners = table(
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

opening_hours = table(
    "opening_hours",
    Column("site_id", Text, primary_key=True, nullable=False, default=""),  # "" = the whole practice
    Column("weekday", Integer, primary_key=True, nullable=False, autoincrement=False),  # Monday = 0
    Column("opens", Text, primary_key=True, nullable=False),  # "08:30"
    needed("closes"),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
)

closed_days = table(
    "closed_days",
    Column("site_id", Text, primary_key=True, nullable=False, default=""),
    Column("day", Date, primary_key=True, nullable=False),
    text("reason"),
)

leaves = table(
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

emergency_lines = table(
    "emergency_lines",
    key_part("line_id"),
    needed("label"),
    needed("phone"),
    text("practitioner_id"),
    text("instructions"),
    belongs_to("practitioners", "practitioner_id"),
)

insurers = table(
    "insurers", key_part("insurer_id"), needed("name"), text("kind"), text("phone"), text("email"), *postal_address()
)
