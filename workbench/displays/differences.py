"""Show what two revisions of an email type say differently: what was said in red, what is said now in green."""

from __future__ import annotations

from html import escape

from workbench.language import _
from workbench.practice.revisions import Difference

_STYLES = {
    "+": "background:rgba(46,160,67,.18)",
    "-": "background:rgba(248,81,73,.18)",
    "@": "color:var(--jp-ui-font-color2,#666)",
}
"""By the sign that a line begins with; the sign stays, since colour alone says nothing to some."""


def difference_html(difference: Difference) -> str:
    """Return the lines of a difference, coloured; nothing in them runs."""
    if not difference:
        told = _("« {path} »: there is no difference.").format(path=difference.path)
        return f"<p>{escape(told)}</p>"
    lines = "".join(_line(place, line) for place, line in enumerate(difference.lines))
    return (
        f"<p><b>{escape(difference.path)}</b></p>"
        '<pre style="margin:0;overflow-x:auto;line-height:1.4;white-space:pre-wrap;'
        f'font-family:var(--jp-code-font-family,monospace)">{lines}</pre>'
    )


def _line(place: int, line: str) -> str:
    style = "font-weight:600" if place < 2 else _STYLES.get(line[:1], "")
    return f'<span style="display:block;{style}">{escape(line) or " "}</span>'
