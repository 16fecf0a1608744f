"""The way through a mailing: the bar of its steps at the top, and at the foot the way back and the main action."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import traitlets as t

from workbench.language import _
from workbench.widgets.view import STATIC, View

Gesture = Callable[[str, Mapping[str, Any]], None]

_FRESH = 10.0
"""Seconds within which a page that is made only now still turns to the step that was gone to."""


class PublipostageSteps(View):
    """The bar of the steps (``part="bar"``), or the foot with what can be done now (``part="foot"``).

    What is shown is told by `show` as plain values, and reaches the page in messages alone; see the head of
    ``publipostage_steps.ts`` for what they are.
    """

    _esm = STATIC / "publipostage_steps.js"
    _css = STATIC / "publipostage_steps.css"

    part = t.Unicode("bar").tag(sync=True)

    def __init__(self, part: Literal["bar", "foot"]) -> None:
        super().__init__(part=part)
        self._state: dict[str, Any] = {}
        self._gestures: list[Gesture] = []
        self._first: Callable[[], None] | None = None
        self._turned: float | None = None  # when the focus was last given to the step
        self.answers["open"] = self._opened
        self.answers["do"] = self._done

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of both parts."""
        return {
            "steps": _("Steps of the mailing"),
            "foot": _("What to do now"),
            "done": _("done"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            "copy": _("Copy"),
            "copied": _("Copied"),
        }

    def on_gesture(self, callback: Gesture) -> None:
        """Call back with the name of what somebody wants (``go``, ``main``, …) and what belongs to it."""
        self._gestures.append(callback)

    def on_first(self, callback: Callable[[], None]) -> None:
        """Call back once, when a page shows it for the first time."""
        self._first = callback

    def show(self, state: Mapping[str, Any], *, focus: bool = False) -> None:
        """Show a state; with `focus`, the page in front of which somebody sits turns to the step's heading."""
        if state == self._state and not focus:
            return
        self._state = dict(state)
        if focus:
            self._turned = time.monotonic()
        self.send({"kind": "state", **self._state, "focus": focus})

    def _opened(self, _message: Mapping[str, Any]) -> dict[str, Any]:
        if self._first is not None:
            first, self._first = self._first, None
            first()
        fresh = self._turned is not None and time.monotonic() - self._turned < _FRESH
        return {**self._state, "focus": fresh}

    def _done(self, message: Mapping[str, Any]) -> None:
        for callback in self._gestures:
            callback(str(message["name"]), message)
