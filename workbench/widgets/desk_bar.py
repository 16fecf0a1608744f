"""The bar over the desk: the practice's name, the pages to go to, and a box that finds anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets as t

from workbench.language import _
from workbench.widgets.view import STATIC, View


class DeskBar(View):
    """The pages of the desk, one of them shown.

    Parameters
    ----------
    practice
        The practice's name.
    pages
        The pages in their order, as pairs of a name and what it is called.

    Attributes
    ----------
    current
        The name of the page shown now.
    finds
        Whether anybody can be found from here.
    back
        The page that somebody was led here from, as its name and what it is called; empty where nobody was.
    """

    _esm = STATIC / "desk_bar.js"
    _css = STATIC / "desk_bar.css"

    practice = t.Unicode("").tag(sync=True)
    pages: t.List[list[str]] = t.List().tag(sync=True)
    current = t.Unicode("").tag(sync=True)
    finds = t.Bool(False).tag(sync=True)
    back: t.List[str] = t.List().tag(sync=True)

    def __init__(self, practice: str, pages: Sequence[tuple[str, str]]) -> None:
        super().__init__(practice=practice, pages=[list(page) for page in pages])
        self._callbacks: list[Callable[[str], None]] = []
        self._find: Callable[[str], Sequence[Mapping[str, str]]] | None = None
        self._open: Callable[[str], None] | None = None
        self.answers.update(go=self._go, find=self._found, patient=self._patient)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the bar's words."""
        return {
            "pages": _("Pages"),
            "find": _("Find a patient"),
            "find_hint": _("Find a patient (Ctrl+K)"),
            "found": _("Patients found"),
            "none_found": _("Nobody is found so."),
            "back_to": _("Back to « {page} »"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        }

    def on_go(self, callback: Callable[[str], None]) -> None:
        """Call back with the name of the page that somebody wants to see."""
        self._callbacks.append(callback)

    def find_with(
        self, find: Callable[[str], Sequence[Mapping[str, str]]], open_patient: Callable[[str], None]
    ) -> None:
        """Find patients from the bar (Ctrl+K).

        Parameters
        ----------
        find
            Gives whom words find, as ``patient name about``.
        open_patient
            Shows the one chosen, by the file number.
        """
        self._find, self._open = find, open_patient
        self.finds = True

    def _found(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {"rows": [] if self._find is None else [dict(row) for row in self._find(str(message["words"]))]}

    def _patient(self, message: Mapping[str, Any]) -> None:
        if self._open is not None:
            self._open(str(message["patient"]))

    def _go(self, message: Mapping[str, Any]) -> None:
        name = str(message["page"])
        if name in [known for known, _label in self.pages]:
            for callback in self._callbacks:
                callback(name)
