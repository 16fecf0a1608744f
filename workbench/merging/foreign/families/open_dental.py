"""Open Dental: ``[FName]``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token, code

_CODE = re.compile(r"\[([A-Za-z][A-Za-z0-9]{1,50})\]")
_CAMEL = re.compile(r"[A-Z][a-z]*[A-Z]")

_TABLE = {
    "fname": "PPRENOM",
    "lname": "PNOM",
    "namef": "PPRENOM",
    "namefl": "PPRENOM PNOM",
    "namelf": "PNOM PPRENOM",
    "patnum": "PDOSSIER",
    "chartnumber": "PDOSSIER",
    "wirelessphone": "PMOBILE",
    "hmphone": "PTEL",
    "email": "PEMAIL",
    "birthdate": "PNAIS",
    "age": "PAGE",
    "address": "PRUE",
    "city": "PVILLE",
    "zip": "PCP",
    "familylist": "PFAMILLE",
    "salutation": "PTITRE",
    "apptdate": "RDVDATE",
    "appttime": "RDVHEURE",
    "apptdayofweek": "RDVJOUR",
    "duedate": "RAPDATE",
    "usernamef": "UTIL",
    "officename": "CABNOM",
    "officephone": "CABTEL",
    "officeaddress": "CABADR",
    "currentmonth": "MOIS",
    "datetoday": "DATE",
}


def _find(text: str, _in_tag: bool) -> Iterator[Token]:
    for found in _CODE.finditer(text):
        # « [sic] » was not meant as a code; « [LNameLetter] » was.
        yield code(found, "[{}]", telling=_CAMEL.match(found[1]) is not None)


FAMILY = Family(name="open-dental", program="Open Dental", find=_find, table=_TABLE)
