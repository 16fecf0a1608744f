"""Reading a mailing before it leaves: everyone in a list, and the very message of whoever is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import traitlets as t

from workbench.displays.showing import ShownMessage
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _, n_
from workbench.widgets.folding import folded
from workbench.widgets.reading import file_content, message_content, reading_labels, source_content
from workbench.widgets.view import STATIC, Answer, View

STATES = ("ready", "to_read", "to_correct", "excluded", "sent")
"""Where a recipient stands: it leaves; so it does, but somebody should read it; it does not, twice; it has left."""

_LISTED = ("name", "state", "note")
_WHOLE = (*_LISTED, "detail", "key", "mend", "address")

LARGEST_WINDOW = 400
"""Rows of one answer: what a person can see, many times over."""


class MessagePreview(View):
    """Everyone of a mailing at left, the message of one at right, exactly as it will arrive.

    Rows and messages go to the page in answers to its questions and are saved nowhere; only what is looked at is
    rendered. A message that cannot be made shows its sentence and holds nothing else up.

    Attributes
    ----------
    position
        The recipient looked at, counted from 0 in the mailing's order; -1 when there is none.
    """

    _esm = STATIC / "message_preview.js"
    _css = STATIC / "message_preview.css"

    position = t.Int(-1).tag(sync=True)
    version = t.Int(0).tag(sync=True)
    waiting = t.Bool(False).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        nobody = _Rows(pd.DataFrame(columns=["name", "state", "note", "detail"]))
        self._list = _Shown(version=0, rows=nobody, shown_of=_nobody, total=0)
        self._last: tuple[_Shown, int, ShownMessage] | None = None
        self._correct: Callable[[str, str], None] | None = None
        self._complete: Callable[[str], None] | None = None
        self._acts: list[dict[str, str]] = []
        self._act: Callable[[str, Mapping[str, Any]], None] | None = None
        self.answers.update(
            rows=self._answer_rows,
            message=self._answer_message,
            source=self._answer_source,
            file=self._answer_file,
            correct=self._corrected,
            complete=self._completed,
            acts=lambda _asked: {"acts": self._acts},
            act=self._acted,
        )

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the list and of the message."""
        return reading_labels() | {
            "title": _("The message as it will arrive"),
            "list": _("Recipients"),
            "acts": _("What to do with the list"),
            "search": _("Search a name"),
            "filter": _("Which recipients are listed"),
            "all": _("All"),
            "ready": _("ready"),
            "to_read": _("to read"),
            "to_correct": _("to correct"),
            "excluded": _("excluded"),
            "sent": _("sent already"),
            "only_to_correct": _("To correct"),
            "only_to_read": _("To read"),
            "only_sent": _("Sent already"),
            "only_excluded": _("Excluded"),
            "previous": _("Previous message"),
            "next": _("Next message"),
            "place": _("{place} / {total}"),
            "announced": _("message {place} of {total}, {name}, {state}"),
            "empty": _("There is nobody in this list yet: choose a search that finds someone."),
            "waiting": _("The messages are being worked out…"),
            "none_found": _("Nobody is found here. Change what you search, or show all."),
            "stays": _("This message will not leave."),
            "address_of": _("E-mail address of {who}"),
            "correct": _("Correct"),
            "complete": _("Complete the file"),
            "saving": _("Saving…"),
        }

    # --- what the desk says --------------------------------------------------------------------------

    def show(self, rows: pd.DataFrame, shown_of: Callable[[int], ShownMessage], *, total: int | None = None) -> None:
        """Show a mailing's recipients.

        Parameters
        ----------
        rows
            One row a recipient, in the mailing's order: ``name``, ``state`` (one of `STATES`), ``note`` (a word or two:
            « address ») and ``detail`` (whole sentences, one a line); if it can, ``sent`` (whether who is excluded has
            the message), ``key``, which names the row, ``mend``
            (what sets it right: an ``address`` to be typed here, the patient's ``file``, or nothing) and ``address``
            (the one to begin with).
        shown_of
            Gives the message of a recipient by its position; asked only for those looked at.
        total
            How many recipients the mailing has, where `rows` holds only some of them.
        """
        # All of a list at once: the page may ask for a message while another thread tells of the next list.
        self._list = _Shown(
            version=self.version + 1,
            rows=_Rows(rows),
            shown_of=shown_of,
            total=len(rows) if total is None else total,
        )
        self._last = None
        with self.hold_trait_notifications():
            self.waiting = False
            self.version = self._list.version
            self.position = min(max(self.position, 0), len(rows) - 1)

    def wait(self) -> None:
        """Show nobody's message until the next `show`: the list is another one, or says something else."""
        self.waiting = True

    def go_to(self, position: int) -> None:
        """Show the message of a recipient, by its position in the mailing's order."""
        if 0 <= position < len(self._rows):
            self.position = position

    def on_position(self, callback: Callable[[int], None]) -> None:
        """Call `callback` with the position of the recipient looked at, whenever it changes."""
        self.observe(lambda change: callback(int(change["new"])), names="position")

    def on_correct(self, callback: Callable[[str, str], None]) -> None:
        """Call with the key of a row and the address that a person has typed for it.

        The callback corrects, and shows what is true afterwards; the sentence of a ``WorkbenchError`` is shown beside
        what was typed.
        """
        self._correct = callback

    def on_complete(self, callback: Callable[[str], None]) -> None:
        """Call with the key of a row whose patient's file a person wants to complete."""
        self._complete = callback

    def holds(self, key: str) -> bool:
        """Whether the row of this key is in the list."""
        return key != "" and self._rows.holds(key)

    def offer(self, acts: Sequence[Mapping[str, str]]) -> None:
        """Offer what can be done with the list at its head: buttons by ``name``, ``label`` and ``title``."""
        offered = [dict(act) for act in acts]
        if offered != self._acts:
            self._acts = offered
            self.send({"kind": "acts", "acts": offered})

    def on_act(self, callback: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Call with the name of what a person wants done, and the ``key`` of the row whose message is in sight."""
        self._act = callback

    # --- what the page asks --------------------------------------------------------------------------

    @property
    def _rows(self) -> _Rows:
        return self._list.rows

    def _answer_rows(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        now = self._list
        places = now.rows.places(str(asked.get("filter", "")), str(asked.get("search", "")))
        start = min(max(int(asked.get("start", 0)), 0), len(places))
        end = min(int(asked.get("end", 0)), start + LARGEST_WINDOW)
        answer = {
            "version": now.version,
            "start": start,
            "rows": [now.rows.row(int(position)) for position in places[start:end]],
            "count": len(places),
            "total": now.total,
            "counts": now.rows.counts,
            "summary": _summary(now.rows.counts),
        }
        if "around" in asked:
            answer["place"] = now.rows.place_of(int(asked["around"]), places)
        return answer

    def _answer_message(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        now, position = self._list, int(asked["position"])
        if not 0 <= position < len(now.rows):
            return {"version": now.version}
        answer: dict[str, Any] = {"version": now.version, "row": now.rows.row(position, whole=True)}
        try:
            return answer | {"message": message_content(self._shown(position, now))}
        except WorkbenchError as error:
            return answer | {"broken": error.sentence}

    def _answer_source(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return source_content(self._shown(int(asked["position"]), self._of(asked)))

    def _answer_file(self, asked: Mapping[str, Any]) -> Answer:
        return file_content(self._shown(int(asked["position"]), self._of(asked)), int(asked["place"]))

    def _acted(self, asked: Mapping[str, Any]) -> None:
        if self._act is not None:
            self._act(str(asked["name"]), asked)

    def _corrected(self, asked: Mapping[str, Any]) -> None:
        if self._correct is not None:
            self._correct(self._key_of(asked), str(asked["address"]).strip())

    def _completed(self, asked: Mapping[str, Any]) -> None:
        if self._complete is not None:
            self._complete(self._key_of(asked))

    def _key_of(self, asked: Mapping[str, Any]) -> str:
        """Return the row that a gesture is about, where it is of this list still: never another one in its place."""
        key = str(asked["key"])
        if not self.holds(key):
            raise UsageError(_("The list has changed since: search again to read it."))
        return key

    def _of(self, asked: Mapping[str, Any]) -> _Shown:
        """Return the list that the page has in sight, where it is the one shown still."""
        now = self._list
        if int(asked.get("version", now.version)) != now.version:
            raise UsageError(_("The list has changed since: search again to read it."))
        return now

    def _shown(self, position: int, now: _Shown | None = None) -> ShownMessage:
        """Return a message, the last one without making it again: its source is asked for after it."""
        now = now or self._list
        last = self._last
        if last is None or last[0] is not now or last[1] != position:
            last = self._last = (now, position, now.shown_of(position))
        return last[2]


@dataclass(frozen=True, slots=True)
class _Shown:
    """One list: who is in it, and what gives the message of each; a position means nothing without it."""

    version: int
    rows: _Rows
    shown_of: Callable[[int], ShownMessage]
    total: int


class _Rows:
    """The recipients as the list asks for them: filtered, searched, a window at a time."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._columns = {
            name: rows[name].fillna("").astype(str).tolist() if name in rows else [""] * len(rows) for name in _WHOLE
        }
        if "sent" in rows:  # who has the message is excluded as any other is, and told apart
            self._columns["state"] = [
                "sent" if state == "excluded" and sent else state
                for state, sent in zip(self._columns["state"], rows["sent"].to_numpy(dtype=bool), strict=True)
            ]
        self._states = np.array(self._columns["state"], dtype=object)
        self._folded: list[str] | None = None
        self._asked = ("", "")
        self._places = np.arange(len(rows))
        self.counts = {"all": len(rows)} | {state: int((self._states == state).sum()) for state in STATES}

    def __len__(self) -> int:
        return self.counts["all"]

    def row(self, position: int, *, whole: bool = False) -> dict[str, Any]:
        """Return a row as the page takes it, `whole` with the findings' sentences and what sets them right."""
        names = _WHOLE if whole else _LISTED
        return {"position": position} | {name: self._columns[name][position] for name in names}

    def holds(self, key: str) -> bool:
        """Whether a row is in the list."""
        return key in self._columns["key"]

    def places(self, state: str, search: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the positions of the rows that are listed, in order."""
        words = folded([search])[0]
        if (state, words) != self._asked:
            listed = self._states == state if state else np.ones(len(self), dtype=bool)
            if words:
                if self._folded is None:
                    self._folded = folded(self._columns["name"])
                wanted = words.split()
                listed = listed & np.fromiter(
                    (all(word in name for word in wanted) for name in self._folded), dtype=bool, count=len(self)
                )
            self._places = np.flatnonzero(listed)
            self._asked = (state, words)
        return self._places

    @staticmethod
    def place_of(position: int, places: np.ndarray[Any, np.dtype[np.int64]]) -> int:
        """Return where a recipient stands among those listed, or -1."""
        place = int(np.searchsorted(places, position))
        return place if place < len(places) and places[place] == position else -1


def _summary(counts: Mapping[str, int]) -> list[dict[str, str]]:
    """Return the whole list in numbers that add up; whoever is to read leaves too, and who has it is told apart."""
    leaving, sent = counts["ready"] + counts["to_read"], counts["sent"]
    correct, excluded = counts["to_correct"], counts["excluded"]
    told = [("ready", leaving, n_("{count} ready", "{count} ready", leaving))]
    if sent:
        told.append(("sent", sent, n_("{count} sent already", "{count} sent already", sent)))
    if correct:
        told.append(("to_correct", correct, n_("{count} to correct", "{count} to correct", correct)))
    if excluded:
        told.append(("excluded", excluded, n_("{count} excluded", "{count} excluded", excluded)))
    return [{"state": state, "text": text.format(count=count)} for state, count, text in told]


def _nobody(_position: int) -> ShownMessage:
    raise WorkbenchError(_("There is no message to show yet."))
