"""Read a message that was kept as a file (.eml): its HTML, else its plain text, and its subject."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from urllib.parse import unquote

from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.entities import unescaped
from workbench.merging.foreign.notes import Loss, Note
from workbench.merging.foreign.reading import (
    LARGEST_PICTURE,
    MOST_PICTURES,
    PICTURE_ENDINGS,
    SOURCE,
    Source,
    picture_name,
    source_from_text,
)

_FIRST = re.compile(rb"(?:From |[!-9;-~]{1,70}:)")
_TELLING = re.compile(rb"^(?:Subject|From|MIME-Version|Content-Type|Received):", re.IGNORECASE | re.MULTILINE)
_ODD = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError, IndexError, AssertionError)
"""What the parser of the standard library raises for messages that no program would write."""


def is_mail(data: bytes) -> bool:
    """Tell whether a file begins with the header of a message."""
    head = re.split(rb"\r?\n\r?\n", data[:20_000], maxsplit=1)[0]
    return _FIRST.match(head) is not None and len(_TELLING.findall(head)) > 1


def source_from_mail(data: bytes, *, name: str) -> Source:
    """Return the text of a message and its subject.

    Raises
    ------
    TemplateRefused
        When it cannot be read, or holds no text.
    """
    try:
        message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data)
        body = message.get_body(preferencelist=("html", "plain"))
        content = body.get_content() if body is not None else None
        in_html = body is not None and body.get_content_subtype() == "html"
        subject = " ".join(str(message["subject"] or "").split())
        shown = _shown(message, name)
        attached = [
            str(part.get_filename() or part.get_content_type())
            for part in message.iter_attachments()
            if part["Content-ID"] is None
        ]
    except _ODD as error:
        raise TemplateRefused(_("The message « {name} » is damaged and cannot be read.").format(name=name)) from error
    if not isinstance(content, str):
        raise TemplateRefused(_("The message « {name} » holds no text.").format(name=name))
    read = source_from_text(
        _showing(content, {cid: file for cid, (file, _data) in shown.items()}), name=name, html=in_html
    )
    pictures = {**read.pictures, **dict(shown.values())}
    notes = [
        Note(
            what=Loss.ATTACHED,
            message=_("The attachment « {name} » stays behind: add it again to the email type.").format(name=one[:100]),
        )
        for one in attached[:50]
    ]
    return replace(read, template=None, subject=subject or read.subject, notes=(*read.notes, *notes), pictures=pictures)


def _shown(message: EmailMessage, name: str) -> dict[str, tuple[str, bytes]]:
    """Return the pictures that a message carries, by Content-ID: the name of the file each becomes, and its content."""
    shown: dict[str, tuple[str, bytes]] = {}
    for part in message.walk():
        cid = str(part["Content-ID"] or "").strip().strip("<>")
        if cid and part.get_content_type() in PICTURE_ENDINGS and len(shown) < MOST_PICTURES:
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and 0 < len(content) <= LARGEST_PICTURE:
                # Numbered apart from those that are written into the text.
                shown[cid] = (picture_name(name, 101 + len(shown), part.get_content_type()), content)
    return shown


def _showing(html: str, files: Mapping[str, str]) -> str:
    """Return HTML that shows the files of these names where it showed parts of its message (``cid:``)."""

    def named(found: re.Match[str]) -> str:
        scheme, _colon, cid = unescaped(found[2]).partition(":")
        file = files.get(unquote(cid)) or files.get(cid) if scheme.lower() == "cid" else None
        return found[1] + (file or found[2])

    return SOURCE.sub(named, html)
