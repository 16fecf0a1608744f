"""Where the notebook stands in which we are, when the tool that executes it works elsewhere and does not say."""

from __future__ import annotations

import os
from pathlib import Path

_STAGING = "scheduler_staging_area"
"""The folder in which jupyter-scheduler executes a copy of the notebook, far from its workspace."""


def notebook_of_tool() -> Path | None:
    """Return a file beside which the workspace is looked for: papermill's notebook, or one where a scheduler began."""
    return papermill_notebook() or scheduled_notebook()


def papermill_notebook() -> Path | None:
    """Return the notebook that papermill executes in this very process, or nothing elsewhere.

    Other tools start a notebook in its own folder; of papermill only its command line tells.
    """
    parent = os.environ.get("JPY_PARENT_PID", "")
    if not parent.isdigit():
        return None
    import psutil

    try:
        process = psutil.Process(int(parent))
        words, folder = process.cmdline(), Path(process.cwd())
    except (psutil.Error, OSError):
        return None
    if not any(Path(word).stem == "papermill" for word in words[:3]):
        return None
    named = (folder / word for word in words if word.endswith(".ipynb"))
    return next((file for file in named if file.is_file()), None)


def scheduled_notebook() -> Path | None:
    """Return a file in the folder in which the server works whose scheduler executes us, or nothing elsewhere."""
    parent, here = os.environ.get("JPY_PARENT_PID", ""), Path.cwd()
    if not parent.isdigit() or _STAGING not in here.parts:
        return None
    import psutil

    try:
        return Path(psutil.Process(int(parent)).cwd()) / here.name
    except (psutil.Error, OSError):
        return None
