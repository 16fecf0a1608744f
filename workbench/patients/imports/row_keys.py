"""Tell which row of the store a row of a file is: the one of its number, of its name, or the one that tells the same.

A row without a number is recognised by the columns that its kind declares as `natural`: those it is nothing without are
equal, and none of the others says anything else. So a file that comes again with more columns, or once the invoices are
there that it names, fills what was blank, and makes nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import sqlalchemy as sa

from workbench.language import _
from workbench.patients import rows
from workbench.patients.imports.batch import ImportBatch, digest_of
from workbench.patients.imports.table_kinds import AS_WRITTEN, REFERENCES, REGISTERED, TableKind, key_of, stored_name
from workbench.patients.upserts import default_of
from workbench.patients.words import plain

Columns = dict[str, list[Any]]
"""Values by the column of the table they go to, one for each row of the file."""

_NUMBER = "number"
_DIGEST = re.compile(r"[0-9a-f]{16}")
_MOST_ALIKE = 9
"""So many payments alike on one day are looked for when a later file tells more of them."""


def keys_of_rows(batch: ImportBatch, kind: TableKind, columns: Columns) -> list[Any]:
    """Return the key of each row, and fill what a row leaves blank of the one that it was recognised as."""
    if not kind.number:
        parts = key_of(kind)
        for name in parts:
            blank = _when_blank(kind.table.c[name])
            columns[name] = [blank if one is None else one for one in columns.get(name, [None] * len(batch))]
        return list(zip(*(columns[name] for name in parts), strict=True))
    keys: list[Any] = list(columns.get(kind.number) or [None] * len(batch))
    if kind.called_by:
        keys = [own or called for own, called in zip(keys, _called(batch, kind, columns), strict=True)]
    elif kind.natural:
        _Recognition(batch=batch, kind=kind, columns=columns, keys=keys).recognise()
    for place in list(batch.kept()):
        if keys[place] is None:
            batch.skip(place, batch.heading(kind.number), "no_key", _("This row has no number."))
    return [(key,) for key in keys]


def _when_blank(column: sa.Column[Any]) -> Any:
    """Return what a part of a key is when the file does not say: ``""`` for the whole practice, the usual language."""
    if column.default is not None:
        return column.default.arg  # type: ignore[attr-defined]  # a plain value
    return default_of(column)


def _called(batch: ImportBatch, kind: TableKind, columns: Columns) -> list[str | None]:
    """Return the keys of things that are known by a name: the one that has it already, else the name itself."""
    table, key = kind.table, kind.table.c[kind.number]
    known = {
        plain(name): found
        for found, name in batch.connection.execute(
            sa.select(key, table.c[kind.called_by]).where(table.c.practice_id == batch.practice_id).order_by(key)
        )
        if name
    }
    names = columns.get(kind.called_by) or [None] * len(batch)
    return [None if name is None else known.get(plain(name), name) for name in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A row of the store: its key, its number among those of its kind, and what tells it apart."""

    key: str
    number: str | None
    values: tuple[Any, ...]
    telling: tuple[str, ...]

    @property
    def was_recognised(self) -> bool:
        """Whether it came without a number of its own."""
        return _DIGEST.fullmatch(self.key) is not None


@dataclass(slots=True, kw_only=True)
class _Recognition:
    """The rows of one file beside those of the store that may be the same."""

    batch: ImportBatch
    kind: TableKind
    columns: Columns
    keys: list[Any]
    _claimed: set[Any] = field(default_factory=set)
    _alike: dict[int, list[int]] = field(default_factory=dict)  # by the first place, all that tell the same
    _order: dict[int, int] = field(default_factory=dict)  # by place, how many before it tell the same
    _sure: tuple[str, ...] = ()
    _loose: tuple[str, ...] = ()
    _tellings: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _words: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sure = tuple(name for name in self.kind.natural if name in self.kind.needed)
        self._loose = tuple(name for name in self.kind.natural if name not in self.kind.needed)

    def recognise(self) -> None:
        kind, keys = self.kind, self.keys
        if _NUMBER in self.columns:
            self._follow_numbers()
        unnumbered = self._without_number()
        new = self._new_numbers()
        adopting = [place for place in new.values() if self._may_adopt(place)]
        if not unnumbered and not adopting:
            return
        there = self._there([*unnumbered, *adopting])
        self._claimed |= {keys[place] for place in self.batch.kept() if keys[place] is not None} - new.keys()
        for place in unnumbered:
            same = there.get(self._digest(place))
            if same is not None and same.key not in self._claimed and self._likeness(place, same) is not None:
                self._take(place, same)
        self._take_the_likest([*unnumbered, *adopting], there)
        for place in unnumbered:
            if keys[place] is None:
                self._make(place, there)
        for first, others in self._alike.items():
            for place in others:
                if not kind.repeats:
                    keys[place] = keys[first]
        for number, last in new.items():
            for place in self.batch.kept():
                if keys[place] == number:
                    keys[place] = keys[last]

    # --- by number ------------------------------------------------------------------------------------------

    def _follow_numbers(self) -> None:
        """Give a row that says its number the key of the row that has it, else its number as a key."""
        table, prefix = self.kind.table, self.batch.mapping.prefix
        said = self.columns[_NUMBER]
        wanted = {said[place] for place in self.batch.kept() if said[place] is not None}
        known: dict[str, list[tuple[str, str | None]]] = {}
        taken: dict[str, str | None] = {}
        for key, number, patient_id in self._select(
            (self.kind.number, _NUMBER, "patient_id"),
            sa.or_(
                rows.among(table.c[_NUMBER], wanted, self.batch.connection.dialect),
                rows.among(table.c[self.kind.number], {prefix + one for one in wanted}, self.batch.connection.dialect),
            ),
        ):
            taken[key] = number
            if number is not None and (key.startswith(prefix) or _DIGEST.fullmatch(key)):
                known.setdefault(number, []).append((key, patient_id))
        for place in list(self.batch.kept()):
            number, own = said[place], self.keys[place]
            if number is None:
                continue
            usual = prefix + number
            found = [key for key, _whose in known.get(number, ())]
            if own is not None:
                # A row that came without its number may have been given it since.
                if own == usual and own not in taken and len(found) == 1 and _DIGEST.fullmatch(found[0]):
                    self.keys[place] = found[0]
                continue
            if len(found) > 1:
                patient_id = self.columns["patient_id"][place]
                found = [usual] if usual in found else [k for k, whose in known[number] if whose == patient_id]
                if len(found) != 1:
                    sentence = _("Several rows of the store have this number; the row is left out.")
                    self.batch.skip(place, self.batch.heading(_NUMBER), "ambiguous", sentence)
                    continue
            if found:
                self.keys[place] = found[0]
            elif taken.get(usual) is None:
                self.keys[place] = usual
            else:
                self.keys[place] = digest_of(table.name, _NUMBER, usual)  # another one has this key

    def _may_adopt(self, place: int) -> bool:
        """Tell whether a new number may go to a row that came without: who names it will find it by either."""
        named_by = [reference for reference in REFERENCES.values() if reference.table is self.kind.table]
        if not named_by:
            return True
        number = self.columns[_NUMBER][place] if _NUMBER in self.columns else None
        return (
            all(reference.also_by for reference in named_by)
            and number is not None
            and self.batch.mapping.prefix + number == self.keys[place]
        )

    # --- by what is told --------------------------------------------------------------------------------------

    def _without_number(self) -> list[int]:
        """Return the places of the rows without a number; of those that tell the same, one, unless they are two."""
        seen: dict[tuple[str, ...], list[int]] = {}
        for place in list(self.batch.kept()):
            if self.keys[place] is not None:
                continue
            alike = seen.setdefault((*self._surely(place), *self._told(place)), [])
            if alike and self.kind.repeats:
                sentence = _("This row tells the same as line {line}; both were kept.")
                self.batch.find(place, "", "told_twice", sentence.format(line=self.batch.table.lines[alike[0]]))
            self._order[place] = len(alike) if self.kind.repeats else 0
            alike.append(place)
        self._alike.update({places[0]: places for places in seen.values()})
        return [place for places in seen.values() for place in (places if self.kind.repeats else places[:1])]

    def _surely(self, place: int) -> tuple[str, ...]:
        """Return what the row is nothing without."""
        if place not in self._tellings:
            self._tellings[place] = tuple(
                _folded(name, self.columns[stored_name(self.kind, name)][place]) for name in self._sure
            )
        return self._tellings[place]

    def _told(self, place: int) -> tuple[str, ...]:
        """Return the file's own words for what may be blank: what a reference led to today is no part of them."""
        if place not in self._words:
            self._words[place] = tuple(_folded(name, self.batch.values(name)[place]) for name in self._loose)
        return self._words[place]

    def _digest(self, place: int) -> str:
        return self._digest_of(self._surely(place), self._told(place), self._order[place])

    def _digest_of(self, surely: Sequence[str], told: Sequence[str], order: int) -> str:
        return digest_of(self.kind.table.name, *surely, *told, *([order] if order else []))

    def _may_be_of(self, place: int, other: _Stored, *, unsaid: str = "") -> bool:
        """Tell whether a row was made by a file that told this one, with more or less of what may be blank.

        `unsaid` is a column that was blank then, and holds what the store supposes.
        """
        surely, orders = self._surely(place), range(_MOST_ALIKE if self.kind.repeats else 1)
        mixed = product(
            *(
                {""} if name == unsaid else {"", told, _folded(name, stored)}
                for name, told, stored in zip(self._loose, self._told(place), other.values, strict=True)
            )
        )
        return any(other.key == self._digest_of(surely, told, order) for told in mixed for order in orders)

    def _new_numbers(self) -> dict[str, int]:
        """Return the numbers that the store has no row of, with the last place of each."""
        said = {self.keys[place]: place for place in self.batch.kept() if self.keys[place] is not None}
        key = self.kind.table.c[self.kind.number]
        known = {one for (one,) in self._select((key.name,), rows.among(key, said, self.batch.connection.dialect))}
        return {number: place for number, place in said.items() if number not in known}

    def _there(self, places: Sequence[int]) -> dict[str, _Stored]:
        """Return the rows of the store that may be meant, by key."""
        lead = stored_name(self.kind, self._sure[0])
        number = (_NUMBER,) if _NUMBER in self.kind.table.c else ()
        asked = {self.columns[lead][place] for place in places}
        names = [stored_name(self.kind, name) for name in (*self._sure, *self._loose)]
        condition = rows.among(self.kind.table.c[lead], asked, self.batch.connection.dialect)
        width = len(self._sure)
        there: dict[str, _Stored] = {}
        for key, *found in self._select((self.kind.number, *names, *number), condition):
            values = tuple(found[: len(names)])
            there[key] = _Stored(
                key=key,
                number=found[-1] if number else None,
                values=values[width:],
                telling=tuple(_folded(name, one) for name, one in zip(self._sure, values[:width], strict=True)),
            )
        return there

    def _select(self, names: Sequence[str], condition: sa.ColumnElement[bool]) -> Sequence[tuple[Any, ...]]:
        table = self.kind.table
        asked = sa.select(*(table.c[name] for name in names)).where(
            table.c.practice_id == self.batch.practice_id, condition
        )
        found = self.batch.connection.execute(asked.order_by(table.c[self.kind.number]))
        return [tuple(row) for row in found]

    def _likeness(self, place: int, other: _Stored) -> int | None:
        """Return in how many columns that may be blank both say the same, or nothing when one says something else."""
        if self._surely(place) != other.telling:
            return None
        number = self.columns[_NUMBER][place] if _NUMBER in self.columns else None
        if number is not None and other.number is not None and number != other.number:
            return None
        score = int(number == other.number)
        for name, told, stored in zip(self._loose, self._told(place), other.values, strict=True):
            known = _folded(name, stored)
            if not told or not known:
                if told and name in REFERENCES and other.was_recognised and not self._may_be_of(place, other):
                    return None  # what it named was not known then: it may be something else
                score += int(told == known)
            elif known == (_folded(name, self.columns[name][place]) if name in REFERENCES else told):
                score += 1
            elif stored != default_of(self.kind.table.c[name]) or not self._may_be_of(place, other, unsaid=name):
                return None
        return score

    def _take_the_likest(self, places: Sequence[int], there: dict[str, _Stored]) -> None:
        by_telling: dict[tuple[str, ...], list[_Stored]] = {}
        for one in there.values():
            by_telling.setdefault(one.telling, []).append(one)
        likeness = [
            (-score, at, place, other)
            for at, place in enumerate(places)
            if self.keys[place] not in self._claimed
            for other in by_telling.get(self._surely(place), ())
            if self.keys[place] is None or (other.was_recognised and other.number is None)
            if (score := self._likeness(place, other)) is not None
        ]
        taken: set[int] = set()
        for _score, _at, place, other in sorted(likeness, key=lambda one: one[:2]):
            if place not in taken and other.key not in self._claimed:
                taken.add(place)
                self._take(place, other)

    def _take(self, place: int, other: _Stored) -> None:
        self._claimed.add(other.key)
        self.keys[place] = other.key
        for at in (place,) if self.kind.repeats else self._alike.get(place, [place]):
            for name, value in ((_NUMBER, other.number), *zip(self._loose, other.values, strict=True)):
                column = self.columns.get(name)
                if column is not None and column[at] is None:
                    column[at] = value

    def _make(self, place: int, there: dict[str, _Stored]) -> None:
        order = self._order[place]
        surely, told = self._surely(place), self._told(place)
        while (key := self._digest_of(surely, told, order)) in there or key in self._claimed:
            order += 1
        self._claimed.add(key)
        self.keys[place] = key


def _folded(name: str, value: Any) -> str:
    """Return a value as it is compared: words without accents or case, and everything else as it is."""
    if value is None:
        return ""
    if not isinstance(value, str) or name in AS_WRITTEN or name in REFERENCES or name in REGISTERED:
        return str(value)
    return plain(value) or value
