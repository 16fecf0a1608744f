"""One message's life in the outbox: its statuses, the moves between them, and the reasons (DESIGN 4)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from workbench.domain.returned_mail import RETURNED, cause_of_refusal, sentence_of_return
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
EXPIRED = "expired"
"""The reason of a row that would have come too late."""

SUPERSEDED = "superseded"
"""The reason of a cancelled row that others replace, or that is not in the list any more; nobody took it back."""

OPEN = frozenset({S.PENDING, S.SENDING})
"""A mailing is finished when no row is open."""


def check_move(old: DeliveryStatus, new: DeliveryStatus) -> None:
    """Raise `ForbiddenMove` unless `new` may follow `old`."""
    if new not in ALLOWED_MOVES[old]:
        raise ForbiddenMove(_("A delivery that is « {old} » cannot become « {new} ».").format(old=old, new=new))


def sentence_of_reason(reason: str) -> str:
    """Return the sentence of a reason code, in the language in use."""
    code, _colon, detail = reason.partition(":")
    named = detail.strip("…")  # a summary of many rows knows of no name
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
        "other_patient": _("What the message would tell of is another patient's."),
        "missing_field": _("The required field {detail} has no value."),
        "missing_attachment": _("Nothing was found for « {detail} », which must go with the message.")
        if named
        else _("An attachment could not be found."),
        "attachment_asked": _("Nothing was found for « {detail} »: decide whether the message leaves without it."),
        "told_in_other_role": _("Gets the same message already, in another role."),
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
        "expired": _("Too late: the appointment has passed, or the time the message was good for."),
        "superseded": _("Replaced by another row, or not in the list any more."),
        "interrupted": _("The sending was cut off after the message left; nobody knows whether it arrived."),
        "connection_lost": _("The connection was lost before the message left; it will be tried again."),
        "restored": _(
            "It was waiting in a ledger that was restored or copied; it may have left elsewhere since. Nobody knows."
        ),
        "reply_lost": _("The connection was lost after the message left; nobody knows whether it arrived."),
        "message_too_large": _("The message is too large with its files; the largest is « {detail} ».")
        if named
        else _("The message is larger than the server accepts."),
        "needs_smtputf8": _("The address has accents before the @, and the server does not know how to write to it."),
        "needs_8bit": _("The server cannot carry this message as it is encoded."),
        "too_many_attempts": _("Tried several times without success."),
    }
    if code in sentences:
        return sentences[code].format(detail=detail)
    if code == RETURNED:
        return _("Came back: {why}").format(why=sentence_of_return(detail))
    if code.startswith("smtp_"):
        return _("The server refused the message ({code}).").format(code=code.removeprefix("smtp_"))
    return reason


def sentence_of_outcome(reason: str, *, reply: str = "", address: str = "") -> str:
    """Return the sentence of a reason code; of a refusal what the server's reply says of the mailbox, in plain words.

    Examples
    --------
    >>> sentence_of_outcome("smtp_550", reply="5.1.1 User unknown", address="odile@famille.example")
    'Unknown mailbox at famille.example.'
    """
    if not reason:
        return ""
    cause = cause_of_refusal(reason, reply)
    return sentence_of_return(cause, address.rpartition("@")[2]) if cause else sentence_of_reason(reason)


class Standing(StrEnum):
    """Where a row stands before anything leaves: what a person has to do with it."""

    READY = "ready"
    TO_READ = "to_read"
    TO_CORRECT = "to_correct"
    EXCLUDED = "excluded"


_NOTHING_TO_CORRECT = frozenset(
    {
        "opted_out", "no_consent", "deceased", "archived", "excluded", "merged_with", "duplicate_occasion", "past",
        "superseded", "expired", "told_in_other_role",
    }
)  # fmt: skip
"""Reasons that nobody should undo for a mailing's sake."""


def standing_of(reason: str, *, doubtful: bool = False) -> Standing:
    """Return where a row with this reason for being left out (``""`` for none) stands.

    A row that could leave is to be read first when something about it is `doubtful`.
    """
    if not reason:
        return Standing.TO_READ if doubtful else Standing.READY
    return Standing.EXCLUDED if reason.partition(":")[0] in _NOTHING_TO_CORRECT else Standing.TO_CORRECT


def word_of_reason(reason: str) -> str:
    """Return a reason or a finding's code in a word or two, for a list; the sentence says the rest."""
    code, _colon, detail = reason.partition(":")
    words = {
        "no_address": _("no address"),
        "invalid_address": _("address"),
        "no_addressee": _("nobody responsible"),
        "no_correspondent": _("no colleague"),
        "unknown_patient": _("unknown file"),
        "other_patient": _("other patient"),
        "opted_out": _("opt-out"),
        "no_consent": _("no consent"),
        "deceased": _("deceased"),
        "archived": _("archived"),
        "missing_attachment": _("attachment"),
        "attachment_asked": _("attachment?"),
        "message_too_large": _("too large"),
        "health_data_on_plain_mail": _("health data"),
        "likely_typo": _("address?"),
        "dead_domain": _("address?"),
        "shared_address": _("shared address"),
        "unusable_file": _("attachment"),
        "several_appointments": _("several appointments"),
        "other_step": _("which reminder?"),
        "duplicate_occasion": _("told already"),
        "told_lately": _("told lately"),
        "unchanged_words": _("other language"),
        "told_in_other_role": _("other role"),
        "already_sent": _("sent already"),
        "uncertain": _("uncertain"),
        "expired": _("too late"),
        RETURNED: _("came back"),
        "restored": _("uncertain"),
        "cancelled": _("taken back"),
    }
    if code.startswith("smtp_"):
        return _("refused")
    if code in ("missing_field", "missing_value"):
        return detail
    return words.get(code, _("see"))


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
    `values` are the plain merged values, by code or column name. `patients` are those whom it tells about besides
    `patient_id`, who leads. `attachments` are the files that go with it, by the name they are kept under.
    `template_revision_id` is the mailing's own unless the addressee is written to in another language. After
    `expires_at` it comes too late, and is not sent any more. `previous_id` is the delivery of another mailing that it
    sends once more. Its ``repr`` names nobody (P12).
    """

    recipient_id: str = field(repr=False)
    addressee_key: str = field(repr=False)
    role: str
    channel: str
    recipient: str = field(repr=False)
    address: str = field(repr=False)
    language: str
    reason: str = ""
    patient_id: str = ""
    appointment_id: str = ""
    invoice_id: str = ""
    practitioner_id: str = ""
    patients: tuple[str, ...] = field(default=(), repr=False)
    occasions: tuple[str, ...] = field(default=(), repr=False)
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    attachments: tuple[str, ...] = ()
    expires_at: datetime | None = None
    template_revision_id: int | None = None
    previous_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Whom a delivery goes to, and about whom; its ``repr`` names nobody (P12)."""

    delivery_id: int
    recipient_id: str = field(repr=False)
    addressee_key: str = field(repr=False)
    role: str
    patient_id: str = field(repr=False)
    appointment_id: str = field(repr=False)
    address: str = field(repr=False)
    further_patients: tuple[str, ...] = field(default=(), repr=False)
    """Whom it tells about besides its own patient: the brothers and sisters of a family's message."""
    reason: str = ""
    reply: str = field(default="", repr=False)
    """Why it did not leave, and the server's last words."""

    @property
    def day(self) -> str:
        """The day it tells of, on which somebody is of age or not; ``""`` where it tells of none."""
        found = _TOLD_ABOUT.match(self.recipient_id)
        return found[1].rpartition("@")[2] if found else ""


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


class FrozenValues(Mapping[str, object]):
    """The values of a delivery as the ledger keeps them, a JSON object in `text`: read once somebody asks for one."""

    __slots__ = ("_values", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._values: dict[str, object] | None = None

    def __getitem__(self, name: str) -> object:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return "FrozenValues(…)"  # they are a patient's (P12)

    def _read(self) -> dict[str, object]:
        if self._values is None:
            self._values = json.loads(self.text)
        return self._values


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
    recipient: str = field(repr=False)
    address: str = field(repr=False)
    language: str
    values: Mapping[str, object] = field(repr=False)
    attachments: tuple[str, ...]
    token: str
    message_id: str
    digest: str
    dated_at: datetime | None
    sending_at: datetime | None
    letterhead_id: int | None = None
    emptied_at: datetime | None = None
    reply: str = field(default="", repr=False)
