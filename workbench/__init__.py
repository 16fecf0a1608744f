"""The Publipostage Workbench: filter patients, merge an email type, read every message, send once, know the truth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.domain.conditions import where
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from typing import Any

    from workbench.practice import Practice

__all__ = ["WorkbenchError", "demo", "init", "open", "where"]
__version__ = "0.1.0"


def open(path: str | os.PathLike[str] | None = None, *, user: str | None = None) -> Practice:  # noqa: A001 - wb.open()
    """Open a practice's workspace; from then on, every frame knows it (``frame.workbench``).

    Parameters
    ----------
    path
        Its folder; by default ``WORKBENCH_WORKSPACE``, else the nearest parent folder that holds ``workbench.toml``.
    user
        Who acts; ``WORKBENCH_USER`` or the system's account by default. A name, not a lock.

    Returns
    -------
    Practice
        To be closed, or used in a ``with``.

    Raises
    ------
    WorkspaceError
        When there is no workspace, or one of its databases cannot be opened.

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
    """Make a workspace at `path` and open it; with `demo` it is filled with the sample practice.

    `user` is who acts, as for `open`.

    Raises
    ------
    WorkspaceError
        When the folder already holds a workspace, or something that is not ours; nothing was changed.

    Examples
    --------
    >>> import workbench as wb
    >>> with wb.init("cabinet") as practice:
    ...     len(practice.tables.patients())
    0
    """
    from workbench.wiring import at_hand, init_workspace, open_practice

    return at_hand(open_practice(init_workspace(path, demo=demo, user=user), user=user))


def demo(path: str | os.PathLike[str] | None = None, *, user: str | None = None) -> Practice:
    """Open the sample practice at `path` (a temporary folder by default), making it first when it is not there.

    Its patients are invented, and its messages go to a built-in mail catcher. `user` is who acts, as for `open`.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.demo()
    <Practice Cabinet des Tilleuls>
    """
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
