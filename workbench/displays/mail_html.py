"""Make of a message's HTML a document that can be looked at without anything running, loading or leading away (P11).

Three walls, each enough by itself: nh3 keeps harmless elements and attributes only, the document brings a policy that
lets nothing load, and whoever shows it puts it into ``<iframe sandbox="">``. What a mail needs for its looks stays:
its style sheet and inline styles (by the rules of `merging.css`) and the images it carries itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import nh3

from workbench.merging.css import safe_declarations, safe_sheet
from workbench.merging.safety import DROPPED_WITH_CONTENT

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
"""What the document may load: the images written into it."""

MOST_WORK = 3_000_000
"""How many open elements may be met in all; a letter meets some thousands, nesting made to hurt meets millions."""

LONGEST_SHEET = 100_000
"""Characters of a message's style sheets; mail readers stop at fewer."""

DEEPEST_SHEET = 12
"""Rules within rules."""

_TAGS = frozenset(
    (nh3.ALLOWED_TAGS - {"map", "area", "data"})
    | {"font", "big", "section", "main", "address", "tfoot", "dir", "legend", "fieldset"}
)
_UNREAD = frozenset({"style", "title", "textarea", "select"})
_ATTRIBUTES = {
    "*": {
        "style", "class", "id", "align", "valign", "dir", "lang", "title", "width", "height", "bgcolor", "background",
        "role",
    },
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "table": {"cellpadding", "cellspacing", "border", "frame", "rules"},
    "td": {"colspan", "rowspan", "nowrap", "headers"},
    "th": {"colspan", "rowspan", "nowrap", "headers", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"size", "noshade", "color"},
    "body": {"text"},
}  # fmt: skip
_LOOKS = """
html { background: #fff; color: #1b1f24; }
body { margin: 16px; font: 15px/1.5 Arial, Helvetica, sans-serif; overflow-wrap: anywhere; }
img { max-width: 100%; }
img:not([src]) { outline: 1px dashed #8a8f98; outline-offset: -1px; background: #f0f1f3; color: #5b6270; min-width: 16px; min-height: 16px; display: inline-block; }
a { color: #1a56db; text-decoration: underline; cursor: default; }
pre.pw-plain { white-space: pre-wrap; font: inherit; margin: 0; }
mark.pw-merged { background: #dbe6fd; color: inherit; border-radius: 2px; }
"""  # noqa: E501 - one rule a line
_REMOTE_IN_STYLE = re.compile(r"url\s*\(\s*(?:[\"']\s*)?(?:https?:|//)", re.IGNORECASE)
_INLINE_IN_STYLE = re.compile(r"url\s*\(\s*([\"']?)cid:([^\"')\s]+)\1\s*\)", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_DATA_IMAGE = re.compile(r"data:image/[a-z0-9.+-]+[;,]", re.IGNORECASE)
_OPENING = re.compile(r"<!--|<style\b|<body\b", re.IGNORECASE)
_STYLE_END = re.compile(r"</style\b", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
# Elements that hold nothing, and those that another of their kind ends by itself.
_NOT_OPEN = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr", "p", "li",
     "td", "th", "tr", "dt", "dd", "tbody", "thead", "tfoot"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeDocument:
    """A whole HTML document for ``<iframe sandbox="" srcdoc="…">``.

    `blocked_images` counts the images elsewhere that are not fetched, `links` are the addresses of the links, which
    lead nowhere here. `readable` is false when the HTML was too tangled to be shown and its text stands in for it.
    """

    html: str
    blocked_images: int = 0
    links: tuple[str, ...] = ()
    readable: bool = True


def safe_document(
    source: str, *, text: str = "", inline: Mapping[str, str] | None = None, language: str = "fr"
) -> SafeDocument:
    """Return a message's HTML as a document that is safe to look at.

    Parameters
    ----------
    text
        What stands in for HTML that is nested beyond reason.
    inline
        The images that the message carries: ``data:`` addresses by Content-ID, without angle brackets.
    """
    if _too_tangled(source):
        return SafeDocument(html=text_document(text, language=language).html, readable=False)
    reader = _Cleaner(inline or {})
    sheet, body_tag = _outside_the_body(source)
    attributes = reader.body_attributes(body_tag)
    kept = reader.sheet(sheet)
    reader.count_in_style(sheet)
    body = reader.clean(source)
    return SafeDocument(
        html=_document(body, sheet=kept, attributes=attributes, language=language),
        blocked_images=reader.blocked,
        links=tuple(dict.fromkeys(reader.links)),
    )


def text_document(text: str, *, language: str = "fr") -> SafeDocument:
    """Return a message that has nothing but text as a document."""
    return SafeDocument(html=_document(f'<pre class="pw-plain">{html.escape(text)}</pre>', language=language))


def _document(body: str, *, sheet: str = "", attributes: str = "", language: str = "fr") -> str:
    own = f"<style>{sheet}</style>" if sheet else ""
    return (
        f'<!DOCTYPE html><html lang="{html.escape(language, quote=True)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_LOOKS}</style>{own}</head><body{attributes}>{body}</body></html>"
    )


class _Cleaner:
    """What nh3 asks about each attribute, and what is learnt on the way."""

    def __init__(self, inline: Mapping[str, str]) -> None:
        self.inline = inline
        self.blocked = 0
        self.links: list[str] = []

    def clean(self, source: str) -> str:
        return nh3.clean(
            source,
            tags=set(_TAGS),
            clean_content_tags=set(DROPPED_WITH_CONTENT | _UNREAD),
            attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
            url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
            attribute_filter=self.attribute,
            link_rel=None,
            strip_comments=True,
        )

    def sheet(self, css: str) -> str:
        """Return a style sheet as it may stay; one that is beyond reading is left out whole."""
        depth = list(accumulate(1 if brace == "{" else -1 for brace in _BRACE.findall(css)))
        if len(css) > LONGEST_SHEET or max(depth, default=0) - min(depth, default=0) > DEEPEST_SHEET:
            return ""
        kept, _dropped = safe_sheet(css)
        return "" if "<" in kept else self.with_inline_images(kept)

    def body_attributes(self, tag: str) -> str:
        """Return the attributes of a ``<body …>`` tag, cleaned as those of any element."""
        cleaned = nh3.clean(
            f"<div{tag[5:]}></div>",
            tags={"div"},
            attributes={"div": _ATTRIBUTES["*"] | _ATTRIBUTES["body"]},
            attribute_filter=self.attribute,
            link_rel=None,
        )
        return cleaned.removeprefix("<div").removesuffix("></div>") if cleaned.endswith("></div>") else ""

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """Return an attribute's value as it may stay, or nothing."""
        if name == "style":
            self.count_in_style(value)
            return self.with_inline_images(safe_declarations(value)[0]) or None
        if name == "href":
            # A link inside the frame would lead the frame elsewhere: its address is told beside the message instead.
            if not value.strip().startswith("#"):
                self.links.append(value.strip())
            return None
        if name in ("src", "background"):
            return self._image(value.strip())
        return value

    def _image(self, address: str) -> str | None:
        if _DATA_IMAGE.match(address):
            return address
        if address.lower().startswith("cid:"):
            return self.inline.get(address[4:])
        self.blocked += 1
        return None

    def count_in_style(self, css: str) -> None:
        """Count the images elsewhere that a style asks for."""
        self.blocked += len(_REMOTE_IN_STYLE.findall(css))

    def with_inline_images(self, css: str) -> str:
        """Put the message's own images into a style."""
        return _INLINE_IN_STYLE.sub(lambda found: f'url("{self.inline.get(found[2], "data:,")}")', css)


def _outside_the_body(source: str) -> tuple[str, str]:
    """Return what the style elements of a message hold, and its ``<body …`` tag; one walk, whatever the HTML."""
    sheets: list[str] = []
    body = ""
    place = 0
    while found := _OPENING.search(source, place):
        if found[0] == "<!--":
            end = source.find("-->", found.start() + 2)
            place = end + 3
        elif found[0].lower() == "<body":
            end = source.find(">", found.end())
            body = body or source[found.start() : end]
            place = end + 1
        else:
            start = source.find(">", found.end())
            close = _STYLE_END.search(source, start) if start >= 0 else None
            end = close.start() if close else -1
            if close:
                sheets.append(source[start + 1 : end])
            place = end + 1
        if end < 0:
            break
    return "\n".join(sheets), body


def _too_tangled(source: str) -> bool:
    """Tell whether reading this HTML would take its reader out of breath: elements in elements in elements."""
    opened: dict[str, int] = {}
    depth = work = 0
    for closing, name in _TAG.findall(source):
        tag = name.lower()
        if tag in _NOT_OPEN:
            work += depth
        elif not closing:
            opened[tag] = opened.get(tag, 0) + 1
            depth += 1
            work += depth
        elif opened.get(tag):
            opened[tag] -= 1
            depth -= 1
        if work > MOST_WORK:
            return True
    return False
