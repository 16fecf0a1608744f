"""OptaMed: ``[price]``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token, code

_CODE = re.compile(r"\[([a-z][a-z_]{1,50})\]")

_TABLE = {
    "price": "HONTOT",
    "amount": "HONTOT",
    "invoicenumber": "HONNUM",
    "invoicedate": "HONDATE",
    "duedate": "HONECH",
    "firstname": "PPRENOM",
    "lastname": "PNOM",
    "birthdate": "PNAIS",
    "date": "DATE",
}


def _find(text: str, _in_tag: bool) -> Iterator[Token]:
    for found in _CODE.finditer(text):
        yield code(found, "[{}]", telling=False)


FAMILY = Family(name="optamed", program="OptaMed", find=_find, table=_TABLE)
