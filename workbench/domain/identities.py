"""By what one person can be told in what others wrote: a file number, an address, a telephone, a whole name."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Self

_BLOCK = re.compile(r"</?(?:p|div|br|hr|t[drh]|table|li|ul|ol|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_PAUSE = re.compile(r"\s*[,.;!?()\n]\s*")
_APART = re.compile(r"[^\w,]+|_+")
_MARKS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "’": "'"})
_DIALLED = re.compile(r"\+?\d(?:[\s.\-/()]*\d){7,}")
_NATIONAL = 9
"""The last digits of a telephone number, which are the same with and without the country's."""

_BETWEEN = r"(?:(?: \w+){0,3}|(?: ,)+) "
"""What may stand between a first name and a last name: a pause, or other first names, « épouse », a particle."""

_NUMBERED = r"(?:\b(?:dossier|fiche|patiente?|file|number|numero|no)\b|\bn°)\W{0,4}(?:n[o°.]{0,2}\W{0,4})?"
_NUMBERS = ("patient", "patient_id")
_SHORTEST = 3
"""Letters of a last name below which it is, among other words, a word like any other, also in a search."""

_CIVILITIES = ("m", "mr", "mme", "mlle", "monsieur", "madame", "mademoiselle", "mrs", "ms", "miss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """By what a patient can be told. Its ``repr`` names nobody (P12).

    A word that is somebody's first or last name is a word like any other: a name tells of a patient when first and last
    name stand together, or the last name after « Mme ».
    """

    patient_id: str
    names: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a first name and a last name."""
    addresses: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "Identity(…)"

    def also(self, *, addresses: Iterable[str] = (), names: Iterable[str] = ()) -> Self:
        """Return it with further addresses, and names as they are written to (``Zoé LEFÈVRE``)."""
        pairs = {(first, last) for first, _space, last in (name.strip().partition(" ") for name in names) if last}
        return replace(
            self,
            names=self.names | pairs,
            addresses=self.addresses | {address for address in addresses if "@" in address},
        )

    @property
    def words(self) -> frozenset[str]:
        """Every name, part of a name and address."""
        names = {name for pair in self.names for name in pair if name}
        return frozenset(names | {part for name in names for part in name.split()} | self.addresses)

    def is_told_in(self, text: str) -> bool:
        """Tell whether a text, plain or HTML, tells of the patient; accents and capitals aside.

        Examples
        --------
        >>> rose = Identity(patient_id="12", names=frozenset({("Rose", "Blanc")}))
        >>> rose.is_told_in("<p>Un carton <b>blanc</b>, une rose.</p>")
        False
        >>> rose.is_told_in("M. et Mme BLANC"), rose.is_told_in("Rose Marie Blanc"), rose.is_told_in("dossier n° 12")
        (True, True, True)
        """
        read = html.unescape(_TAG.sub(" ", _BLOCK.sub("\n", text)))
        plain = _folded(read)
        return (
            any(_stands(_folded(address), plain) for address in self.addresses)
            or not _national(self.phones).isdisjoint(_national(_DIALLED.findall(read)))
            or re.search(_NUMBERED + re.escape(_folded(self.patient_id)) + r"(?![\w-])", plain) is not None
            or self._is_named(f" {_words_of(plain)} ")
        )

    def is_asked_in(self, text: str, *, parameter: str = "") -> bool:
        """Tell whether what a search is asked with may mean the patient: there a last name alone is enough.

        A very short one (« Ly ») is, too, between quotes or as all that is asked. The title of a search or of a job is
        not asked with: in it a last name is a word like any other (`is_told_in`).

        Parameters
        ----------
        parameter
            Whose value it is: ``patient`` and ``patient_id`` hold file numbers.

        Examples
        --------
        >>> rose = Identity(patient_id="12", names=frozenset({("Rose", "Blanc")}))
        >>> rose.is_asked_in("last_name == 'BLANC'"), rose.is_asked_in("patient_id == '12'"), rose.is_asked_in("rose")
        (True, True, False)
        """
        if parameter in _NUMBERS and self.patient_id in map(str.strip, text.split(",")):
            return True
        plain, words = _folded(text), _words_of(text)
        called = {_words_of(last) for _first, last in self.names} - {""}
        return (
            words in called
            or any(f" {last} " in f" {words} " for last in called if len(last) >= _SHORTEST)
            or any(re.search(rf"(['\"])\s*{re.escape(last)}\s*\1", plain) for last in called)
            or re.search(rf"(['\"]){re.escape(self.patient_id)}\1", text) is not None
            or self.is_told_in(text)
        )

    def _is_named(self, words: str) -> bool:
        for first, last in self.names:
            one, other = (_words_of(name) for name in (first, last))
            if not other:
                continue
            called = "|".join(_CIVILITIES)
            ways = [rf" (?:{called})(?: ,)? {other} "]
            if one:
                ways += [rf" {one}{_BETWEEN}{other} ", rf" {other}{_BETWEEN}{one} "]
            if any(re.search(way, words) for way in ways):
                return True
        return False


def _folded(text: str) -> str:
    """Return a text without accents, capitals and unseen marks; letters of other scripts stay what they are."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold().translate(_LIGATURES)


def _words_of(text: str) -> str:
    """Return the folded words of a text, a blank between two, a comma for each pause."""
    return _APART.sub(" ", _PAUSE.sub(" , ", _folded(text))).strip()


def _stands(address: str, text: str) -> bool:
    """Tell whether an address stands in a text, and not as the end of a longer one."""
    return re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", text) is not None


def _national(numbers: Collection[str]) -> frozenset[str]:
    """Return telephone numbers as they are dialled in one country: their last digits."""
    digits = ("".join(filter(str.isdigit, number)) for number in numbers)
    return frozenset(number[-_NATIONAL:] for number in digits if len(number) >= _NATIONAL)
