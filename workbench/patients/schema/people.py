"""The tables of people: patients, who answers for them, colleagues, groups, consents."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, Text

from workbench.patients.schema.base import CHANNELS, CONSENT_STATES, CORRESPONDENT_KINDS, RESPONSIBILITIES, SEXES, table
from workbench.patients.schema.columns import belongs_to, day, flag, identity, key_part, needed, number, one_of, text

patients = table(
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
# Of the practice's own words, an index tells which there are without a look at the rows.
Index(None, patients.c.practice_id, patients.c.patient_type)
Index(None, patients.c.practice_id, patients.c.file_state)
Index(None, patients.c.practice_id, patients.c.language)

persons = table(
    "persons",
    key_part("person_id"),
    *identity(),
    text("patient_id"),  # when this person also has a file
    one_of("sex", SEXES),
    belongs_to("patients", "patient_id"),
)

responsibilities = table(
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

correspondents = table(
    "correspondents",
    key_part("correspondent_id"),
    text("title"),
    *identity(),
    text("speciality"),
    text("mss_email"),
    one_of("sex", SEXES),
)

patient_correspondents = table(
    "patient_correspondents",
    key_part("patient_id"),
    key_part("correspondent_id"),
    key_part("kind"),
    Column("rank", Integer, nullable=False, server_default="1"),
    one_of("kind", CORRESPONDENT_KINDS),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("correspondents", "correspondent_id", cascade=True),
)
Index(
    None,
    patient_correspondents.c.practice_id,
    patient_correspondents.c.correspondent_id,
    patient_correspondents.c.kind,
    patient_correspondents.c.patient_id,
)

correspondent_relations = table(
    "correspondent_relations",
    key_part("correspondent_id"),
    Column("practitioner_id", Text, primary_key=True, nullable=False, default=""),  # "" = every practitioner
    needed("relation", "colleague"),  # colleague, friend, …
    needed("form", "vous"),
    CheckConstraint("form IN ('tu', 'vous')", name="form"),
    belongs_to("correspondents", "correspondent_id", cascade=True),
)

groups = table("patient_groups", key_part("group_id"), needed("name"))

group_members = table(
    "group_members",
    key_part("group_id"),
    key_part("patient_id"),
    belongs_to("patient_groups", "group_id", cascade=True),
    belongs_to("patients", "patient_id", cascade=True),
)
Index(None, group_members.c.practice_id, group_members.c.patient_id)

patient_insurances = table(
    "patient_insurances",
    key_part("patient_id"),
    key_part("insurer_id"),
    text("member_number"),
    day("valid_from"),
    day("valid_until"),
    belongs_to("patients", "patient_id", cascade=True),
    belongs_to("insurers", "insurer_id"),
)

consents = table(
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
