"""Write letters as ``.eml`` files into a folder, each one whole or not at all, readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.messages import Letter
from workbench.errors import SendingStopped
from workbench.language import _
from workbench.ports import Journal, Queue


class EmlFolderTransport:
    """One file a delivery, named by its number: writing it again replaces it, so nothing is there twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, queue: Queue, journal: Journal) -> None:
        """Write every letter, one turn of the journal each.

        Raises
        ------
        SendingStopped
            When the folder cannot be written; the letter at hand stays pending.
        """
        results: list[Outcome] = []
        while not journal.stopping and (letter := queue.take()) is not None:
            journal.turn(results, [letter])
            try:
                self._write(letter)
            except OSError as error:
                back = Outcome(delivery_id=letter.delivery_id, status=DeliveryStatus.PENDING, reason="connection_lost")
                journal.turn([back], [])
                raise SendingStopped(
                    _("The folder {folder} cannot be written ({why}). Nothing is lost: send again once it can.").format(
                        folder=self._folder, why=error.strerror or type(error).__name__
                    )
                ) from error
            results = [Outcome(delivery_id=letter.delivery_id, status=DeliveryStatus.SENT)]
        if results:
            journal.turn(results, [])

    def _write(self, letter: Letter) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self._folder / f"{letter.delivery_id:010d}.eml", letter.content)


def write_durably(path: Path, content: bytes) -> None:
    """Put `content` at `path` at once and for good: a crash leaves the whole file or none (mode 0600)."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")  # 0600 by itself
    half = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name must survive as well as the bytes
        finally:
            os.close(folder)
