"""What two states of an email type say differently, part by part and word by word, for the eye."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from workbench.domain.templates import Template
from workbench.language import _, marked
from workbench.merging.plain_text import text_from_html
from workbench.merging.protected import SIGN
from workbench.practice.revisions import PART_WORDS

KEPT, REMOVED, ADDED = "", "-", "+"
"""What is said of a piece of text: it stayed, it is gone, it came."""

_WORD = re.compile(r"@?\w+|\s+|[^\w\s]")
_TEXTS = frozenset({"subject", "html", "text", "label", "folder", "purpose", "reply_to"})
_YES, _NO = marked("yes"), marked("no")

_MOST_WORDS = 4_000
"""Words of a passage that are compared one with another; a longer one is shown as gone and come."""


@dataclass(frozen=True, slots=True)
class Change:
    """A part of an email type that says something else now.

    Attributes
    ----------
    part
        The part's name, as a template file has it.
    called
        What it is called, in the language of the moment.
    pieces
        Its text in order, each piece with what is said of it: ``""`` (stayed), ``"-"`` (gone), ``"+"`` (came).
        There is none where the text reads alike and only looks otherwise.
    """

    part: str
    called: str
    pieces: tuple[tuple[str, str], ...]


def compared(old: Template, new: Template) -> list[Change]:
    """Return what `new` says otherwise than `old`, part by part.

    Examples
    --------
    >>> before = Template(label="Rappel", subject="Rappel de demain", html="<p>@PNOM</p>")
    >>> from dataclasses import replace
    >>> [change.pieces for change in compared(before, replace(before, subject="Rappel de lundi"))]
    [(('', 'Rappel de '), ('-', 'demain'), ('+', 'lundi'))]
    """
    before, after = old.to_dict(), new.to_dict()
    changes = []
    for part, called in PART_WORDS.items():
        one, other = before.get(part), after.get(part)
        if one != other:
            changes.append(Change(part, _(called), tuple(_pieces(part, one, other))))
    return changes


def _pieces(part: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if part == "html":
        old, new = (text_from_html(str(text or ""), sign=SIGN).strip() for text in (old, new))
        if old == new:
            return
    if part in _TEXTS:
        yield from by_words(str(old or ""), str(new or ""))
        return
    for sign, value in ((REMOVED, _told(part, old)), (ADDED, _told(part, new))):
        if value:
            yield sign, value


def by_words(old: str, new: str) -> list[tuple[str, str]]:
    """Return a text in pieces: what stayed, what is gone and what came, word by word.

    Examples
    --------
    >>> by_words("à demain", "à lundi")
    [('', 'à '), ('-', 'demain'), ('+', 'lundi')]
    """
    lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    pieces: list[tuple[str, str]] = []
    for tag, start, end, new_start, new_end in _steps(lines, new_lines):
        gone, came = "".join(lines[start:end]), "".join(new_lines[new_start:new_end])
        if tag == "equal":
            pieces.append((KEPT, gone))
            continue
        words, new_words = _WORD.findall(gone), _WORD.findall(came)
        if len(words) + len(new_words) > _MOST_WORDS:
            pieces += [(REMOVED, gone), (ADDED, came)]
            continue
        for kind, first, last, new_first, new_last in _steps(words, new_words):
            if kind == "equal":
                pieces.append((KEPT, "".join(words[first:last])))
            else:
                pieces += [(REMOVED, "".join(words[first:last])), (ADDED, "".join(new_words[new_first:new_last]))]
    return _joined(pieces)


def _steps(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def _joined(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return pieces without empty ones: of words that changed side by side, first what is gone, then what came."""
    whole: list[tuple[str, str]] = []
    gone = came = ""
    for place, (sign, text) in enumerate(pieces):
        between = sign == KEPT and text.isspace() and "\n" not in text and (gone or came)
        follows = any(other for next_sign, other in pieces[place + 1 : place + 3] if next_sign != KEPT)
        if sign == REMOVED or (between and follows):
            gone += text
        if sign == ADDED or (between and follows):
            came += text
        if sign == KEPT and not (between and follows):
            whole += [(REMOVED, gone), (ADDED, came), (KEPT, text)]
            gone = came = ""
    whole += [(REMOVED, gone), (ADDED, came)]
    told: list[tuple[str, str]] = []
    for sign, text in whole:
        if text and told and told[-1][0] == sign:
            told[-1] = (sign, told[-1][1] + text)
        elif text:
            told.append((sign, text))
    return told


def _told(part: str, value: Any) -> str:
    """Return a setting as a person reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _(_YES) if value else _(_NO)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_told(part, one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_told(part, one) for one in value)
    text = str(value)
    return text.rpartition("/")[2] if part in ("attachments", "pictures") else text
