"""A message exactly as one addressee will get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A display name (may be empty) and an e-mail address; neither shows in its ``repr`` (P12)."""

    email: str = field(repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message, frozen by the SHA-256 of its bytes (F99)."""

    name: str
    media_type: str
    digest: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The three variable parts of a message, merged."""

    subject: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One merged message; `as_bytes` gives the very letter (RFC 5322, CRLF) that leaves.

    Attributes
    ----------
    sender, recipient
        Who writes and who is written to: one addressee, ever (P5).
    subject, html, text
        The merged parts; a message always has both bodies.
    reply_to
        Where answers go, when not to the sender.
    attachments
        The files that go with it.
    pictures
        The images that its HTML shows, by their Content-ID.
    language
        The language it is written in.

    Examples
    --------
    >>> message = mailing.preview(0)
    >>> "<p" in message.html, "<p" in message.text
    (True, False)
    >>> [attachment.name for attachment in message.attachments]
    []
    """

    sender: Address
    recipient: Address
    subject: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)
    reply_to: str | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = ()
    pictures: tuple[Attachment, ...] = ()
    language: str = "fr"
    writer: Callable[[Message], bytes] = field(repr=False, compare=False)

    def as_bytes(self) -> bytes:
        """Return the message as it goes over the wire, before dot-stuffing."""
        return self.writer(self)


@dataclass(frozen=True, slots=True)
class Form:
    """What a transport must know of a content's bytes.

    `bare` tells that a CR or an LF stands alone: a server could read a second message in it. `dotted` tells that a line
    begins with a dot, or that it may.
    """

    ascii: bool
    bare: bool
    dotted: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery ready to leave: an envelope and its content.

    `content` is a complete RFC 5322 message with CRLF line ends, no line longer than 998 bytes, not yet
    dot-stuffed and without the final dot: that belongs to the transport. `dated` is the message's Date and
    `digest` the SHA-256 of `content`: with the Message-ID, what the ledger needs to prove later what was sent
    (8.6). Without them the ledger takes the instant of leaving and works the digest out itself. After `leave_by`,
    on the monotonic clock, it comes too late and must not leave any more, however long it waited in a connection.
    `form` is what the writer of the content vouches for; without it the transport looks at every byte.
    """

    delivery_id: int
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)
    message_id: str = field(default="", kw_only=True)
    dated: datetime | None = field(default=None, kw_only=True)
    digest: str = field(default="", kw_only=True)
    leave_by: float | None = field(default=None, kw_only=True)
    form: Form | None = field(default=None, kw_only=True)
