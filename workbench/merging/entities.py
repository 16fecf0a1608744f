"""Read what stands for signs in HTML (``&eacute;``, ``&#233;``), whatever somebody wrote there."""

from __future__ import annotations

import html
import re

_ENDLESS = re.compile(r"&#(?=[0-9]{9})0*+([0-9]*+)")


def shortened(text: str) -> str:
    """Return HTML whose numbered signs are short enough to be counted: Python reads no number of 4,300 digits.

    The sign that each stands for stays the same; beyond eight digits there is none.

    Examples
    --------
    >>> shortened("&#0000000233; &#" + "9" * 5000 + ";")
    '&#233; &#99999999;'
    """
    return _ENDLESS.sub(_short, text) if "&#" in text else text


def unescaped(text: str) -> str:
    """Return the text that a piece of HTML shows.

    Examples
    --------
    >>> unescaped("caf&eacute; &#" + "9" * 5000 + ";")
    'café \ufffd'
    """
    return html.unescape(shortened(text)) if "&" in text else text


def _short(found: re.Match[str]) -> str:
    return f"&#{found[1][:8] or '0'}"
