"""MedShakeEHR: ``{{ tag.firstname }}`` in its documents, ``#praticien`` in its reminders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token, TokenKind, code, condition

_TAG = re.compile(r"\{\{[-~]?\s{0,20}([A-Za-z_][A-Za-z0-9_.]{0,80})\s{0,20}(\|[^{}]{0,300})?[-~]?\}\}")
_BLOCK = re.compile(r"\{%[^%{}]{0,500}%\}")
_SHORT = re.compile(r"(?<![\w&#/])#([a-z]+[A-Z][A-Za-z]{1,40}|praticien)(?!\w)")
_DEFAULT = re.compile(r"""\|\s*default\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""")

_TABLE = {
    "firstname": "PPRENOM",
    "lastname": "PNOM",
    "birthname": "PNOMNAIS",
    "birthdate": "PNAIS",
    "administrativegendercode": "PSEXE",
    "titre": "PCIVIL",
    "personalemail": "PEMAIL",
    "mobilephone": "PMOBILE",
    "homephone": "PTEL",
    "postalcodeperso": "PCP",
    "city": "PVILLE",
    "praticien": "RDVPRAT",
    "jourrdv": "RDVDATE",
    "heurerdv": "RDVHEURE",
}


def _find(text: str, in_tag: bool) -> Iterator[Token]:
    place = 0
    for start in _starts(text):
        if start < place:
            continue
        found = _BLOCK.match(text, start)
        if found:
            yield condition(found)
        elif found := _TAG.match(text, start):
            yield _value(found)
        elif not in_tag and (found := _SHORT.match(text, start)):  # in an address, « #top » is a place of the page
            yield code(found, "#{}")
        if found:
            place = found.end()


_START = re.compile(r"\{[{%]|#(?=[a-z])")


def _starts(text: str) -> Iterator[int]:
    return (found.start() for found in _START.finditer(text))


def _value(found: re.Match[str]) -> Token:
    name = found[1]
    filters = (found[2] or "").strip()
    default = _DEFAULT.search(filters)
    return Token(
        start=found.start(),
        end=found.end(),
        kind=TokenKind.CODE,
        written=f"{{{{ {name} }}}}",
        name=name.removeprefix("tag."),
        default=(default[1] or default[2] or "") if default else "",
        extra=_DEFAULT.sub("", filters).strip(),
    )


FAMILY = Family(name="medshake", program="MedShakeEHR", find=_find, table=_TABLE)
