"""« Joindre » on the patient's page: images of the album and papers of this patient's file, ticked to go along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from babel.dates import format_date

from workbench.errors import UsageError
from workbench.language import _, language, n_
from workbench.practice.enclosing import piece_picture
from workbench.widgets.view import STATIC, Answer, View, by_number

if TYPE_CHECKING:
    from workbench.practice import Practice


class PatientAttaching(View):
    """What of one patient's file goes with the message that is being written.

    Attributes
    ----------
    patient_id
        Whose file is offered; what was chosen of another one is never taken along.
    pieces
        What was chosen, as ``practice.write_to`` takes it.
    """

    _esm = STATIC / "patient_attaching.js"
    _css = STATIC / "patient_attaching.css"

    def __init__(self, practice: Practice) -> None:
        super().__init__(layout={"width": "100%"})
        self._practice = practice
        self._callbacks: list[Callable[[], None]] = []
        self.patient_id = ""
        self.pieces: tuple[str, ...] = ()
        self.answers.update(open=self._open, tick=self._tick, picture=self._picture)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of what goes along."""
        return {
            "title": _("Attach from the file"),
            "list": _("Images and documents of the patient's file"),
            "health": _("health data"),
            "health_note": _(
                "What holds health data leaves on an ordinary address only with a reason, which you are asked for."
            ),
            "nothing": _("There is no image and no document in this patient's file."),
            "loading": _("One moment…"),
            "close": _("Close"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            **by_number("chosen", lambda count: n_("{count} chosen", "{count} chosen", count)),
        }

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change of what goes along."""
        self._callbacks.append(callback)

    def show(self, patient_id: str) -> None:
        """Offer another patient's file; nothing of the one before stays chosen."""
        if patient_id != self.patient_id:
            self.patient_id, self.pieces = patient_id, ()
            self.send({"kind": "patient"})

    def kept(self) -> dict[str, Any]:
        """Return what is chosen as plain values, for a draft about this patient."""
        return {"pieces": list(self.pieces)}

    def take(self, kept: Mapping[str, Any]) -> None:
        """Choose again what `kept` gave, as far as it still is in the file."""
        wanted = [str(piece) for piece in kept.get("pieces", ())]
        there = set(self._practice.pieces(self.patient_id)["piece"]) if wanted and self.patient_id else set()
        self.pieces = tuple(piece for piece in wanted if piece in there)
        self.send({"kind": "patient"})

    # --- what the page does ----------------------------------------------------------------------------------

    def _open(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with what is chosen, and once somebody looks, with all that there is."""
        rows: list[dict[str, Any]] = []
        if asked.get("list") and self.patient_id:
            rows = [self._told(row) for row in self._practice.pieces(self.patient_id).to_dict("records")]
        return {"patient": self.patient_id, "rows": rows, "count": len(self.pieces)}

    def _tick(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        piece = str(asked["piece"])
        self._of_this_patient(asked)
        if asked["on"] and piece not in set(self._practice.pieces(self.patient_id)["piece"]):
            raise UsageError(_("This is not in the patient's file any more: choose again what goes with the message."))
        others = tuple(one for one in self.pieces if one != piece)
        self.pieces = (*others, piece) if asked["on"] else others
        for callback in self._callbacks:
            callback()
        return {"count": len(self.pieces)}

    def _picture(self, asked: Mapping[str, Any]) -> Answer:
        self._of_this_patient(asked)
        return {}, [piece_picture(self._practice, self.patient_id, str(asked["piece"]))]

    def _of_this_patient(self, asked: Mapping[str, Any]) -> None:
        """Refuse what was asked while another patient was shown."""
        if str(asked["patient"]) != self.patient_id:
            raise UsageError(_("Another patient is shown now: nothing was changed."))

    def _told(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        day = "" if pd.isna(row["dated_on"]) else format_date(row["dated_on"], "medium", locale=language())
        return {
            "piece": str(row["piece"]),
            "label": str(row["label"]),
            "day": day,
            "image": row["kind"] == "image",
            "health": bool(row["health"]),
            "on": row["piece"] in self.pieces,
        }
