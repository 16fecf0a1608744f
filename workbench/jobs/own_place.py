"""Where the notebook stands in which we are: papermill starts it in its caller's folder and does not say."""

from __future__ import annotations

import os
from pathlib import Path


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
