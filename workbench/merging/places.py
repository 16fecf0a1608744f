"""What a value passes through on its way into HTML, by the place where it stands (DESIGN 8.7).

Text is escaped, an address keeps one of a few schemes or becomes ``#``, and HTML that an author asked for as it is
(``|safe``) is reduced to harmless formatting. Nothing here refuses a value: data is made harmless, not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import nh3
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from workbench.merging.entities import shortened, unescaped

URL_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def clean_html(value: object) -> Markup:
    """Return a piece of HTML that a value brought, reduced to harmless formatting (``|safe``, autoescape off)."""
    return Markup(  # noqa: S704 - nh3 has just cleaned it
        nh3.clean(
            str(value),
            tags={
                "a", "abbr", "b", "blockquote", "br", "caption", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i",
                "img", "li", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup", "table", "tbody",
                "td", "tfoot", "th", "thead", "tr", "u", "ul",
            },
            attributes={
                "*": {"style", "class", "align", "lang", "dir", "title"},
                "a": {"href"},
                "img": {"src", "alt", "width", "height"},
                "td": {"colspan", "rowspan", "valign", "width", "bgcolor"},
                "th": {"colspan", "rowspan", "valign", "width", "bgcolor"},
                "table": {"width", "cellpadding", "cellspacing", "border", "bgcolor"},
            },
            url_schemes=set(URL_SCHEMES),
            link_rel=None,
            filter_style_properties={
                "color", "background-color", "font-size", "font-weight", "font-style", "font-family", "text-align",
                "text-decoration", "margin", "padding", "border", "width", "line-height",
            },
        )
    )  # fmt: skip


def _in_text(value: object) -> object:
    if value is None:
        return ""
    if type(value) is str:
        if "\n" in value or "\r" in value:
            lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            return Markup("<br>\n").join(lines)
        return escape(value)
    if isinstance(value, Markup):
        # Markup that a filter cut or joined may have lost the end of a tag: whatever holds one is cleaned again.
        return clean_html(value) if "<" in value else value
    return _in_text(str(value))


@pass_eval_context
def _in_open_text(context: EvalContext, value: object) -> object:
    # Inside {% autoescape false %} the author asks for HTML as it is: it is cleaned instead (DESIGN 8.7).
    if context.autoescape or isinstance(value, Markup):
        return _in_text(value)
    return clean_html("" if value is None else value)


def _in_attribute(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, Markup):
        return escape(_words(value))
    return escape(str(value))


def _words(value: Markup) -> str:
    return Markup(shortened(value)).striptags()  # noqa: S704 - it is read as text, nothing is left of it that is HTML


def safe_address(text: str) -> str:
    """Return an address whose scheme is one of ours, or that has none; any other becomes ``#``."""
    squeezed = _BLANKS.sub("", text).lower()
    scheme = _SCHEME.match(squeezed)
    if scheme is None:
        # « javascript&colon; » and the like: what is before the first « / ? # » must hold no colon at all.
        head = re.split(r"[/?#]", unescaped(squeezed), maxsplit=1)[0]
        return text.strip() if ":" not in head else "#"
    return text.strip() if scheme[0][:-1] in URL_SCHEMES else "#"


def _plain(value: object) -> str:
    if value is None:
        return ""
    return _words(value) if isinstance(value, Markup) else str(value)


def _normal(text: str) -> str:
    return quote(text, safe="%/:?#[]@!$&'()*+,;=~-._")


def _as_address(value: object) -> object:
    return escape(_normal(safe_address(_plain(value))))


def _in_address(value: object) -> object:
    return escape(_normal(_plain(value).strip()))


def _whole_address(value: object) -> object:
    return escape(safe_address(unescaped(str(value))))


def _shown_address(value: object) -> str:
    return safe_address(str(value))


def _bare_text(value: object) -> str:
    return clean_html("" if value is None else value).striptags()


TEXT_FILTERS: dict[str, Callable[..., Any]] = {
    "_shown_address": _shown_address,
    "safe": _bare_text,
    "e": str,
    "escape": str,
    "forceescape": str,
}
"""The same for the text part and the subject, where nothing is escaped and HTML is read as text."""

PLACE_FILTERS: dict[str, Callable[..., Any]] = {
    "_text": _in_text,
    "_open_text": _in_open_text,
    "_attribute": _in_attribute,
    "_address": _as_address,
    "_in_address": _in_address,
    "_whole_address": _whole_address,
    "safe": clean_html,
}
"""What each expression of a template passes through, by the place where it stands."""
