"""HTML in which each Jinja2 tag is one sign, so that parsers pass it unharmed and every tag is found again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.domain.mailings import Finding
from workbench.merging.syntax import LITERAL_BRACE

FIRST_SIGN = 0xF0000
SIGN = "[\U000f0000-\U000ffffd]"
"""One Jinja2 tag in protected HTML: a private-use character that no letter holds and no parser touches."""

_SIGN = re.compile(SIGN)
_OPENING = re.compile(rf"\{{(?=[{{%#]|{SIGN})")


@dataclass(slots=True)
class ProtectedHtml:
    """HTML in which each Jinja2 tag is one sign; `in_html` and `in_text` are the tags behind the signs.

    `in_html` holds each expression with the filter of its place, `in_text` as it was written: the text part needs no
    escaping. Statements between elements stand in a comment ``<!--sign-->``, which a table may hold anywhere.
    `branches_in_tags` tells that a statement stands among the attributes of a tag.
    """

    html: str
    in_html: list[str]
    in_text: list[str]
    findings: list[Finding] = field(default_factory=list)
    branches_in_tags: bool = False

    def restored(self, text: str, *, as_text: bool = False) -> str:
        """Return the text with the Jinja2 tags back in the place of their signs."""
        tags = self.in_text if as_text else self.in_html
        if not as_text:
            text = re.sub(f"<!--({SIGN})-->", r"\1", text)
        # What stands between the signs is plain text; pieces that were left out may have brought braces together.
        text = _OPENING.sub(LITERAL_BRACE, text)
        return _SIGN.sub(lambda sign: str(tags[ord(sign[0]) - FIRST_SIGN]), text)


def signs_of(text: str) -> list[str]:
    """Return the signs a text holds, in order."""
    return _SIGN.findall(text)
