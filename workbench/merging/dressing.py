"""Put a signature round the text of an email type, so that both are merged as one (F54, F57)."""

from __future__ import annotations

import re
from dataclasses import replace

from workbench.domain.signatures import BODY_MARKER
from workbench.domain.templates import Template
from workbench.merging.plain_text import text_from_html
from workbench.merging.syntax import JINJA

_MARKER = re.compile(rf"{BODY_MARKER}(?![A-Z0-9_])")
_BREAKS = re.compile(r"\s*\n\s*")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_KEPT = re.compile("\ue000(\\d+)\ue001")
_STYLE = re.compile(r"<style\b[^>]*>.*?</style\s*>", re.IGNORECASE | re.DOTALL)


def dressed(template: Template, signature: str) -> Template:
    """Return an email type with a signature round its text: what stands above the marker before it, the rest after.

    The text part of its own, when it has one, gets the signature's text too. The lines of the email type's
    HTML keep their numbers: the signature is put on the first and the last of them.

    Parameters
    ----------
    signature
        The HTML of a signature, its body marker once in it (`merging.signatures.check_signature`); ``""`` changes
        nothing.
    """
    if not signature:
        return template
    above, below = _halves(signature)
    text = template.text
    if text is not None:
        parts = (_text_of(above), text.strip("\n"), _text_of(below))
        text = "\n\n".join(part for part in parts if part) + "\n"
    return replace(template, html=_within(template.html, above, below), text=text)


def _halves(signature: str) -> tuple[str, str]:
    whole = signature
    opened, closed = _BODY.search(whole), _BODY_END.search(whole)
    if opened is not None:
        styles = "".join(_STYLE.findall(whole[: opened.start()]))
        whole = styles + whole[opened.end() : closed.start() if closed else None]
    above, _marker, below = _MARKER.sub("\0", whole, count=1).partition("\0")
    return _BREAKS.sub(" ", above), _BREAKS.sub(" ", below)


def _within(html: str, above: str, below: str) -> str:
    """Put two texts inside the body of an HTML text, whole document or not."""
    opened = _BODY.search(html)
    start = opened.end() if opened else 0
    ends = [found.start() for found in _BODY_END.finditer(html, start)]
    end = ends[-1] if ends else len(html)
    return f"{html[:start]}{above}{html[start:end]}{below}{html[end:]}"


def _text_of(html: str) -> str:
    """Return the text of a part of a signature, its Jinja2 where it stands."""
    tags: list[str] = []

    def kept(found: re.Match[str]) -> str:
        tags.append(found[0])
        return f"\ue000{len(tags) - 1}\ue001"

    text = text_from_html(JINJA.sub(kept, html), sign=_KEPT.pattern).strip("\n")
    return _KEPT.sub(lambda found: tags[int(found[1])], text)
