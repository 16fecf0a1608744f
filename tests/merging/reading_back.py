"""Read a letter back as several mail programs would, and tell every difference from what was meant (P9).

Standard library alone, so that any Python of the machine can run it: ``python reading_back.py < CORPUS`` reads lines of
JSON (``raw`` in base64, and what was `Meant`) and prints the differences as one JSON list.
"""

from __future__ import annotations

import base64
import binascii
import json
import quopri
import re
import sys
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import EmailMessage, Message
from email.utils import collapse_rfc2231_value, getaddresses
from typing import Any

_WORD = re.compile(r"=\?utf-8\?q\?([^?\s]*)\?=")
_PARTS = {"Content-Type", "Content-Transfer-Encoding"}


@dataclass(frozen=True)
class Meant:
    """What a letter should say. Names and subject as they are read, lines of bodies and files ending in LF."""

    headers: list[str]
    sender: tuple[str, str]
    recipient: tuple[str, str]
    subject: str
    text: str
    html: str
    reply_to: str = ""
    files: tuple[tuple[str, bytes], ...] = ()


def differences(raw: bytes, meant: Meant) -> list[str]:
    """Return what a letter says otherwise than it should, for any of its readers; empty when all is well."""
    found = _of_the_bytes(raw)
    readers: dict[str, Message] = {
        "default": message_from_bytes(raw, policy=policy.default),
        "SMTP": message_from_bytes(raw, policy=policy.SMTP),
        "compat32": message_from_bytes(raw, policy=policy.compat32),
        "fed": _fed(raw, policy.default),
        "fed compat32": _fed(raw, policy.compat32),
    }
    for reader, message in readers.items():
        try:
            told = _of_a_message(message, meant) if isinstance(message, EmailMessage) else _of_an_old(message, meant)
            told += _of_the_parts(message, meant)
        except ValueError as error:  # an address that holds a line end
            told = [str(error)]
        found += [f"{reader}: {one}" for one in told]
    return found


def _fed(raw: bytes, how: Any) -> Message:
    parser = BytesFeedParser(policy=how)
    step = 61 if len(raw) < 50_000 else 4_001  # cuts words, line ends and boundaries anywhere
    for place in range(0, len(raw), step):
        parser.feed(raw[place : place + step])
    return parser.close()


def _of_the_bytes(raw: bytes) -> list[str]:
    found = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        found.append("a line end that is no CRLF")
    if not raw.isascii() or b"\x00" in raw:
        found.append("a byte that is no ASCII, or NUL")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        found.append("a line of more than 998 bytes")
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
    if re.search(r"[\x00-\x1f]", head.replace("\r\n", "")):
        found.append("a control character in a header")
    for word in re.finditer(r"=\?\S*", head):
        whole = _WORD.match(word[0])
        if whole is None or len(whole[0]) > 75:
            found.append("an encoded word that is none, or too long")
            continue
        try:
            _decoded(whole[1]).decode()
        except UnicodeDecodeError:
            found.append("a character cut in two encoded words")
    return found


def _decoded(word: str) -> bytes:
    return quopri.decodestring(word.encode(), header=True)


def _of_a_message(message: EmailMessage, meant: Meant) -> list[str]:
    found = _of_the_headers(message, meant)
    for name, (display, address) in {"From": meant.sender, "To": meant.recipient}.items():
        for header in message.get_all(name, []):
            if [one.addr_spec for one in header.addresses] != [address]:
                found.append(f"{name} is not the one address")
            # This reader takes the fold between two encoded words of a name for a blank; the others do not.
            if _squeezed("".join(one.display_name for one in header.addresses)) != _squeezed(display):
                found.append(f"the name in {name} differs")
    if meant.reply_to and [one.addr_spec for one in message["Reply-To"].addresses] != [meant.reply_to]:
        found.append("Reply-To differs")
    if str(message["Subject"]) != meant.subject:
        found.append("the subject differs")
    names = [part.get_filename() for part in message.iter_attachments()] if meant.files else []
    return found + _of_the_names(names, meant)


def _of_an_old(message: Message, meant: Meant) -> list[str]:
    found = _of_the_headers(message, meant)
    for name, (display, address) in {"From": meant.sender, "To": meant.recipient}.items():
        read = getaddresses([str(value) for value in message.get_all(name, [])])
        if [one for _name, one in read] != [address]:
            found.append(f"{name} is not the one address")
        if "".join(_text(one) for one, _address in read) != display:
            found.append(f"the name in {name} differs")
    if meant.reply_to and getaddresses([str(message["Reply-To"])]) != [("", meant.reply_to)]:
        found.append("Reply-To differs")
    if _text(str(message["Subject"])) != meant.subject:
        found.append("the subject differs")
    files = [part for part in message.walk() if part.get_content_disposition() == "attachment"]
    return found + _of_the_names([collapse_rfc2231_value(part.get_filename() or "") for part in files], meant)


def _of_the_headers(message: Message, meant: Meant) -> list[str]:
    found = [
        f"{len(message.get_all(name, []))} {name}" for name in ("From", "To") if len(message.get_all(name, [])) != 1
    ]
    if list(message.keys()) != meant.headers:
        found.append("other headers")
    return found


def _of_the_names(read: list[str | None], meant: Meant) -> list[str]:
    return [] if read == [name for name, _data in meant.files] else ["the names of the files differ"]


def _of_the_parts(message: Message, meant: Meant) -> list[str]:
    found = []
    if any(part.defects for part in message.walk()):
        found.append("defects")
    leaves = [part for part in message.walk() if not part.is_multipart()]
    if [part.get_content_type() for part in leaves[:2]] != ["text/plain", "text/html"]:
        return [*found, "other bodies"]
    if len(leaves) != 2 + len(meant.files):
        return [*found, "more or fewer parts"]
    if message.preamble or message.epilogue:
        found.append("text outside the parts")
    for part, text in zip(leaves[:2], (meant.text, meant.html), strict=True):
        if {name.title() for name in part} != _PARTS:
            found.append("other headers of a body")
        if _payload(part).decode("utf-8", "replace").replace("\r\n", "\n") != text:
            found.append(f"{part.get_content_type()} differs")
    for part, (_name, data) in zip(leaves[2:], meant.files, strict=True):
        if {name.title() for name in part} != {*_PARTS, "Content-Disposition"}:
            found.append("other headers of a file")
        if _payload(part) != data:
            found.append("a file differs")
    return found


def _payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _text(header: str) -> str:
    """Return a header's text by RFC 2047, once its folds are taken away (RFC 5322 2.2.3)."""
    unfolded = header.replace("\r\n", "").replace("\n", "")
    try:
        pieces = decode_header(unfolded)
    except (binascii.Error, ValueError):
        return unfolded
    return "".join(
        piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace") for piece, charset in pieces
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())


def line_of(raw: bytes, meant: Meant) -> str:
    """Return a letter and what was meant as one line for this program's standard input."""
    files = [[name, base64.b64encode(data).decode()] for name, data in meant.files]
    return json.dumps({"raw": base64.b64encode(raw).decode(), "meant": {**vars(meant), "files": files}})


def main() -> None:
    told = []
    for line in sys.stdin:
        kept = json.loads(line)
        meant = kept["meant"]
        for name in ("sender", "recipient"):
            meant[name] = tuple(meant[name])
        meant["files"] = tuple((name, base64.b64decode(data)) for name, data in meant["files"])
        told.append(differences(base64.b64decode(kept["raw"]), Meant(**meant)))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
