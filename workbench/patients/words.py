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


_DENIALS = frozenset({"non", "no", "not", "pas", "ne", "ni", "sans", "without", "jamais", "never"})
_SAYS_NO_MORE = frozenset(
    ("par", "by", "sms", "mail", "e", "email", "courriel", "telephone", "tel", "phone", "le", "la", "l", "the",
     "patient", "patiente", "en", "ligne", "online")
)  # fmt: skip
"""What may follow « confirmé » and leave it a confirmation."""


def appointment_state(words: str) -> str | None:
    """Return the state of an appointment that a practice's own words tell, or nothing when that is not sure.

    « Annulé par téléphone » begins with a word for a state and names no other one: it is *cancelled*. An appointment
    is *upcoming* only when nothing more is said than how that is known: a wrong guess would write to the patient.
    """
    known = vocabulary("states")
    said = plain(words)
    if said in known:
        return known[said]
    parts = said.split()
    starts = [" ".join(parts[:count]) for count in range(min(3, len(parts)), 0, -1)]
    start = next((one for one in starts if one in known), None)
    if start is None:
        return None
    state, rest = known[start], parts[len(start.split()) :]
    if state == "upcoming":
        return state if set(rest) <= _SAYS_NO_MORE else None
    others = {known[word] for word in rest if word in known} - {state}
    return None if others or _DENIALS & set(rest) else state
