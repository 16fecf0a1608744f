"""A message that was sent, looked at again: built anew, compared with the proof, printed (DESIGN 8.6, F108)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babel.dates import format_datetime

from workbench.domain.accounts import Account
from workbench.domain.deliveries import DeliveryStatus, SentLetter, sentence_of_outcome
from workbench.domain.keeping import Tombstone
from workbench.domain.messages import Address, Message
from workbench.domain.pictures import data_urls
from workbench.domain.printing import Sheet
from workbench.domain.templates import Template
from workbench.errors import MailingError, TemplateError, UsageError
from workbench.language import _, language
from workbench.practice.letterheads import plain_letterhead
from workbench.settings import write_private

if TYPE_CHECKING:
    from workbench.domain.letterheads import Letterhead
    from workbench.practice.practice import Practice

Printer = Callable[[Sequence[Sheet]], bytes]
"""Lays messages out as the pages of one PDF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message of the history, as it left.

    Attributes
    ----------
    delivery_id, mailing_id, status, reason, reply
        Which one, what became of it, and the server's last words.
    template, revision, account
        The email type's path, the revision that was sent, and the account's name.
    message
        The message built anew from what was frozen; nothing where that is not kept.
    why_not
        A sentence on why it cannot be shown, or not with all its files.
    left_at
        When it left, by the practice's clock; nothing where it never did.
    message_id, digest
        The proof: its Message-ID, and the SHA-256 of its bytes.
    attachments
        The names of its files, also where they are not kept.
    again_of, again_by
        The delivery that it repeats, and those that repeat it.
    emptied_at
        When what it said was taken away, by the practice's clock.
    tombstone
        Who took it out of the history, when and why.

    """

    delivery_id: int
    mailing_id: int
    status: DeliveryStatus
    reason: str = ""
    reply: str = field(default="", repr=False)
    template: str
    revision: int
    account: str
    message: Message | None = field(default=None, repr=False)
    why_not: str = ""
    left_at: datetime | None = None
    message_id: str = ""
    digest: str = ""
    recipient: Address = field(repr=False)
    attachments: tuple[str, ...] = field(default=(), repr=False)
    again_of: int | None = None
    again_by: tuple[int, ...] = ()
    emptied_at: datetime | None = None
    tombstone: Tombstone | None = None
    printer: Printer = field(repr=False, compare=False)

    def as_bytes(self) -> bytes:
        """Return the message as it goes over the wire.

        Raises
        ------
        MailingError
            When what it said is not kept any more.
        """
        return self._shown().as_bytes()

    @property
    def same_bytes(self) -> bool | None:
        """Whether these are the very bytes that left; nothing where none did, or where they are not kept."""
        if self.message is None or self.why_not or not self.digest:
            return None
        return hashlib.sha256(self.message.as_bytes()).hexdigest() == self.digest

    @property
    def outcome(self) -> str:
        """Why it ended as it did, in a sentence; ``""`` where there is nothing to say."""
        return sentence_of_outcome(self.reason, reply=self.reply, address=self.recipient.email)

    @property
    def proof(self) -> str:
        """A sentence on whether what is shown is what left."""
        if self.why_not:
            return self.why_not
        if not self.digest:
            return _("Message {number} has not left: it is shown as it would.").format(number=self.delivery_id)
        if self.same_bytes:
            return _("Byte for byte what left: its SHA-256 is the one that was kept ({digest}).").format(
                digest=self.digest
            )
        return _(
            "NOT byte for byte what left: built again, its SHA-256 is not the one that was kept ({digest}). A newer "
            "version of the program may write it otherwise; what it says was frozen when it was confirmed."
        ).format(digest=self.digest)

    @property
    def sheet(self) -> Sheet:
        """The message as it is printed; raises as `as_bytes`."""
        message = self._shown()
        status = word_of_status(self.status)
        if self.reason:
            status = f"{status} – {self.outcome}"
        repeated = "" if self.again_of is None else _("no. {number}").format(number=self.again_of)
        return Sheet(
            title=message.subject,
            lines=(
                (_("From"), _line(message.sender)),
                (_("To"), _line(message.recipient)),
                (_("Date"), "" if self.left_at is None else _moment(self.left_at)),
                (_("Reply to"), message.reply_to or ""),
                (_("Attachments"), ", ".join(self.attachments)),
                (_("Status"), status),
                (_("Repeats message"), repeated),
                (_("Message-ID"), self.message_id),
            ),
            html=message.html,
            text=message.text,
            images=data_urls(message.pictures),
            foot=_("Message no. {number}").format(number=self.delivery_id),
            language=message.language,
        )

    def pdf(self, path: str | Path) -> Path:
        """Print the message into a PDF that only its owner can read, and return where it stands.

        Raises
        ------
        MailingError
            When what it said is not kept any more, or cannot be laid out on this computer.
        """
        return printed([self], path)

    def _shown(self) -> Message:
        if self.message is None:
            raise MailingError(self.why_not)
        return self.message


def printed(messages: Sequence[SentMessage], path: str | Path) -> Path:
    """Print messages into one PDF that only its owner can read, each on pages of its own; raises as its `pdf`."""
    if not messages:
        raise UsageError(_("Say which messages are to be printed, by their numbers."))
    target = Path(path)
    content = messages[0].printer([message.sheet for message in messages])
    try:
        write_private(target, content)
    except OSError as error:
        raise MailingError(
            _("{path} cannot be written: {problem}.").format(path=target, problem=error.strerror or error)
        ) from error
    return target


def sent_message(practice: Practice, delivery_id: int, *, printer: Printer) -> SentMessage:
    """Return a message of the history, built anew from what was frozen; see ``Practice.sent``."""
    ledger, number = practice.ledger, int(delivery_id)
    letter, frozen = ledger.results.sent_letter(number), ledger.keeping.frozen(number)
    template = ledger.library.revision(letter.template_revision_id)
    zone = practice.calendar.zone
    message, why_not = _built(practice, letter, template)
    return SentMessage(
        delivery_id=number,
        mailing_id=letter.mailing_id,
        status=letter.status,
        reason=frozen.reason,
        reply=letter.reply,
        template=template.path,
        revision=template.revision,
        account=letter.account,
        message=message,
        why_not=why_not,
        left_at=None if letter.dated_at is None else letter.dated_at.astimezone(zone),
        message_id=letter.message_id,
        digest=letter.digest,
        recipient=Address(email=letter.address, name=letter.recipient),
        attachments=tuple(kept.partition("/")[2] for kept in letter.attachments),
        again_of=frozen.previous_id,
        again_by=tuple(ledger.keeping.repetitions(number)),
        emptied_at=None if letter.emptied_at is None else letter.emptied_at.astimezone(zone),
        tombstone=ledger.keeping.tombstone(number),
        printer=printer,
    )


def dressed_as_frozen(practice: Practice, letter: SentLetter, template: Template) -> tuple[Account, Letterhead]:
    """Return the account of a delivery and what dressed it, whatever became of both since."""
    kept = practice.accounts.get(letter.account)
    head = None if letter.letterhead_id is None else practice.ledger.letterheads.letterhead(letter.letterhead_id)
    account = kept or Account(name=letter.account, email=head.sender_email if head is not None else "")
    return account, head or plain_letterhead(template, account)


def _built(practice: Practice, letter: SentLetter, template: Template) -> tuple[Message | None, str]:
    if letter.emptied_at is not None:
        day = _moment(letter.emptied_at.astimezone(practice.calendar.zone))
        return None, _(
            "What message {number} said is not kept any more (since {moment}). The proof is: that it left, its "
            "Message-ID and its SHA-256."
        ).format(number=letter.delivery_id, moment=day)
    account, head = dressed_as_frozen(practice, letter, template)
    there = tuple(kept for kept in letter.attachments if practice.attachments.read(kept) is not None)
    if not head.sender_email:
        return None, _("Message {number} cannot be shown: its account « {account} » was removed.").format(
            number=letter.delivery_id, account=letter.account
        )
    try:
        press = practice.press(template, account, columns=tuple(letter.values), letterhead=head, frozen=True)
        message = press.message(
            letter.values,
            Address(email=letter.address, name=letter.recipient),
            token=letter.token,
            date=letter.dated_at or practice.now(),
            language=letter.language,
            attachments=there,
        )
    except TemplateError as error:
        return None, _("Message {number} cannot be shown as it left: {problem}").format(
            number=letter.delivery_id, problem=error.sentence
        )
    gone = [kept.partition("/")[2] for kept in letter.attachments if kept not in there]
    if gone:
        return message, _("The files that went with it are not kept any more: {names}. The rest is as it left.").format(
            names=", ".join(f"« {name} »" for name in gone)
        )
    return message, ""


def word_of_status(status: DeliveryStatus) -> str:
    """Return where a delivery stands in a word, for paper: without a sign or a colour."""
    words = {
        DeliveryStatus.PENDING: _("waiting"),
        DeliveryStatus.SENDING: _("leaving"),
        DeliveryStatus.SENT: _("sent"),
        DeliveryStatus.FAILED: _("failed"),
        DeliveryStatus.IN_DOUBT: _("uncertain"),
        DeliveryStatus.SKIPPED: _("left out"),
        DeliveryStatus.CANCELLED: _("cancelled"),
    }
    return words[status]


def _line(address: Address) -> str:
    return f"{address.name} <{address.email}>" if address.name and address.email else address.name or address.email


def _moment(at: datetime) -> str:
    return format_datetime(at, "d MMMM y, HH:mm", locale=language())
