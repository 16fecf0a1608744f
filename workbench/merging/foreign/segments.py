"""Cut the HTML of an old text where its codes are read differently: text, tags, style sheets, comments.

The cuts need not be those of a browser: whatever a piece is taken for, nothing in it is left that could run, and the
email type is judged as a whole afterwards (``merging.safety``). One pass, however the text is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from workbench.merging.entities import unescaped
from workbench.merging.safety import DROPPED_WITH_CONTENT
from workbench.merging.syntax import LITERAL_BRACE

_TAG = re.compile(r"""</?([A-Za-z][^\s/><]*+)(?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^>])*+>""")
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])[^>]*>", re.IGNORECASE) for name in ("style", *sorted(DROPPED_WITH_CONTENT))
}


class Cut(StrEnum):
    """What a segment is."""

    TEXT = "text"
    TAG = "tag"
    STYLE = "style"
    REVEALED = "revealed"  # a comment that one mail program reads
    DROPPED = "dropped"  # what runs or loads: nothing of it is kept
    HIDDEN = "hidden"  # an author's comment


def shown_text(text: str) -> str:
    """Return the text that a piece of HTML shows, with what was written for a brace or an « @ » as that sign."""
    plain = unescaped(text.replace(LITERAL_BRACE, "{")) if "&" in text else text.replace(LITERAL_BRACE, "{")
    return plain.replace("\r", "\n")


def segments(html: str) -> Iterator[tuple[Cut, str]]:
    """Yield the segments of an HTML text, which together are the text."""
    place = written = 0
    while (start := html.find("<", place)) >= 0:
        cut, end = _at(html, start)
        if cut is Cut.TEXT:
            place = end
            continue
        if start > written:
            yield Cut.TEXT, html[written:start]
        yield cut, html[start:end]
        place = written = end
    if written < len(html):
        yield Cut.TEXT, html[written:]


def name_of_tag(tag: str) -> str:
    """Return the name of a tag's element in small letters."""
    found = _TAG.match(tag)
    return found[1].lower() if found else ""


def _at(html: str, start: int) -> tuple[Cut, int]:
    if html.startswith("<!--", start):
        end = html.find("-->", start + 4)
        cut = Cut.REVEALED if html.startswith(("<!--[if", "<!--<![endif"), start) else Cut.HIDDEN
        return cut, len(html) if end < 0 else end + 3
    following = html[start + 1 : start + 2]
    if following in ("!", "?") and following:
        end = html.find(">", start)
        return Cut.TAG, len(html) if end < 0 else end + 1
    if not (following.isascii() and following.isalpha()) and not re.match("/[A-Za-z]", html[start + 1 : start + 3]):
        return Cut.TEXT, start + 1
    found = _TAG.match(html, start)
    if found is None:  # it never ends, and neither does any other one after it
        return Cut.TAG, len(html)
    name = found[1].lower()
    if following == "/" or name not in _RAW or name == "embed" or found[0].endswith("/>"):
        return Cut.DROPPED if name in DROPPED_WITH_CONTENT else Cut.TAG, found.end()
    ends = _RAW[name].search(html, found.end())
    if ends is None:  # the email type will be refused for it, with its line
        return Cut.TAG, len(html)
    return Cut.STYLE if name == "style" else Cut.DROPPED, ends.end()
