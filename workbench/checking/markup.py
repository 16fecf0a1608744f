"""Read the HTML of an email type or of a merged message as elements with their lines, whatever its size or shape."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from workbench.merging.entities import shortened
from workbench.merging.syntax import JINJA

LARGEST_READ = 400_000
"""Characters that are looked through; what is beyond is far too large for a mail program, and that is said."""

VALUE = "\ue000"
"""Stands in an author's text for what is merged there."""

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_UNREAD = frozenset({"head", "style", "script", "title"})
_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class Element:
    """One element: its tag in small letters, its attributes, the line it begins in, and the text it holds.

    `outside` is its place among the elements of the page, or -1: the one it stands in.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    outside: int
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a person reads in it, its pictures by their descriptions."""
        return _SPACES.sub(" ", "".join(self.pieces)).strip()


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text, the place of the element it stands in, and its line."""

    text: str
    inside: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """Some HTML, read: its elements and its texts in their order, and the style sheets in it with their lines."""

    elements: list[Element]
    words: list[Words]
    sheets: list[tuple[str, int]]
    has_page: bool
    whole: bool

    def named(self, *tags: str) -> list[Element]:
        """Return the elements of some tags, in their order."""
        return [element for element in self.elements if element.tag in tags]


def as_author_wrote(html: str) -> str:
    """Return compiled HTML (`syntax.compile_codes`) with a sign for each value and nothing for a statement."""

    def masked(tag: re.Match[str]) -> str:
        return (VALUE if tag[0].startswith("{{") else "") + "\n" * tag[0].count("\n")

    return JINJA.sub(masked, html)


def read_markup(html: str) -> Markup:
    """Read HTML; of more than ``LARGEST_READ`` characters the first ones."""
    text = html[:LARGEST_READ]
    # A tag that never ends is no tag, and the parser would look for its end again and again.
    unended = text.find("<", text.rfind(">") + 1)
    reader = _Reader()
    reader.feed(shortened(text if unended < 0 else text[:unended]))
    reader.close()
    return Markup(
        elements=reader.elements,
        words=reader.words,
        sheets=reader.sheets,
        has_page=reader.has_page,
        whole=len(html) <= LARGEST_READ,
    )


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a ``style`` attribute, names and values in small letters."""
    found: dict[str, str] = {}
    for declaration in style.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


class _Reader(HTMLParser):
    _DEEPEST = 100  # a message nested deeper is read flat from there: nobody's mail program does otherwise

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[Words] = []
        self.sheets: list[tuple[str, int]] = []
        self.has_page = False
        self._open: list[int] = []
        self._links: list[int] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in reversed(attrs)}
        self.has_page |= tag == "html"
        self.elements.append(Element(tag, values, self.getpos()[0], self._open[-1] if self._open else -1))
        place = len(self.elements) - 1
        if tag == "img":
            self._hold(values.get("alt", ""))
        if tag not in VOID:
            self._unread += tag in _UNREAD
            if len(self._open) < self._DEEPEST:
                self._open.append(place)
            if tag == "a":
                self._links = [place]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._links = []
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        for depth in range(len(self._open) - 1, -1, -1):
            if self.elements[self._open[depth]].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else -1
        if inside >= 0 and self.elements[inside].tag == "style":
            self.sheets.append((data, self.getpos()[0]))
        elif not self._unread:
            self._hold(data)
            if not data.isspace():
                self.words.append(Words(data, inside, self.getpos()[0]))

    def _hold(self, text: str) -> None:
        for place in self._links:
            self.elements[place].pieces.append(text)
        if self._open and self.elements[self._open[-1]].tag != "a":
            self.elements[self._open[-1]].pieces.append(text)
