"""The words a check looks for (``words.toml``), found whole, whatever their accents and capitals."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.checking.remarks import warning
from workbench.domain.fields import folded
from workbench.domain.mailings import Finding
from workbench.domain.templates import Template
from workbench.language import _

LONGEST_WORD = 60
MOST_WORDS = 2_000
"""What a practice's own list may hold."""

_SHOUTED = re.compile(r"!{3,}|\?{3,}|[€$]{3,}|(?:[!?]\s*){4,}")
_BETWEEN_WORDS = re.compile(r"[\s\u00ad\u200b-\u200d\u202f\ufeff_.·]+")


@cache
def lists() -> Mapping[str, Any]:
    """Return ``words.toml``."""
    return tomllib.loads((files("workbench.checking") / "words.toml").read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Return a text as words are looked for in it: small letters without accents, single blanks."""
    spread = _BETWEEN_WORDS.sub(" ", text.replace("’", "'").replace("œ", "oe").replace("Œ", "oe"))
    return folded(spread)


def found_in(text: str, words: tuple[str, ...]) -> list[str]:
    """Return those of `words` that stand in a text, in their order there, each once; a final ``*`` may go on.

    Examples
    --------
    >>> from workbench.checking.words import found_in
    >>> found_in("Votre EXTRACTION, puis l’implant", ("extraction", "implant*", "radio"))
    ['extraction', 'implant']
    """
    return list(dict.fromkeys(found[0] for found in _pattern(words).finditer(plain(text)))) if words else []


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted({plain(word).strip() for word in words} - {"", "*"}, key=len, reverse=True)
    told = (re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in longest_first)
    return re.compile(rf"(?<!\w)(?:{'|'.join(told)})(?!\w)")


def health_words(own: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the words of health: ours, then a practice's own."""
    return (*lists()["health"]["words"], *own)


def own_words(text: str) -> tuple[str, ...]:
    """Read a practice's own words, one a line; ``#`` begins a remark."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line and len(line) <= LONGEST_WORD)[:MOST_WORDS]


@dataclass(frozen=True, slots=True)
class _Weighed:
    words: list[str]
    weight: int


def advertising(subject: str, text: str) -> list[Finding]:
    """Return one finding when a letter reads like an advertisement; the words are quoted."""
    rules = lists()["advertising"]
    in_subject, in_text = _weighed(subject), _weighed(text)
    weight = in_subject.weight * int(rules["subject_counts"]) + in_text.weight
    if weight < int(rules["least"]):
        return []
    words = dict.fromkeys([*in_subject.words, *in_text.words])
    return [
        warning(
            "advertising",
            _(
                "This reads like an advertisement ({words}): filters against spam look for such words, and a practice "
                "does not advertise. Say it plainly."
            ).format(words=", ".join(f"« {word} »" for word in words)),
        )
    ]


def _weighed(text: str) -> _Weighed:
    weights: Mapping[str, int] = lists()["advertising"]["weights"]
    words = found_in(text, tuple(weights))
    shouted = [found[0].strip() for found in _SHOUTED.finditer(text)]
    weight = sum(_weight(word, weights) for word in words) + 2 * len(dict.fromkeys(shouted))
    return _Weighed([*words, *shouted[:3]], weight)


def _weight(word: str, weights: Mapping[str, int]) -> int:
    return max(weight for rule, weight in weights.items() if _pattern((rule,)).fullmatch(word))


def way_to_decline(template: Template, text: str) -> list[Finding]:
    """Return a finding when a letter that nobody asked for does not say how to say no to the next one."""
    rules = lists()["decline"]
    if template.purpose not in rules["purposes"] or found_in(text, tuple(rules["words"])):
        return []
    return [
        warning(
            "no_way_to_decline",
            _(
                "Nobody asked for this message: say how one gets no more of them, for instance « If you would rather "
                "not receive our wishes, reply to this message »."
            ),
        )
    ]
