"""The mail catcher: a real SMTP server on this machine alone, which keeps every message in a folder and sends none on.

`Catcher` runs it as a child process, ``python -I -m workbench.transports.catcher FOLDER``: it listens on a port that
the system chooses, prints that port, and ends when its standard input does, so it never outlives its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from workbench.errors import NetworkDown
from workbench.language import _
from workbench.transports.eml_folder import write_durably

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
LARGEST = 50 * 1024 * 1024
"""Bytes of one message."""

UNKNOWN = "inconnu"
"""Addresses before whose « @ » this word stands first are refused for good, as an unknown mailbox is."""

BUSY = "occupe"
"""Those with this word first are not taken now, as a server does that has too much to do."""


class Catcher:
    """A running mail catcher: ``with Catcher(folder) as catcher: … catcher.host, catcher.port``."""

    def __init__(self, folder: Path, *, start_limit: float = 20.0) -> None:
        self.folder = folder
        self.host = HOST
        self.port = 0
        self._start_limit = start_limit
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it; returns once it listens.

        Raises
        ------
        NetworkDown
            When it does not start.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-m", "workbench.transports.catcher", str(self.folder.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._child = child
        late = threading.Timer(self._start_limit, child.kill)
        late.start()
        try:
            assert child.stdout is not None  # noqa: S101 - asked for above
            line = child.stdout.readline().strip()
        finally:
            late.cancel()
        if not line.isdigit():
            self.close()
            raise NetworkDown(_("The built-in mail catcher did not start."))
        self.port = int(line)
        return self

    def close(self) -> None:
        """End it, and wait until it has ended."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self.close()


class _Folder:
    """What the server does with a message: a durable file first, then the answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = answer_to(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        # The envelope stands in front, as a mail server's delivery would put it; a path holds no line end.
        kept = [f"X-Envelope-From: {envelope.mail_from}", *(f"X-Envelope-To: {to}" for to in envelope.rcpt_tos)]
        head = "".join(f"{line}\r\n" for line in kept).encode(errors="surrogateescape")
        name = f"{time.time_ns():020d}-{next(self._numbers):06d}.eml"
        write_durably(self._folder / name, head + content)
        return "250 2.0.0 Kept"


def answer_to(address: str) -> str:
    """Return what the catcher says to an addressee (RFC 3463): who wants to see a failure writes to ``inconnu@…``.

    >>> answer_to("inconnu.martel@famille.example")
    '550 5.1.1 No such mailbox here'
    >>> answer_to("occupe@famille.example")
    '451 4.3.2 Too busy now'
    >>> answer_to("inconnue@famille.example")
    '250 2.1.5 OK'
    """
    first = re.split(r"[@.+_-]", address.lower(), maxsplit=1)[0]
    if first == UNKNOWN:
        return "550 5.1.1 No such mailbox here"
    return "451 4.3.2 Too busy now" if first == BUSY else "250 2.1.5 OK"


async def _serve(folder: Path) -> None:
    from aiosmtpd.smtp import SMTP

    handler = _Folder(folder)
    connections: set[Any] = set()

    def protocol() -> SMTP:
        server = SMTP(
            handler, hostname="localhost", ident="mail catcher", data_size_limit=LARGEST, enable_SMTPUTF8=True
        )
        connections.add(server)
        return server

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
    ended = asyncio.Event()

    def wait_for_parent() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    await ended.wait()
    server.close()


def main() -> None:
    """Serve until standard input ends."""
    # Ctrl-C reaches the whole group of processes; the sender still needs an answer for what is in flight.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
