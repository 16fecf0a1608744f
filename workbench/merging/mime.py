"""Write a message as RFC 5322 bytes; what does not change from one recipient to the next is encoded once.

Every header is written here, letter by letter, from values that were made harmless first: no value can begin a line,
name a header or an address, or decode into something else (promise P9). The letter is CRLF throughout, its lines are
at most 76 characters in bodies and 998 bytes anywhere; dot-stuffing is the transport's matter.
"""

from __future__ import annotations

import email.policy
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from workbench.addresses import normalised_address
from workbench.domain.messages import Address, Attachment, Form, Rendered
from workbench.domain.pictures import content_id
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.bodies import Body, QuotedLines, base64_lines, encoded_body, part_head

BUILDER_VERSION = 1
"""Kept with what was sent (DESIGN 8.6): the same values give the same bytes as long as this number stands."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOT_IN_AN_ADDRESS = re.compile(rf'[ <>",;:\\()\[\]]|=\?|{_CONTROLS.pattern}')
_LONGEST_ADDRESS = 320  # RFC 5321 4.5.3.1: 64 and 255, and the sign between them
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_PLAIN = re.compile(r"[ -~]*\Z")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_TOKEN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()+-]{0,60}\Z")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")
_SEED = re.compile(r"[A-Za-z0-9_.-]{1,60}\Z")
_IDENTITY = re.compile(r"[!-;=?-~]{3,400}\Z")
_PICTURES_HELD = 16
_FORMS = {(plain, dotted): Form(plain, False, dotted) for plain in (False, True) for dotted in (False, True)}


# --- headers ------------------------------------------------------------------------------------------


class _QTable(dict[int, str]):
    """The Q encoding of every character, made when it is first met."""

    def __missing__(self, code: int) -> str:
        if code == 32:
            encoded = "_"
        else:
            encoded = "".join(chr(byte) if byte in _Q_SAFE else f"={byte:02X}" for byte in chr(code).encode())
        self[code] = encoded
        return encoded


_Q = _QTable()


def harmless(text: str) -> str:
    """Return text without line breaks, control characters and half characters: what any header value starts from."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _CONTROLS.sub(" ", text).strip()


def encoded_words(text: str, *, used: int) -> str:
    """Return text as RFC 2047 encoded words of at most 75 characters, folded; `used` is what stands on the line."""
    room = min(75, 76 - used) - 12
    whole = text.translate(_Q)
    if len(whole) <= room:
        return f"=?utf-8?q?{whole}?="
    words = []
    start = 0
    while len(whole) - start > room:
        cut = start + room
        # An encoded byte stays in one piece, and so do the bytes of one character.
        if "=" in whole[cut - 2 : cut]:
            cut = whole.index("=", cut - 2)
        while whole[cut] == "=" and whole[cut + 1] in "89AB":
            cut -= 3
        words.append(whole[start:cut])
        start, room = cut, 63
    words.append(whole[start:])
    return "\r\n ".join([f"=?utf-8?q?{word}?=" for word in words])


@lru_cache(maxsize=1024)
def unstructured(name: str, value: str) -> str:
    """Return a header line of free text (a subject), folded and encoded where it must be."""
    text = harmless(value)
    used = len(name) + 2
    if _PLAIN.match(text) and "=?" not in text:
        if used + len(text) <= 76:
            return f"{name}: {text}\r\n"
        folded = _folded(text, used)
        if folded is not None:
            return f"{name}: {folded}\r\n"
    if used > 50:
        return f"{name}:\r\n {encoded_words(text, used=1)}\r\n"
    return f"{name}: {encoded_words(text, used=used)}\r\n"


def _folded(text: str, used: int) -> str | None:
    """Fold plain text at single blanks, or say that it cannot be."""
    words = text.split(" ")
    if any(not word or len(word) > 74 for word in words) or len(words[0]) > 76 - used:
        return None
    lines, line, room = [], words[0], 76 - used
    for word in words[1:]:
        if len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, 75
        else:
            line = f"{line} {word}"
    return "\r\n ".join([*lines, line])


def mailbox(name: str, address: Address) -> str:
    """Return a header line of one address; whatever the display name holds, it names no other address.

    Without an address (the preview of a row that will not leave) it is an empty group (RFC 5322 3.4): the name alone.
    """
    if not address.email:
        return f"{name}: {encoded_words(harmless(address.name) or '?', used=len(name) + 2)}:;\r\n"
    email_address = normalised_address(address.email)
    if (
        not 0 < len(email_address) <= _LONGEST_ADDRESS
        or email_address.count("@") > 1
        or _NOT_IN_AN_ADDRESS.search(email_address)
    ):
        raise TemplateRefused(_("An address cannot be written in a header; check it before sending."))
    display = harmless(address.name)
    if not display:
        return f"{name}: {email_address}\r\n"
    used = len(name) + 2
    if _PLAIN.match(display) and "=?" not in display and len(display) <= 60:
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        phrase = display if _PHRASE.match(display) else f'"{escaped}"'
    else:
        phrase = encoded_words(display, used=used)
    last = phrase.rpartition("\r\n")[2]
    start = used if last is phrase or "\r\n" not in phrase else 0
    joint = " " if start + len(last) + len(email_address) + 3 <= 76 else "\r\n "
    return f"{name}: {phrase}{joint}<{email_address}>\r\n"


def file_name_parameter(name: str) -> str:
    """Return a ``filename`` parameter (RFC 2231 when the name needs it), each on a line of its own."""
    # Mail readers take quotes and angle brackets at both ends for marks that are no part of the name.
    safe = harmless(name).replace("/", "_").replace("\\", "_").strip('. <>"') or "attachment"
    if len(safe) > 150:
        stem, dot, ending = safe.rpartition(".")
        safe = stem[: 149 - len(ending)] + dot + ending if dot and len(ending) <= 10 else safe[:150]
    if _TOKEN_NAME.match(safe):
        return f';\r\n filename="{safe}"'
    encoded = quote(safe, safe="")
    if len(encoded) <= 55:
        return f";\r\n filename*=utf-8''{encoded}"
    pieces, room = [], 45
    while encoded:
        cut = min(room, len(encoded))
        # A percent-encoded byte stays in one piece.
        while cut < len(encoded) and "%" in encoded[max(0, cut - 2) : cut]:
            cut -= 1
        pieces.append(encoded[:cut])
        encoded = encoded[cut:]
        room = 55
    first = f";\r\n filename*0*=utf-8''{pieces[0]}"
    return first + "".join(f";\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces[1:], start=1))


# --- parts --------------------------------------------------------------------------------------------


def attachment_part(attachment: Attachment) -> bytes:
    """Return a file as a MIME part, base64."""
    return _part_of_file(attachment, f"Content-Disposition: attachment{file_name_parameter(attachment.name)}\r\n")


def picture_part(picture: Attachment) -> bytes:
    """Return an image that the text shows as a MIME part, base64, under its Content-ID (RFC 2392)."""
    # On one line: not every mail program reads a folded one.
    named = f"Content-ID: <{content_id(picture.digest)}>\r\n"
    return _part_of_file(picture, f"{named}Content-Disposition: inline{file_name_parameter(picture.name)}\r\n")


def _part_of_file(attachment: Attachment, placed: str) -> bytes:
    media_type = attachment.media_type if _MEDIA_TYPE.match(attachment.media_type) else "application/octet-stream"
    if media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    head = f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n{placed}\r\n"
    return head.encode("ascii") + base64_lines(attachment.data)


class MimeWriter:
    """Writes the messages of one mailing; the sender's headers and the attachments are encoded once.

    Parameters
    ----------
    sender
        Who the messages are from; the `domain` of the address, in its ASCII form (IDNA), is that of the Message-IDs.
    reply_to
        Where answers go, when not to the sender.
    attachments
        Files that go with every message.
    pictures
        Images that the HTML of every message shows.
    read_receipt
        Ask the addressee's program to tell when the message is read (RFC 8098); many do not, and nobody has to.
    headers
        Further headers of every message, by name. By default the messages say that a machine sent them (RFC 3834),
        so that no absence message answers them.
    """

    def __init__(
        self,
        *,
        sender: Address,
        reply_to: str | None = None,
        attachments: Sequence[Attachment] = (),
        pictures: Sequence[Attachment] = (),
        read_receipt: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.sender = sender
        self.reply_to = reply_to or None
        self.attachments = tuple(attachments)
        self.pictures = tuple(pictures)
        self.headers = {"Auto-Submitted": "auto-generated"} if headers is None else dict(headers)
        for name in self.headers:
            if not _HEADER_NAME.match(name):
                raise TemplateRefused(_("« {name} » is not the name of a header.").format(name=harmless(name)))
        if read_receipt:
            self.headers["Disposition-Notification-To"] = f"<{normalised_address(self.reply_to or sender.email)}>"
        self.domain = _domain_of(sender)
        self._from = mailbox("From", sender)
        self._after = "".join(
            [
                mailbox("Reply-To", Address(email=self.reply_to)) if self.reply_to else "",
                *(unstructured(name, value) for name, value in self.headers.items()),
                "MIME-Version: 1.0\r\n",
            ]
        )
        self._lines = QuotedLines()
        self._files = [attachment_part(attachment) for attachment in self.attachments]
        self._pictures = [picture_part(picture) for picture in self.pictures]
        self._dated: tuple[object, str] = (None, "")
        self._others: tuple[Sequence[Attachment], list[bytes]] = ((), [])
        self._shown: dict[tuple[str, str], bytes] = {}

    def header_names(self) -> list[str]:
        """Return the names of a message's headers, in order."""
        reply = ["Reply-To"] if self.reply_to else []
        return [
            "Date", "From", "To", "Subject", "Message-ID", *reply, *self.headers, "MIME-Version", "Content-Language",
            "Content-Type",
        ]  # fmt: skip

    def write(
        self,
        *,
        recipient: Address,
        rendered: Rendered,
        message_id: str,
        boundary_seed: str,
        date: datetime,
        language: str = "fr",
    ) -> bytes:
        """Return one message: text and HTML, then the attachments.

        `message_id` may come with or without its angle brackets, `boundary_seed` is letters and digits (the
        delivery's random token), `date` an aware moment.
        """
        return self.compose(
            recipient=recipient,
            subject=rendered.subject,
            text=encoded_body(rendered.text, self._lines),
            html=encoded_body(rendered.html, self._lines),
            message_id=message_id,
            boundary_seed=boundary_seed,
            date=date,
            language=language,
        )

    def compose(
        self,
        *,
        recipient: Address,
        subject: str,
        text: Body,
        html: Body,
        message_id: str,
        boundary_seed: str,
        date: datetime,
        language: str = "fr",
        files: Sequence[Attachment] | None = None,
        pictures: Sequence[Attachment] = (),
    ) -> bytes:
        """Return one message as `write` does, from bodies that are encoded already.

        `files` go with this message in the place of everyone's, `pictures` are shown in it besides everyone's.
        """
        if not _SEED.match(boundary_seed):
            raise ValueError("the boundary's seed is letters and digits")
        spoken = language if _LANGUAGE.match(language) else "fr"
        identity = harmless(message_id).strip("<>")
        if not _IDENTITY.match(identity):
            raise ValueError("the message id is not one word")
        inner = f"=_{boundary_seed}_a"
        outer = f"=_{boundary_seed}_m"
        to = mailbox("To", recipient)
        head = (
            f"{self._date(date)}{self._from}{to}{unstructured('Subject', subject)}"
            f"Message-ID:{' ' if len(identity) <= 60 else chr(13) + chr(10) + ' '}<{identity}>\r\n{self._after}"
            f"Content-Language: {spoken}\r\n"
        )
        edge = f"--{inner}\r\n".encode()
        shown = self._pictures if not pictures else [*self._pictures, *map(self._picture, pictures)]
        parts = [
            edge, part_head("plain", text), text.encoded, b"\r\n",
            edge, *self._html_part(html, shown, f"=_{boundary_seed}_r"), f"\r\n--{inner}--\r\n".encode(),
        ]  # fmt: skip
        alternative = f'Content-Type: multipart/alternative;\r\n boundary="{inner}"\r\n\r\n'
        attached = self._files if files is None else self._encoded(files)
        if not attached:
            return b"".join([(head + alternative).encode(), *parts])
        border = f"\r\n--{outer}\r\n".encode()
        ends = [piece for file in attached for piece in (border, file)]
        mixed = f'Content-Type: multipart/mixed;\r\n boundary="{outer}"\r\n\r\n--{outer}\r\n'
        return b"".join([(head + mixed + alternative).encode(), *parts, *ends, f"\r\n--{outer}--\r\n".encode()])

    def _encoded(self, files: Sequence[Attachment]) -> list[bytes]:
        # Several messages in a row often have the same files, though not everyone's.
        if len(files) != len(self._others[0]) or any(
            one is not other for one, other in zip(files, self._others[0], strict=True)
        ):
            self._others = (files, [attachment_part(file) for file in files])
        return self._others[1]

    def _picture(self, picture: Attachment) -> bytes:
        # The same few, a practitioner's signature for one, are shown in many messages, if not in all of them.
        named = (picture.digest, picture.name)
        if named not in self._shown:
            if len(self._shown) >= _PICTURES_HELD:
                self._shown.clear()
            self._shown[named] = picture_part(picture)
        return self._shown[named]

    @staticmethod
    def _html_part(html: Body, pictures: Sequence[bytes], boundary: str) -> list[bytes]:
        """Return the HTML, with the images that it shows as one whole (RFC 2387)."""
        plain = [part_head("html", html), html.encoded]
        if not pictures:
            return plain
        border = f"\r\n--{boundary}\r\n".encode()
        related = (
            f'Content-Type: multipart/related; type="text/html";\r\n boundary="{boundary}"\r\n\r\n--{boundary}\r\n'
        )
        shown = [piece for picture in pictures for piece in (border, picture)]
        return [related.encode(), *plain, *shown, f"\r\n--{boundary}--\r\n".encode()]

    @staticmethod
    def vouched(content: bytes, text: Body, html: Body) -> Form:
        """Return the form of what `compose` made of two bodies.

        Every header and every part is written here or was looked at when it came: lines end in CRLF, and those that are
        not of a body begin with a letter, a blank or a dash.
        """
        return _FORMS[content.isascii(), text.dotted or html.dotted]

    def _date(self, date: datetime) -> str:
        # Many messages leave within one second.
        asked = (date, date.utcoffset())
        if asked != self._dated[0]:
            self._dated = (asked, f"Date: {format_datetime(date)}\r\n")
        return self._dated[1]

    # --- the guard ------------------------------------------------------------------------------------

    def header_problem(self, raw: bytes) -> str:
        """Return ``""`` when a message has exactly the headers this writer writes, in order, else what is off."""
        head = raw.partition(b"\r\n\r\n")[0]
        if b"\n" in head.replace(b"\r\n", b"") or b"\r" in head.replace(b"\r\n", b"") or b"\x00" in head:
            return "stray line break"
        lines = head.split(b"\r\n")
        names = [line.partition(b":")[0].decode("latin-1") for line in lines if line[:1] not in (b" ", b"\t")]
        if names != self.header_names():
            return "unexpected headers"
        return "long line" if any(len(line) > 998 for line in lines) else ""

    def reparse_problems(
        self,
        raw: bytes,
        *,
        recipient: Address,
        rendered: Rendered,
        files: Sequence[Attachment] | None = None,
        pictures: Sequence[Attachment] = (),
    ) -> list[str]:
        """Read a message back with the standard library and return every difference from what it should say.

        `files` and `pictures` as for `compose`. The headers' names in order, one sender, one addressee, the subject,
        both bodies, the attachments' names and contents, and no defect (P9). What differs is told without a value.
        """
        problems = [problem] if (problem := self.header_problem(raw)) else []
        message = BytesParser(policy=email.policy.default).parsebytes(raw)
        problems += _address_problems("From", message, self.sender)
        problems += _address_problems("To", message, recipient)
        if _same(str(message["Subject"]), rendered.subject) is False:
            problems.append("subject differs")
        # Text, HTML, the images that it shows, then the files.
        found = [part for part in message.walk() if not part.is_multipart()]
        shown = [*self.pictures, *pictures]
        beside = [*shown, *(self.attachments if files is None else files)]
        expected = ["text/plain", "text/html", *(part.media_type for part in beside)]
        if len(found) != len(expected):
            problems.append("unexpected parts")
            return problems
        for part, text in zip(found[:2], (rendered.text, rendered.html), strict=True):
            if part.get_content_charset() != "utf-8" or _lines(part.get_content()) != _lines(text):
                problems.append(f"{part.get_content_type()} differs")
        for place, (part, attachment) in enumerate(zip(found[2:], beside, strict=True)):
            if part.get_payload(decode=True) != attachment.data:
                problems.append("attachment differs")
            name = part.get_filename() or ""
            if _CONTROLS.search(name) or "/" in name or "\\" in name:
                problems.append("unsafe file name")
            named = ["content-id"] if place < len(shown) else []
            if [key.lower() for key in part] != [
                "content-type", "content-transfer-encoding", *named, "content-disposition",
            ]:  # fmt: skip
                problems.append("unexpected headers of a part")
            elif named and part["Content-ID"].strip() != f"<{content_id(attachment.digest)}>":
                problems.append("Content-ID differs")
        if any(part.defects for part in message.walk()):
            problems.append("defects")
        return problems


def _domain_of(sender: Address) -> str:
    _local, at, domain = normalised_address(sender.email).rpartition("@")
    return domain if at and re.fullmatch(r"[A-Za-z0-9.-]{1,253}", domain) else "localhost"


def _lines(text: object) -> list[str]:
    return str(text).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def _same(read: str, meant: str) -> bool:
    return " ".join(read.split()) == " ".join(harmless(meant).split())


def _address_problems(name: str, message: EmailMessage, meant: Address) -> list[str]:
    try:
        headers = message.get_all(name) or []
    except ValueError:  # an encoded word that holds a line end
        return [f"{name} cannot be read"]
    if len(headers) != 1:
        return [f"{len(headers)} {name}"]
    header = headers[0]
    addresses = header.addresses
    if len(addresses) != 1:
        return [f"{len(addresses)} addresses in {name}"]
    problems = []
    read = addresses[0]
    expected = normalised_address(meant.email)
    if expected.isascii() and f"{read.username}@{read.domain}" != expected:
        problems.append(f"address of {name} differs")
    # The standard library reads the fold between two encoded words of a name as a blank; RFC 2047 does not.
    if "".join(read.display_name.split()) != "".join(harmless(meant.name).split()):
        problems.append(f"name of {name} differs")
    return problems


def reparse_problems(writer: MimeWriter, raw: bytes, *, recipient: Address, rendered: Rendered) -> list[str]:
    """Return what a message says otherwise than it should; see `MimeWriter.reparse_problems`."""
    return writer.reparse_problems(raw, recipient=recipient, rendered=rendered)
