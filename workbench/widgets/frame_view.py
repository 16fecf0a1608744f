"""The rows of a frame of people, for the page alone: asked for as they are looked at, kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.displays.frames import cells_of
from workbench.displays.words import heading
from workbench.language import _, n_
from workbench.widgets.view import STATIC, View

PAGE = 50
"""Rows shown at once."""


class FrameView(View):
    """A read-only table of a frame, a page at a time."""

    _esm = STATIC / "frame_view.js"
    _css = STATIC / "frame_view.css"

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__()
        named = [name for name in frame.index.names if name is not None and name not in frame.columns]
        whole = frame.reset_index() if named else frame
        # What a person reads comes first, the keys last.
        order = sorted(range(whole.shape[1]), key=lambda place: str(whole.columns[place]).endswith(("_id", "_key")))
        self._frame = whole.iloc[:, order]
        self.answers["rows"] = self._rows

    def __repr__(self) -> str:
        return "<FrameView>"

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the table's words by name."""
        return {
            "rows": _("Rows"),
            "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
            "before": _("Previous rows"),
            "after": _("Next rows"),
            "place": _("{first} to {last} of {total}"),
            "kept": _("These rows are not kept in the notebook."),
        }

    def _rows(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        total = len(self._frame)
        start = max(0, min(int(asked.get("start", 0)), max(0, total - 1)))
        page = self._frame.iloc[start : start + PAGE]
        return {
            "headings": [heading(str(name)) for name in page.columns],
            "rows": cells_of(page),
            "start": start,
            "page": PAGE,
            "total": total,
            "count": n_("{count} row", "{count} rows", total).format(count=total),
        }
