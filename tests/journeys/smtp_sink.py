"""A real SMTP server in a process of its own, which keeps what it accepted in a folder: one file a message.

``python -m tests.journeys.smtp_sink FOLDER [--delay S] [--refuse ADDRESS] [--lose ADDRESS]`` prints its port
and serves until it is ended. A message is on disk before the server says 250, so the folder never holds
less than what a sender was promised.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.beside import ended_after, next_line

ROOT = Path(__file__).parents[2]

HELD = "held"
"""The file that holds the replies back while it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One accepted message: its envelope and its bytes, as they came."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed as a mail reader would."""
        return message_from_bytes(self.content, policy=policy.default)

    def body(self, kind: str) -> str:
        """Return the text of the ``plain`` or ``html`` part."""
        part = self.message.get_body(preferencelist=(kind,))
        assert part is not None, f"the message has no {kind} part"
        return str(part.get_content())


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSink:
    """The server as a test sees it."""

    port: int
    folder: Path

    def messages(self) -> list[Caught]:
        """Return every accepted message, in the order of acceptance."""
        return [read(file) for file in sorted(self.folder.glob("*.msg"))]

    def count(self) -> int:
        """Return how many messages were accepted."""
        return sum(1 for _file in self.folder.glob("*.msg"))

    def addresses(self) -> Counter[str]:
        """Return how many messages each address was given."""
        return Counter(address for caught in self.messages() for address in caught.recipients)

    def wait_for(self, count: int, *, seconds: float = 120.0) -> None:
        """Wait until at least `count` messages were accepted."""
        limit = time.monotonic() + seconds
        while self.count() < count:
            assert time.monotonic() < limit, f"only {self.count()} of {count} messages arrived in {seconds} s"
            time.sleep(0.01)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let no further reply come until the block ends, however long that takes on a busy machine."""
        held = self.folder / HELD
        held.touch()
        try:
            yield
        finally:
            held.unlink()


def read(file: Path) -> Caught:
    """Read one kept message: a line of JSON for the envelope, then the bytes."""
    envelope, _newline, content = file.read_bytes().partition(b"\n")
    told = json.loads(envelope)
    return Caught(sender=told["sender"], recipients=tuple(told["recipients"]), content=content)


@contextmanager
def serving(
    folder: Path, *, delay: float = 0.0, refuse: tuple[str, ...] = (), lose: tuple[str, ...] = ()
) -> Iterator[SmtpSink]:
    """Run the server in a process of its own.

    Parameters
    ----------
    delay
        Seconds between the final dot and the reply.
    refuse
        Addresses answered 550 at RCPT.
    lose
        Addresses whose message is kept but whose reply never comes: the connection is cut.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.journeys.smtp_sink", str(folder), "--delay", str(delay)]
    words += [word for address in refuse for word in ("--refuse", address)]
    words += [word for address in lose for word in ("--lose", address)]
    with ended_after(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)) as process:
        yield SmtpSink(port=int(next_line(process)), folder=folder)


class _Handler:
    def __init__(self, folder: Path, delay: float, refuse: frozenset[str], lose: frozenset[str]) -> None:
        self.folder = folder
        self.delay = delay
        self.refuse = refuse
        self.lose = lose
        self.numbers = itertools.count(sum(1 for _file in folder.glob("*.msg")))

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuse:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        told = json.dumps({"sender": envelope.mail_from, "recipients": envelope.rcpt_tos})
        name = f"{next(self.numbers):08d}"
        fresh = self.folder / f"{name}.part"
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        fresh.write_bytes(told.encode() + b"\n" + content)
        os.replace(fresh, self.folder / f"{name}.msg")  # noqa: PTH105 - one system call, whole or not at all
        if self.delay:
            await asyncio.sleep(self.delay)
        while (self.folder / HELD).exists():
            await asyncio.sleep(0.01)
        if self.lose.intersection(envelope.rcpt_tos):
            server.transport.abort()
        return "250 2.0.0 kept"


async def _serve(handler: _Handler) -> None:
    def protocol() -> Any:
        return SMTP(handler, enable_SMTPUTF8=True, hostname="sink.test", data_size_limit=2**26)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()


def main() -> None:
    """Read the options and serve."""
    options = argparse.ArgumentParser(description="An SMTP server that keeps what it accepts.")
    options.add_argument("folder", type=Path)
    options.add_argument("--delay", type=float, default=0.0)
    options.add_argument("--refuse", action="append", default=[])
    options.add_argument("--lose", action="append", default=[])
    asked = options.parse_args()
    asyncio.run(_serve(_Handler(asked.folder, asked.delay, frozenset(asked.refuse), frozenset(asked.lose))))


if __name__ == "__main__":
    main()
