"""One message's life in the outbox: its statuses, the moves between them, and the reasons (DESIGN 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from workbench.errors import ForbiddenMove
from workbench.language import _


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"  # durable before the first byte of content leaves (P3)
    SENT = "sent"  # the server answered 2xx to the final dot (P2)
    FAILED = "failed"  # refused for good
    IN_DOUBT = "in_doubt"  # nobody can know; a person decides
    SKIPPED = "skipped"  # left out before sending, with a reason
    CANCELLED = "cancelled"


S = DeliveryStatus
ALLOWED_MOVES: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    S.PENDING: frozenset({S.SENDING, S.FAILED, S.SKIPPED, S.CANCELLED}),
    S.SENDING: frozenset({S.SENT, S.FAILED, S.IN_DOUBT, S.PENDING}),
    S.IN_DOUBT: frozenset({S.SENT, S.PENDING}),  # settled by a person: count as sent, or send again
    S.FAILED: frozenset({S.PENDING}),  # retried by a person, or the address was corrected
    S.SKIPPED: frozenset({S.PENDING, S.CANCELLED}),  # its reason is gone, or somebody else answers for it now
    S.CANCELLED: frozenset({S.PENDING, S.SKIPPED}),  # replaced by another row, and found again
    S.SENT: frozenset(),
}
OPEN = frozenset({S.PENDING, S.SENDING})
"""A mailing is finished when no row is open."""


def check_move(old: DeliveryStatus, new: DeliveryStatus) -> None:
    """Raise `ForbiddenMove` unless `new` may follow `old`."""
    if new not in ALLOWED_MOVES[old]:
        raise ForbiddenMove(_("A delivery that is « {old} » cannot become « {new} ».").format(old=old, new=new))


def sentence_of_reason(reason: str) -> str:
    """Return the sentence of a reason code, in the language in use."""
    code, _colon, detail = reason.partition(":")
    sentences = {
        "no_address": _("No e-mail address in the file."),
        "invalid_address": _("The e-mail address is malformed."),
        "opted_out": _("Does not want these messages."),
        "no_consent": _("Has not agreed to these messages."),
        "no_addressee": _("Nobody to write to: a minor without a guardian in the file."),
        "no_correspondent": _("No colleague of this kind in the file."),
        "deceased": _("The patient has died."),
        "archived": _("The patient's file is archived."),
        "unknown_patient": _("The patient store does not know this patient."),
        "missing_field": _("The required field {detail} has no value."),
        "missing_attachment": _("An attachment could not be found."),
        "duplicate_occasion": _("Another mailing already covers this occasion: the message has left, or waits there."),
        "merged_with": _("Told in the same message as another row."),
        "health_data_on_plain_mail": _("Health data may not leave on an ordinary address."),
        "render_error": _("The message could not be merged: {detail}"),
        "unsafe_value": _("A value would have changed the message's headers."),
        "excluded": _("Left out by hand."),
        "duplicate_id": _("Several rows of the table have this id and differ; none of them is written to."),
        "duplicate_row": _("An earlier row of the table has the same address; give each row an id of its own."),
        "minor_written_directly": _(
            "The patient is a minor, and the message goes to the address given in the table, not to a guardian's."
        ),
        "past": _("The appointment is over."),
        "superseded": _("Replaced by another row, or not in the list any more."),
        "interrupted": _("The sending was cut off after the message left; nobody knows whether it arrived."),
        "connection_lost": _("The connection was lost before the message left; it will be tried again."),
        "reply_lost": _("The connection was lost after the message left; nobody knows whether it arrived."),
        "message_too_large": _("The message is larger than the server accepts."),
        "needs_smtputf8": _("The address has accents before the @, and the server does not know how to write to it."),
        "needs_8bit": _("The server cannot carry this message as it is encoded."),
        "too_many_attempts": _("Tried several times without success."),
    }
    if code in sentences:
        return sentences[code].format(detail=detail)
    if code.startswith("smtp_"):
        return _("The server refused the message ({code}).").format(code=code.removeprefix("smtp_"))
    return reason


_TOLD_ABOUT = re.compile(r"(patient:.*?@\d{4}-\d\d-\d\d)(?::|\Z)", re.DOTALL)


def recipient_group(recipient_id: str) -> str:
    """Return what the recipients that replace one another share: a patient's day, whatever is told about it.

    ``patient:2301@2026-11-23:A17@09:00`` and ``patient:2301@2026-11-23:A17@10:30`` are both of the group
    ``patient:2301@2026-11-23``; every other recipient is a group of its own.
    """
    found = _TOLD_ABOUT.match(recipient_id)
    return found[1] if found else recipient_id


def occasion_subject(occasion: str) -> str:
    """Return the subject of an occasion ``subject_key@start``, without its time."""
    return occasion.rpartition("@")[0] or occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One row of a mailing as it is frozen at confirmation (P7).

    `reason` is empty for a row that may leave, else it is why the row is skipped. `occasions` are the texts
    ``subject_key@start`` (or ``row:<id>@<digest of values>`` for a table) that this message speaks of (8.2).
    `values` are the plain merged values, by code or column name.
    """

    recipient_id: str
    addressee_key: str
    role: str
    channel: str
    recipient: str
    address: str
    language: str
    reason: str = ""
    patient_id: str = ""
    appointment_id: str = ""
    invoice_id: str = ""
    practitioner_id: str = ""
    occasions: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one attempt at a delivery.

    `status` is ``SENT``, ``FAILED``, ``IN_DOUBT``, or ``PENDING`` for « try again later ».
    `code` and `reply` are the server's last words (one line, decoded, at most 500 characters).
    """

    delivery_id: int
    status: DeliveryStatus
    reason: str = ""
    code: int | None = None
    reply: str = ""
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """All that is needed to build again the message of a delivery, and to prove that it is the same (8.6).

    `digest` is the SHA-256 of the content when it last left (``""`` when it never did), `dated_at` its Date.
    """

    delivery_id: int
    mailing_id: int
    status: DeliveryStatus
    template_revision_id: int
    account: str
    recipient: str
    address: str
    language: str
    values: Mapping[str, object]
    attachments: tuple[str, ...]
    token: str
    message_id: str
    digest: str
    dated_at: datetime | None
    sending_at: datetime | None
