"""Mark the merged values of a message for the eye alone: a mark is a sign that no letter holds, set round each value.

A marked message is rendered beside the true one and only ever looked at. Values in the text bear marks; in attributes,
addresses, titles and the subject none does, since marks would show there as signs. Where taking the marks out does not
give back exactly the message that leaves, there are no marks at all: what is shown is never another message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from workbench.merging.places import PLACE_FILTERS

OPEN = "\U00100000"
CLOSE = "\U00100001"
"""The signs round a merged value: private-use characters that HTML, CSS and their parsers pass over."""

_MARK = re.compile(f"([{OPEN}{CLOSE}])")


def between(shown: object) -> object:
    """Return what an expression shows with a mark on either side; blanks stay outside, and nothing stays nothing."""
    text = str(shown)
    core = text.strip()
    if not core:
        return shown
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    marked = f"{lead}{OPEN}{core}{CLOSE}{trail}"
    return Markup(marked) if isinstance(shown, Markup) else marked  # noqa: S704 - as safe as it was


def unmarked(text: str) -> str:
    """Return a text without its marks."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def faithful(marked: str, plain: str) -> str:
    """Return the marked text if it is the plain one but for its marks, else the plain one."""
    return marked if unmarked(marked) == plain else plain


def pieces(marked: str) -> list[tuple[str, bool]]:
    """Return a marked text in pieces, each with whether it is a merged value."""
    found: list[tuple[str, bool]] = []
    depth = 0
    for part in _MARK.split(marked):
        if part in (OPEN, CLOSE):
            depth = max(0, depth + (1 if part == OPEN else -1))
        elif part:
            found.append((part, depth > 0))
    return found


def _marking(place: Callable[..., Any]) -> Callable[..., Any]:
    def marked(value: object) -> object:
        return between(place(value))

    return marked


@pass_eval_context
def _marked_open_text(context: EvalContext, value: object) -> object:
    return between(PLACE_FILTERS["_open_text"](context, value))


MARKING_FILTERS: Mapping[str, Callable[..., Any]] = {
    **PLACE_FILTERS,
    "_text": _marking(PLACE_FILTERS["_text"]),
    "_open_text": _marked_open_text,
}
"""`places.PLACE_FILTERS` with a mark round each value that stands in text."""
