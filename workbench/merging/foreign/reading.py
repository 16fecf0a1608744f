"""Read an old text, from a file or pasted, whatever program it comes from: HTML, and what stands beside it."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import PurePath
from urllib.parse import unquote

from workbench.domain.fields import folded
from workbench.domain.options import Options
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.entities import unescaped
from workbench.merging.foreign.notes import Loss, Note
from workbench.merging.template_file import lines_before_body, template_from_file

LARGEST_TEXT = 300_000
"""Characters, pictures apart: ten times the longest letter that a practice keeps."""

LARGEST_FILE = 30_000_000
"""Bytes: a Word document or a message with its images."""

MARK_START, MARK_END = "\ufdd0", "\ufdd1"
"""Round the number of a Word field, where it stood in the text; no text holds these two signs."""

SOURCE = re.compile(r"""(\ssrc\s{0,3}=\s{0,3}["']?)([^"'\s>]{0,300})""", re.IGNORECASE)
"""Where an image's tag says which one it shows."""

PICTURE_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}
"""The kinds of pictures that come along with a text, and how their files end."""

MOST_PICTURES = 30
LARGEST_PICTURE = 5_000_000

_DATA = re.compile(r"data:(image/(?:png|jpeg|gif));base64,([A-Za-z0-9+/=%\s]+)", re.IGNORECASE)
_ELEMENTS = "p|div|br|html|body|head|table|td|span|a|b|i|u|strong|em|ul|ol|li|h[1-6]|img|font|center|hr|style"
_HTML = re.compile(rf"<!doctype html|</?(?:{_ELEMENTS})(?=[\s/>])", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})</title", re.IGNORECASE)
_CHARSET = re.compile(rb"""charset\s{0,3}=\s{0,3}["']?\s{0,3}([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:objet|sujet|subject)[ \u00a0\u202f]?:[ \u00a0\u202f]?(\S.{0,300})", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_NEVER = re.compile("[\ufdd0-\ufdef\U000f0000-\U000ffffd]")
_HALVES = re.compile("[\ud800-\udfff]")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_KINDS = {
    b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"MZ": "EXE", b"\x7fELF": "EXE",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WordField:
    """One field of a Word document: what is written between its braces.

    `kind` is its first word (``MERGEFIELD``, ``IF``), `name` the column of a merge field, `extra` its switches.
    """

    kind: str
    name: str = ""
    extra: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An old text as it was read: HTML whose lines are those of the text, and a subject if it has one.

    `template` holds what the lines before a template file's body say; `fields` are the fields of a Word document, whose
    marks stand in the HTML. `pictures` are images that came with the text, by the names under which it shows them.
    `first_line` is the line on which the HTML begins.
    """

    html: str
    name: str
    subject: str = ""
    template: Template | None = None
    fields: tuple[WordField, ...] = ()
    notes: tuple[Note, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    first_line: int = 1


def source_from_text(text: str, *, name: str, html: bool | None = None) -> Source:
    """Return a text that was pasted, or read from a file; HTML is told by its tags unless `html` says it.

    Raises
    ------
    TemplateRefused
        When it is empty or longer than `LARGEST_TEXT`.
    """
    pictures: dict[str, bytes] = {}
    if "base64," in text and len(text) <= LARGEST_FILE and html is not False and _HTML.search(text):
        text = _DATA.sub(lambda found: _taken_out(found, pictures, name), text)
    if len(text) > LARGEST_TEXT:
        raise TemplateRefused(
            _("The text « {name} » is too long to be an email type: {length} characters, {most} at most.").format(
                name=name, length=len(text), most=LARGEST_TEXT
            )
        )
    text, notes = _legible(text)
    if not text.strip():
        raise TemplateRefused(_("The text « {name} » is empty.").format(name=name))
    front = _template_of(text, name)
    if front is not None:
        settings = replace(
            front, html="", text=None, attachments=(), pictures=(), images=(), documents=(), options=Options()
        )
        if replace(settings, html=front.html) != front:
            notes.append(
                Note(
                    what=Loss.ATTACHED,
                    message=_(
                        "The files, the images, the options and the own plain text of the email type stay behind."
                    ),
                )
            )
        lines = lines_before_body(text)
        return Source(
            html=front.html,
            name=name,
            subject=front.subject,
            template=settings,
            notes=tuple(notes),
            first_line=lines + 1,
        )
    if _HTML.search(text) if html is None else html:
        title = _TITLE.search(text)
        subject = " ".join(unescaped(title[1]).split()) if title else ""
        return Source(html=text, name=name, subject=subject, notes=tuple(notes), pictures=pictures)
    subject, body = _subject_and_body(text)
    return Source(html=html_from_plain(body), name=name, subject=subject, notes=tuple(notes))


def html_from_plain(text: str) -> str:
    """Return plain text as HTML, on the same lines: a paragraph for each block, a break for each line in it."""
    lines = text.split("\n")
    written: list[str] = []
    for place, line in enumerate(lines):
        if not line.strip():
            written.append("")
            continue
        opens = place == 0 or not lines[place - 1].strip()
        closes = place + 1 == len(lines) or not lines[place + 1].strip()
        words = escape(line.rstrip(), quote=False)
        written.append(f"{'<p>' if opens else ''}{words}{'</p>' if closes else '<br>'}")
    return "\n".join(written)


def decoded(data: bytes, name: str) -> str:
    """Return the text of a file's bytes: Unicode, else what its HTML says, else as Windows wrote French.

    Raises
    ------
    TemplateRefused
        When it is no text.
    """
    for start, kind in _KINDS.items():
        if data.startswith(start):
            raise TemplateRefused(
                _("« {name} » is no text ({kind}): give a text, an HTML page, a message or a Word document.").format(
                    name=name, kind=kind
                )
            )
    for start, encoding in _MARKS.items():
        if data.startswith(start):
            return data.decode(encoding, errors="replace")
    if b"\x00" in data:
        raise TemplateRefused(
            _("« {name} » is no text: give a text, an HTML page, a message or a Word document.").format(name=name)
        )
    said = _CHARSET.search(data[:4000])
    for encoding in ("utf-8", said[1].decode("ascii") if said else "cp1252", "cp1252"):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
        if isinstance(text, str):
            break
    else:
        text = data.decode("cp1252", errors="replace")
    if len(_CONTROLS.findall(text[:100_000])) > len(text[:100_000]) // 50 + 1:
        raise TemplateRefused(
            _("« {name} » is no text: give a text, an HTML page, a message or a Word document.").format(name=name)
        )
    return text


def label_of(name: str) -> str:
    """Return a label made of a file's name, without what a label cannot hold."""
    stem = PurePath(name.replace("\\", "/")).stem if name else ""
    return " ".join(_CONTROLS.sub(" ", stem.replace("/", " ")).split())[:100] or _("Converted text")


def picture_name(name: str, number: int, kind: str) -> str:
    """Return the name of the file of a text's picture."""
    stem = re.sub(r"[^a-z0-9]+", "-", folded(label_of(name))).strip("-")[:40] or "image"
    return f"{stem}-{number}{PICTURE_ENDINGS[kind]}"


def _taken_out(found: re.Match[str], pictures: dict[str, bytes], name: str) -> str:
    """Take a picture that is written into a text out of it, and return the name under which it is shown."""
    if len(found[2]) > 2 * LARGEST_PICTURE or len(pictures) >= MOST_PICTURES:
        return "data:"
    try:
        content = b64decode("".join(unquote(found[2]).split()), validate=True)
    except ValueError:
        return "data:"
    file = picture_name(name, len(pictures) + 1, found[1].lower())
    pictures[file] = content
    return file


def _legible(text: str) -> tuple[str, list[Note]]:
    """Return a text without what no letter holds, lines ending in one way."""
    notes: list[Note] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    clean = _NEVER.sub("", _CONTROLS.sub("", _HALVES.sub("\ufffd", text)))
    place = clean.find("\ufffd")
    if clean != text or place >= 0:
        line = clean.count("\n", 0, place) + 1 if place >= 0 else 0
        notes.append(
            Note(
                line=line,
                what=Loss.SIGNS,
                message=_("Signs that are no text were replaced or left out; read it again."),
            )
        )
    return clean, notes


def _template_of(text: str, name: str) -> Template | None:
    """Return what a template file of ours holds, or nothing when it is none."""
    if not text.startswith("---") or not lines_before_body(text):
        return None
    try:
        return template_from_file(text, name=label_of(name))
    except TemplateRefused:
        return None  # a line of dashes, as any text may begin


def _subject_and_body(text: str) -> tuple[str, str]:
    """Return the subject that a letter's first line gives (« Objet : … »), and the rest, on its lines."""
    before = len(text) - len(text.lstrip())
    line, _end, rest = text[before:].partition("\n")
    found = _SUBJECT.fullmatch(line.strip())
    if found is None or not rest.strip():
        return "", text
    return found[1].strip(), "\n" * (text.count("\n", 0, before) + 1) + rest
