"""Make the text part of a message from its HTML, once a template: paragraphs, lists, links, tables in lines."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from workbench.merging.entities import shortened

_BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "nav", "address", "blockquote", "pre", "table", "ul",
     "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "center", "fieldset", "figure"}
)  # fmt: skip
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre"})
_LINES = frozenset({"tr", "li", "dt", "dd", "caption"})
_UNREAD = frozenset({"head", "style", "script", "title"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr"}
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?![.\d])")
_BLOCK_PICTURE = re.compile(r"display\s*:\s*(?:block|table|flex)")
_OPENING = ("(", "[", "«", "“", "'", "’", '"')
_CLOSING = (".", ",", ";", ":", "!", "?", ")", "]", "»", "”", "…", '"')
_SPACES = re.compile(r"[ \t\r\n\f\u200c\u200b\u00ad\u034f\ufeff]+")


def text_from_html(html: str, *, sign: str) -> str:
    """Return the text of an HTML body, one line a paragraph or row, links as « text (address) ».

    `sign` is the pattern of a protected Jinja2 tag (`safety.SIGN`); signs stay where they stand, statements in
    comments included. Hidden elements (a preheader) are left out, entities are decoded.
    """
    reader = _Reader(re.compile(sign))
    reader.feed(shortened(html))
    reader.close()
    return tidied("".join(reader.out)) + "\n"


def tidied(text: str) -> str:
    """Return text without trailing blanks, with at most one empty line between two lines, trimmed."""
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


class _Reader(HTMLParser):
    def __init__(self, sign: re.Pattern[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.sign = sign
        self.out: list[str] = []
        self.hidden: list[str] = []  # the elements open since the first hidden one
        self.links: list[tuple[str, int]] = []
        self.lists: list[int | None] = []
        self.ends = "\n\n"  # how the text so far ends: "", " ", "\n" or "\n\n"
        self.due = ""  # what parts a picture's words from the text that follows: "", " " or "\n"

    def _write(self, text: str) -> None:
        if text:
            due, self.due = self.due, ""
            if due == "\n" and text[0] != "\n":
                self._break(1)
            elif due == " " and not text[0].isspace() and text[0] not in _CLOSING:
                self.out.append(" ")
            self.out.append(text)
            self.ends = "\n" if text.endswith("\n") else (" " if text.endswith(" ") else "")

    def _break(self, count: int) -> None:
        self.due = ""
        have = self.ends.count("\n")
        if have < count:
            self.out.append("\n" * (count - have))
            self.ends = "\n" * count

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self.hidden:
            if tag not in _VOID:
                self.hidden.append(tag)
            return
        out_of_sight = "hidden" in values or _HIDDEN.search(values.get("style", "").lower()) is not None
        if tag in _UNREAD or out_of_sight:
            if tag not in _VOID:
                self.hidden.append(tag)
            return
        if tag == "br":
            self._write("\n") if self.ends != "\n\n" else None
        elif tag == "hr":
            self._break(2)
            self._write("---")
            self._break(2)
        elif tag == "img":
            self._picture(values.get("alt", "").strip(), values.get("style", "").lower())
        elif tag == "a":
            self.links.append((values.get("href", "").strip(), len(self.out)))
        elif tag in ("td", "th"):
            if "\n" not in self.ends and self.ends != " " and self.due != "\n":
                self._write("  ")
        elif tag in _BLOCKS or tag in _LINES:
            self._break(2 if tag in _APART and not self.lists else 1)
            if tag in ("ul", "ol"):
                self.lists.append(0 if tag == "ol" else None)
            elif tag == "li":
                self._item()

    def _picture(self, words: str, style: str) -> None:
        """Write a picture's words apart from the text around it; a block picture's are a line of their own."""
        if not words:
            return
        block = _BLOCK_PICTURE.search(style) is not None
        if block:
            self._break(1)
        elif self.ends == "" and not self.due and not self.out[-1].endswith(_OPENING):
            self.due = " "
        self._write(words)
        self.due = "\n" if block else " "

    def _item(self) -> None:
        depth = "  " * max(0, len(self.lists) - 1)
        count = self.lists[-1] if self.lists else None
        if count is not None:
            self.lists[-1] = count + 1
        self._write(f"{depth}{'-' if count is None else f'{count + 1}.'} ")

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag in self.hidden:
                while self.hidden.pop() != tag:
                    pass
            return
        if tag == "a" and self.links:
            self._link_end()
        elif tag in ("ul", "ol"):
            if self.lists:
                self.lists.pop()
            self._break(1 if self.lists else 2)
        elif tag in _BLOCKS or tag in _LINES:
            self._break(2 if tag in _APART and not self.lists else 1)

    def _link_end(self) -> None:
        href, start = self.links.pop()
        said = "".join(self.out[start:]).strip()
        shown = re.sub(r"^(?:mailto|tel):", "", href)
        if not href or href.startswith("#") or shown.rstrip("/") == said.rstrip("/"):
            return
        # A number that is merged stands in the link's words too: once is enough.
        dialled = href.startswith("tel:") and (not self.sign.search(href) or self.sign.search(said) is not None)
        if shown.split("?")[0] == said or dialled:
            return
        due, self.due = self.due if said else "", ""
        self._write(f" ({shown})" if said else shown)
        self.due = due

    def handle_comment(self, data: str) -> None:
        # A statement of the template; conditional comments are for one program's HTML alone.
        if not self.hidden and self.sign.fullmatch(data):
            self.out.append(data)

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        text = _SPACES.sub(" ", data)
        if self.ends.endswith(("\n", " ")) or self.due == "\n":
            text = text.lstrip(" ")
        self._write(text)
