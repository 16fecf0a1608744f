"""Where notebooks, executed copies and reports are written: folders and files that only their owner can read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from workbench.errors import NotebookRefused
from workbench.language import _


def made_folder(folder: Path) -> Path:
    """Make `folder` and what is missing above it (0700); one that is there stays as it is."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    return folder


def refuse_unwritable(file: Path) -> None:
    """Refuse a file that could not be written, before anything is sent and not after.

    Raises
    ------
    NotebookRefused
        When its folder cannot be made or written.
    """
    try:
        folder = made_folder(file.parent)
    except OSError as error:
        raise NotebookRefused(
            _("« {file} » cannot be written ({problem}); nothing was executed.").format(
                file=file, problem=error.strerror
            )
        ) from error
    if file.is_dir() or not os.access(file if file.exists() else folder, os.W_OK):
        raise NotebookRefused(
            _("« {file} » cannot be written ({problem}); nothing was executed.").format(
                file=file, problem=_("it is a folder, or the rights are missing")
            )
        )
