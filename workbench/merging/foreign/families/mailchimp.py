"""Mailchimp: ``*|FNAME|*``, and its conditions ``*|IF:GENDER=F|*``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token, code, condition

_CODE = re.compile(r"\*\|([A-Za-z][A-Za-z0-9_:./ -]{0,80})\|\*")
_CONDITION = re.compile(
    r"\*\|(?:IF|IFNOT|ELSEIF|ELSE|END|INTERESTED|NOTINTERESTED|GROUP|RSS|FEED)\b[^|*\r\n]{0,200}\|\*", re.IGNORECASE
)

_TABLE = {
    "fname": "PPRENOM",
    "lname": "PNOM",
    "email": "PEMAIL",
    "phone": "PTEL",
    "listcompany": "CABNOM",
    "listphone": "CABTEL",
    "listemail": "CABEMAIL",
    "listaddress": "CABADR",
}


def _find(text: str, _in_tag: bool) -> Iterator[Token]:
    place = 0
    while (start := text.find("*|", place)) >= 0:
        found = _CONDITION.match(text, start)
        if found:
            yield condition(found)
        elif found := _CODE.match(text, start):
            yield code(found, "*|{}|*")
        place = found.end() if found else start + 2


FAMILY = Family(name="mailchimp", program="Mailchimp", find=_find, table=_TABLE)
