"""The words of SMTP (RFC 5321, 1870, 2920, 3461, 6152, 6531) read from bytes and made into bytes; no socket here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import idna
import numpy as np

from workbench.domain.messages import Form

MAX_COMMAND = 510
"""Bytes of one command line without CR LF (RFC 5321 4.5.3.1.4)."""

MAX_LINE = 8192
"""Bytes of one reply line; RFC 5321 says 512, real servers write more."""
MAX_LINES = 200
MAX_TEXT = 500

LOGIN_CODES = frozenset({530, 534, 535, 538})
"""« Authentication required », « mechanism too weak », « refused », « encryption required » (RFC 4954)."""

_LF, _CR, _DOT = b"\n\r."
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")


class BadReply(ValueError):
    """What the server wrote is not an SMTP reply; the connection cannot be understood any more."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of the server, however many lines it had."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words without the code, on one printable line of at most 500 characters."""
        joined = " ".join(self.lines)
        if not joined.isprintable():
            joined = "".join(character if character.isprintable() else " " for character in joined)
        return joined[:MAX_TEXT].strip()

    @property
    def quoted(self) -> str:
        """The reply as a sentence quotes it."""
        return f"« {self.code} {self.text} »"

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), such as ``4.2.1``, or nothing."""
        found = _ENHANCED.match(self.lines[0])
        return found[0] if found else ""

    @property
    def positive(self) -> bool:
        """Whether the server did what was asked (2xx)."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Whether the server asks to come back later (4xx)."""
        return 400 <= self.code < 500

    @property
    def slows_account(self) -> bool:
        """Whether this temporary refusal concerns the whole account rather than one recipient (P4).

        421 and 4.7.0 do, 4.1.x and 4.2.x never do, other enhanced codes do when they speak of the system (4.3.x);
        without an enhanced code 450, 451 and 452 do.
        """
        if self.code == 421:
            return True
        if not self.temporary:
            return False
        enhanced = self.enhanced
        if not enhanced:
            return self.code in {450, 451, 452}
        return enhanced == "4.7.0" or enhanced.startswith("4.3.")


class ReplyReader:
    """Turn the server's bytes, in whatever pieces they come, into replies."""

    __slots__ = ("_at", "_buffer", "_code", "_lines")

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self._code = b""
        self._lines: list[str] = []

    def feed(self, data: bytes) -> None:
        """Add bytes just read."""
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    @property
    def leftover(self) -> bool:
        """Whether bytes remain that are not a whole reply yet."""
        return self._at < len(self._buffer) or bool(self._lines)

    def next_reply(self) -> Reply | None:
        """Return the next whole reply, or nothing when more bytes are needed.

        Raises
        ------
        BadReply
            When the bytes cannot be a reply: no code, another code in a later line, endless.
        """
        while (end := self._buffer.find(b"\n", self._at)) >= 0:
            code, text, alone = _reply_line(self._buffer[self._at : end])
            self._at = end + 1
            if alone is not None and not self._lines:
                return alone
            if self._lines and code != self._code:
                raise BadReply("broken reply line")
            self._code = code
            self._lines.append(text)
            if alone is not None:
                reply = Reply(int(code), tuple(self._lines))
                self._lines = []
                return reply
            if len(self._lines) > MAX_LINES:
                raise BadReply("endless reply")
        if len(self._buffer) - self._at > MAX_LINE + 1:  # a CR may wait for its LF
            raise BadReply("endless reply line")
        return None


# Of the four replies to a letter three are the same for every letter.
@lru_cache(maxsize=256)
def _reply_line(line: bytes) -> tuple[bytes, str, Reply | None]:
    """Return a line's code and words, and the whole reply when it is the last line of one."""
    line = line.removesuffix(b"\r")
    code, mark = line[:3], line[3:4]
    if len(line) > MAX_LINE or len(code) != 3 or not code.isdigit() or code[:1] not in b"2345":
        raise BadReply("no reply code")
    if mark not in (b"", b" ", b"-"):
        raise BadReply("broken reply line")
    text = line[4:].decode("utf-8", "replace")
    return code, text, Reply(int(code), (text,)) if mark != b"-" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What the server said it can do, in its answer to EHLO.

    `size` is the largest message in bytes, 0 for no limit said, nothing when SIZE is not offered.
    """

    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    size: int | None = None
    dsn: bool = False
    mechanisms: frozenset[str] = frozenset()


def extensions_from_lines(lines: Iterable[str]) -> Extensions:
    """Read the lines of an EHLO reply (the first one is the server's name)."""
    words = [line.upper().replace("AUTH=", "AUTH ", 1).split() for line in list(lines)[1:]]
    offered = {line[0]: line[1:] for line in words if line}
    mechanisms = {mechanism for line in words if line and line[0] == "AUTH" for mechanism in line[1:]}
    size: int | None = None
    if "SIZE" in offered:
        size = int(offered["SIZE"][0]) if offered["SIZE"] and offered["SIZE"][0].isdecimal() else 0
    return Extensions(
        pipelining="PIPELINING" in offered,
        eight_bit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        starttls="STARTTLS" in offered,
        size=size,
        dsn="DSN" in offered,
        mechanisms=frozenset(mechanisms),
    )


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    # IDNA 2008, not the standard library's 2003: that one would write to « strasse » for « straße ».
    return idna.encode(domain, uts46=True).decode("ascii")


def envelope_path(address: str) -> bytes:
    """Return ``<local@domain>`` for the envelope, the domain in its ASCII form.

    Raises
    ------
    ValueError
        When the address cannot stand in an SMTP command. A non-ASCII result needs SMTPUTF8.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or _UNSAFE.search(address):
        raise ValueError("not an envelope address")
    return f"<{local}@{_ascii_domain(domain)}>".encode()


def form_of(content: bytes) -> Form:
    """Look at every byte of a content, once."""
    if not content:
        return Form(True, False, False)
    # Ten times faster than `bytes.count` and `find` on a letter with an attachment.
    codes = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(codes == _LF)
    count = np.count_nonzero
    bare = codes[0] == _LF or not count(codes == _CR) == len(ends) == count(codes[ends - 1] == _CR)
    begun = ends[:-1] if codes[-1] == _LF else ends
    return Form(content.isascii(), bool(bare), bool(codes[0] == _DOT or count(codes[begun + 1] == _DOT)))


def dot_stuffed(content: bytes) -> bytes:
    """Return `content` as it follows DATA, but for its end: leading dots doubled (RFC 5321 4.5.2)."""
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content


def final_dot(content: bytes) -> bytes:
    """Return what closes a content: the final dot, on a line of its own."""
    return b".\r\n" if content.endswith(b"\r\n") or not content else b"\r\n.\r\n"


def xtext(value: str) -> bytes:
    """Return an ASCII value as RFC 3461 4 writes it in a parameter: ``+``, ``=`` and what is not printable as hex."""
    return "".join(
        character if "!" <= character <= "~" and character not in "+=" else f"+{ord(character):02X}"
        for character in value
    ).encode("ascii")
