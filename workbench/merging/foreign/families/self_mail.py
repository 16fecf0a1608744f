r"""Self-Mail: ``@NOM@``, ``#CONFRATERNELLEMENT#``, ``\né\née\`` for the patient and ``/né/née/`` for the addressee."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token, TokenKind, code

_LETTERS = r"[^\W\d_][^\W\d_'’ -]{0,40}"
_CODE = re.compile(r"@([A-Z][A-Z0-9_-]{0,40})@")
_CHOICE = re.compile(r"#([A-Z][A-Z-]{1,40})#")
_PATIENT = re.compile(rf"\\({_LETTERS}|)\\({_LETTERS}|)\\")
_ADDRESSEE = re.compile(rf"(?<![\w/:.<])/({_LETTERS})/({_LETTERS})/(?![\w/])")
_START = re.compile(r"[@#\\/]")

_TABLE = {
    "nom": "PNOM",
    "prenom": "PPRENOM",
    "mr": "PCIVIL",
    "dtnais": "PNAIS",
    "confraternellement": "CPOLITESSE",
}


def _find(text: str, in_tag: bool) -> Iterator[Token]:
    place = 0
    for start in _START.finditer(text):
        if start.start() < place:
            continue
        token = _token(text, start.start(), in_tag)
        if token is not None:
            yield token
            # A code's last sign may be the first of the next one: « @PNOM@NOM@ », of which the first is ours.
            place = token.end - token.written.startswith("@")


def _token(text: str, start: int, in_tag: bool) -> Token | None:
    if found := _CODE.match(text, start):
        return code(found, "@{}@")
    if found := _CHOICE.match(text, start):
        return code(found, "#{}#")
    for pattern, field in () if in_tag else ((_PATIENT, "PSEXE"), (_ADDRESSEE, "DSEXE")):
        found = pattern.match(text, start)
        if found and (found[1] or found[2]):
            return _agreement(found, field)
    return None


def _agreement(found: re.Match[str], field: str) -> Token:
    return Token(
        start=found.start(),
        end=found.end(),
        kind=TokenKind.AGREEMENT,
        written=found[0],
        name=field,
        forms=(found[1], found[2]),
        telling=found[0].startswith("\\"),
    )


FAMILY = Family(name="self-mail", program="Self-Mail", find=_find, table=_TABLE)
