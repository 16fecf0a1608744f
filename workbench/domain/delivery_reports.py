"""Read what mail servers send back about a message: a delivery report (RFC 3464), or a plain letter that says as much.

Whatever a mail program saved may be read here, also what was made to harm: no more than its beginning is looked at, and
nothing of its text is handed on but numbers and codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from enum import StrEnum

from workbench.domain.returned_mail import ReturnCause, cause_of

MOST_BYTES = 1_000_000
"""The report stands at the beginning of the file; what follows is the message that came back, with its files."""

_MOST_PARTS = 40
_MOST_TOKENS = 20
_TEXT = 60_000

_TOKEN = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{32})@", re.IGNORECASE)
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REFUSAL = re.compile(r"(?<![\d.])5\d\d(?![\d.])")
_HEADER = re.compile(
    r"^[ \t>]*(message-id|x-original-message-id|references|in-reply-to)[ \t]*:[ \t]*(?:\r?\n[ \t]+)?(.{0,2000})",
    re.IGNORECASE | re.MULTILINE,
)
_FROM_A_SERVER = re.compile(r"(mailer-daemon|postmaster|mail[- ]?delivery|bounce)", re.IGNORECASE)
_SAYS_SO = re.compile(
    r"undeliver|not (be )?delivered|delivery .{0,30}fail|returned mail|returned to sender|non remis|non distribu"
    r"|échec de (la )?(remise|distribution)|n'a pas pu être (remis|distribué|délivré)",
    re.IGNORECASE,
)


class ReportKind(StrEnum):
    """What a file says about a message."""

    RETURNED = "returned"
    DELAYED = "delayed"  # a server still tries
    RECEIPT = "receipt"  # it arrived
    ORDINARY = "ordinary"  # no report at all: somebody's mail
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What a file says: what happened, why, and the marks of our messages that stand in it.

    `tokens` are what the Message-ID of a message of ours may begin with, in the order in which they were found.
    """

    kind: ReportKind
    tokens: tuple[str, ...] = ()
    cause: ReturnCause = ReturnCause.OTHER
    code: str = ""


_UNREADABLE = DeliveryReport(kind=ReportKind.UNREADABLE)


def read_report(content: bytes) -> DeliveryReport:
    r"""Return what a file that a mail program saved (``.eml``) says about a message.

    Examples
    --------
    >>> read_report(b"Subject: Re: mon rendez-vous\n\nMerci, a demain").kind
    <ReportKind.ORDINARY: 'ordinary'>
    """
    beginning = content[:MOST_BYTES]
    lowered = beginning.lower()
    # Parts within parts cost more than their length; no report has so many.
    if lowered.count(b"boundary") + lowered.count(b"message/") > _MOST_PARTS:
        return _UNREADABLE
    if not re.match(rb"\s*(From |[!-9;-~]{1,80}\s*:)", beginning):
        return _UNREADABLE
    try:
        letter = message_from_bytes(beginning, policy=policy.compat32)
        told = _as_told_by_a_server(letter)
        return told if told is not None else _as_written(letter)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        return _UNREADABLE


def _as_told_by_a_server(letter: Message) -> DeliveryReport | None:
    """Read the part that is made for programs, or return nothing when there is none."""
    fields = [one for part in letter.walk() for one in _fields_of(part)]
    actions = [_field(one, "Action").lower() for one in fields]
    if not any(actions):
        return None
    kinds = {"failed": ReportKind.RETURNED, "delayed": ReportKind.DELAYED}
    said = [one for one in actions if one]
    action = next((one for one in ("failed", "delayed") if one in said), said[0])
    about = next(one for one, its in zip(fields, actions, strict=True) if its == action)
    words = _field(about, "Diagnostic-Code")
    code = _code_in(_field(about, "Status"))
    if code.endswith(".0.0") or code == "":
        code = _code_in(words) or code
    marks = [_field(one, "Original-Envelope-Id") for one in fields]
    return DeliveryReport(
        kind=kinds.get(action, ReportKind.RECEIPT),
        tokens=_tokens([f"{mark}@" if "@" not in mark else mark for mark in marks if mark], _headers_beneath(letter)),
        cause=cause_of(code, words),
        code=code,
    )


def _as_written(letter: Message) -> DeliveryReport:
    """Read a letter that a server wrote for people: it must come from a server, and say that something failed."""
    text = "\n".join(_texts(letter))
    failed_for = _field(letter, "X-Failed-Recipients")
    sender = f"{_field(letter, 'From')} {_field(letter, 'Return-Path')}"
    from_a_server = bool(failed_for or _FROM_A_SERVER.search(sender) or _field(letter, "Return-Path") == "<>")
    said = f"{_field(letter, 'Subject')}\n{text}"
    code = next((one for one in _codes_in(text) if one.startswith("5")), "")
    if not from_a_server or not (failed_for or code or (_SAYS_SO.search(said) and _REFUSAL.search(said))):
        return DeliveryReport(kind=ReportKind.ORDINARY)
    quoted = [found[2] for found in _HEADER.finditer(text)]
    own = [_field(letter, name) for name in ("In-Reply-To", "References")]
    return DeliveryReport(
        kind=ReportKind.RETURNED,
        tokens=_tokens(_headers_beneath(letter), quoted, own),
        cause=cause_of(code, text),
        code=code,
    )


def _fields_of(part: Message) -> Iterator[Message]:
    """Give the groups of fields of a part that is made for programs."""
    if part.get_content_type() not in ("message/delivery-status", "message/global-delivery-status"):
        return
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Message))


def _headers_beneath(letter: Message) -> list[str]:
    """Return the Message-IDs of the messages that a report holds, whole or by their headers alone."""
    found: list[str] = []
    for part in letter.walk():
        if part is letter:
            continue
        kind = part.get_content_type()
        if kind in ("text/rfc822-headers", "message/global-headers"):
            found += [one[2] for one in _HEADER.finditer(_text_of(part)) if one[1].lower() == "message-id"]
        elif part.get("Message-ID") is not None:
            found.append(_field(part, "Message-ID"))
    return found


def _texts(letter: Message) -> Iterator[str]:
    left = _TEXT
    for part in letter.walk():
        if left > 0 and part.get_content_maintype() == "text":
            text = _text_of(part)[:left]
            left -= len(text)
            yield text


def _text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8", errors="replace")
    except LookupError:  # an encoding that nobody knows
        return content.decode("latin-1")


def _field(part: Message, name: str) -> str:
    return " ".join(str(part.get(name, "")).split())[:2000]


def _codes_in(text: str) -> list[str]:
    return [".".join(found.groups()) for found in _CODE.finditer(text)]


def _code_in(text: str) -> str:
    return next(iter(_codes_in(text)), "")


def _tokens(*groups: list[str]) -> tuple[str, ...]:
    found = [one[1].lower() for texts in groups for text in texts for one in _TOKEN.finditer(text)]
    return tuple(dict.fromkeys(found))[:_MOST_TOKENS]
