"""Where an executed notebook failed: told at its top and marked before the cell, with papermill's own tag."""

from __future__ import annotations

from html import escape
from typing import Any

from workbench.language import _

TAG = "papermill-error-cell-tag"
"""papermill takes the cells with it out before it runs a notebook again, and so do we."""

_ANCHOR = "papermill-error-cell"
_STYLE = "color:#b3261e; font-size:1.4em;"


def is_peaceful_exit(name: object, value: object) -> bool:
    """Tell whether an error is no failure: the notebook itself said that it has done enough (``sys.exit()``)."""
    return str(name) == "SystemExit" and str(value) in ("", "0")


def failed_cell(notebook: Any) -> tuple[int, str, str] | None:
    """Return the last cell in which an error stands: its place, the error's class and its text; nothing without one."""
    found = None
    for place, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and not is_peaceful_exit(output.ename, output.evalue):
                found = (place, str(output.ename), str(output.evalue))
                break
    return found


def mark_error(notebook: Any) -> None:
    """Mark the cell that failed, and say so at the top of the notebook; nothing where none failed."""
    from nbformat.v4 import new_markdown_cell

    found = failed_cell(notebook)
    if found is None:
        return
    place = found[0]
    link = f'<a href="#{_ANCHOR}">In [{notebook.cells[place].execution_count}]</a>'
    top = escape(_("This run failed at the cell {cell}.")).format(cell=link)
    here = escape(_("The run failed here:"))
    for where, text in (
        (place, f'<span id="{_ANCHOR}" style="{_STYLE}">{here}</span>'),
        (0, f'<span style="{_STYLE}">{top}</span>'),
    ):
        notebook.cells.insert(where, new_markdown_cell(text, metadata={"tags": [TAG]}))


def unmark(notebook: Any) -> None:
    """Take the marks of an earlier execution out."""
    notebook.cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", ())]
