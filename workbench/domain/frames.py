"""The columns of every frame a person reads, spelled here alone; names are English and stable (DESIGN 5)."""

from __future__ import annotations

from typing import Any


class Origin(dict[str, Any]):
    """What a search says of its frame, as ``frame.attrs["workbench"]``; it is not changed once the search is done.

    pandas copies what a frame says to each column and row that is taken from it, a hundred times for one list: this
    stands for its copies.
    """

    def __deepcopy__(self, _memo: object) -> Origin:
        return self


RESULT_COLUMNS = (
    "mailing_id", "delivery_id", "recipient_id", "patient_id", "appointment_id", "invoice_id", "practitioner_id",
    "recipient", "role", "channel", "address", "language", "status", "reason", "attempts", "smtp_code", "smtp_reply",
    "message_id", "queued_at", "decided_at", "account", "template", "template_revision", "purpose", "step", "again",
    "job_id", "run_id", "sent_by",
)  # fmt: skip
"""One row a delivery; key ``delivery_id``."""

RETURNED_COLUMNS = (
    "file", "delivery_id", "mailing_id", "patient_id", "recipient", "address", "template", "decided_at", "cause",
    "code", "message", "trouble",
)  # fmt: skip
"""What files say of messages that came back, one row a file; numbers are ``Int64``, ``decided_at`` UTC."""

MAILING_TABLE_COLUMNS = (
    "mailing_id", "status", "reason", "template", "template_revision", "account", "role", "channel", "search", "key",
    "purpose", "step", "opened_at", "opened_by", "job_id", "run_id", "sent", "failed", "in_doubt", "skipped", "pending",
    "cancelled",
)  # fmt: skip
"""One row a mailing, the oldest first; key ``mailing_id``. ``run_id`` is the run that opened it, if a notebook did."""

EVENT_COLUMNS = (
    "source", "number", "what", "at", "by", "object", "mailing_id", "delivery_id", "patient_id", "status", "reason",
    "smtp_code",
)  # fmt: skip
"""One row a thing that happened, in the order of time; key (``source``, ``number``, ``what``).

``source`` is ``act`` (somebody did something: ``what`` names it, ``object`` to what), ``move`` (a mailing moved to the
status ``what``) or ``delivery`` (``what`` is ``queued``, ``attempted`` or ``decided``, ``status`` what it became then);
``number`` is the act's, the move's or the delivery's own.
"""

RUN_COLUMNS = (
    "run_id", "notebook", "digest", "status", "error", "job_id", "by", "host", "started_at", "ended_at", "seconds",
    "mailings", "parameters",
)  # fmt: skip
"""One row a run, the oldest first; key ``run_id``. ``parameters`` is JSON, shown with identities alone."""

RUN_MAILING_COLUMNS = ("run_id", "mailing_id", "confirmed_at")
"""Which mailings each run confirmed or went on with; key (``run_id``, ``mailing_id``)."""

TOLD_COLUMNS = (
    "delivery_id", "kind", "subject_id", "told", "appointment_id", "invoice_id", "patient_id", "starts_at", "purpose",
    "step", "role", "channel", "status", "at",
)  # fmt: skip
"""What each message tells of, one row a subject; key (``delivery_id``, ``kind``, ``subject_id``, ``told``).

A message about several appointments of a day has several rows. ``kind`` and ``subject_id`` name the subject
(``appointment``, its key), ``told`` what was said of it: an appointment's start as a text, and as a moment in
``starts_at``. ``appointment_id`` or ``invoice_id`` holds the same key where the subject is one, to join by. Only what
has left, may have left or waits tells anything; ``at`` is when it left, or else when it was queued.
"""

VISIT_COLUMNS = (
    "appointment_id", "patient_id", "practitioner_id", "practitioner", "starts_at", "weekday", "hour", "state",
    "nature", "missed", "lead_days", "lead", "reminded", "uncertain", "reminded_at", "notice_hours", "notice",
    "channel", "via",
)  # fmt: skip
"""One row an appointment that has begun, with its last reminder that left beforehand; key ``appointment_id``."""

IDENTITY_COLUMNS = ("recipient", "address")
"""Columns of results shown only with ``identities=True`` in Python (the command line always has them)."""

OWN_FIELD_COLUMNS = ("code", "kind", "label", "column", "text", "familiar", "names", "key", "data_class")
"""The practice's own merge fields, one row a text; key (``code``, ``column``). All are ``string``."""

FIELD_USE_COLUMNS = ("kind", "name", "messages")
"""Where a field is used: an email type or a signature by its name, a mailing by its number with what has not left."""

ADDRESS_COLUMNS = ("address_status", "address_shared_by")
"""What is to be known of the address of a row (F76): a category (`AddressStatus`), and how many have it (``Int64``).

A patient's address is counted among the open files, a colleague's among the colleagues; missing where none is usable.
"""

APPOINTMENT_COLUMNS = (
    "subject_key", "appointment_id", "patient_id", "starts_at", "date", "time", "patient", "file_number", "nature",
    "forced", "chair", "duration", "state", "patient_type", "file_state", "declined_by", "phone", "practitioner",
    "email", "practitioner_id", "family", "kind", "remark", "balance", *ADDRESS_COLUMNS,
)  # fmt: skip
"""Searches on appointments, one row an appointment (F131); key ``subject_key`` = ``appointment:<appointment_id>``.

``starts_at`` is tz-aware in the practice's zone, ``date`` and ``time`` are its wall-clock texts (ISO),
``duration`` in minutes, ``balance`` in euros.
"""

MOVED_COLUMNS = (*APPOINTMENT_COLUMNS, "told_start", "told_at", "change")
"""The search on moved appointments, one row an appointment; key ``subject_key`` = ``appointment:<appointment_id>``.

``told_start`` is the start that was last told (or where it stood before it moved) and ``told_at`` when, both moments of
the practice's zone; ``change`` is a category, ``moved`` or ``cancelled``.
"""

TO_PHONE_COLUMNS = (
    *APPOINTMENT_COLUMNS, "mobile", "call", "call_relation", "call_mobile", "call_phone",
)  # fmt: skip
"""The search on appointments to telephone about, one row an appointment; key as of `APPOINTMENT_COLUMNS`.

``call`` names whom to call, the patient or a minor's guardian, ``call_relation`` that guardian's relation, and
``call_mobile call_phone`` the numbers; ``mobile`` stands in the patient's own file. All are ``string``.
"""

PATIENT_COLUMNS = (
    "patient", "file_number", "phone", "practitioner", "practitioner_id", "email", "family", "patient_type",
    "file_state", "language", *ADDRESS_COLUMNS,
)  # fmt: skip
"""What every search below tells of the patient of a row, beside its ``patient_id``; the practitioner is the file's."""

DIRECTORY_COLUMNS = (
    "subject_key", "patient_id", "birth_date", "age", "last_visit", "next_appointment", "balance", "city",
    *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``patients``, one row a patient; key ``subject_key`` = ``patient:<patient_id>``.

``birth_date`` and ``last_visit`` are days (``datetime64[us]``, no zone), ``next_appointment`` is tz-aware in the
practice's zone, ``age`` in years (``Int64``), ``balance`` in euros where it was asked for.
"""

BIRTHDAY_COLUMNS = ("subject_key", "patient_id", "birth_date", "birthday", "age", *PATIENT_COLUMNS)
"""The search ``birthdays``, one row a patient; key ``subject_key`` = ``patient:<patient_id>``.

``birthday`` is the first one of the days asked for, ``age`` what the patient becomes on it.
"""

NEW_PATIENT_COLUMNS = (
    "subject_key", "patient_id", "created_on", "first_visit", "next_appointment", *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``new_patients``, one row a patient; key ``subject_key`` = ``patient:<patient_id>``."""

RECALL_COLUMNS = (
    "subject_key", "patient_id", "recall_id", "due_on", "rank", "reason", "months_since_visit", "last_visit",
    *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``recall``, one row a recall that is not done; key ``subject_key`` = ``recall:<recall_id>``."""

PAPER_COLUMNS = (
    "subject_key", "patient_id", "papers", "papers_count", "oldest_asked_on", "occasions", *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``papers``, one row a patient; key ``subject_key`` = ``patient:<patient_id>``.

``papers`` names those that meet what was asked, the oldest first, in one text; ``occasions`` is the list of what is
told by a message about them, ``patient:<patient_id>@paper:<paper_id>`` each.
"""

INSURANCE_COLUMNS = (
    "subject_key", "patient_id", "insurer", "insurer_id", "member_number", "valid_until", "occasions",
    *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``insurers``, one row a patient; key ``subject_key`` = ``patient:<patient_id>``.

``occasions`` is the list of what is told: that this insurance ends on this day,
``patient:<patient_id>@insurer:<insurer_id>:<valid_until>``.
"""

HALF_YEAR_COLUMNS = (
    "subject_key", "patient_id", "plan_id", "title", "semester", "semesters", "ends_on", "agreement_until",
    "next_appointment", *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``half_years``, one row a treatment plan; key ``subject_key`` = ``plan:<plan_id>``.

``agreement_until`` is when the latest prior agreement of the plan ends.
"""

UNPAID_COLUMNS = (
    "subject_key", "patient_id", "invoice_id", "number", "dated_on", "due_on", "amount", "paid", "remaining",
    "days_late", "reminders_sent", "payer", "payer_email", *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``unpaid``, one row an invoice; key ``subject_key`` = ``invoice:<invoice_id>``.

Money in euros; ``days_late`` counts from ``due_on``, missing before it; ``reminders_sent`` are those that the store
knows of; ``payer`` is missing where the patient pays.
"""

QUOTE_COLUMNS = (
    "subject_key", "patient_id", "quote_id", "number", "dated_on", "valid_until", "title", "amount",
    "remaining_charge", "answered_on", "signed_on", "days_waiting", *PATIENT_COLUMNS,
)  # fmt: skip
"""The search ``quotes``, one row a quote; key ``subject_key`` = ``quote:<quote_id>``.

``title`` is the plan's; ``remaining_charge`` is missing while nobody knows what any insurance pays; ``days_waiting``
is missing once it was answered.
"""

CORRESPONDENT_COLUMNS = (
    "subject_key", "patient_id", "correspondent_id", "title", "last_name", "first_name", "speciality", "email",
    "mss_email", "city", "patients", *ADDRESS_COLUMNS,
)  # fmt: skip
"""The search ``correspondents``, one row a colleague; key ``subject_key`` = ``correspondent:<correspondent_id>``.

``patient_id`` is an empty text, unless the colleagues of one patient were asked for; ``patients`` counts those whose
files are open; ``address_status`` is about the address a colleague is written to, MSSanté or ordinary.
"""

ROUND_COLUMNS = ("due_on", "rank", "birthday", "ends_on")
"""What tells one round of a subject without a start from the next: a birthday of another year is another occasion.

A frame with a column ``occasions``, lists of texts ``subject_key@…``, says itself what each row tells.
"""

ALBUM_COLUMNS = (
    "media_id", "patient_id", "taken_on", "kind", "stage", "view", "media_type", "file_name", "caption", "health",
    "path", "digest",
)  # fmt: skip
"""The images of patients' albums, one row an image; key ``media_id``.

``kind stage view media_type`` are categories, the practice's own words; ``taken_on`` is a day; ``health`` says that the
image tells of somebody's health; ``path`` is where its file lies, told from the workspace, and ``digest`` the SHA-256
that it had when it was filed, if that is known.
"""

DOCUMENT_COLUMNS = ("document_id", "patient_id", "dated_on", "number", "path", "cancelled_on")
"""The papers of one kind in patients' files, one row a paper; key ``document_id``, the invoice's, the quote's …"""

PIECE_COLUMNS = ("piece", "kind", "label", "dated_on", "health")
"""What of one patient's file can go with a message, one row an image or a paper; key ``piece``."""

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
