"""What a message looks like when a person looks at it: the same for a preview, a sent message and the test mailbox."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message as EmailPart
from email.parser import BytesHeaderParser, BytesParser
from itertools import islice

from babel.numbers import format_decimal

from workbench.displays.mail_html import SafeDocument, safe_document, text_document
from workbench.domain.caught import LETTERS, header_of, headers_of
from workbench.domain.messages import Address, Message, Rendered
from workbench.domain.pictures import data_url, data_urls
from workbench.language import _, language, n_
from workbench.merging.marks import CLOSE, OPEN, faithful, pieces
from workbench.merging.plain_text import text_from_html
from workbench.merging.protected import SIGN

MOST_INLINE = 1_500_000
"""Bytes of the images that a message carries into its document; the way from the kernel to the page is narrow."""

MOST_SOURCE = 400_000
"""Characters of a message's source that are shown; what follows is attachments in base64."""

MOST_HEADERS = 100

_SHOWN_IN_TEXT = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)
_READ_AS_TEXT = 300_000  # characters of HTML that are turned into text for a message that brings none


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file that goes with a message, as it is told."""

    name: str
    media_type: str
    size: int

    @property
    def size_told(self) -> str:
        """The size for people, as « 84 KB »."""
        return told_size(self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message ready to be looked at; nothing in it runs, loads or leads away (P11).

    `sender` and `recipient` are lines of text. `screen` is a whole document for ``<iframe sandbox="" srcdoc="…">`` and
    for nothing else. `text_pieces` is `text` in pieces, each with whether it is a merged value. `notes` are sentences
    about what is shown otherwise than it arrives.
    """

    subject: str
    sender: str
    recipient: str
    attachments: tuple[ShownFile, ...] = ()
    screen: str = field(repr=False)
    text: str = field(repr=False)
    text_pieces: tuple[tuple[str, bool], ...] = field(repr=False, default=())
    marked: bool = False
    blocked_images: int = 0
    links: tuple[str, ...] = field(repr=False, default=())
    notes: tuple[str, ...] = ()
    raw: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def source(self) -> str:
        """The letter as it goes over the wire (RFC 5322), cut behind `MOST_SOURCE` characters with a word about it."""
        letter = self.raw().decode("utf-8", "replace").replace("\r\n", "\n").replace("\x00", "\ufffd")
        if len(letter) <= MOST_SOURCE:
            return letter
        left = _("[… {size} more are not shown]").format(size=told_size(len(letter) - MOST_SOURCE))
        return f"{letter[:MOST_SOURCE]}\n{left}\n"

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The letter's headers as a mail reader reads them: decoded, unfolded, in order."""
        message = BytesHeaderParser(policy=LETTERS).parsebytes(self.raw())
        return list(islice(headers_of(message), MOST_HEADERS))


# --- a message of ours --------------------------------------------------------------------------------


def shown(message: Message, marked: Rendered | None = None) -> ShownMessage:
    """Return a message as it is looked at.

    Parameters
    ----------
    marked
        The same message's parts with marks round its merged values (``mailing.preview_marked``): they are highlighted
        in the document and the text. Marks that would make another message are left out.
    """
    body, text = message.html, message.text
    if marked is not None:
        body, text = faithful(marked.html, body), faithful(marked.text, text)
    document = safe_document(
        body if body == message.html else body.replace(OPEN, '<mark class="pw-merged">').replace(CLOSE, "</mark>"),
        text=message.text,
        inline=data_urls(message.pictures, most=MOST_INLINE),
        language=message.language,
    )
    return ShownMessage(
        subject=message.subject,
        sender=_line(message.sender),
        recipient=_line(message.recipient),
        attachments=tuple(
            ShownFile(name=file.name, media_type=file.media_type, size=len(file.data)) for file in message.attachments
        ),
        screen=document.html,
        text=message.text,
        text_pieces=((message.text, False),) if text == message.text else tuple(pieces(text)),
        marked=body != message.html or text != message.text,
        blocked_images=document.blocked_images,
        links=document.links,
        notes=_notes(document),
        raw=message.as_bytes,
    )


def message_html(message: Message) -> str:
    """Return a message as static HTML, headers and body, for where no widget can be: a rich display, a report."""
    seen = shown(message)
    files = ", ".join(f"{file.name} ({file.size_told})" for file in seen.attachments)
    lines = [
        _("From: {sender}").format(sender=seen.sender),
        _("To: {recipient}").format(recipient=seen.recipient),
        _("Attachments: {files}").format(files=files) if files else "",
        *seen.notes,
    ]
    told = "".join(f"<div>{html.escape(line)}</div>" for line in lines if line)
    return (
        '<div style="border:1px solid var(--jp-border-color2,#d9dce1);border-radius:8px;overflow:hidden;'
        'max-width:960px;font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif)">'
        '<div style="padding:8px 14px;background:var(--jp-layout-color2,#f5f6f8);'
        'border-bottom:1px solid var(--jp-border-color2,#d9dce1)">'
        f'<div style="font-weight:600">{html.escape(seen.subject)}</div>{told}</div>'
        f'<iframe sandbox="" referrerpolicy="no-referrer" title="{html.escape(seen.subject, quote=True)}" '
        'style="display:block;width:100%;height:380px;border:0;background:#fff" '
        f'srcdoc="{html.escape(seen.screen, quote=True)}"></iframe></div>'
    )


def _line(address: Address) -> str:
    if not address.email:
        return _("{name} (no address)").format(name=address.name)
    return f"{address.name} <{address.email}>" if address.name else address.email


def _notes(document: SafeDocument) -> tuple[str, ...]:
    notes = []
    if not document.readable:
        notes.append(_("This message's HTML is too tangled to be shown: its text stands here instead."))
    if document.blocked_images:
        notes.append(
            n_("{count} remote image blocked", "{count} remote images blocked", document.blocked_images).format(
                count=document.blocked_images
            )
        )
    return tuple(notes)


def told_size(size: int) -> str:
    """Return a number of bytes for people, as « 84 KB » or « 1.2 MB »."""
    if size < 1000:
        return n_("{size} byte", "{size} bytes", size).format(size=size)
    if size < 999_500:
        return _("{size} KB").format(size=round(size / 1000))
    return _("{size} MB").format(size=format_decimal(size / 1_000_000, "#,##0.0", locale=language()))


# --- a letter as it arrived -----------------------------------------------------------------------------


def shown_letter(letter: bytes) -> ShownMessage:
    """Return a letter that was received (the bytes of an ``.eml``), whoever wrote it and however badly."""
    try:
        return _shown_letter(letter)
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
        # The standard library gives up on some letters that were made to be unreadable.
        told = _("This letter cannot be read as a message. Its source is shown as it arrived.")
        return ShownMessage(
            subject="",
            sender="",
            recipient="",
            screen=text_document(told, language=language()).html,
            text=told,
            text_pieces=((told, False),),
            notes=(told,),
            raw=lambda: letter,
        )


def _shown_letter(letter: bytes) -> ShownMessage:
    message = BytesParser(policy=LETTERS).parsebytes(letter)
    texts: dict[str, str] = {}
    files: list[tuple[str, ShownFile]] = []
    images: dict[str, str] = {}
    room = MOST_INLINE
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        name = part.get_filename()
        if kind in ("text/plain", "text/html") and name is None and kind not in texts:
            texts[kind] = _text_of(part)
            continue
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        identity = header_of(part, "Content-ID").strip().strip("<>")
        if identity and kind.startswith("image/") and len(content) <= room:
            room -= len(content)
            images[identity] = data_url(kind, content)
        files.append((identity, ShownFile(name=name or kind, media_type=kind, size=len(content))))
    body = texts.get("text/html")
    # What the text itself shows is not told as a file besides.
    in_text = frozenset(_SHOWN_IN_TEXT.findall(body or "")) & images.keys()
    text = texts.get("text/plain")
    if text is None:
        text = "" if body is None else text_from_html(body[:_READ_AS_TEXT], sign=SIGN)
    spoken = header_of(message, "Content-Language")[:2] or language()
    document = (
        text_document(text, language=spoken)
        if body is None
        else safe_document(body, text=text, inline=images, language=spoken)
    )
    return ShownMessage(
        subject=header_of(message, "Subject"),
        sender=header_of(message, "From"),
        recipient=header_of(message, "To"),
        attachments=tuple(file for identity, file in files if identity not in in_text),
        screen=document.html,
        text=text,
        text_pieces=((text, False),),
        blocked_images=document.blocked_images,
        links=document.links,
        notes=_notes(document),
        raw=lambda: letter,
    )


def _text_of(part: EmailPart[str, str]) -> str:
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # a character set that nobody knows
        return content.decode("utf-8", "replace")
