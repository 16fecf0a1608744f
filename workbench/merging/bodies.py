"""Write the two bodies of a message as MIME parts: quoted-printable line by line, or base64 for other alphabets.

Nothing of the standard library's ``email`` is needed here, so that a process which only merges starts quickly.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.domain.messages import Rendered

_LINES_KEPT = 4096
_PART_HEADS = {
    (kind, base64): b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n"
    % (kind.encode(), b"base64" if base64 else b"quoted-printable")
    for kind in ("plain", "html")
    for base64 in (False, True)
}
_UNUSUAL_SUBJECT = re.compile(r"=\?|\?=|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]")


@dataclass(frozen=True, slots=True)
class Body:
    """One encoded body without its headers: quoted-printable, or base64; ASCII lines that each end in CRLF.

    `dotted` tells that a line begins with a dot, or that nobody has looked.
    """

    encoded: bytes = field(repr=False)
    base64: bool = False
    dotted: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged message, its bodies encoded; `rendered` holds them as text where somebody reads them."""

    subject: str = field(repr=False)
    text: Body
    html: Body
    rendered: Rendered | None = field(default=None, repr=False)


def unusual_subject(subject: str) -> bool:
    """Tell whether a subject holds what mail readers may take for something else: its message is read back (P9)."""
    return _UNUSUAL_SUBJECT.search(subject) is not None


class QuotedLines(dict[str, bytes]):
    """Quoted-printable by the line: a line that every message shares is encoded once."""

    def __missing__(self, line: str) -> bytes:
        encoded = quoted(line)
        # The first messages bring what is common to all; what varies must not fill the memory.
        if len(self) < _LINES_KEPT:
            self[line] = encoded
        return encoded


def quoted(line: str) -> bytes:
    """Return one line as quoted-printable, without its end."""
    encoded = binascii.b2a_qp(line.encode("utf-8", "replace"))
    return encoded.replace(b"\n", b"\r\n") if b"\n" in encoded else encoded  # the soft breaks


def encoded_body(text: str, lines: Mapping[str, bytes] | None = None) -> Body:
    """Return one body quoted-printable, or base64 where that is shorter by far (other alphabets)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.endswith("\n"):
        text += "\n"
    known = QuotedLines() if lines is None else lines
    encoded = b"\r\n".join([known[line] for line in text.split("\n")])
    if len(encoded) > 2 * len(text):
        data = text.replace("\n", "\r\n").encode("utf-8", "replace")
        if len(encoded) > 2 * len(data):
            return Body(base64_lines(data), True)
    return Body(encoded)


def part_head(kind: str, body: Body) -> bytes:
    """Return the two headers of a body's part, and the empty line; `kind` is ``plain`` or ``html``."""
    return _PART_HEADS[kind, body.base64]


def body_part(kind: str, text: str, lines: Mapping[str, bytes] | None = None) -> bytes:
    """Return one text part of a message."""
    body = encoded_body(text, lines)
    return part_head(kind, body) + body.encoded


def base64_lines(data: bytes) -> bytes:
    """Return bytes as base64 in lines of 76 characters."""
    encoded = b64encode(data)
    return b"\r\n".join(encoded[place : place + 76] for place in range(0, len(encoded), 76)) + b"\r\n"


Shown = tuple[str, Callable[[object], object] | None]
"""A piece of a template that is texts and names only: a text as it is, or a name and what shows its value."""

_VariableLine = tuple[Shown, ...]


class QuotedJoin:
    """A template that is texts and names only: its lines without a name are encoded once for all messages.

    A body is `still[0]`, the first of its pieces, `still[1]`, the next one, and so on: whole lines each. What they are
    together are the very bytes that `encoded_body` makes of the merged text.
    """

    def __init__(self, pieces: Sequence[Shown]) -> None:
        lines: list[list[Shown]] = [[]]
        for text, place in pieces:
            if place is not None:
                lines[-1].append((text, place))
                continue
            first, *others = text.split("\n")
            lines[-1].append((first, None))
            lines += [[(other, None)] for other in others]
        self._steps: list[tuple[_VariableLine, bool]] = []  # a line with names, and whether it is the last one
        self._characters = 0
        still = [b""]
        for number, line in enumerate(lines):
            last = number == len(lines) - 1
            if any(place is not None for _text, place in line):
                self._characters += not last
                self._steps.append((tuple(piece for piece in line if piece[1] is not None or piece[0]), last))
                still.append(b"")
            elif (whole := "".join(text for text, _place in line)) or not last:
                self._characters += len(whole) + 1
                still[-1] += quoted(whole) + b"\r\n"
        self.still = tuple(still)
        self._still_size = sum(map(len, still))

    def pieces(self, values: Mapping[str, object]) -> list[bytes] | None:
        """Return what is encoded for one message alone, or nothing where only the whole text tells how it is encoded.

        That is so where a value brings a bare carriage return, or much of another alphabet.
        """
        made: list[bytes] = []
        characters = self._characters
        size = self._still_size
        for shown, last in self._steps:
            line = "".join([text if place is None else str(place(values[text])) for text, place in shown])
            characters += len(line)
            if "\r" in line:
                return None
            if "\n" not in line:
                piece = quoted(line) + b"\r\n" if line or not last else b""
                characters += last and bool(line)
            else:
                lines = line.split("\n")
                if last:
                    characters += bool(lines[-1])
                    lines = lines if lines[-1] else lines[:-1]
                piece = b"\r\n".join([quoted(one) for one in lines]) + b"\r\n"
            size += len(piece)
            made.append(piece)
        return made if characters and size <= 2 * characters else None
