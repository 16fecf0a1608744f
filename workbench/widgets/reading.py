"""What the screens that show a message share: its words, and the message as it goes to the page."""

from __future__ import annotations

from email.parser import BytesParser
from typing import Any

from workbench.displays.showing import ShownMessage
from workbench.domain.caught import LETTERS
from workbench.domain.file_names import harmless_name
from workbench.errors import UsageError
from workbench.language import _, n_

TELLING_LINKS = 40
"""How many addresses of links are told beside a message; a letter made to fill the screen has more."""


def reading_labels() -> dict[str, str]:
    """Return the words round a message, in the language of the moment."""
    return {
        "view": _("How the message is shown"),
        "screen": _("Screen"),
        "phone": _("Phone"),
        "text": _("Text"),
        "source": _("Source code"),
        "from": _("From:"),
        "to": _("To:"),
        "attachments": _("Attachments:"),
        "open_file": _("Open {name}"),
        "frame": _("The message: {subject}"),
        "marked": _("Merged values are highlighted here only."),
        "loading": _("One moment…"),
        "silent": _("The kernel is busy or has stopped; the answer comes as soon as it is free."),
        "headers": _("Headers"),
    }


def message_content(shown: ShownMessage) -> dict[str, Any]:
    """Return a message as its page takes it; the source follows only when it is asked for."""
    links = shown.links[:TELLING_LINKS]
    return {
        "subject": shown.subject or _("(no subject)"),
        "sender": shown.sender,
        "recipient": shown.recipient,
        "attachments": [f"{file.name} ({file.size_told})" for file in shown.attachments],
        "screen": shown.screen,
        "text": [list(piece) for piece in shown.text_pieces],
        "marked": shown.marked,
        "notes": list(shown.notes),
        "links": {
            "label": n_(
                "{count} link, which leads nowhere here", "{count} links, which lead nowhere here", len(links)
            ).format(count=len(shown.links)),
            "addresses": list(links),
        }
        if links
        else None,
    }


def file_content(shown: ShownMessage, place: int) -> tuple[dict[str, Any], list[bytes]]:
    """Return a file that goes with a message, out of the very letter, as its page hands it to the person.

    Raises
    ------
    UsageError
        When the message has no such file.
    """
    if not 0 <= place < len(shown.attachments):
        raise UsageError(_("This message has no such file."))
    name = shown.attachments[place].name
    before = sum(file.name == name for file in shown.attachments[:place])
    parts = BytesParser(policy=LETTERS).parsebytes(shown.raw()).walk()
    alike = [
        part for part in parts if not part.is_multipart() and (part.get_filename() or part.get_content_type()) == name
    ]
    if before >= len(alike):
        raise UsageError(_("This message has no such file."))
    data = alike[before].get_payload(decode=True)
    return {"name": harmless_name(name)}, [data if isinstance(data, bytes) else b""]


def source_content(shown: ShownMessage) -> dict[str, Any]:
    """Return a letter's source as its page takes it: the headers as they read, and the letter as it travels."""
    return {"headers": [list(header) for header in shown.headers], "source": shown.source}
