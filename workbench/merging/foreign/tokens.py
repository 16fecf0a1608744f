"""What is found in an old text: a code, words that agree with a sex, a condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from workbench.domain.fields import folded

_BETWEEN = re.compile(r"[^a-z0-9]+")


class TokenKind(StrEnum):
    """What a token is."""

    CODE = "code"
    AGREEMENT = "agreement"
    CONDITION = "condition"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One thing found in a text, from `start` to `end`.

    `written` is how its program writes it, the same for each time it stands there; `name` is its name alone. `default`
    is what its program says when there is no value, `extra` what it says besides (a format) and is not carried over.
    An agreement holds the field it agrees with and its two `forms`; a token of ours is written as it stands.
    """

    start: int
    end: int
    kind: TokenKind
    written: str
    name: str = ""
    default: str = ""
    extra: str = ""
    forms: tuple[str, str] = ("", "")
    telling: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How one program writes the codes of its texts.

    `find` gives the tokens of a text in order, `in_tag` tells that the text is a tag of HTML, where less is read.
    `table` holds the codes whose meaning is known, by their name without accents, capitals and signs: a field's code,
    or several with blanks between.
    """

    name: str
    program: str
    find: Callable[[str, bool], Iterator[Token]]
    table: Mapping[str, str] = field(default_factory=dict)

    def meaning(self, name: str) -> str:
        """Return the field's code that a name stands for, or nothing."""
        return self.table.get(bare(name), "")


def bare(name: str) -> str:
    """Return a name without accents, capitals and signs.

    Examples
    --------
    >>> bare("Prénom-Client")
    'prenomclient'
    """
    return _BETWEEN.sub("", folded(name))


def codes_of(pattern: re.Pattern[str], write: str) -> Callable[[str, bool], Iterator[Token]]:
    """Return what finds the codes of a pattern: its first group is the name, `write` is how one is written."""

    def find(text: str, _in_tag: bool) -> Iterator[Token]:
        for found in pattern.finditer(text):
            yield code(found, write)

    return find


def code(found: re.Match[str], write: str, *, telling: bool = True) -> Token:
    """Return the code that a pattern matched."""
    return Token(
        start=found.start(),
        end=found.end(),
        kind=TokenKind.CODE,
        written=write.format(found[1]),
        name=found[1],
        telling=telling,
    )


def condition(found: re.Match[str]) -> Token:
    """Return the condition that a pattern matched."""
    return Token(start=found.start(), end=found.end(), kind=TokenKind.CONDITION, written=" ".join(found[0].split()))
