"""The recipient table: rows served a page at a time, ticked, searched and corrected; it knows no rule and no SQL.

The page and Python speak in messages. A row is named by its place in the frame, and `generation` counts the frames
shown, so that a late question about earlier rows is not answered with later ones. Addresses come while somebody looks,
and may move rows: `order` names what was shown, so that a range is never of rows nobody saw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock, Thread, Timer
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from babel.numbers import format_decimal

from workbench.errors import WorkbenchError
from workbench.language import _, language, n_
from workbench.widgets.table_columns import Column
from workbench.widgets.table_rows import TableRows, TableView
from workbench.widgets.table_words import table_words
from workbench.widgets.view import STATIC, Answer, View

__all__ = ["Column", "HandedFile", "RecipientTable"]

ReadFile = Callable[[str], Mapping[str, Any]]
WriteFile = Callable[[str, Mapping[str, Mapping[str, str]]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedFile:
    """A file for the person: its name, what it is, and a sentence to say with it."""

    name: str
    type: str
    content: bytes = field(repr=False)
    said: str = ""


_LONG, _AHEAD_SECONDS, _ADDRESSED_SECONDS = 10_000, 0.7, 0.2
"""A list of so many rows is read ahead of the first search: so long after it is shown, and after it is addressed."""

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
        self._rows = TableRows(_NOBODY, (), "subject_key", today=date.min)
        self._unit: Callable[[int], str] = _rows_unit
        self._note = ""
        self._view = TableView()
        self._kind = ""
        self._columns_chosen: dict[str, dict[str, bool]] = {}  # by kind of rows: is a column hidden?
        self._generation = 0
        self._telling = Lock()
        self._ahead: Timer | None = None
        self._active = -1
        self._ticked: list[Callable[[], None]] = []
        self._activated: list[Callable[[str], None]] = []
        self._correct: Callable[[str, str], None] | None = None
        self._opt_out: Callable[[str, bool], None] | None = None
        self._read_file: ReadFile | None = None
        self._write_file: WriteFile | None = None
        self._files_shown: set[str] = set()  # also of rows that are shown no more: what was typed there is not lost
        self._go_to_patient: Callable[[str], None] | None = None
        self._hand: Callable[[str, bool], HandedFile] | None = None
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
            "file": self._show_file,
            "complete": self._completed,
            "patient": self._patient,
            "hand": self._handed,
        }

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the view's words by name."""
        return table_words()

    # --- what Python tells and asks --------------------------------------------------------------------

    def show(
        self,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        *,
        key: str = "subject_key",
        unit: Callable[[int], str],
        note: str = "",
        kind: str = "",
        keep: bool = False,
        today: date | None = None,
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
        kind
            What sort of rows these are: columns a person shows or hides are so again for the next rows of this kind.
        keep
            Keep what is searched, filtered and sorted, the active row, and the ticks of the rows that were there.
        today
            The day that how long ago something was is counted from; this computer's without it.
        """
        kept = keep and key == self._rows.key
        active = self.active
        today = today or pd.Timestamp.now().date()
        self._rows = TableRows(frame, columns, key, today=today, earlier=self._rows if kept else None)
        self._unit = unit
        self._note = note
        self._kind = kind
        chosen = self._columns_chosen.get(kind, {})
        hidden = tuple(each.name for each in columns if chosen.get(each.name, each.hidden))
        self._view = self._view if kept else TableView(hidden=hidden)
        self._active = self._rows.place(active) if kept else -1
        self._generation += 1
        self.send({"kind": "shown"})
        self._read_ahead()

    def address(self, who: pd.DataFrame) -> None:
        """Tell where rows are written to; rows that are not in it keep what is known of them.

        Parameters
        ----------
        who
            Indexed by key: ``address``, ``receiver`` (« → Mme Lefèvre »), ``problem`` (what is to be corrected, in a
            word or two), ``hint`` (a doubt), and, if it can, ``suggestion`` (the address that was meant, with a hint),
            ``excluded`` (why somebody stays out, in a word), ``detail`` (the whole sentence) and ``phone`` (the number
            of who answers for a child); all texts that may be empty. ``opted_out`` is a truth, and so are, if it can,
            ``by_file`` (what is wrong is put right in the patient's file, not by an address) and ``nowhere`` (no
            address can be kept for the row).
        """
        # A long list is addressed beside the kernel, while a correction comes from a person.
        with self._telling:
            self._rows.address(who)
        self.send({"kind": "addressed", "generation": self._generation, **self._counted()})
        self._read_ahead(_ADDRESSED_SECONDS)

    @property
    def ticked(self) -> list[str]:
        """The keys of the ticked rows, in the order of the frame."""
        return self._rows.ticked_keys

    def tick(self, keys: Collection[str], on: bool) -> None:
        """Tick or untick the rows of these keys, without calling anybody back."""
        named = np.isin(np.asarray(self._rows.keys, dtype=object).astype(str), [*map(str, keys)])
        self._rows.ticked[named] = on
        self.send({"kind": "ticks", "generation": self._generation, **self._counted()}, [self._rows.ticks()])

    @property
    def any_ticked(self) -> bool:
        """Whether a row is ticked at all."""
        return bool(self._rows.ticked.any())

    @property
    def active(self) -> str:
        """The key of the row a person is looking at, or nothing."""
        return str(self._rows.keys[self._active]) if self._active >= 0 else ""

    @active.setter
    def active(self, key: str) -> None:
        self._active = self._rows.place(key)
        self.send({"kind": "active", "row": self._active})

    def open_file(self, key: str) -> None:
        """Open the file of a row's patient under the table, as a person does with F2."""
        self.active = key
        if self._active >= 0:
            self.send({"kind": "open", "generation": self._generation, "row": self._active})

    @property
    def counts(self) -> dict[str, int]:
        """The numbers in sight.

        ``rows``, ``filtered``, ``ticked``, ``ticked_outside_filter``; among the ticked: ``patients``, ``unusable`` (a
        problem), ``to_phone`` (of these, those with a number), ``excluded``, ``unknown`` (not addressed yet); and
        ``addresses``, distinct and usable.
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

    def on_file(self, read: ReadFile, write: WriteFile) -> None:
        """Let a person read and complete the file of a row's patient, under the table.

        Parameters
        ----------
        read
            Given a patient's number, returns the file as the page shows it (`table_file.file_shown`).
        write
            Given a patient's number and what was changed: by person's key (``""`` for the patient) the new texts by
            column. It tells what is true afterwards; the sentence of a ``WorkbenchError`` is shown beside the fields.
        """
        self._read_file, self._write_file = read, write

    def on_patient(self, callback: Callable[[str], None]) -> None:
        """Call with a patient's number when a person wants that patient's own page; without it none is offered."""
        self._go_to_patient = callback

    def on_hand(self, callback: Callable[[str, bool], HandedFile]) -> None:
        """Call when a person wants the ticked rows as a file: ``csv``, ``xlsx`` or ``list`` (a PDF), with the remark.

        It is called beside the kernel, and returns the file; the sentence of a ``WorkbenchError`` is shown.
        """
        self._hand = callback

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
            "can_complete": self._read_file is not None and len(self._rows.patient_ids) > 0,
            "can_hand": self._hand is not None,
            "can_go": self._go_to_patient is not None,
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

    def _read_ahead(self, after: float = _AHEAD_SECONDS) -> None:
        """Read a long list while nobody waits, so that the first search and order answer like the next ones."""
        rows = self._rows
        if len(rows) < _LONG:
            return

        def work() -> None:
            if rows is self._rows:
                rows.prepare_search()

        if self._ahead is not None:
            self._ahead.cancel()
        self._ahead = Timer(after, work)
        self._ahead.daemon = True
        self._ahead.start()

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
        if "column" in message:
            self._columns_chosen.setdefault(self._kind, {})[str(message["column"])] = bool(message["hidden"])
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

    def _patient_of(self, message: Mapping[str, Any]) -> str:
        """Return the patient of a row, or nothing when the rows are others, or it is about nobody."""
        if message["generation"] != self._generation or not len(self._rows.patient_ids):
            return ""
        return str(self._rows.patient_ids[int(message["row"])])

    def _show_file(self, message: Mapping[str, Any]) -> Answer:
        patient_id = self._patient_of(message)
        if not patient_id or self._read_file is None:
            return {"late": True}
        self._files_shown.add(patient_id)
        return {"patient_id": patient_id, "file": self._read_file(patient_id)}

    def _completed(self, message: Mapping[str, Any]) -> Answer:
        patient_id = str(message["patient_id"])
        if self._write_file is None or patient_id not in self._files_shown:
            return {"late": True}
        changed = {
            str(key): {str(column): str(text).strip() for column, text in texts.items()}
            for key, texts in message["values"].items()
        }
        self._write_file(patient_id, changed)
        return None

    def _patient(self, message: Mapping[str, Any]) -> Answer:
        patient_id = str(message["patient_id"])
        if self._go_to_patient is not None and patient_id in self._files_shown:
            self._go_to_patient(patient_id)
        return None

    def _handed(self, message: Mapping[str, Any]) -> Answer:
        """Make a file beside the kernel: of many rows it takes its time."""
        make = self._hand
        if make is None:
            return None
        what, remark, view = str(message["what"]), bool(message.get("remark")), message.get("view")

        def work() -> None:
            told: dict[str, Any] = {"kind": "handed", "view": view}
            content: list[bytes] = []
            try:
                file = make(what, remark)
                told |= {"name": file.name, "type": file.type, "said": file.said}
                content = [file.content]
            except WorkbenchError as error:
                told["error"] = error.sentence
            except Exception as error:
                # Only the kind of error is named: its text could hold a patient's data (P12).
                told["error"] = _("Something unforeseen went wrong ({kind}).").format(kind=type(error).__name__)
            self.send(told, content)

        Thread(target=work, name="workbench-file", daemon=True).start()
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
        patients = counts["patients"]
        if patients and patients != ticked:
            sentence = n_("{count} patient", "{count} patients", patients)
            line.append(("patients", sentence.format(count=_figure(patients))))
        if unusable := counts["unusable"]:
            sentence = n_("{count} without a usable address", "{count} without a usable address", unusable)
            line.append(("problems", sentence.format(count=_figure(unusable))))
        if to_phone := counts["to_phone"]:
            sentence = n_("{count} with a telephone number", "{count} with a telephone number", to_phone)
            line.append(("to_phone", sentence.format(count=_figure(to_phone))))
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
