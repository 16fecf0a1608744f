"""The rows of one file on their way into the store: our columns, what was found, what became of each row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.errors import ImportRefused
from workbench.language import _, marked, n_
from workbench.patients import rows
from workbench.patients.imports.mapping import ImportMapping
from workbench.patients.imports.sorts import form_of, reader_of, sort_of
from workbench.patients.imports.table import ImportTable
from workbench.patients.imports.troubles import unknown_word, unreadable
from workbench.patients.imports.values import Converted, converted, looks_rounded, malformed
from workbench.patients.schema import CONSENT_STATES, STATES, chairs, groups, insurers, practices, practitioners, sites
from workbench.patients.searches.choices import choices_of
from workbench.patients.upserts import Row, Written, upsert
from workbench.patients.words import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinding:
    """Something to know about an imported file: `row` is the line of the file, 0 for the file as a whole."""

    row: int
    column: str
    code: str
    message: str


VITAL = frozenset(("starts_at", "date", "time", "state"))
"""Columns of a row that is left out when they cannot be read: empty would be another hour, or another state."""

_LOSES_ITS_ZERO = {
    "postcode": re.compile(r"[1-9]\d{3}"),
    "phone": re.compile(r"[1-9]\d{8}"),
    "mobile": re.compile(r"[67]\d{8}"),
}
"""What is left of a French number that a spreadsheet took for one to count with."""

_REGISTERS = {
    "practitioner": (practitioners, "practitioner_id", "code"),
    "chair": (chairs, "chair_id", "code"),
    "site": (sites, "site_id", "name"),
    "group": (groups, "group_id", "name"),
    "insurer": (insurers, "insurer_id", "name"),
}
"""What a column may name by its code or name: its table, the key, and what a new one is called by."""

_SCREEN_NAMES = {
    "patient_id": marked("Patient no."),
    "starts_at": marked("Appointment"),
    "last_name": marked("Last name"),
    "correspondent_id": marked("Correspondent no."),
}


@dataclass(kw_only=True)
class ImportBatch:
    """One file being imported, inside one transaction."""

    connection: sa.Connection
    practice_id: str
    kind: str
    table: ImportTable
    places: Mapping[str, int]
    mapping: ImportMapping
    file: str
    by: str
    at: str  # UTC, ISO
    folder: Path  # where the files are that rows name
    vital: frozenset[str] = VITAL
    progress: Callable[[int, int], None] | None = None
    findings: list[ImportFinding] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    _skipped: set[int] = field(default_factory=set)
    _values: dict[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table.lines)

    @property
    def skipped(self) -> int:
        """How many rows of the file were left out."""
        return len(self._skipped) + len(self.table.crooked)

    def has(self, name: str) -> bool:
        """Tell whether the file (or the mapping's constants) gives a column."""
        return name in self.places or name in self.mapping.constants

    def given(self, names: Iterable[str]) -> list[str]:
        """Return those of the columns that are given."""
        return [name for name in names if self.has(name)]

    def require(self, *names: str) -> None:
        """Refuse the file unless it gives one of these columns."""
        if not any(self.has(name) for name in names):
            raise ImportRefused(
                _(
                    "The file {file} has no column for « {label} » ({name}). Say which heading it is with a mapping. "
                    "Its headings are: {known}."
                ).format(
                    file=self.file,
                    label=_(_SCREEN_NAMES.get(names[0], names[0])),
                    name=names[0],
                    known=", ".join(self.table.headings),
                )
            )

    def values(self, name: str) -> Sequence[Any]:
        """Return a column, read; a cell that cannot be read is empty and has a finding. Absent columns are empty.

        Where empty would mean something else (when, and what became of it) the row is left out as well.
        """
        if name not in self._values:
            self._values[name] = self._read(name)
        return self._values[name]

    def skip(self, place: int, column: str, code: str, message: str) -> None:
        """Leave a row out, with its finding."""
        if place not in self._skipped:
            self._skipped.add(place)
            self.find(place, column, code, message)

    def find(self, place: int | None, column: str, code: str, message: str) -> None:
        """Note something about a row, or about the whole file."""
        line = 0 if place is None else self.table.lines[place]
        self.findings.append(ImportFinding(row=line, column=column, code=code, message=message))

    def kept(self) -> Iterable[int]:
        """Return the places of the rows that are not left out."""
        return (place for place in range(len(self)) if place not in self._skipped)

    def one_row_a_key(self, keys: Sequence[Any], name: str) -> list[int]:
        """Return the places of the rows to keep when the last one of each key counts; the others have a finding.

        `name` is the column that holds the number of a row, or its most telling part.
        """
        last = {keys[place]: place for place in self.kept()}
        chosen = set(last.values())
        for place in list(self.kept()):
            if place not in chosen:
                sentence = self._repeated(place, last[keys[place]], name, keys[place])
                self.skip(place, self.heading(name), "repeated_key", sentence)
        return sorted(chosen)

    def _repeated(self, place: int, last: int, name: str, key: object) -> str:
        if all(column[place] == column[last] for column in self.table.columns):
            return _("The same row comes again further down; that one counts.")
        line, number = self.table.lines[last], self.values(name)[place]
        if number is not None and number == key:
            return _(
                "Two different rows share the number {number}: this one and line {line}. The last one counts."
            ).format(number=number, line=line)
        return _("Line {line} is about the same one and differs. The last one counts.").format(line=line)

    def count(self, written: Written) -> None:
        """Add up what became of the rows."""
        self.created += len(written.created)
        self.updated += len(written.updated)
        self.unchanged += len(written.unchanged)

    def write(self, table: sa.Table, rows: Sequence[Row], *, chunk: int = 10_000) -> None:
        """Make or change rows that stand for the rows of the file, and count them."""
        for start in range(0, len(rows), chunk):
            self.count(upsert(self.connection, table, self.practice_id, rows[start : start + chunk]))
            if self.progress:
                self.progress(min(start + chunk, len(rows)), len(rows))

    def heading(self, name: str) -> str:
        """Return the file's own heading for one of our columns."""
        return self.table.headings[self.places[name]] if name in self.places else name

    def registered_ids(self, name: str, *, make: bool = True) -> list[str | None]:
        """Return the practitioners, chairs, sites, groups or insurers that a column names, by code or name.

        Unknown ones are made; unless told otherwise: then their rows are left out.
        """
        register = "practitioner" if name == "main_practitioner" else name
        table, key, label = _REGISTERS[register]
        asked = self.values(name)
        known = choices_of(self.connection, self.practice_id, register)
        ids: dict[str | None, str | None] = {None: None}
        new: list[Row] = []
        for text in dict.fromkeys(asked):
            if text in ids:
                continue
            matching = known.get(plain(text), ())
            if len(matching) > 1 and text not in matching:
                ids[text] = None
                self.find(
                    None,
                    self.heading(name),
                    "ambiguous",
                    _("Several answer to one of the names in this column; it was left empty."),
                )
            elif matching:
                ids[text] = text if text in matching else matching[0]
            elif make:
                ids[text] = text
                new.append({key: text, label: text})
        if not make:
            for place, text in enumerate(asked):
                if text not in ids:
                    sentence = _("The store does not know who this is; the row is left out.")
                    self.skip(place, self.heading(name), "unknown_reference", sentence)
        if new:
            upsert(self.connection, table, self.practice_id, new)
            self.find(
                None,
                self.heading(name),
                "created",
                n_(
                    "{count} was new to the store, and was made.",
                    "{count} were new to the store, and were made.",
                    len(new),
                ).format(count=len(new)),
            )
        return [ids.get(text) for text in asked]

    def cells(self, name: str) -> Sequence[str]:
        """Return a column as the file (or the mapping's constant) writes it; blank when it is not given."""
        if name in self.places:
            return self.table.columns[self.places[name]]
        return [self.mapping.constants.get(name, "")] * len(self)

    def _read(self, name: str) -> Sequence[Any]:
        if not self.has(name):
            return [None] * len(self)
        cells = self.cells(name)
        sort = sort_of(self.kind, name)
        column = converted(cells, reader_of(sort, self.mapping.days), words=self.mapping.values.get(name))
        self._note_trouble(name, sort, cells, column)
        values = [None if value == "" else value for value in column.values]
        if sort == "key" and self.mapping.prefix:
            return [None if value is None else self.mapping.prefix + value for value in values]
        if name in _LOSES_ITS_ZERO:
            return self._with_zeros(name, values)
        return values

    def _note_trouble(self, name: str, sort: str, cells: Sequence[str], column: Converted) -> None:
        heading = self.heading(name)
        if name == "state":
            self._leave_out_unknown_words(name, cells, column)
        elif column.unreadable:
            vital = name in self.vital
            note = self.skip if vital else self.find
            form = form_of(sort, self.mapping.days.order)
            for place in column.unreadable:
                note(place, heading, "unreadable", unreadable(name, cells[place], form=form, left_out=vital))
        if sort == "address":
            wrong = {cell for cell in set(column.values) if malformed(cell)}
            for place, value in enumerate(column.values):
                if value in wrong:
                    self.find(place, heading, "malformed_address", _("This is not an e-mail address."))
        if sort == "key":
            rounded_cells = {cell for cell in set(cells) if looks_rounded(cell)}
            rounded = sum(1 for cell in cells if cell in rounded_cells) if rounded_cells else 0
            if rounded:
                sentence = n_(
                    "{count} number was rounded by a spreadsheet (as 2.98E+13): two keys may have become the same.",
                    "{count} numbers were rounded by a spreadsheet (as 2.98E+13): two keys may have become the same.",
                    rounded,
                )
                self.find(None, heading, "rounded", sentence.format(count=rounded))

    def _with_zeros(self, name: str, values: list[Any]) -> list[Any]:
        """Give French postcodes and telephone numbers the first zero back that a spreadsheet took from the number."""
        shape = _LOSES_ITS_ZERO[name]
        at_home: set[str | None] = {"france", "fr", "f"}
        if self._is_french:
            at_home.add(None)
        countries = [None if one is None else plain(one) for one in self.values("country")]
        count = 0
        for place, value in enumerate(values):
            if value is not None and countries[place] in at_home and shape.fullmatch(value):
                values[place] = f"0{value}"
                count += 1
        if count:
            sentence = n_(
                "{count} number had lost its first zero, as a spreadsheet takes it away; it was put back.",
                "{count} numbers had lost their first zero, as a spreadsheet takes it away; it was put back.",
                count,
            )
            self.find(None, self.heading(name), "zero_put_back", sentence.format(count=count))
        return values

    @cached_property
    def _is_french(self) -> bool:
        """Whether a file without countries speaks of people in France."""
        country, language = self.connection.execute(
            sa.select(practices.c.country, practices.c.language).where(practices.c.practice_id == self.practice_id)
        ).one()
        return plain(country) in ("france", "fr") if country else bool(language == "fr")

    def _leave_out_unknown_words(self, name: str, cells: Sequence[str], column: Converted) -> None:
        """Leave out the rows whose state is not known, with one finding a word: most files have few words."""
        rows: dict[str, int] = {}
        for place in column.unreadable:
            if place not in self._skipped:
                self._skipped.add(place)
                rows[cells[place]] = rows.get(cells[place], 0) + 1
        known = CONSENT_STATES if self.kind == "opt-outs" else STATES
        for cell, count in rows.items():
            self.find(None, self.heading(name), "unknown_word", unknown_word(name, cell, count, known))


def leave_out_other_patients(
    batch: ImportBatch, table: sa.Table, keys: Sequence[str | None], patient_ids: Sequence[str | None]
) -> None:
    """Leave out the rows that would hand what the store has of one patient to another, unless the mapping says so."""
    if batch.mapping.move:
        return
    key = table.c[next(column.name for column in table.primary_key if column.name != "practice_id")]
    asked = {one for place in batch.kept() if (one := keys[place]) is not None}
    found = sa.select(key, table.c.patient_id).where(
        table.c.practice_id == batch.practice_id, rows.among(key, asked, batch.connection.dialect)
    )
    owners: dict[Any, Any] = {row[0]: row[1] for row in batch.connection.execute(found)}
    for place in list(batch.kept()):
        owner, patient_id = owners.get(keys[place]), patient_ids[place]
        if owner is not None and patient_id is not None and owner != patient_id:
            sentence = _(
                "In the store this belongs to another patient; the row is left out. If it did move, a mapping says so: "
                "[options] move = true."
            )
            batch.skip(place, batch.heading("patient_id"), "other_patient", sentence)


def digest_of(*parts: object) -> str:
    """Return a short stable key for a row whose file gives none."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
