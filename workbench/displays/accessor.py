"""``frame.workbench``: a mailing straight from a frame, and the practice that a frame or a notebook means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any
from weakref import ref
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.domain.messages import Message
from workbench.domain.templates import Template
from workbench.errors import UsageError
from workbench.language import _
from workbench.practice import Mailing, Practice

NAME = "workbench"


class Opened:
    """The practices that this program has opened and still holds, the latest last."""

    def __init__(self) -> None:
        self._practices: list[ref[Practice]] = []

    def add(self, practice: Practice) -> None:
        """Make a practice the one that is meant when nothing says otherwise."""
        self._practices = [known for known in self._practices if known() not in (None, practice)] + [ref(practice)]

    def last(self) -> Practice | None:
        """Return the practice opened last, or nothing."""
        return next((practice for known in reversed(self._practices) if (practice := known()) is not None), None)

    def of(self, frame: pd.DataFrame) -> Practice:
        """Return the practice whose search made a frame; for a table of one's own, the practice opened last.

        Raises
        ------
        UsageError
            When no practice is open, or not the one that the frame comes from; and when it holds rows of a search
            that do not say of which one, and several practices were opened.
        """
        workspace = (frame.attrs.get("workbench") or {}).get("workspace")
        practice = self._find(workspace)
        if practice is not None:
            return practice
        if workspace is None:
            raise UsageError(_("No practice is open: write practice = workbench.open() first."))
        raise UsageError(
            _("These rows come from another practice, which is not open: open it, or search again in this one.")
        )

    def zone_of(self, frame: pd.DataFrame) -> tzinfo | None:
        """Return the zone by whose clock a frame's moments are told: its own (``attrs["zone"]``), else a practice's.

        Nothing when no practice is open: then only the computer's own clock is left.
        """
        if frame.attrs.get("zone"):
            return ZoneInfo(frame.attrs["zone"])
        practice = self._find((frame.attrs.get("workbench") or {}).get("workspace")) or self.last()
        return None if practice is None or practice.closed else practice.calendar.zone

    def _find(self, workspace: str | None) -> Practice | None:
        """Return the practice of a workspace's id, opened last; of no id, the one opened last."""
        for known in reversed(self._practices):
            practice = known()
            if practice is not None and workspace in (None, practice.settings.workspace_id):
                return practice
        return None


OPENED = Opened()
"""Those of this program: an accessor of pandas is one for all frames, so what it looks in is one too."""


class FrameAccessor:
    """A mailing straight from a frame: ``frame.workbench.preview(template)``.

    The practice is the one whose search made the frame; for a table of one's own, the one opened last.

    Examples
    --------
    >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    >>> "rendez-vous" in rdv.workbench.preview("Rendez-vous/Rappel de rendez-vous").subject
    True
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def mailing(self, template: Template | str, **options: Any) -> Mailing:
        """Prepare a mailing of the email type `template` to the rows; `options` as for ``practice.mailing``.

        Raises
        ------
        UsageError
            When no practice is open, the rows come from another one, or they name nobody.
        UnknownTemplate
            When no email type has this path.
        """
        return OPENED.of(self._frame).mailing(self._frame, template, **options)

    def preview(self, template: Template | str, number: int = 0, **options: Any) -> Message:
        """Return the message of recipient `number` (from 0) exactly as it would leave.

        `template` and `options` as for `mailing`.

        Raises
        ------
        UsageError
            As for `mailing`, and when there is no such recipient.
        """
        return self.mailing(template, **options).preview(number)

    def check(self, template: Template | str, **options: Any) -> pd.DataFrame:
        """Render every message once and return the findings; `template` and `options` as for `mailing`.

        Returns
        -------
        DataFrame
            Columns ``recipient severity code message``; an ``error`` leaves its recipient out.

        Raises
        ------
        UsageError
            As for `mailing`.
        """
        return self.mailing(template, **options).check()


def introduce(practice: Practice) -> None:
    """Let every frame know a practice that was just opened."""
    OPENED.add(practice)
    if not hasattr(pd.DataFrame, NAME):
        register: Callable[[type], type] = pd.api.extensions.register_dataframe_accessor(NAME)
        register(FrameAccessor)
