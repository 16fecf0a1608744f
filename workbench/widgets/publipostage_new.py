"""« Écrire un nouveau message »: an email type begun in the step of the message, and kept once somebody goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.people import Role
from workbench.domain.templates import Template

if TYPE_CHECKING:
    from workbench.practice import Practice


class NewMessages:
    """The email types that were begun while a mailing is prepared."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._begun: set[str] = set()  # their paths
        self._unwritten: set[str] = set()  # of these, in which nothing was written yet

    def __contains__(self, path: object) -> bool:
        return path in self._begun

    def folder(self, rows: pd.DataFrame) -> str:
        """Return the folder in which a new email type for these rows stands, unless somebody says another one."""
        akin = self._practice.templates.akin(rows)
        return akin.folder if akin is not None else ""

    def begin(self, label: str, folder: str, rows: pd.DataFrame) -> Template:
        """Keep a new email type for these rows under a name, empty but for its greeting, and return it."""
        akin = self._practice.templates.akin(rows)
        path = "/".join(part.strip() for part in (folder, label) if part.strip())
        made = self._practice.templates.begin(path, role=akin.role if akin is not None else Role.PATIENT)
        self._begun.add(made.path)
        self._unwritten.add(made.path)
        return made

    def met(self, path: str, *, written: bool) -> None:
        """Take note whether anything stands in a new email type's text that nobody began it with."""
        if written:
            self._unwritten.discard(path)
        elif path in self._begun:
            self._unwritten.add(path)

    def leave(self, path: str) -> bool:
        """Put a new email type away again when nothing was written in it, and tell whether it was put away."""
        if path not in self._unwritten:
            return False
        self._unwritten.discard(path)
        left = self._practice.templates.leave(path)
        if left:
            self._begun.discard(path)
        return left
