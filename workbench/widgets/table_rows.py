"""The rows behind a recipient table: who is ticked, where each is written to, what a view shows in which order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.widgets.folding import folded
from workbench.widgets.table_columns import Column, ColumnValues, Mask, Numbers, cut, values_of

ADDRESS = "pw-address"
"""The name under which a view sorts and filters by the address, which is no column of the frame."""

_TEXTS = ("address", "receiver", "problem", "hint", "suggestion", "excluded", "detail", "phone")

_MARKS = ("opted_out", "by_file", "nowhere")
"""What a row is or is not: opted out; written to once its file is completed; without a file to keep an address in."""

_NUMBERS = ("phone", "mobile", "call_phone", "call_mobile")
"""The columns that hold a number to telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """What a person has asked the table to show."""

    search: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()  # a column, and whether it descends
    problems: bool = False  # only the rows without a usable address
    to_phone: bool = False  # of these, only those with a number
    hidden: tuple[str, ...] = ()

    @classmethod
    def read(cls, asked: Mapping[str, Any]) -> Self:
        """Read what a page sent."""
        return cls(
            search=str(asked.get("search", "")),
            filters=tuple(sorted((str(name), str(text)) for name, text in asked.get("filters", {}).items())),
            sort=tuple((str(name), bool(descends)) for name, descends in asked.get("sort", ())),
            problems=bool(asked.get("problems")),
            to_phone=bool(asked.get("to_phone")),
            hidden=tuple(str(name) for name in asked.get("hidden", ())),
        )

    def written(self) -> dict[str, Any]:
        """Return it as it is sent to a page."""
        return {
            "search": self.search,
            "filters": dict(self.filters),
            "sort": [list(by) for by in self.sort],
            "problems": self.problems,
            "to_phone": self.to_phone,
            "hidden": list(self.hidden),
        }

    @property
    def selects(self) -> tuple[object, ...]:
        """The part that decides which rows there are, whatever their order."""
        return self.search, self.filters, self.problems, self.to_phone


class Addresses:
    """What is known of where each row is written to; rows nobody told about yet are not known."""

    def __init__(self, size: int) -> None:
        self.known: Mask = np.zeros(size, dtype=bool)
        self._marks: dict[str, Mask] = {name: np.zeros(size, dtype=bool) for name in _MARKS}
        self._texts = {name: np.full(size, "", dtype=object) for name in _TEXTS}

    def __getitem__(self, name: str) -> npt.NDArray[np.object_]:
        return self._texts[name]

    def told(self, keys: pd.Index[str], who: pd.DataFrame) -> Addresses:
        """Return what is known after `who` (indexed by key) has told about some of the rows."""
        new = Addresses(len(self.known))
        places = who.index.get_indexer(keys)
        rows = places >= 0
        new.known = self.known | rows
        for name in _MARKS:
            new._marks[name] = self._marks[name].copy()
            marked = who[name].to_numpy(dtype=bool) if name in who else np.zeros(len(who), dtype=bool)
            new._marks[name][rows] = marked[places[rows]]
        for name in _TEXTS:
            given = who[name] if name in who else pd.Series("", index=who.index)
            texts = given.astype(object).where(given.notna(), "").to_numpy()
            new._texts[name] = self._texts[name].copy()
            new._texts[name][rows] = texts[places[rows]]
        return new

    def bearing(self, name: str) -> Mask:
        """Return the rows that bear a mark: ``opted_out``, ``by_file`` or ``nowhere``."""
        return self._marks[name]

    @cached_property
    def problem(self) -> Mask:
        """The rows without a usable address."""
        return np.asarray(self["problem"] != "", dtype=bool)

    @cached_property
    def has_number(self) -> Mask:
        """The rows about whom somebody else has a number: who answers for a child."""
        return np.asarray(self["phone"] != "", dtype=bool)

    @cached_property
    def usable(self) -> Mask:
        """The rows that can be written to."""
        return np.asarray(self.known & ~self.problem & ~self.excluded & (self["address"] != ""), dtype=bool)

    @cached_property
    def excluded(self) -> Mask:
        """The rows that stay out, whatever their address: an opt-out, a file that is closed."""
        return np.asarray(self.bearing("opted_out") | (self["excluded"] != ""), dtype=bool)

    @cached_property
    def mailbox(self) -> npt.NDArray[np.intp]:
        """A number for each row, the same for the same address."""
        return pd.factorize(np.array([text.strip().casefold() for text in self["address"]], dtype=object))[0]

    @cached_property
    def columns(self) -> dict[str, ColumnValues]:
        """What is known as columns, to be searched."""
        return {name: ColumnValues(pd.Series(self._texts[name], dtype=object), "text") for name in _TEXTS}

    @cached_property
    def order(self) -> Numbers:
        """Sorted by address: what needs a person first, and what is not known last."""
        by_text = self.columns["address"].order
        hint = np.asarray(self["hint"] != "", dtype=bool)
        group = np.select([self.problem, hint, self.excluded], [0.0, 1.0, 2.0], 3.0)
        place = group * (len(group) + 1) + np.nan_to_num(by_text)
        return np.where(self.known, place, np.nan)


class TableRows:
    """The rows of a table in the order of their frame, each named by its place in it.

    A row keeps its tick whatever is searched, filtered or sorted; `earlier` rows of the same key give theirs to these.
    """

    def __init__(
        self, frame: pd.DataFrame, columns: Sequence[Column], key: str, *, today: date, earlier: TableRows | None = None
    ) -> None:
        self.key = key
        self.keys: pd.Index[str] = pd.Index(frame[key].astype(str))
        self.ticked: Mask = np.ones(len(frame), dtype=bool)
        self.addresses = Addresses(len(frame))
        self.columns = tuple(columns)
        self._times_addressed = 0
        self._values = {column.name: values_of(frame, column, today) for column in columns}
        self._own_number: Mask = np.zeros(len(frame), dtype=bool)
        for name in _NUMBERS:
            if name in frame:
                self._own_number |= (frame[name].fillna("") != "").to_numpy(dtype=bool)
        self.patient_ids = pd.Index(frame.get("patient_id", []), dtype=object).fillna("")
        self._patients = pd.factorize(self.patient_ids)[0] if len(self.patient_ids) else None
        self._prepared: Addresses | None = None
        self._preparing = Lock()
        self._selected: tuple[object, Mask] | None = None
        self._sorted: tuple[object, npt.NDArray[np.intp]] | None = None
        if earlier is not None:
            ticks = pd.Series(earlier.ticked, index=earlier.keys)
            places = earlier.keys.drop_duplicates().get_indexer(self.keys)
            first = ticks[~earlier.keys.duplicated()].to_numpy()
            self.ticked[places >= 0] = first[places[places >= 0]]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def ticked_keys(self) -> list[str]:
        """The keys of the ticked rows, in the order of the frame."""
        return [str(key) for key in self.keys[self.ticked]]

    def place(self, key: str) -> int:
        """Return the place of a row in the frame, -1 for none."""
        found = np.flatnonzero(self.keys == key)
        return int(found[0]) if len(found) else -1

    @property
    def has_number(self) -> Mask:
        """The rows with a number to telephone: in the patient's file, or of who answers for him."""
        return self._own_number | self.addresses.has_number

    @property
    def receiver_column(self) -> str:
        """The column beside whose text the receiver stands: the patient's name, else the first text."""
        names = [column.name for column in self.columns if column.kind == "text" and not column.hidden]
        return "patient" if "patient" in names else next(iter(names), "")

    def address(self, who: pd.DataFrame) -> None:
        """Learn where rows are written to."""
        self.addresses = self.addresses.told(self.keys, who)
        self._times_addressed += 1

    def order_name(self, view: TableView) -> str:
        """Return a name for the rows a view shows and their order: another one once either may be another."""
        return f"{self._times_addressed}:{hash((view.selects, view.sort))}"

    def select(self, view: TableView) -> Mask:
        """Return which rows a view shows."""
        about: tuple[object, ...] = (view.selects, self.addresses)
        if self._selected is None or self._selected[0] != about:
            self._selected = (about, self._select(view))
        return self._selected[1]

    def prepare_search(self) -> None:
        """Read every row once, so that the first search and order answer as fast as the next ones.

        What was read, or is being read by another thread, is not read again: whoever searches would wait for it.
        """
        addresses = self.addresses
        if self._prepared is addresses or not self._preparing.acquire(blocking=False):
            return
        try:
            self._matching("a")
            self._order(self.receiver_column)
            self._prepared = addresses
        finally:
            self._preparing.release()

    def sort(self, view: TableView) -> npt.NDArray[np.intp]:
        """Return the rows a view shows, in its order."""
        about: tuple[object, ...] = (view.selects, view.sort, self.addresses)
        if self._sorted is None or self._sorted[0] != about:
            rows = np.flatnonzero(self.select(view))
            for name, descends in reversed(view.sort):
                order = self._order(name)
                if order is not None:
                    # A row with nothing to sort by stands last, whichever way.
                    rows = rows[np.argsort(-order[rows] if descends else order[rows], kind="stable")]
            self._sorted = (about, rows)
        return self._sorted[1]

    def page(self, rows: npt.NDArray[np.intp]) -> bytes:
        """Return some rows as a page reads them: a list a column."""
        known = self.addresses
        told = {
            **{name: [cut(str(text)) for text in known[name][rows]] for name in _TEXTS},
            "known": known.known[rows].tolist(),
            **{name: known.bearing(name)[rows].tolist() for name in _MARKS},
        }
        cells = {column.name: self._values[column.name].shown(rows) for column in self.columns}
        if "phone" in cells:
            others = zip(cells["phone"], told["phone"], self._own_number[rows], strict=True)
            cells["phone"] = [own if has_own else other for own, other, has_own in others]
        return json.dumps({"row": rows.tolist(), "cells": [*cells.values()], **told}).encode()

    def ticks(self) -> bytes:
        """Return the tick of every row, a bit each."""
        return np.packbits(self.ticked, bitorder="little").tobytes()

    def counts(self, view: TableView) -> dict[str, int]:
        """Return the numbers a person needs in sight."""
        shown = self.select(view)
        ticked, known = self.ticked, self.addresses
        return {
            "rows": len(self),
            "filtered": int(shown.sum()),
            "ticked": int(ticked.sum()),
            "ticked_outside_filter": int((ticked & ~shown).sum()),
            "patients": self._count_patients(),
            "unusable": int((ticked & known.problem).sum()),
            "to_phone": int((ticked & known.problem & self.has_number).sum()),
            "excluded": int((ticked & known.excluded & ~known.problem).sum()),
            "unknown": int((ticked & ~known.known).sum()),
            "addresses": int(np.count_nonzero(np.bincount(known.mailbox[ticked & known.usable]))),
        }

    def _count_patients(self) -> int:
        """Return how many patients the ticked rows are about; rows of nobody known count for none."""
        if self._patients is None:
            return 0
        return int(np.count_nonzero(np.bincount(self._patients[self.ticked & (self.patient_ids != "")])))

    def _select(self, view: TableView) -> Mask:
        shown: Mask = np.ones(len(self), dtype=bool)
        if view.problems or view.to_phone:
            shown &= self.addresses.problem
        if view.to_phone:
            shown &= self.has_number
        told = self.addresses.columns
        for name, asked in view.filters:
            if name == ADDRESS:
                shown &= _holding(asked, [told["address"], told["problem"], told["hint"], told["excluded"]])
            elif name == self.receiver_column:
                shown &= _holding(asked, [self._values[name], told["receiver"]])
            elif name in self._values:
                compared = self._values[name].compared(asked)
                shown &= _holding(asked, [self._values[name]]) if compared is None else compared
        return shown & self._matching(view.search)

    def _matching(self, search: str) -> Mask | np.bool_:
        # Hidden columns are searched too: a telephone number finds its patient.
        return _holding(search, [*self._values.values(), *self.addresses.columns.values()])

    def _order(self, name: str) -> Numbers | None:
        if name == ADDRESS:
            return self.addresses.order
        return self._values[name].order if name in self._values else None


def _holding(asked: str, columns: Sequence[ColumnValues]) -> Mask:
    """Return the rows that hold every word asked for, each in one of these columns."""
    words = folded([asked])[0].split()
    found = [np.logical_or.reduce([column.holding(word) for column in columns]) for word in words]
    return np.asarray(np.logical_and.reduce(found), dtype=bool)
