"""The words of a table for the eye: the headings of its columns, and how a status or a reason reads.

State is never colour alone: a sign and a word come first (✓ Sent, ✕ Failed, ? Uncertain, – Not sent).
"""

from __future__ import annotations

from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.summaries import STATUS_WORDS
from workbench.language import _, marked

_HEADINGS = {
    "account": marked("Account"),
    "address": marked("Address"),
    "address_line_1": marked("Street"),
    "address_line_2": marked("Street, continued"),
    "address_status": marked("Address check"),
    "aliases": marked("Also written"),
    "appointment_id": marked("Appointment no."),
    "archived": marked("Archived"),
    "attempts": marked("Attempts"),
    "balance": marked("Balance"),
    "bic": marked("BIC"),
    "birth_date": marked("Born on"),
    "birth_name": marked("Name at birth"),
    "booking_url": marked("Online booking"),
    "cancelled": marked("Cancelled"),
    "category": marked("Category"),
    "chair": marked("Chair"),
    "channel": marked("Channel"),
    "check": marked("Check"),
    "choices": marked("Choices"),
    "city": marked("Town"),
    "civility": marked("Civility"),
    "code": marked("Code"),
    "column": marked("Column"),
    "connections": marked("Connections"),
    "correspondent_id": marked("Correspondent no."),
    "count": marked("Number"),
    "country": marked("Country"),
    "created_on": marked("Opened on"),
    "date": marked("Date"),
    "deceased": marked("Deceased"),
    "decided_at": marked("Decided"),
    "declined_by": marked("Declined by"),
    "default": marked("Default"),
    "delivery_id": marked("Delivery"),
    "detail": marked("Detail"),
    "display_name": marked("Shown as"),
    "duration": marked("Minutes"),
    "email": marked("E-mail"),
    "emergency_phone": marked("Emergency phone"),
    "emergency_text": marked("In an emergency"),
    "end_time": marked("Ends"),
    "ends_at": marked("Ends"),
    "example": marked("Example"),
    "external": marked("From outside"),
    "failed": marked("Failed"),
    "family_id": marked("Family"),
    "family_members": marked("Family members"),
    "file_number": marked("File"),
    "file_state": marked("File state"),
    "first_name": marked("First name"),
    "forced": marked("Forced"),
    "form": marked("Tu or vous"),
    "guardians": marked("Guardian"),
    "host": marked("Server"),
    "iban": marked("IBAN"),
    "in_doubt": marked("Uncertain"),
    "key": marked("Key"),
    "kind": marked("Kind"),
    "label": marked("Label"),
    "language": marked("Language"),
    "last_name": marked("Last name"),
    "last_visit_at": marked("Last visit"),
    "made_on": marked("Made on"),
    "mailing": marked("Mailing"),
    "mailing_id": marked("Mailing"),
    "main_practitioner_id": marked("Main practitioner"),
    "message": marked("Message"),
    "mobile": marked("Mobile"),
    "moved_from": marked("Moved from"),
    "mss_email": marked("MSSanté"),
    "name": marked("Name"),
    "nature": marked("Nature"),
    "next_appointment_at": marked("Next appointment"),
    "opening_hours": marked("Opening hours"),
    "own_patient_id": marked("Own file"),
    "parameter": marked("Parameter"),
    "password_from": marked("Password kept in"),
    "path": marked("Path"),
    "patient": marked("Patient"),
    "patient_id": marked("Patient no."),
    "patient_type": marked("Patient type"),
    "payers": marked("Payer"),
    "pending": marked("Waiting"),
    "person_id": marked("Person no."),
    "phone": marked("Phone"),
    "port": marked("Port"),
    "postcode": marked("Postcode"),
    "practitioner": marked("Practitioner"),
    "purpose": marked("Purpose"),
    "queued_at": marked("Queued"),
    "rank": marked("Rank"),
    "reason": marked("Reason"),
    "recipient": marked("Recipient"),
    "recorded_at": marked("Recorded"),
    "relation": marked("Relation"),
    "remark": marked("Remark"),
    "reply_to": marked("Reply to"),
    "revision": marked("Version"),
    "role": marked("Role"),
    "row": marked("Line"),
    "search": marked("Search"),
    "security": marked("Security"),
    "sent": marked("Sent"),
    "sent_by": marked("Sent by"),
    "severity": marked("Severity"),
    "sex": marked("Sex"),
    "site": marked("Site"),
    "skipped": marked("Not sent"),
    "smtp_code": marked("Server's code"),
    "smtp_reply": marked("Server's reply"),
    "source": marked("Source"),
    "speciality": marked("Speciality"),
    "starts_at": marked("Appointment"),
    "state": marked("State"),
    "status": marked("Status"),
    "subject": marked("Subject"),
    "template": marked("Email type"),
    "template_revision": marked("Version"),
    "time": marked("Time"),
    "title": marked("Title"),
    "treating_dentist": marked("Treating dentist"),
    "treating_physician": marked("Treating physician"),
    "user": marked("User"),
    "value": marked("Value"),
    "website": marked("Website"),
    "zone": marked("Time zone"),
}

_STATUSES = {
    **STATUS_WORDS,
    "draft": ("…", marked("Draft")),
    "queued": ("…", marked("Queued")),
    "awaiting_approval": ("…", marked("Waiting for approval")),
    "paused": ("…", marked("Paused")),
    "stopped": ("✕", marked("Stopped")),
    "finished": ("✓", marked("Finished")),
    "ok": ("✓", marked("Good")),
    "not_ok": ("✕", marked("To be looked at")),
    "error": ("✕", marked("Error")),
    "warning": ("?", marked("Warning")),
}

_NUMBERS = {
    "sent": marked("✓ Messages sent"),
    "failed": marked("✕ Failures"),
    "in_doubt": marked("? Sendings uncertain"),
    "skipped": marked("– Messages not sent"),
    "pending": marked("… Messages waiting"),
}

_APPOINTMENT_STATES = {
    "upcoming": marked("Upcoming"),
    "missed": marked("Missed"),
    "postponed": marked("Postponed"),
    "present": marked("Came"),
    "cancelled": marked("Cancelled"),
    "excused": marked("Excused"),
}

_DECISIONS = {
    "accepted": marked("Accepted"),
    "refused": marked("Refused"),
    "opted_out": marked("Opted out"),
    "withdrawn": marked("Opt-out taken back"),
}

_CLOSURES = {"closure": marked("Closed"), "leave": marked("Leave"), "holiday": marked("Public holiday")}

_ROLES = {
    "patient": marked("patient"),
    "guardian": marked("guardian"),
    "payer": marked("payer"),
    "correspondent": marked("colleague"),
    "treating_dentist": marked("treating dentist"),
    "treating_physician": marked("treating physician"),
    "orthodontist": marked("orthodontist"),
    "referring": marked("referring colleague"),
    "external": marked("person from outside"),
}

_CATEGORIES = {
    "patient": marked("patient"),
    "responsable civil": marked("guardian"),
    "responsable financier": marked("payer"),
    "destinataire": marked("addressee"),
    "praticiens": marked("practitioners"),
    "cabinet": marked("practice"),
    "rendez-vous": marked("appointment"),
    "dates": marked("dates"),
}

_STAGES = {
    "dns": marked("Server's name"),
    "tcp": marked("Connection"),
    "tls": marked("Encryption"),
    "greeting": marked("Greeting"),
    "login": marked("Login"),
}

_ADDRESS_STATES = {
    "ok": marked("good"),
    "missing": marked("missing"),
    "malformed": marked("malformed"),
}

_CODED = {
    "address_status": _ADDRESS_STATES,
    "category": _CATEGORIES,
    "check": _STAGES,
    "kind": _CLOSURES,
    "role": _ROLES,
    "state": _APPOINTMENT_STATES | _DECISIONS,
}


def heading(column: str) -> str:
    """Return the heading of a column in the language in use; a column of the practice's own keeps its name."""
    return _(_HEADINGS[column]) if column in _HEADINGS else column


def status_words(status: str) -> str:
    """Return a status as sign and word."""
    sign, word = _STATUSES[status]
    return f"{sign} {_(word)}"


def number_words(status: str) -> str:
    """Return the heading of the number of deliveries of a status, as sign and word."""
    return _(_NUMBERS[status])


def shown(column: str, value: object) -> str | None:
    """Return how a coded cell reads, or nothing when the cell says what it means by itself."""
    code = str(value)
    if column in {"status", "severity"} and code in _STATUSES:
        return status_words(code)
    if column == "reason" and isinstance(value, str) and value:
        return sentence_of_reason(value)
    if column == "row" and value == 0:
        return " "  # the file as a whole, no line of it
    words = _CODED.get(column, {})
    return _(words[code]) if code in words else None
