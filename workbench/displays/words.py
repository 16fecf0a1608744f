"""The words of a table for the eye: the headings of its columns, and how a status or a reason reads.

State is never colour alone: a sign and a word come first (✓ Sent, ✕ Failed, ? Uncertain, – Not sent).
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.domain.address_status import ADDRESS_STATUS_WORDS
from workbench.domain.custom_fields import COLUMN_LABELS
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.people import ROLE_WORDS
from workbench.domain.presets import VERDICT_WORDS
from workbench.domain.summaries import STATUS_WORDS
from workbench.language import _, language, marked, n_

_HEADINGS = {
    "account": marked("Account"),
    "address": marked("Address"),
    "address_line_1": marked("Street"),
    "address_line_2": marked("Street, continued"),
    "address_shared_by": marked("Files with this address"),
    "address_status": marked("Address check"),
    "again": marked("Round"),
    "age": marked("Age"),
    "agreement_until": marked("Agreement until"),
    "aliases": marked("Also written"),
    "alone": marked("Rows alone"),
    "amount": marked("Amount"),
    "answered_on": marked("Answered on"),
    "appointment_id": marked("Appointment no."),
    "archived": marked("Archived"),
    "as_of": marked("Came on"),
    "at": marked("Moment"),
    "attempts": marked("Attempts"),
    "auth": marked("Way to log in"),
    "balance": marked("Balance"),
    "bic": marked("BIC"),
    "birth_date": marked("Born on"),
    "birth_name": marked("Name at birth"),
    "birthday": marked("Birthday"),
    "booking_url": marked("Online booking"),
    "by": marked("By"),
    "call": marked("To call"),
    "call_mobile": marked("Mobile to call"),
    "call_phone": marked("Phone to call"),
    "call_relation": marked("Relation"),
    "cancelled": marked("Cancelled"),
    "cancelled_on": marked("Cancelled on"),
    "caption": marked("Caption"),
    "category": marked("Category"),
    "chair": marked("Chair"),
    "change": marked("Change"),
    "changes": marked("What changed"),
    "channel": marked("Channel"),
    "check": marked("Check"),
    "choices": marked("Choices"),
    "city": marked("Town"),
    "civility": marked("Civility"),
    "client_id": marked("Client id"),
    "code": marked("Code"),
    "column": marked("Column"),
    "condition": marked("Condition"),
    "confirm": marked("Asks before sending"),
    "connections": marked("Connections"),
    "correction_id": marked("Correction no."),
    "correspondent_id": marked("Correspondent no."),
    "count": marked("Number"),
    "country": marked("Country"),
    "created_on": marked("Opened on"),
    "data_class": marked("Sensitivity"),
    "date": marked("Date"),
    "dated": marked("As of"),
    "dated_on": marked("Dated"),
    "days_late": marked("Days late"),
    "days_waiting": marked("Days waiting"),
    "deceased": marked("Deceased"),
    "decided_at": marked("Decided"),
    "declined_by": marked("Declined by"),
    "default": marked("Default"),
    "deleted_at": marked("Deleted"),
    "deleted_by": marked("Deleted by"),
    "deleted_reason": marked("Why deleted"),
    "delivery_id": marked("Delivery"),
    "detail": marked("Detail"),
    "display_name": marked("Shown as"),
    "document_id": marked("Document"),
    "domains": marked("Addresses"),
    "dsn": marked("Asks for failures"),
    "due_on": marked("Due on"),
    "duration": marked("Minutes"),
    "email": marked("E-mail"),
    "emergency_phone": marked("Emergency phone"),
    "emergency_text": marked("In an emergency"),
    "end_time": marked("Ends"),
    "ends_at": marked("Ends"),
    "ends_on": marked("Ends on"),
    "emptied_at": marked("Emptied"),
    "example": marked("Example"),
    "external": marked("From outside"),
    "failed": marked("Failed"),
    "familiar": marked("With « tu »"),
    "family": marked("Family"),
    "family_id": marked("Family"),
    "family_members": marked("Family members"),
    "field": marked("Field"),
    "file_number": marked("File no."),
    "file_state": marked("File state"),
    "first_job": marked("First job"),
    "first_name": marked("First name"),
    "first_visit": marked("First visit"),
    "folder": marked("Folder"),
    "forced": marked("Forced"),
    "form": marked("Tu or vous"),
    "guardians": marked("Guardian"),
    "host": marked("Server"),
    "hours": marked("Sending hours"),
    "how": marked("Found how"),
    "iban": marked("IBAN"),
    "in_doubt": marked("Uncertain"),
    "insurer": marked("Insurer"),
    "insurer_valid_until": marked("Insured until"),
    "invoice_id": marked("Invoice no."),
    "keep_attachments": marked("Keeps attachments"),
    "keep_messages": marked("Keeps messages"),
    "key": marked("Key"),
    "kind": marked("Kind"),
    "label": marked("Label"),
    "language": marked("Language"),
    "last_image_on": marked("Last image on"),
    "last_message": marked("Last email type"),
    "last_message_at": marked("Last message"),
    "last_message_status": marked("Status of the last message"),
    "last_name": marked("Last name"),
    "last_payment_amount": marked("Last payment"),
    "last_payment_on": marked("Last payment on"),
    "last_prescription_on": marked("Last prescription on"),
    "last_visit": marked("Last visit"),
    "last_visit_at": marked("Last visit"),
    "left": marked("Rows left"),
    "letters_per_connection": marked("Messages a connection"),
    "line": marked("Line"),
    "lines": marked("Lines"),
    "made_on": marked("Made on"),
    "mailing": marked("Mailing"),
    "mailing_id": marked("Mailing"),
    "main_practitioner_id": marked("Main practitioner"),
    "media_id": marked("Image"),
    "member_number": marked("Member no."),
    "message": marked("Message"),
    "messages": marked("Messages waiting"),
    "missing_papers": marked("Missing papers"),
    "mobile": marked("Mobile"),
    "months_since_visit": marked("Months since"),
    "moved_from": marked("Moved from"),
    "mss_email": marked("MSSanté"),
    "name": marked("Name"),
    "names": marked("Also written"),
    "nature": marked("Nature"),
    "new": marked("Now"),
    "next_appointment": marked("Next appointment"),
    "next_appointment_at": marked("Next appointment"),
    "next_appointments": marked("Appointments to come"),
    "next_closure_from": marked("Next closed from"),
    "next_closure_until": marked("Next closed until"),
    "next_instalment_amount": marked("Next instalment"),
    "next_instalment_on": marked("Next instalment on"),
    "number": marked("No."),
    "oauth": marked("Sign-in of"),
    "old": marked("Before"),
    "oldest_asked_on": marked("Asked since"),
    "opened_at": marked("Begun on"),
    "opened_by": marked("Begun by"),
    "opening_hours": marked("Opening hours"),
    "own_patient_id": marked("Own file"),
    "paid": marked("Paid"),
    "papers": marked("Missing papers"),
    "papers_count": marked("Papers"),
    "parameter": marked("Parameter"),
    "parameters": marked("Parameters"),
    "password_from": marked("Password kept in"),
    "path": marked("Path"),
    "patient": marked("Patient"),
    "patient_id": marked("Patient no."),
    "patient_type": marked("Patient type"),
    "patients": marked("Patients"),
    "payer": marked("Payer"),
    "payer_email": marked("Payer's e-mail"),
    "payers": marked("Payer"),
    "pending": marked("Waiting"),
    "per_day": marked("A day, at most"),
    "per_hour": marked("An hour, at most"),
    "per_minute": marked("A minute, at most"),
    "person_id": marked("Person no."),
    "phone": marked("Phone"),
    "pictures": marked("Images"),
    "port": marked("Port"),
    "postcode": marked("Postcode"),
    "practitioner": marked("Practitioner"),
    "practitioner_id": marked("Practitioner's code"),
    "preset": marked("Preset"),
    "previous_id": marked("Repeats"),
    "purpose": marked("Purpose"),
    "queued_at": marked("Queued"),
    "rank": marked("Rank"),
    "read_receipt": marked("Read receipt"),
    "reason": marked("Reason"),
    "recipient": marked("Recipient"),
    "recorded_at": marked("Recorded"),
    "relation": marked("Relation"),
    "remaining": marked("Still owed"),
    "remaining_charge": marked("Left to pay"),
    "remark": marked("Remark"),
    "reminders_sent": marked("Reminders"),
    "replacement": marked("Replacement"),
    "replacement_phone": marked("Replacement's telephone"),
    "reply_to": marked("Reply to"),
    "revision": marked("Version"),
    "role": marked("Role"),
    "row": marked("Line"),
    "rows": marked("Rows"),
    "said_by": marked("Said by"),
    "saved_at": marked("Saved on"),
    "saved_by": marked("Saved by"),
    "search": marked("Search"),
    "searches": marked("Searches"),
    "second_job": marked("Second job"),
    "security": marked("Security"),
    "semester": marked("Half-year"),
    "semesters": marked("Half-years"),
    "sending_hours": marked("Sending hours"),
    "sent": marked("Sent"),
    "sent_by": marked("Sent by"),
    "setting": marked("Setting"),
    "severity": marked("Severity"),
    "sex": marked("Sex"),
    "signature": marked("Signature"),
    "signed_on": marked("Signed on"),
    "site": marked("Site"),
    "skipped": marked("Not sent"),
    "smtp_code": marked("Server's code"),
    "smtp_reply": marked("Server's reply"),
    "source": marked("Source"),
    "speciality": marked("Speciality"),
    "stage": marked("Stage"),
    "stale": marked("Old"),
    "starts_at": marked("Appointment"),
    "starts_on": marked("Starts on"),
    "state": marked("State"),
    "status": marked("Status"),
    "step": marked("Step"),
    "subject": marked("Subject"),
    "subject_key": marked("Key"),
    "suggestions": marked("Proposed"),
    "taken_on": marked("Taken on"),
    "template": marked("Email type"),
    "template_revision": marked("Version"),
    "tenant": marked("Organisation"),
    "text": marked("Text"),
    "time": marked("Time"),
    "timeout": marked("Time-out"),
    "times": marked("Times"),
    "title": marked("Title"),
    "told_at": marked("Told on"),
    "told_by": marked("Told by"),
    "told_start": marked("Told for"),
    "treating_dentist": marked("Treating dentist"),
    "treating_physician": marked("Treating physician"),
    "undo_minutes": marked("Minutes to take it back"),
    "unpaid_invoices": marked("Unpaid invoices"),
    "used_by": marked("Used by"),
    "user": marked("User"),
    "valid_until": marked("Valid until"),
    "value": marked("Value"),
    "variant_of": marked("Main email type"),
    "variants": marked("Variants"),
    "verdict": marked("Worth"),
    "view": marked("View"),
    "ways": marked("Log in with"),
    "website": marked("Website"),
    "zone": marked("Time zone"),
    "active": marked("Switched on"),
    "alerts": marked("Told"),
    "approvers": marked("Approvers"),
    "end": marked("Until"),
    "found": marked("Found"),
    "job": marked("Job"),
    "last_at": marked("Last time"),
    "last_state": marked("Last result"),
    "met": marked("Met"),
    "next_at": marked("Next time"),
    "note": marked("Note"),
    "occurrence": marked("When it runs"),
    "recurrence": marked("How often"),
    "standing": marked("Standing"),
    "start": marked("From day"),
    "treatment": marked("Treatment by itself"),
    "twice": marked("Twice"),
    "waiting": marked("To release"),
    "why": marked("Why"),
    "late_until": marked("Made up for until"),
    "approve_by": marked("Release by"),
    "within_hours": marked("In the sending hours"),
    "not_on_closed_days": marked("Not on closed days"),
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
    "cancelled": marked("– Messages cancelled"),
}

NUMBERED = tuple(_NUMBERS)
"""The statuses whose deliveries are counted, in the order in which their numbers are told."""

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

_PAPERS = {"invoice": marked("invoice"), "quote": marked("quote"), "prescription": marked("prescription")}

_CATEGORIES = {
    "patient": marked("patient"),
    "responsable civil": marked("guardian"),
    "responsable financier": marked("payer"),
    "destinataire": marked("addressee"),
    "praticiens": marked("practitioners"),
    "cabinet": marked("practice"),
    "rendez-vous": marked("appointment"),
    "dates": marked("dates"),
    "plan de traitement": marked("treatment plan"),
    "honoraires": marked("fees"),
    "règlements": marked("payments"),
    "rappels": marked("recalls"),
    "soins": marked("care"),
    "orthodontie": marked("orthodontics"),
    "pièces": marked("papers"),
    "album médias": marked("media album"),
    "correspondants": marked("colleagues"),
    "message": marked("message"),
    "champs particuliers": marked("own fields about patients"),
    "champs libres": marked("own fields about colleagues"),
    "champs du cabinet": marked("the practice's own data"),
}

_STAGES = {
    "dns": marked("Server's name"),
    "tcp": marked("Connection"),
    "tls": marked("Encryption"),
    "greeting": marked("Greeting"),
    "login": marked("Login"),
    "folder": marked("Folder"),
    "mail": marked("Message to oneself"),
}

_DECLINERS = {
    "practice": marked("by the practice"),
    "patient": marked("by the patient"),
}

_CHANGES = {
    "moved": marked("moved to another time"),
    "cancelled": marked("cancelled or postponed"),
}

_HOWS = {
    "exact": marked("ours already"),
    "table": marked("well known"),
    "remembered": marked("said before"),
    "given": marked("said now"),
    "unknown": marked("unknown"),
}

_FIELD_USES = {
    "template": marked("email type"),
    "signature": marked("signature"),
    "mailing": marked("mailing"),
}

_SAID_BY = {
    "account": marked("the account"),
    "preset": marked("the provider's preset"),
    "provider": marked("the provider"),
    "practice": marked("the practice"),
    "template": marked("the email type"),
    "mailing": marked("the mailing"),
    "usual": marked("as usual"),
}

_OCCURRENCE_STATES = {
    "running": marked("… At work"),
    "awaiting_approval": marked("… To release"),
    "done": marked("✓ Done"),
    "failed": marked("✕ Not ended"),
    "skipped": marked("– Left out"),
    "interrupted": marked("✕ Interrupted"),
}

_TOLD_BY = {
    "first": marked("the first job alone"),
    "second": marked("the second job alone"),
    "both": marked("both jobs"),
}

_CODED: Mapping[str, Mapping[str, str]] = {
    "address_status": ADDRESS_STATUS_WORDS,
    "category": _CATEGORIES,
    "change": _CHANGES,
    "check": _STAGES,
    "column": COLUMN_LABELS,
    "declined_by": _DECLINERS,
    "how": _HOWS,
    "kind": _CLOSURES | _PAPERS | _FIELD_USES,
    "last_state": _OCCURRENCE_STATES,
    "role": ROLE_WORDS,
    "said_by": _SAID_BY,
    "state": _APPOINTMENT_STATES | _DECISIONS | _OCCURRENCE_STATES,
    "told_by": _TOLD_BY,
    "verdict": VERDICT_WORDS,
}


_MONEY = frozenset(
    {
        "amount", "balance", "last_payment_amount", "next_instalment_amount", "paid", "remaining", "remaining_charge",
    }
)  # fmt: skip


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


def replaced_sentence(count: int) -> str:
    """Return the sentence about rows that stand in the results and that the numbers do not count."""
    return n_(
        "The results hold {count} row more: another row replaced it, or it is not in the list any more.",
        "The results hold {count} rows more: other rows replaced them, or they are not in the list any more.",
        count,
    ).format(count=count)


def shown(column: str, value: object) -> str | None:
    """Return how a coded cell reads, or nothing when the cell says what it means by itself."""
    code = str(value)
    if column in {"status", "severity", "last_message_status"} and code in _STATUSES:
        return status_words(code)
    if column == "reason" and isinstance(value, str) and value:
        return sentence_of_reason(value)
    if column in _MONEY and isinstance(value, (int, float)):
        from workbench.merging.formats.money import amount_text  # what computes with frames is loaded late

        return amount_text(value, language())
    if column == "row" and value == 0:
        return " "  # the file as a whole, no line of it
    words = _CODED.get(column, {})
    return _(words[code]) if code in words else None
