"""Write what became of an old text: what is text stays text, and what is a code stays one, whatever stands beside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from workbench.merging.syntax import LITERAL_BRACE

LITERAL_AT = "{{ '@' }}"
"""What prints an « @ » that would otherwise be read as the beginning of a code, where no HTML is."""

_OPENING = re.compile(r"\{(?=[{%#])")
_AT = re.compile(r"@(?=[A-Z0-9_])")
_SHEET_CODE = re.compile(r"@[A-Z][A-Z-]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of what is written: text, a field's `code`, or an expression that is `live` as it stands."""

    text: str
    code: bool = False
    live: bool = False


def joined(pieces: list[Piece], write: Callable[[str], str], at: str) -> str:
    """Join pieces so that what is text stays text and what is a code stays one, whatever stands beside them."""
    merged: list[Piece] = []
    for piece in pieces:
        if not (piece.code or piece.live) and merged and not (merged[-1].code or merged[-1].live):
            merged[-1] = Piece(merged[-1].text + piece.text)
        elif piece.text:
            merged.append(piece)
    out: list[str] = []
    last = ""  # the last sign written, or nothing behind a code
    block = False  # in a « {% » that has not ended yet, « @CODE » would be taken for a condition
    for place, piece in enumerate(merged):
        if piece.code:
            following = merged[place + 1].text[:1] if place + 1 < len(merged) and not merged[place + 1].code else ""
            apart = block or (bool(last) and (last.isalnum() or last in "_.+-@"))
            if apart or (following.isascii() and (following.isalnum() or following == "_")):
                _close_brace(out)
                out.append(f"{{{{ {piece.text} }}}}")
            else:
                out.append(f"@{piece.text}")
            last = ""
        elif piece.live:
            _close_brace(out)
            out.append(piece.text)
            last = ""
        else:
            # A text that was taken for a code nobody knows is never one: neither now, nor once there is such a field.
            out.append(as_text(write(piece.text), at))
            last = piece.text[-1:]
            block = ("{%" in piece.text or block) and piece.text.rfind("{%") >= piece.text.rfind("%}")
    return "".join(out)


def as_text(text: str, at: str) -> str:
    """Return a text that holds no code and no expression: `at` stands for each « @ » that would begin one."""
    return _AT.sub(at, _OPENING.sub(lambda _found: LITERAL_BRACE, text))


def style_sheet(text: str) -> str:
    """Return a style sheet, which holds no field: « {# » begins a rule there, « @MEDIA » is another way to write it."""
    return _SHEET_CODE.sub(lambda found: found[0].lower(), _OPENING.sub("{ ", text))


def nothing(text: str) -> str:
    """Return what stands for a segment that is left out: as many lines, and what is beside it stays apart."""
    return "<!--" + "\n" * text.count("\n") + "-->"


def _close_brace(out: list[str]) -> None:
    """Keep a brace at the end of a text from joining those that follow."""
    if out and out[-1].endswith("{"):
        out[-1] = out[-1][:-1] + LITERAL_BRACE


def escaped(text: str) -> str:
    """Write a text as HTML does."""
    return escape(text, quote=False)


def as_it_is(text: str) -> str:
    """Write a text where no HTML is, or where it is HTML already."""
    return text
