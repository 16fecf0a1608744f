"""The practice's own way, ``@CODE``: texts of programs that write as we do, some of whose codes we know.

What a text of ours holds besides, ``{{ PNOM }}`` and ``{{ PSEXE|accord("né", "née") }}``, is read too, so that a text
that was converted is converted into itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from workbench.merging.foreign.tokens import Family, Token, TokenKind
from workbench.merging.grammar import GRAMMAR
from workbench.merging.syntax import find_codes

_WORDS = r"""(?:"[^"{}\\<>&]{0,80}"|'[^'{}\\<>&]{0,80}')"""
_FIELD = re.compile(
    r"\{\{ {0,2}([A-Z][A-Z0-9_]{0,40}) {0,2}"
    rf"(?:\| {{0,2}}(?:{'|'.join(GRAMMAR)})(?:\({_WORDS}(?:, ?{_WORDS}){{0,3}}\))? {{0,2}})?\}}\}}"
)


def own_tokens(text: str, known: Callable[[str], bool]) -> Iterator[Token]:
    """Yield what a text holds of our own ways, in order: codes, known or not, and fields in ``{{ }}``."""
    fields = [found for found in _FIELD.finditer(text) if known(found[1])]
    for found in fields:
        yield Token(start=found.start(), end=found.end(), kind=TokenKind.OURS, written=f"@{found[1]}", name=found[1])
    for one in find_codes(text, known):
        yield Token(start=one.start, end=one.end, kind=TokenKind.CODE, written=f"@{one.code}", name=one.code)


def _nothing_else(_text: str, _in_tag: bool) -> Iterator[Token]:
    return iter(())


FAMILY = Family(name="codes", program="@CODE", find=_nothing_else)
