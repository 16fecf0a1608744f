"""The grammar a French letter needs: agreement, elision, contraction, plural, tu or vous, « a, b et c ».

Each is a filter of ``{{ }}`` in an email type, and some fields of the catalogue are made with them. None of them ever
raises, and none makes a text longer than its arguments together and a few words.

Examples
--------
``{{ PSEXE|accord("né", "née", "né(e)") }}``, ``{{ PPRENOM|elision("de") }}``,
``{{ CFORME|tuvous("ton patient", "votre patient") }}``, ``{{ ACTES|liste }}``, ``{{ DLIEN|majuscule }}``,
``{{ CABNOM|contraction("de") }}``, ``{{ FAMILLE|pluriel("votre enfant", "vos enfants") }}``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

_FEMININE = frozenset({"f", "feminin", "female", "e", "mme", "madame"})
_MASCULINE = frozenset({"m", "masculin", "male", "m.", "monsieur"})
_COUPLE = frozenset({"couple", "s", "pluriel"})

MUTE_H = frozenset(
    {"hadrien", "hector", "helene", "heloise", "henri", "henriette", "henry", "herbert", "hercule", "hermance",
     "hermes", "hermine", "hermione", "herve", "hilaire", "hilarion", "hilda", "hippolyte", "homere", "honore",
     "honorine", "horace", "hortense", "hubert", "huguette", "hyacinthe"}
)  # fmt: skip
"""First names whose h is mute: « d’Hélène ». Before any other h nothing is elided: « de Hugo », « de Hamza »."""

_LARGEST = 10**18
_LONGEST = 60  # characters that tell: of a first name, of a sex
_VOWELS = "aeiou"
_CONSONANTS = frozenset("bcdfgjklmnpqrstvwxzBCDFGJKLMNPQRSTVWXZ")
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(?:[.,][0-9]{1,18})?")
_CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("a", "le"): "au", ("a", "les"): "aux"}
_ELIDED = frozenset({"de", "le", "la", "que", "je", "me", "te", "se", "ne", "ce", "jusque", "lorsque", "puisque"})


def plain(text: object) -> str:
    """Fold accents, ligatures and case away."""
    joined = str(text).lower().replace("œ", "oe").replace("æ", "ae")
    return "".join(one for one in unicodedata.normalize("NFKD", joined) if not unicodedata.combining(one))


def elides(word: object) -> bool:
    """Tell whether « de » loses its e before a word.

    Before a vowel, but not before « ou » and a vowel (« de Ouassim ») nor y and a vowel (« de Yann »; « d’Yves »);
    before h only where it is mute, which a list of first names says.
    """
    name = str(word)[:_LONGEST].strip()
    if name[:1] in _CONSONANTS:
        return False
    folded = plain(name)
    if not folded:
        return False
    first, second, third = folded[0], folded[1:2], folded[2:3]
    if first == "h":
        return folded.replace("-", " ").replace("’", " ").split()[0] in MUTE_H
    if first == "y":
        return second != "" and second not in _VOWELS
    if first + second == "ou":
        return third == "" or third not in _VOWELS
    return first in _VOWELS


def elision(value: Any, word: Any = "de") -> str:
    """Put a small word before a name: « de Zoé », « d’Alexis », « de Hugo », « d’Hélène »; nothing before nothing."""
    name, small = _text(value), _text(word)
    if not name:
        return ""
    if plain(small[:_LONGEST]) in _ELIDED and elides(name):
        return f"{small[:-1]}’{name}"
    return f"{small} {name}" if small else name


def contraction(value: Any, word: Any = "de") -> str:
    """Put « de » or « à » before a name that may begin with an article: « du Mans », « au cabinet », « aux Ulis ».

    « de la Rochelle » and « à l’école » stay so, and where there is no article it does as `elision`: « d’Angers ». A
    person's name is not contracted (« de Le Gall »): there, write `elision`.
    """
    name, small = _text(value), _text(word)
    article, _blank, rest = name.partition(" ")
    joined = _CONTRACTED.get((plain(small[:_LONGEST]), plain(article[:_LONGEST])))
    if joined is None or not rest:
        return elision(name, small)
    return f"{joined.capitalize() if small[:1].isupper() else joined} {rest}"


def pluriel(value: Any, singular: Any = "", plural: Any = None) -> str:
    """Choose by a number, or by how many a field lists (by lines or commas): the plural from two on, as French does.

    Without a plural it is the singular and « s ». Where nothing is known, or nobody is listed, it is singular.
    """
    one = _text(singular)
    return (f"{one}s" if plural is None else _text(plural)) if _how_many(value) >= 2 else one


def _how_many(value: Any) -> float:
    if isinstance(value, (list, tuple)):
        return len(value)
    text = _text(value).strip()
    if _NUMBER.fullmatch(text[:_LONGEST]):
        return abs(float(text.replace(",", ".")))
    return sum(1 for one in text.replace("\n", ",").split(",") if one.strip())


def accord(value: Any, masculine: Any = "", feminine: Any = "e", neutral: Any = None, plural: Any = None) -> str:
    """Choose the form that agrees with a sex as the fields write it (« féminin », « F », @DACCORD …).

    Whoever's sex is not known gets the third form, or the masculine when there is none; a couple gets the fourth, or
    the third.
    """
    known = plain(_text(value)[:_LONGEST]).strip()
    unknown = masculine if neutral is None else neutral
    if known in _FEMININE:
        return _text(feminine)
    if known in _MASCULINE:
        return _text(masculine)
    if known in _COUPLE:
        return _text(unknown if plural is None else plural)
    return _text(unknown)


def tuvous(value: Any, familiar: Any = "tu", formal: Any = "vous") -> str:
    """Choose by « tu » or « vous », as @CFORME and @DFORME say; formal where nothing is known."""
    return _text(familiar if _text(value)[:_LONGEST].strip().lower() == "tu" else formal)


def enumeration(items: Sequence[str], language: str = "fr") -> str:
    """« a, b et c »; "a, b and c"."""
    return _joined(items, "and" if language == "en" else "et")


def liste(value: Any, word: Any = "et") -> str:
    """Make « a, b et c » of the lines of a field (@ACTES, @PIECES …) or of a list; `word` stands before the last."""
    lines = value if isinstance(value, (list, tuple)) else _text(value).split("\n")
    items = [text for text in (_text(line).strip() for line in lines) if text]
    return _joined(items, _text(word))


def _joined(items: Sequence[str], word: str) -> str:
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if len(items) > 1 else "".join(items)


def majuscule(value: Any) -> str:
    """Write the first letter as a capital, and leave the others alone."""
    text = _text(value)
    return text[:1].upper() + text[1:]


def minuscule(value: Any) -> str:
    """Write the first letter small, unless the word is an acronym: « détartrage », « IRM »."""
    text = _text(value)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _text(value: Any) -> str:
    """Return a text or a number as text; of a missing value, and of what is neither, nothing."""
    if isinstance(value, str):
        return str(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST
    return str(value) if number else ""


GRAMMAR: dict[str, Callable[..., str]] = {
    "accord": accord,
    "contraction": contraction,
    "elision": elision,
    "liste": liste,
    "majuscule": majuscule,
    "minuscule": minuscule,
    "pluriel": pluriel,
    "tuvous": tuvous,
}
"""The filters by the name an email type calls them."""

FORGIVING = frozenset({"accord", "pluriel", "tuvous"})
"""Those that have a form of their own for a value that is missing."""
