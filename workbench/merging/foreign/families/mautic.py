"""Mautic: ``{contactfield=firstname|default}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token, TokenKind

_CODE = re.compile(
    r"\{(contactfield|leadfield|ownerfield|owner_?field|assetlink|pagelink)=([A-Za-z0-9_-]{1,60})(?:\|([^{}|]{0,300}))?\}"
    r"|\{(unsubscribe_text|unsubscribe_url|webview_text|webview_url|signature|tracking_pixel|dynamiccontent)"
    r"(?:=([^{}]{0,100}))?\}"
)

_TABLE = {
    "firstname": "PPRENOM",
    "lastname": "PNOM",
    "title": "PCIVIL",
    "email": "PEMAIL",
    "phone": "PTEL",
    "mobile": "PMOBILE",
    "address1": "PRUE",
    "zipcode": "PCP",
    "city": "PVILLE",
    "preferredlocale": "PLANGUE",
    "birthdate": "PNAIS",
}


def _find(text: str, _in_tag: bool) -> Iterator[Token]:
    for found in _CODE.finditer(text):
        own = found[4]
        name = own or found[2]
        written = f"{{{own}}}" if own else f"{{{found[1]}={name}}}"
        default = (found[3] or "").strip()
        yield Token(
            start=found.start(),
            end=found.end(),
            kind=TokenKind.CODE,
            written=written,
            # Somebody else's first name, or a link, is no field of the patient.
            name=name if found[1] in ("contactfield", "leadfield") else written,
            default="" if default == "true" else default,  # « |true » only writes it for an address of the web
            extra="|true" if default == "true" else "",
        )


FAMILY = Family(name="mautic", program="Mautic", find=_find, table=_TABLE)
