"""The columns of every frame a person reads, spelled here alone; names are English and stable (DESIGN 5)."""

from __future__ import annotations

RESULT_COLUMNS = (
    "mailing_id", "delivery_id", "recipient_id", "patient_id", "appointment_id", "invoice_id", "practitioner_id",
    "recipient", "role", "channel", "address", "language", "status", "reason", "attempts", "smtp_code", "smtp_reply",
    "message_id", "queued_at", "decided_at", "account", "template", "template_revision", "purpose", "step", "again",
    "job_id", "run_id", "sent_by",
)  # fmt: skip
"""One row a delivery; key ``delivery_id``."""

IDENTITY_COLUMNS = ("recipient", "address")
"""Columns of results shown only with ``identities=True`` in Python (the command line always has them)."""

APPOINTMENT_COLUMNS = (
    "subject_key", "appointment_id", "patient_id", "starts_at", "date", "time", "patient", "file_number", "nature",
    "forced", "chair", "duration", "state", "patient_type", "file_state", "declined_by", "phone", "practitioner",
    "email", "practitioner_id", "family", "kind", "remark", "balance", "address_status",
)  # fmt: skip
"""Searches on appointments, one row an appointment (F131); key ``subject_key`` = ``appointment:<appointment_id>``.

``starts_at`` is tz-aware in the practice's zone, ``date`` and ``time`` are its wall-clock texts (ISO),
``duration`` in minutes, ``balance`` in euros.
"""

RECIPIENT_COLUMNS = (
    "recipient_id",     # key of the recipient: the patient, the day and what is told about it, or the table's own id
    "addressee_key",    # who receives: patient:…, guardian:…, payer:…, correspondent:…, row:…
    "patient_id", "appointment_id", "invoice_id", "practitioner_id",
    "subjects",         # list of occasion texts, ``subject_key@start``, one per subject told about
    "appointments",     # list of appointment ids told about, earliest first
    "role", "channel", "address", "language",
    "recipient",        # the addressee's name as it stands in the To header
    "reason",           # why this row is left out, or ""
    "addressee_civility", "addressee_last_name", "addressee_first_name", "addressee_sex", "addressee_relation",
)  # fmt: skip
"""One row an addressee and patient; key (``recipient_id``, ``addressee_key``).

Recipients given as a table carry the table's further columns too, under their own names.
"""

FINDING_COLUMNS = ("recipient", "severity", "code", "message")
