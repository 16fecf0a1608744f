"""The recipient table: rows served a page at a time, ticked, searched and corrected; it knows no rule and no SQL.

The page and Python speak in messages. A row is named by its place in the frame, and `generation` counts the frames
shown, so that a late question about earlier rows is not answered with later ones. Addresses come while somebody looks,
and may move rows: `order` names what was shown, so that a range is never of rows nobody saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from babel.numbers import format_decimal

from workbench.language import _, language, n_
from workbench.widgets.table_columns import Column
from workbench.widgets.table_rows import TableRows, TableView
from workbench.widgets.view import STATIC, Answer, View

__all__ = ["Column", "RecipientTable"]

_NOBODY = pd.DataFrame({"subject_key": pd.Series([], dtype=str)})


class RecipientTable(View):
    """Recipients as a table a person ticks, searches, sorts and corrects.

    The rows stay in Python: a page asks for those it shows, and nothing of them is in a trait or a saved notebook.
    Ticks belong to rows, not to places: they stay through every search, filter and order.
    """

    _esm = STATIC / "recipient_table.js"
    _css = STATIC / "recipient_table.css"

    def __init__(self) -> None:
        super().__init__()
        self._rows = TableRows(_NOBODY, (), "subject_key")
        self._unit: Callable[[int], str] = _rows_unit
        self._note = ""
        self._view = TableView()
        self._generation = 0
        self._telling = Lock()
        self._active = -1
        self._ticked: list[Callable[[], None]] = []
        self._activated: list[Callable[[str], None]] = []
        self._correct: Callable[[str, str], None] | None = None
        self._opt_out: Callable[[str, bool], None] | None = None
        self.answers |= {
            "start": self._start,
            "rows": self._serve,
            "prepare": self._prepare,
            "where": self._where,
            "tick": self._tick,
            "active": self._activate,
            "hide": self._hide,
            "correct": self._corrected,
            "opt_out": self._opted_out,
        }

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the view's words by name."""
        return {
            "table": _("Recipients"),
            "search": _("Search in the rows"),
            "search_example": _("name, file, telephone…"),
            "compare_number": "> 100",
            "compare_date": _("> 2026-12-31"),
            "compare_time": "> 9:30",
            "ticked": _("Ticked"),
            "tick": _("Tick {who}"),
            "tick_shown": _("Tick the rows shown"),
            "selection": _("Selection:"),
            "none": _("None"),
            "all": _("All"),
            "none_title": _("Untick every row, also those outside the filter"),
            "columns": _("Columns"),
            "clear": _("Clear the search and the filters"),
            "address": _("E-mail"),
            "actions": _("Opt-out"),
            "complete": _("{problem} · complete"),
            "correct": _("{problem} · correct"),
            "address_of": _("E-mail address of {who}"),
            "edit": _("Correct the address (F2)"),
            "opted_out": _("opt-out"),
            "opt_out": _("Opt out"),
            "moved": _("The list has moved meanwhile: nothing was done. Look at it, and do it again."),
            "opt_out_of": _("{who} wants no more messages: record the opt-out"),
            "opt_in": _("Undo"),
            "opt_in_of": _("Undo the opt-out of {who}"),
            "only_problems": _("Show only these rows"),
            "saving": _("Saving…"),
            "empty": _("There is nobody here yet: start a search."),
            "nothing_found": _("No row answers this search and these filters."),
            "silent": _("The kernel does not answer: run the cell again"),
        }

    # --- what Python tells and asks --------------------------------------------------------------------

    def show(
        self,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        *,
        key: str = "subject_key",
        unit: Callable[[int], str],
        note: str = "",
        keep: bool = False,
    ) -> None:
        """Show new rows, everyone ticked.

        Parameters
        ----------
        frame
            One row a recipient.
        columns
            What is shown of it, in this order. A telephone number can be hidden and still be searched.
        key
            The column that names a row.
        unit
            How a number of rows reads: ``47`` gives « 47 rendez-vous ».
        note
            What stands at the end of the line of numbers, such as when the rows' data came.
        keep
            Keep what is searched, filtered and sorted, the active row, and the ticks of the rows that were there.
        """
        kept = keep and key == self._rows.key
        active = self.active
        self._rows = TableRows(frame, columns, key, earlier=self._rows if kept else None)
        self._unit = unit
        self._note = note
        self._view = self._view if kept else TableView(hidden=tuple(each.name for each in columns if each.hidden))
        self._active = self._rows.place(active) if kept else -1
        self._generation += 1
        self.send({"kind": "shown"})

    def address(self, who: pd.DataFrame) -> None:
        """Tell where rows are written to; rows that are not in it keep what is known of them.

        Parameters
        ----------
        who
            Indexed by key: ``address``, ``receiver`` (« → Mme Lefèvre »), ``problem`` (what is to be corrected, in a
            word or two), ``hint`` (a doubt), and, if it can, ``excluded`` (why somebody stays out, in a word) and
            ``detail`` (the whole sentence); all texts that may be empty. ``opted_out`` is a truth.
        """
        # A long list is addressed beside the kernel, while a correction comes from a person.
        with self._telling:
            self._rows.address(who)
        self.send({"kind": "addressed", "generation": self._generation, **self._counted()})

    @property
    def ticked(self) -> list[str]:
        """The keys of the ticked rows, in the order of the frame."""
        return self._rows.ticked_keys

    @property
    def active(self) -> str:
        """The key of the row a person is looking at, or nothing."""
        return str(self._rows.keys[self._active]) if self._active >= 0 else ""

    @active.setter
    def active(self, key: str) -> None:
        self._active = self._rows.place(key)
        self.send({"kind": "active", "row": self._active})

    @property
    def counts(self) -> dict[str, int]:
        """The numbers in sight.

        ``rows``, ``filtered``, ``ticked``, ``ticked_outside_filter``; among the ticked: ``unusable`` (a problem),
        ``excluded``, ``unknown`` (not addressed yet); and ``addresses``, distinct and usable.
        """
        return self._rows.counts(self._view)

    def on_ticks(self, callback: Callable[[], None]) -> None:
        """Call when a person has ticked or unticked rows."""
        self._ticked.append(callback)

    def on_active(self, callback: Callable[[str], None]) -> None:
        """Call with the key of the row a person turns to."""
        self._activated.append(callback)

    def on_correct(self, callback: Callable[[str, str], None]) -> None:
        """Call with a key and the address a person has typed for it.

        The callback corrects, and tells what is true afterwards with ``address``. The sentence of a
        ``WorkbenchError`` is shown beside what was typed.
        """
        self._correct = callback

    def on_opt_out(self, callback: Callable[[str, bool], None]) -> None:
        """Call with a key and whether its opt-out is recorded or undone; as ``on_correct``."""
        self._opt_out = callback

    # --- what a page asks ------------------------------------------------------------------------------

    def _start(self, _message: Mapping[str, Any]) -> Answer:
        rows = self._rows
        told = {
            "generation": self._generation,
            "columns": [
                {"name": each.name, "label": each.label, "kind": each.kind, "width": each.width}
                for each in rows.columns
            ],
            "receiver": rows.receiver_column,
            "rows": len(rows),
            "asked": self._view.written(),
            "active": self._active,
            "can_correct": self._correct is not None,
            "can_opt_out": self._opt_out is not None,
            **self._counted(),
        }
        return told, [rows.ticks()]

    def _serve(self, message: Mapping[str, Any]) -> Answer:
        if message["generation"] != self._generation:
            return {"late": True}
        view = TableView.read(message["asked"])
        self._view = view
        with self._telling:
            rows = self._rows.sort(view)
            page = self._rows.page(rows[int(message["start"]) : int(message["end"])])
            return {"total": len(rows), "order": self._rows.order_name(view), **self._counted()}, [page]

    def _prepare(self, _message: Mapping[str, Any]) -> Answer:
        self._rows.prepare_search()
        return None

    def _where(self, message: Mapping[str, Any]) -> Answer:
        found = np.flatnonzero(self._rows.sort(TableView.read(message["asked"])) == int(message["row"]))
        return {"place": int(found[0]) if len(found) else -1}

    def _tick(self, message: Mapping[str, Any]) -> Answer:
        """Tick rows: one (``row``), those from one to another in a view (``from``, ``to``), all it shows, or all."""
        if message["generation"] != self._generation:
            return {"late": True}
        rows: npt.NDArray[np.intp] | slice | None
        if "row" in message:
            rows = np.array([int(message["row"])])
        elif "asked" in message:
            rows = self._shown(message)
        else:
            rows = slice(None)
        if rows is None:
            return {"late": True}
        self._rows.ticked[rows] = bool(message["on"])
        # Every view has the same ticks: a bit a row, 12 kB for 100,000.
        told = {"kind": "ticks", "generation": self._generation, "view": message.get("view")}
        self.send({**told, **self._counted()}, [self._rows.ticks()])
        for callback in self._ticked:
            callback()
        return None

    def _shown(self, message: Mapping[str, Any]) -> npt.NDArray[np.intp] | None:
        """Return the rows that a person saw in a view, or from one of them to another; nothing if it has moved."""
        view = TableView.read(message["asked"])
        with self._telling:
            rows = self._rows.sort(view)
            if message.get("order") != self._rows.order_name(view):
                return None
        if "from" not in message:
            return rows
        ends = np.flatnonzero(np.isin(rows, [int(message["from"]), int(message["to"])]))
        if len(ends) != len({int(message["from"]), int(message["to"])}):
            return None
        return rows[ends[0] : ends[-1] + 1]

    def _activate(self, message: Mapping[str, Any]) -> Answer:
        if message["generation"] != self._generation:
            return {"late": True}
        self._active = int(message["row"])
        self.send({"kind": "active", "row": self._active})
        for callback in self._activated:
            callback(self.active)
        return None

    def _hide(self, message: Mapping[str, Any]) -> Answer:
        self._view = TableView.read(message["asked"])
        return None

    def _corrected(self, message: Mapping[str, Any]) -> Answer:
        if message["generation"] != self._generation or self._correct is None:
            return {"late": True}
        self._correct(str(self._rows.keys[int(message["row"])]), str(message["address"]).strip())
        return None

    def _opted_out(self, message: Mapping[str, Any]) -> Answer:
        if message["generation"] != self._generation or self._opt_out is None:
            return {"late": True}
        self._opt_out(str(self._rows.keys[int(message["row"])]), bool(message["on"]))
        return None

    # --- the line of numbers ---------------------------------------------------------------------------

    def _counted(self) -> dict[str, Any]:
        counts = self.counts
        return {"counts": counts, "line": [{"part": part, "text": text} for part, text in self._line(counts)]}

    def _line(self, counts: Mapping[str, int]) -> list[tuple[str, str]]:
        shown, ticked, outside = counts["filtered"], counts["ticked"], counts["ticked_outside_filter"]
        line = [("rows", self._unit(counts["rows"]))]
        if shown != counts["rows"]:
            line.append(("shown", n_("{count} shown", "{count} shown", shown).format(count=_figure(shown))))
        if outside:
            sentence = n_(
                "{count} ticked, {outside} of them outside the filter",
                "{count} ticked, {outside} of them outside the filter",
                ticked,
            )
            line.append(("ticked", sentence.format(count=_figure(ticked), outside=_figure(outside))))
        else:
            line.append(("ticked", n_("{count} ticked", "{count} ticked", ticked).format(count=_figure(ticked))))
        if unusable := counts["unusable"]:
            sentence = n_("{count} without a usable address", "{count} without a usable address", unusable)
            line.append(("problems", sentence.format(count=_figure(unusable))))
        if excluded := counts["excluded"]:
            sentence = n_("{count} left out", "{count} left out", excluded)
            line.append(("excluded", sentence.format(count=_figure(excluded))))
        if unknown := counts["unknown"]:
            sentence = n_("{count} address being checked…", "{count} addresses being checked…", unknown)
            line.append(("addresses", sentence.format(count=_figure(unknown))))
        else:
            addresses = counts["addresses"]
            sentence = n_("{count} address", "{count} addresses", addresses)
            line.append(("addresses", sentence.format(count=_figure(addresses))))
        if self._note:
            line.append(("note", self._note))
        return line


def _rows_unit(count: int) -> str:
    return n_("{count} row", "{count} rows", count).format(count=_figure(count))


def _figure(number: int) -> str:
    return str(format_decimal(number, locale=language()))
