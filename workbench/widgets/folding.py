"""Fold whole columns of text, so that a search hears neither accents nor capitals and names sort as in a directory."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# What Unicode does not take apart, though a person looks for it under two plain letters or one.
_LIGATURES = (
    ("œ", "oe"),
    ("æ", "ae"),
    ("ø", "o"),
    ("ł", "l"),
    ("đ", "d"),
    ("ı", "i"),
    ("’", "'"),
    ("‑", "-"),
    ("‐", "-"),
)

# Accents taken apart, and marks that show nothing: they would hide a name from a search.
_UNSEEN = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+")
_DIGITS = re.compile(r"\d+")
_LONGEST_NUMBER = 18


def folded(texts: Sequence[str]) -> list[str]:
    """Return the texts without accents, capitals and unseen marks, all folded in one go.

    Unlike a fold to ASCII, letters of other scripts stay what they are.
    """
    if not texts:
        return []
    joined = "\n".join([text.replace("\n", " ") for text in texts])
    if joined.isascii():
        return joined.lower().split("\n")
    joined = unicodedata.normalize("NFKD", joined).casefold()
    for letter, plain in _LIGATURES:
        joined = joined.replace(letter, plain)
    return _UNSEEN.sub("", joined).split("\n")


def ranks(texts: Sequence[str]) -> list[float]:
    """Return the place of each text in the order of a directory: folded, numbers by value, empty ones nowhere (NaN)."""
    keys = [_DIGITS.sub(_padded, text) for text in folded(texts)]
    places = {key: float(place) for place, key in enumerate(sorted(set(keys)))}
    return [places[key] if text else float("nan") for key, text in zip(keys, texts, strict=True)]


def _padded(number: re.Match[str]) -> str:
    return number.group().zfill(_LONGEST_NUMBER)
