"""The Publipostage Workbench: filter patients, merge an email type, read every message, send once, know the truth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from typing import Any

    from workbench.practice import Practice

__all__ = ["WorkbenchError", "demo", "init", "open"]
__version__ = "0.1.0"


def open(path: str | os.PathLike[str] | None = None, *, user: str | None = None) -> Practice:  # noqa: A001 - wb.open()
    """Open the workspace at `path`; without it, look where the command line looks.

    Examples
    --------
    >>> import workbench as wb
    >>> with wb.open(wb.demo().path) as practice:
    ...     len(practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")) >= 30
    True
    """
    from workbench.wiring import at_hand, open_practice

    return at_hand(open_practice(path, user=user))


def init(path: str | os.PathLike[str], *, demo: bool = False, user: str | None = None) -> Practice:
    """Make a workspace at `path` (with ``demo=True`` filled with the sample practice) and open it."""
    from workbench.wiring import at_hand, init_workspace, open_practice

    return at_hand(open_practice(init_workspace(path, demo=demo, user=user), user=user))


def demo(path: str | os.PathLike[str] | None = None, *, user: str | None = None) -> Practice:
    """Open the sample practice at `path` (a temporary folder by default), making it first when it is not there."""
    import tempfile
    from pathlib import Path

    from workbench.settings import SETTINGS_FILE

    folder = Path(path) if path is not None else Path(tempfile.mkdtemp(prefix="workbench-")) / "demo"
    if (folder / SETTINGS_FILE).is_file():
        return open(folder, user=user)
    return init(folder, demo=True, user=user)


def load_ipython_extension(shell: Any) -> None:
    """Teach IPython ``%%emailtype`` and ``%publipostage``, as ``%load_ext workbench`` asks; `open` does it too."""
    from workbench.wiring import load_magics

    load_magics(shell)
