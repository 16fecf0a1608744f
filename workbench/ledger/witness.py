"""The witness: a small file outside the workspace that remembers how far its ledger has come (DESIGN 8.11).

It stands in the user's state folder, so that neither a restore nor a copy of the workspace takes it along.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from filelock import FileLock

from workbench.databases import BUSY_SECONDS
from workbench.domain.messages import Letter

REMEMBERED = 16
"""How many sendings are remembered: as many as may be going on at once, and then some."""

ANNOUNCED = 200
"""How many deliveries of a sending's last turn are remembered."""

PATIENCE = BUSY_SECONDS + 5.0
"""Seconds that another process is waited for: it may be waiting for its turn to write in the ledger meanwhile."""

NOTED_EVERY = 1.0
"""Seconds between two notes about a sender at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A sending that began: its sender's lock is a random name, so another ledger has none like it.

    `ended` is the ledger's own word for its end; `announced` are deliveries that left, while it has not ended.
    """

    lock: str
    began: str
    ended: str = ""
    announced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the witness remembers.

    `token` is the word that arms the folder `path`, also written in the ledger; `act` is the number and the time of
    an act that the ledger held.
    """

    path: str
    token: str
    sendings: dict[int, Sending] = field(default_factory=dict)
    act: tuple[int, str] | None = None

    def proven(self) -> Told:
        """Return the same without the deliveries, once the ledger was seen to hold them."""
        return replace(self, sendings={number: replace(one, announced=()) for number, one in self.sendings.items()})


class Witness:
    """The file of one workspace; every change is whole and on the disk when it returns.

    Its methods raise ``OSError`` when the file cannot be read or written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> Told | None:
        """Return what is remembered, or nothing when there is no file.

        A file that holds anything else is an ``OSError`` too: nobody may guess what it said.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return _told(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG), str(self.file)) from error

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process change the file meanwhile; not to be entered twice."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(f"{self.file}.lock", mode=0o600, timeout=PATIENCE, thread_local=False):
            yield

    def write(self, told: Told) -> None:
        """Remember this; inside `alone`."""
        kept = sorted(told.sendings.items())[-REMEMBERED:]
        content = {
            "path": told.path,
            "token": told.token,
            "act": told.act,
            "sendings": {
                str(number): {
                    "lock": sending.lock,
                    "began": sending.began,
                    "ended": sending.ended,
                    "announced": list(sending.announced[:ANNOUNCED]),
                }
                for number, sending in kept
            },
        }
        fresh = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(content, stream)
                stream.flush()
                # Even a note in passing: a power cut must not leave an empty file where a whole one was.
                os.fsync(stream.fileno())
            fresh.replace(self.file)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    # --- one sending ----------------------------------------------------------------------------------------

    def began(self, number: int, *, lock: str, at: str) -> None:
        """Remember that a sender began, before anything leaves."""
        with self.alone():
            told = self.read()
            if told is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.file))
            told.sendings[number] = Sending(lock=lock, began=at)
            self.write(told)

    def announced(self, number: int, delivery_ids: Sequence[int]) -> None:
        """Remember the last deliveries that a sender announced; what cannot be written is left as it was."""
        with contextlib.suppress(OSError), self.alone():
            told = self.read()
            if told is not None and number in told.sendings:
                told.sendings[number] = replace(told.sendings[number], announced=tuple(delivery_ids))
                self.write(told)

    def ended(self, number: int, *, at: str) -> None:
        """Remember that a sender ended; what cannot be written is left as it was."""
        with contextlib.suppress(OSError), self.alone():
            told = self.read()
            if told is not None and number in told.sendings:
                told.sendings[number] = replace(told.sendings[number], ended=at, announced=())
                self.write(told)


class Remembering:
    """What goes on remembering one sender, at most once a second while it works."""

    def __init__(self, witness: Witness, number: int) -> None:
        self._witness = witness
        self._number = number
        self._last: Sequence[Letter] = ()
        self._next = 0.0

    def announced(self, letters: Sequence[Letter]) -> None:
        """Take note of letters whose « about to leave » is durable."""
        self._last = letters
        if monotonic() >= self._next:
            self._next = monotonic() + NOTED_EVERY
            self._witness.announced(self._number, self.last)

    @property
    def last(self) -> list[int]:
        """The deliveries that were announced last."""
        return [letter.delivery_id for letter in self._last]

    def cut_off(self) -> None:
        """Remember the last letters now: the ledger cannot be told any more that the sender ends."""
        self._witness.announced(self._number, self.last)

    def ended(self, at: datetime) -> None:
        """Remember the end, as the ledger has it."""
        self._witness.ended(self._number, at=instant_text(at))


def instant_text(at: datetime) -> str:
    """Return an instant as the witness writes it."""
    return at.astimezone(UTC).isoformat()


def _told(content: dict[str, Any]) -> Told:
    act = content["act"]
    return Told(
        path=str(content["path"]),
        token=str(content["token"]),
        act=None if act is None else (int(act[0]), str(act[1])),
        sendings={
            int(number): Sending(
                lock=str(sending["lock"]),
                began=str(sending["began"]),
                ended=str(sending["ended"]),
                announced=tuple(int(one) for one in sending["announced"]),
            )
            for number, sending in content["sendings"].items()
        },
    )
