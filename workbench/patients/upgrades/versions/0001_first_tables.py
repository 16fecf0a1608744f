"""The first tables of the patient store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "practices",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address_line_1", sa.Text(), nullable=True),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("booking_url", sa.Text(), nullable=True),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("emergency_text", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), server_default="Europe/Paris", nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_practices")),
    )
    op.create_table(
        "appointment_instructions",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_appointment_instructions_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "nature", "language", name=op.f("pk_appointment_instructions")),
    )
    op.create_table(
        "closed_days",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_closed_days_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "site_id", "day", name=op.f("pk_closed_days")),
    )
    op.create_table(
        "correspondents",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("correspondent_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("civility", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), server_default="U", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("address_line_1", sa.Text(), nullable=True),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("speciality", sa.Text(), nullable=True),
        sa.Column("mss_email", sa.Text(), nullable=True),
        sa.CheckConstraint("sex IN ('F', 'M', 'U')", name=op.f("ck_correspondents_sex")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_correspondents_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "correspondent_id", name=op.f("pk_correspondents")),
    )
    op.create_table(
        "imports",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_imports_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "import_id", name=op.f("pk_imports")),
    )
    op.create_table(
        "insurers",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("insurer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address_line_1", sa.Text(), nullable=True),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_insurers_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "insurer_id", name=op.f("pk_insurers")),
    )
    op.create_table(
        "opening_hours",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", sa.Text(), nullable=False),
        sa.Column("closes", sa.Text(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_opening_hours_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "site_id", "weekday", "opens", name=op.f("pk_opening_hours")),
    )
    op.create_table(
        "patient_groups",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_patient_groups_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "group_id", name=op.f("pk_patient_groups")),
    )
    op.create_table(
        "sites",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address_line_1", sa.Text(), nullable=True),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_sites_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "site_id", name=op.f("pk_sites")),
    )
    op.create_table(
        "store_facts",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_store_facts_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "name", name=op.f("pk_store_facts")),
    )
    op.create_table(
        "correspondent_relations",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("correspondent_id", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), server_default="colleague", nullable=False),
        sa.Column("form", sa.Text(), server_default="vous", nullable=False),
        sa.CheckConstraint("form IN ('tu', 'vous')", name=op.f("ck_correspondent_relations_form")),
        sa.ForeignKeyConstraint(
            ["practice_id", "correspondent_id"],
            ["correspondents.practice_id", "correspondents.correspondent_id"],
            name=op.f("fk_correspondent_relations_practice_id_correspondent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_correspondent_relations_practice_id")
        ),
        sa.PrimaryKeyConstraint(
            "practice_id", "correspondent_id", "practitioner_id", name=op.f("pk_correspondent_relations")
        ),
    )
    op.create_table(
        "practitioners",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), server_default="U", nullable=False),
        sa.Column("speciality", sa.Text(), nullable=True),
        sa.Column("rpps", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.Column("signature_media_id", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("sex IN ('F', 'M', 'U')", name=op.f("ck_practitioners_sex")),
        sa.ForeignKeyConstraint(
            ["practice_id", "site_id"],
            ["sites.practice_id", "sites.site_id"],
            name=op.f("fk_practitioners_practice_id_site_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_practitioners_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "practitioner_id", name=op.f("pk_practitioners")),
    )
    op.create_table(
        "rooms",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "site_id"],
            ["sites.practice_id", "sites.site_id"],
            name=op.f("fk_rooms_practice_id_site_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_rooms_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "room_id", name=op.f("pk_rooms")),
    )
    op.create_table(
        "chairs",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("chair_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "room_id"],
            ["rooms.practice_id", "rooms.room_id"],
            name=op.f("fk_chairs_practice_id_room_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "site_id"],
            ["sites.practice_id", "sites.site_id"],
            name=op.f("fk_chairs_practice_id_site_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_chairs_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "chair_id", name=op.f("pk_chairs")),
    )
    op.create_table(
        "emergency_lines",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("instructions", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_emergency_lines_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_emergency_lines_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "line_id", name=op.f("pk_emergency_lines")),
    )
    op.create_table(
        "leaves",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("leave_id", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("replacement", sa.Text(), nullable=True),
        sa.Column("replacement_phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_leaves_practice_id_practitioner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_leaves_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "leave_id", name=op.f("pk_leaves")),
    )
    op.create_table(
        "patients",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("civility", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), server_default="U", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("address_line_1", sa.Text(), nullable=True),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("birth_name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("patient_type", sa.Text(), nullable=True),
        sa.Column("file_state", sa.Text(), nullable=True),
        sa.Column("main_practitioner_id", sa.Text(), nullable=True),
        sa.Column("family_id", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("created_on", sa.Date(), nullable=True),
        sa.Column("balance_cents", sa.Integer(), nullable=True),
        sa.Column("deceased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("external", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("sex IN ('F', 'M', 'U')", name=op.f("ck_patients_sex")),
        sa.ForeignKeyConstraint(
            ["practice_id", "main_practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_patients_practice_id_main_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_patients_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "patient_id", name=op.f("pk_patients")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_patients_practice_id_email"), "patients", ["practice_id", "email"], unique=False)
    op.create_index(op.f("ix_patients_practice_id_family_id"), "patients", ["practice_id", "family_id"], unique=False)
    op.create_index(op.f("ix_patients_practice_id_last_name"), "patients", ["practice_id", "last_name"], unique=False)
    op.create_table(
        "appointments",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=True),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="upcoming", nullable=False),
        sa.Column("declined_by", sa.Text(), nullable=True),
        sa.Column("nature", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("forced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("chair_id", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Text(), nullable=True),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("made_on", sa.DateTime(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("moved_from", sa.DateTime(), nullable=True),
        sa.CheckConstraint("declined_by IN ('practice', 'patient')", name=op.f("ck_appointments_declined_by")),
        sa.CheckConstraint(
            "state IN ('upcoming', 'missed', 'postponed', 'present', 'cancelled', 'excused')",
            name=op.f("ck_appointments_state"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "chair_id"],
            ["chairs.practice_id", "chairs.chair_id"],
            name=op.f("fk_appointments_practice_id_chair_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_appointments_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_appointments_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "room_id"],
            ["rooms.practice_id", "rooms.room_id"],
            name=op.f("fk_appointments_practice_id_room_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "site_id"],
            ["sites.practice_id", "sites.site_id"],
            name=op.f("fk_appointments_practice_id_site_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_appointments_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "appointment_id", name=op.f("pk_appointments")),
    )
    op.create_index(
        op.f("ix_appointments_practice_id_patient_id_state_starts_at"),
        "appointments",
        ["practice_id", "patient_id", "state", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointments_practice_id_starts_at"), "appointments", ["practice_id", "starts_at"], unique=False
    )
    op.create_index(
        op.f("ix_appointments_practice_id_state_starts_at_patient_id"),
        "appointments",
        ["practice_id", "state", "starts_at", "patient_id"],
        unique=False,
    )
    op.create_table(
        "consents",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'letter', 'sms')", name=op.f("ck_consents_channel")),
        sa.CheckConstraint("state IN ('accepted', 'refused', 'opted_out')", name=op.f("ck_consents_state")),
        sa.CheckConstraint("patient_id IS NOT NULL OR address IS NOT NULL", name=op.f("ck_consents_somebody")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_consents_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_consents_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "consent_id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_practice_id_patient_id"), "consents", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "corrections",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("correction_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=True),
        sa.Column("new_value", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("copied_back_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_corrections_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_corrections_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "correction_id", name=op.f("pk_corrections")),
    )
    op.create_index(
        op.f("ix_corrections_practice_id_patient_id_column_name"),
        "corrections",
        ["practice_id", "patient_id", "column_name"],
        unique=False,
    )
    op.create_table(
        "group_members",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "group_id"],
            ["patient_groups.practice_id", "patient_groups.group_id"],
            name=op.f("fk_group_members_practice_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_group_members_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_group_members_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "group_id", "patient_id", name=op.f("pk_group_members")),
    )
    op.create_index(
        op.f("ix_group_members_practice_id_patient_id"), "group_members", ["practice_id", "patient_id"], unique=False
    )
    op.create_table(
        "patient_correspondents",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("correspondent_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind IN ('treating_dentist', 'treating_physician', 'orthodontist', 'referring', 'correspondent')",
            name=op.f("ck_patient_correspondents_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "correspondent_id"],
            ["correspondents.practice_id", "correspondents.correspondent_id"],
            name=op.f("fk_patient_correspondents_practice_id_correspondent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_patient_correspondents_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_patient_correspondents_practice_id")
        ),
        sa.PrimaryKeyConstraint(
            "practice_id", "patient_id", "correspondent_id", "kind", name=op.f("pk_patient_correspondents")
        ),
    )
    op.create_table(
        "patient_insurances",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("insurer_id", sa.Text(), nullable=False),
        sa.Column("member_number", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "insurer_id"],
            ["insurers.practice_id", "insurers.insurer_id"],
            name=op.f("fk_patient_insurances_practice_id_insurer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_patient_insurances_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_patient_insurances_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "patient_id", "insurer_id", name=op.f("pk_patient_insurances")),
    )
    op.create_table(
        "persons",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("civility", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), server_default="U", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("address_line_1", sa.Text(), nullable=True),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.CheckConstraint("sex IN ('F', 'M', 'U')", name=op.f("ck_persons_sex")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_persons_practice_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_persons_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "person_id", name=op.f("pk_persons")),
    )
    op.create_table(
        "recalls",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("recall_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_recalls_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_recalls_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_recalls_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "recall_id", name=op.f("pk_recalls")),
    )
    op.create_index(op.f("ix_recalls_practice_id_due_on"), "recalls", ["practice_id", "due_on"], unique=False)
    op.create_index(op.f("ix_recalls_practice_id_patient_id"), "recalls", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "treatment_plans",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_treatment_plans_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_treatment_plans_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_treatment_plans_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "plan_id", name=op.f("pk_treatment_plans")),
    )
    op.create_index(
        op.f("ix_treatment_plans_practice_id_patient_id"),
        "treatment_plans",
        ["practice_id", "patient_id"],
        unique=False,
    )
    op.create_table(
        "invoices",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=True),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("billing_email", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_invoices_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "payer_id"],
            ["persons.practice_id", "persons.person_id"],
            name=op.f("fk_invoices_practice_id_payer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_invoices_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_invoices_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "invoice_id", name=op.f("pk_invoices")),
    )
    op.create_index(op.f("ix_invoices_practice_id_due_on"), "invoices", ["practice_id", "due_on"], unique=False)
    op.create_index(op.f("ix_invoices_practice_id_patient_id"), "invoices", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "media",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("view", sa.Text(), nullable=True),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.Column("health", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_media_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "plan_id"],
            ["treatment_plans.practice_id", "treatment_plans.plan_id"],
            name=op.f("fk_media_practice_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_media_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_media_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "media_id", name=op.f("pk_media")),
    )
    op.create_index(op.f("ix_media_practice_id_patient_id"), "media", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("quote_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("insurance_cents", sa.Integer(), nullable=True),
        sa.Column("complementary_cents", sa.Integer(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_quotes_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "plan_id"],
            ["treatment_plans.practice_id", "treatment_plans.plan_id"],
            name=op.f("fk_quotes_practice_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "practitioner_id"],
            ["practitioners.practice_id", "practitioners.practitioner_id"],
            name=op.f("fk_quotes_practice_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_quotes_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "quote_id", name=op.f("pk_quotes")),
    )
    op.create_index(op.f("ix_quotes_practice_id_patient_id"), "quotes", ["practice_id", "patient_id"], unique=False)
    op.create_table(
        "responsibilities",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=True),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("role IN ('guardian', 'payer')", name=op.f("ck_responsibilities_role")),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_responsibilities_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "person_id"],
            ["persons.practice_id", "persons.person_id"],
            name=op.f("fk_responsibilities_practice_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.practice_id"], name=op.f("fk_responsibilities_practice_id")
        ),
        sa.PrimaryKeyConstraint("practice_id", "patient_id", "person_id", "role", name=op.f("pk_responsibilities")),
    )
    op.create_index(
        op.f("ix_responsibilities_practice_id_person_id"),
        "responsibilities",
        ["practice_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "instalments",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("instalment_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("quote_id", sa.Text(), nullable=True),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "invoice_id"],
            ["invoices.practice_id", "invoices.invoice_id"],
            name=op.f("fk_instalments_practice_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_instalments_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "plan_id"],
            ["treatment_plans.practice_id", "treatment_plans.plan_id"],
            name=op.f("fk_instalments_practice_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "quote_id"],
            ["quotes.practice_id", "quotes.quote_id"],
            name=op.f("fk_instalments_practice_id_quote_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_instalments_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "instalment_id", name=op.f("pk_instalments")),
    )
    op.create_index(op.f("ix_instalments_practice_id_due_on"), "instalments", ["practice_id", "due_on"], unique=False)
    op.create_index(
        op.f("ix_instalments_practice_id_patient_id"), "instalments", ["practice_id", "patient_id"], unique=False
    )
    op.create_table(
        "payments",
        sa.Column("practice_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id", "invoice_id"],
            ["invoices.practice_id", "invoices.invoice_id"],
            name=op.f("fk_payments_practice_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id", "patient_id"],
            ["patients.practice_id", "patients.patient_id"],
            name=op.f("fk_payments_practice_id_patient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.practice_id"], name=op.f("fk_payments_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "payment_id", name=op.f("pk_payments")),
    )
    op.create_index(op.f("ix_payments_practice_id_invoice_id"), "payments", ["practice_id", "invoice_id"], unique=False)
    op.create_index(op.f("ix_payments_practice_id_patient_id"), "payments", ["practice_id", "patient_id"], unique=False)
