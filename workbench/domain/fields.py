"""A merge field (« champ d'intégration »): a code, and the column it becomes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property

from workbench.language import language


class DataClass(StrEnum):
    """How sensitive a field's value is."""

    ADMINISTRATIVE = "A"
    FINANCIAL = "F"
    HEALTH = "H"
    PROFESSIONAL = "P"


def folded(text: str) -> str:
    """Fold accents and case away, as every search of the workbench does."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the catalogue.

    `source` lists the columns it is computed from, as ``table.column``; `format` names the vectorised
    function of `merging.formats` that computes it; `aliases` are other codes a practice may write.
    `asked` (``day``, ``year``, ``text``, ``long_text``) marks a value of the whole mailing, asked once at sending; its
    source is what is proposed. `texts` are those that a field of the practice's own chooses from; its format then says
    which one (`merging.variants`).
    """

    code: str
    labels: Mapping[str, str]
    category: str
    data_class: DataClass
    source: tuple[str, ...]
    format: str
    example: str
    aliases: tuple[str, ...] = ()
    asked: str = ""
    texts: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The label in the language in use."""
        return self.labels.get(language()) or self.labels["fr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenColumn:
    """The values of a field that a program gave: text by the `key` of their rows (``patient_id`` …).

    A row without a value gets `missing`, or none. Its ``repr`` tells none of them (P12).
    """

    key: str
    values: Mapping[str, str] = dataclass_field(repr=False)
    missing: str | None = None


class Catalogue(Mapping[str, Field]):
    """All fields by code; aliases lead to the same field.

    Parameters
    ----------
    fields
        The fields, in the order in which they are listed.
    given
        By code, the values of those that a program gave (`CustomKind.COLUMN`), where it did.
    """

    def __init__(self, fields: Iterable[Field], *, given: Mapping[str, GivenColumn] | None = None) -> None:
        self._fields = {field.code: field for field in fields}
        self._aliases = {alias: field.code for field in self._fields.values() for alias in field.aliases}
        self.given: Mapping[str, GivenColumn] = dict(given or {})

    def __getitem__(self, code: str) -> Field:
        return self._fields[self._aliases.get(code, code)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, code: object) -> bool:
        return code in self._fields or code in self._aliases

    def codes(self) -> frozenset[str]:
        """Every code that may be written, aliases included."""
        return frozenset(self._fields) | frozenset(self._aliases)

    def search(self, words: str) -> list[Field]:
        """Return the fields whose code, label, category, alias or own texts hold every one of `words`.

        Neither accents nor capitals count.

        Examples
        --------
        >>> "RDVDATE" in [field.code for field in practice.fields.search("rendez-vous DATE")]
        True
        """
        wanted = _typed(words).replace("@", " ").split()
        return [field for field in self._fields.values() if all(word in _searchable(field) for word in wanted)]

    def labelled(self, text: str) -> Field | None:
        """Return the field whose label, of several words, a text begins with; of several the one that says most."""
        said = _plain(text)
        found = [
            (len(label), field)
            for label, field in self._labels_beginning(said)
            if said.startswith(label) and not said[len(label) : len(label) + 1].isalnum()
        ]
        return max(found, key=lambda one: one[0])[1] if found else None

    def begins_label(self, text: str) -> bool:
        """Whether the first two words of a text are those of a label."""
        said = _plain(text)
        first_two = said.split()[:2]
        return len(first_two) == 2 and any(
            label.split()[:2] == first_two for label, _field in self._labels_beginning(said)
        )

    def _labels_beginning(self, said: str) -> list[tuple[str, Field]]:
        """Return the labels of several words, folded, that begin with the first word of a folded text."""
        return self._labels.get(said.partition(" ")[0], [])

    @cached_property
    def _labels(self) -> dict[str, list[tuple[str, Field]]]:
        """The labels of several words, folded, by their first word; a text has many an @ and asks each time."""
        labels: dict[str, list[tuple[str, Field]]] = {}
        for field in self._fields.values():
            for label in map(_plain, field.labels.values()):
                first, blank, _rest = label.partition(" ")
                if blank:
                    labels.setdefault(first, []).append((label, field))
        return labels

    def suggestion(self, code: str) -> str | None:
        """Return the known code nearest to an unknown one, or nothing."""
        near = get_close_matches(code, sorted(self.codes()), n=1, cutoff=0.6)
        return near[0] if near else None


def _searchable(field: Field) -> str:
    return _typed(" ".join([field.code, *field.labels.values(), field.category, *field.aliases, *field.texts]))


def _plain(text: str) -> str:
    return " ".join(_typed(text).split())


def _typed(text: str) -> str:
    """Fold a text, its apostrophes as a keyboard has them."""
    return folded(text.replace("’", "'"))
