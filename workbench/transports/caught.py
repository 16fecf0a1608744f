"""Read the letters that the mail catcher kept: the heads of the newest, and a whole one when it is opened."""

from __future__ import annotations

import heapq
import os
import re
import threading
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from workbench.domain.caught import LETTERS, CaughtLetter, header_of
from workbench.errors import UnknownName
from workbench.language import _

NEWEST = 200
"""How many letters are listed; whoever looks for an older one opens the folder."""

_HEAD = 65_536  # bytes in which a letter's headers are looked for
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.eml\Z")
_STAMPED = re.compile(r"(\d{20})-\d{6}\.eml\Z")


class CaughtFolder:
    """The letters in the mail catcher's folder, newest first; a folder that is not there yet holds none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._doing = threading.Lock()
        self._known: dict[str, CaughtLetter] = {}

    def count(self) -> int:
        """Return how many letters there are."""
        return len(self._names())

    def newest(self, limit: int = NEWEST) -> tuple[int, list[CaughtLetter]]:
        """Return how many letters there are and the newest of them, newest first; only heads of new ones are read."""
        names = self._names()
        newest = heapq.nlargest(limit, names)
        with self._doing:
            known = {name: self._known.get(name) or self._read(name) for name in newest}
            self._known = {name: letter for name, letter in known.items() if letter is not None}
            return len(names), list(self._known.values())

    def content(self, key: str) -> bytes:
        """Return a whole letter.

        Raises
        ------
        UnknownName
            When the folder holds no letter of this name.
        """
        try:
            if _NAME.match(key):
                return (self._folder / key).read_bytes()
        except OSError:
            pass
        raise UnknownName(_("This letter is no longer in the test mailbox."))

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._folder) as entries:
                return [entry.name for entry in entries if _NAME.match(entry.name)]
        except FileNotFoundError:
            return []

    def _read(self, name: str) -> CaughtLetter | None:
        try:
            with (self._folder / name).open("rb") as file:
                head = file.read(_HEAD)
                about = os.fstat(file.fileno())
        except OSError:  # taken away since
            return None
        message = BytesHeaderParser(policy=LETTERS).parsebytes(head.partition(b"\r\n\r\n")[0])
        stamp = _STAMPED.match(name)
        seconds = int(stamp[1]) / 1e9 if stamp else about.st_mtime
        return CaughtLetter(
            key=name,
            at=datetime.fromtimestamp(seconds, UTC),
            sender=header_of(message, "From"),
            recipient=header_of(message, "To"),
            subject=header_of(message, "Subject"),
            size=about.st_size,
        )
