"""Read the words people use for the values the store keeps: « Manqué » is ``missed``, « Oui » is ``yes``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from workbench.domain.fields import folded

_APART = re.compile(r"[^a-z0-9]+")


def plain(words: str) -> str:
    """Return words without accents, case, punctuation or doubled blanks, as they are compared."""
    return _APART.sub(" ", folded(words.replace("œ", "oe").replace("Œ", "oe"))).strip()


@cache
def vocabulary(name: str) -> Mapping[str, str]:
    """Return one vocabulary of ``words.toml``: from a word, as `plain` gives it, to the store's value."""
    tables = tomllib.loads(files("workbench.patients").joinpath("words.toml").read_text(encoding="utf-8"))
    return {plain(word): value for value, words in tables[name].items() for word in (value, *words)}
