"""The tables of the patient store that a person may read, column by column (DESIGN 5: ``practice.tables``).

A column stands here or it is not shown: one that is added to the store is not given away by accident. The first
columns are the table's key.
"""

from __future__ import annotations

_ADDRESS = "address_line_1 address_line_2 postcode city country"
_IDENTITY = f"civility last_name first_name sex email phone mobile language {_ADDRESS}"

_TABLES = {
    "patients": (
        f"patient_id {_IDENTITY} birth_name birth_date patient_type file_state main_practitioner_id family_id remark "
        "created_on balance deceased archived external"
    ),
    "persons": f"person_id {_IDENTITY} patient_id",
    "responsibilities": "patient_id person_id role relation rank",
    "correspondents": f"correspondent_id title {_IDENTITY} speciality mss_email",
    "patient_correspondents": "patient_id correspondent_id kind rank",
    "groups": "group_id name",
    "group_members": "group_id patient_id",
    "consents": "consent_id patient_id address channel purpose state source by recorded_at",
    "appointments": (
        "appointment_id patient_id starts_at ends_at duration state declined_by nature kind forced chair_id room_id "
        "site_id practitioner_id made_on remark moved_from"
    ),
    "practitioners": ("practitioner_id code title last_name first_name sex speciality rpps email phone site_id active"),
    "chairs": "chair_id code name room_id site_id",
    "rooms": "room_id name site_id",
    "sites": f"site_id name {_ADDRESS} phone",
    "opening_hours": "site_id weekday opens closes",
    "closed_days": "site_id day reason",
    "leaves": "leave_id practitioner_id starts_on ends_on reason replacement replacement_phone",
    "contacts": (
        "contact_id patient_id appointment_id invoice_id quote_id recall_id at channel purpose rank told_start outcome "
        "by source"
    ),
    "treatment_plans": (
        "plan_id patient_id practitioner_id title stage starts_on ends_on semester semesters retention_from"
    ),
    "procedures": "procedure_id patient_id appointment_id practitioner_id plan_id done_on code label teeth",
    "prescriptions": "prescription_id patient_id practitioner_id dated_on label",
    "prior_agreements": "agreement_id patient_id plan_id asked_on answered_on decision valid_until",
    "papers": "paper_id patient_id kind label asked_on due_on received_on",
    "quotes": (
        "quote_id patient_id plan_id practitioner_id number dated_on valid_until amount insurance complementary "
        "answered_on signed_on"
    ),
    "invoices": (
        "invoice_id patient_id payer_id practitioner_id number dated_on due_on amount label language billing_email "
        "cancelled_on"
    ),
    "payments": "payment_id patient_id invoice_id paid_on amount method",
    "instalments": "instalment_id patient_id plan_id quote_id invoice_id due_on amount paid_on",
    "recalls": "recall_id patient_id practitioner_id due_on reason rank done_on",
    "media": (
        "media_id patient_id practitioner_id plan_id stage kind view taken_on file_name media_type caption health"
    ),
    "insurers": f"insurer_id name kind phone email {_ADDRESS}",
    "patient_insurances": "patient_id insurer_id member_number valid_from valid_until",
    "corrections": "correction_id patient_id column_name old_value new_value at by copied_back_by copied_back_at",
}

TABLE_COLUMNS: dict[str, tuple[str, ...]] = {name: tuple(columns.split()) for name, columns in _TABLES.items()}
"""The columns of each table, by the table's name."""
