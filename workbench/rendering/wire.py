"""What the practice and its rendering process say to each other: a length, a kind, and JSON or counted bytes.

Nothing is ever unpickled. What the process answers is looked at as if anybody had written it: what does not fit the
form is refused whole.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from workbench.domain.messages import Rendered
from workbench.errors import TemplateRefused
from workbench.merging.bodies import Body, Merged

HEAD = struct.Struct("!IB")
"""Before every frame: how many bytes follow, and of which kind."""

CATALOGUE, OPEN, ROWS = 1, 2, 3
"""Kinds of what is asked: the sentences of a language, an email type to prepare, rows to merge."""

READY, OPENED, DONE, LINE = 1, 2, 3, 4
"""Kinds of what is answered: all is loaded, an email type is prepared or refused, rows are merged, where it is."""

LARGEST_OUTPUT = 2_000_000
"""Bytes of one message's two encoded bodies together (DESIGN 8.10)."""

FLUSHED_AT = 1 << 18
"""Bytes of answers that are given at once, at least."""

LARGEST_FRAME = FLUSHED_AT + 12 * LARGEST_OUTPUT
"""Bytes of one answer; one whole message, as text too, may stand at its end."""

LONGEST_LINE = 998
"""Bytes of a line, without its end (RFC 5322 2.1.1)."""

SECONDS_A_MESSAGE = 5.0
"""Wall-clock seconds, and seconds of the processor, that one message may take (DESIGN 8.10)."""

ANSWERED = struct.Struct("!II")
"""Before the answers of a frame: the question's number, and the place of the first row among those asked for."""

NOTED = struct.Struct("!BI")
"""Where the merging is: the part of the email type, and the author's line."""

_LINE_END = ord("\n")
_BETWEEN = b"\0"
_ANSWER = struct.Struct("!BiIIIII")
_REFUSED, _TEXT_BASE64, _HTML_BASE64, _WHOLE, _PIECES = 1, 2, 4, 8, 16


class Garbled(Exception):
    """An answer does not have the form it must have."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message merged for the eye alone, its values marked."""

    rendered: Rendered


Answer = Merged | Shown | TemplateRefused
"""What became of one row."""


@dataclass(slots=True)
class Prepared:
    """An email type as a process has prepared it: the `slot` where it is, and what every message of it has in common.

    `text` and `html` are what stands between the pieces of one message (`merging.bodies.QuotedJoin`); nothing when
    its messages come whole.
    """

    slot: int
    text: Sequence[bytes] = ()
    html: Sequence[bytes] = ()
    size: int = field(init=False)
    dotted: bool = field(init=False)
    _pieces: int = field(init=False)
    _lists: list[list[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(map(len, (*self.text, *self.html)))
        self.dotted = any(map(_dotted, (*self.text, *self.html)))
        self._pieces = max(0, len(self.text) - 1) + max(0, len(self.html) - 1)
        # What is common to all in every second place, and room for the pieces of one between them.
        self._lists = [[one for still in part for one in (still, b"")][:-1] for part in (self.text, self.html)]

    @classmethod
    def told(cls, slot: int, payload: bytes) -> Prepared:
        """Return what a process answers when it was told to prepare an email type.

        Raises
        ------
        TemplateRefused
            When it is not accepted.
        Garbled
            When the answer is none.
        """
        try:
            told = json.loads(payload)
            refused, line = told.get("refused"), told.get("line")
            text, html = ([still.encode("ascii") for still in told.get(part, ())] for part in ("text", "html"))
        except (ValueError, AttributeError, TypeError) as error:
            raise Garbled("an answer is not as it must be") from error
        if refused is not None:
            raise TemplateRefused(str(refused), line=line if isinstance(line, int) else None)
        for still in (*text, *html):
            if still:
                _check_body(still)
        return cls(slot, text, html)

    def bodies(self, own: bytes) -> tuple[bytes, bytes]:
        """Return the bodies that the pieces of one message make, which come with a NUL between them.

        Raises
        ------
        Garbled
            When they are more or fewer, or one of them does not end where a line does.
        """
        pieces = own.split(_BETWEEN)
        if len(pieces) != max(1, self._pieces) or (own and not self._pieces):
            raise Garbled("pieces of another message")
        for piece in pieces:
            if piece and piece[-1] != _LINE_END:
                raise Garbled("a piece is not whole lines")
        text, html = map(list.copy, self._lists)  # each message its own: no piece can come from another's
        first = len(text) // 2
        text[1::2], html[1::2] = pieces[:first], pieces[first : self._pieces]
        return b"".join(text), b"".join(html)


def packed_pieces(subject: str, text: Sequence[bytes], html: Sequence[bytes], prepared: Prepared) -> bytes | None:
    """Return one merged message as bytes, without what all messages of the email type have in common.

    Nothing, when it is too large.
    """
    told = _bytes(subject)
    own = _BETWEEN.join((*text, *html))
    if prepared.size + len(own) > LARGEST_OUTPUT:
        return None
    return b"".join((_ANSWER.pack(_PIECES, -1, len(told), len(own), 0, 0, 0), told, own))


def packed(answer: Answer) -> bytes:
    """Return one answer as bytes."""
    if isinstance(answer, TemplateRefused):
        sentence = _bytes(answer.sentence)
        line = -1 if answer.line is None else answer.line
        return _ANSWER.pack(_REFUSED, line, len(sentence), 0, 0, 0, 0) + sentence
    flags = 0
    html = text = in_text = in_html = b""
    if isinstance(answer, Shown):
        rendered: Rendered | None = answer.rendered
        subject = _bytes(answer.rendered.subject)
    else:
        rendered = answer.rendered
        subject = _bytes(answer.subject)
        in_text, in_html = answer.text.encoded, answer.html.encoded
        flags = _TEXT_BASE64 * answer.text.base64 + _HTML_BASE64 * answer.html.base64
    if rendered is not None:
        flags |= _WHOLE
        html, text = _bytes(rendered.html), _bytes(rendered.text)
    head = _ANSWER.pack(flags, -1, len(subject), len(in_text), len(in_html), len(html), len(text))
    return b"".join((head, subject, in_text, in_html, html, text))


def unpacked(frame: bytes, prepared: Prepared, *, marked: bool = False) -> Iterator[Answer]:
    """Return the answers of a frame; raises `Garbled` at the first that is none.

    A body is ASCII, its lines end in CRLF and have at most 998 characters, and it holds no « =_ », which every
    boundary begins with: it can end no part and begin none.
    """
    place, end = 0, len(frame)
    while place < end:
        if end - place < _ANSWER.size:
            raise Garbled("an answer is cut off")
        flags, line, *sizes = _ANSWER.unpack_from(frame, place)
        place += _ANSWER.size
        if place + sum(sizes) > end or sizes[1] + sizes[2] > LARGEST_OUTPUT:
            raise Garbled("an answer is cut off or too large")
        if flags == _PIECES:
            if marked or not prepared.text:
                raise Garbled("pieces of nothing")
            subject = _text(frame[place : place + sizes[0]])
            place += sizes[0]
            own = frame[place : place + sizes[1]]
            place += sizes[1]
            in_text, in_html = prepared.bodies(own)
            lines = own.replace(_BETWEEN, b"")  # whole lines each, one piece after the other
            dotted = prepared.dotted
            if lines:
                _check_body(lines)
                dotted = dotted or _dotted(lines)
            yield Merged(subject, Body(in_text, dotted=dotted), Body(in_html, dotted=dotted))
            continue
        if flags > 15:
            raise Garbled("an answer of no kind")
        subject = _text(frame[place : place + sizes[0]])
        place += sizes[0]
        in_text = frame[place : place + sizes[1]]
        place += sizes[1]
        in_html = frame[place : place + sizes[2]]
        place += sizes[2]
        if flags & _REFUSED:
            if any(sizes[1:]):
                raise Garbled("a refusal with a message")
            yield TemplateRefused(subject, line=line if line >= 0 else None)
            continue
        rendered = None
        if flags & _WHOLE:
            html = _text(frame[place : place + sizes[3]])
            place += sizes[3]
            text = _text(frame[place : place + sizes[4]])
            place += sizes[4]
            rendered = Rendered(subject=subject, html=html, text=text)
        elif sizes[3] or sizes[4]:
            raise Garbled("a text that is none")
        if marked:
            if rendered is None or in_text or in_html:
                raise Garbled("a marked message is text only")
            yield Shown(rendered)
        else:
            _check_body(in_text)
            _check_body(in_html)
            yield Merged(
                subject,
                Body(in_text, bool(flags & _TEXT_BASE64), _dotted(in_text)),
                Body(in_html, bool(flags & _HTML_BASE64), _dotted(in_html)),
                rendered,
            )


def _check_body(body: bytes) -> None:
    ends = body.count(b"\r\n")
    if not body.endswith(b"\r\n") or body.count(b"\n") != ends or body.count(b"\r") != ends:
        raise Garbled("a line does not end in CRLF")
    if not body.isascii() or b"\0" in body or (b"_" in body and b"=_" in body):
        raise Garbled("a body is not encoded")
    place = 0
    while place + LONGEST_LINE < len(body):
        # The last line end within reach: every line before it is short enough.
        found = body.rfind(b"\n", place, place + LONGEST_LINE + 2)
        if found < 0:
            raise Garbled("a line is too long")
        place = found + 1


def _dotted(lines: bytes) -> bool:
    return lines[:1] == b"." or b"\n." in lines


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Garbled("a text is not UTF-8") from error
