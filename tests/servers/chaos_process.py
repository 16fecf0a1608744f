"""A faulty SMTP server in a process of its own, whose log on disk is the witness of what it accepted.

``python -m tests.servers.chaos_process LOG [--faults flaky] [--seed N] [--delay S] [--most N]`` prints its port and
serves until it is ended. The log has one line of JSON an event: ``accepted`` (on disk before the reply is said; with
`reply` saying whether that reply was then lost on purpose), ``unanswered`` (a content that was dropped without a word,
and not accepted), and ``refused``. Who meets which fault depends on the seed and the recipient, not on the moment.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.beside import ended_after, next_line

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong `at` a stage for the `share` of those who come there.

    Stages: greeting mail rcpt data content dot. Deeds: ``reply`` (say `text` instead), ``drop``, ``reset``, ``late``
    (the right reply after half a second), ``trickle`` (in single bytes), ``twice``, ``hasty`` (at data: the reply to
    the dot comes with the 354, and nothing is accepted), ``lost`` (at the dot: accepted, and no reply).
    """

    at: str
    do: str
    share: float
    text: str = ""


CALM: tuple[Fault, ...] = ()
LOSSY = (
    Fault(at="mail", do="drop", share=0.01),
    Fault(at="rcpt", do="reset", share=0.01),
    Fault(at="data", do="drop", share=0.01),
    Fault(at="data", do="hasty", share=0.005),
    Fault(at="content", do="drop", share=0.005),
    Fault(at="content", do="reset", share=0.005),
    Fault(at="dot", do="lost", share=0.01),
    Fault(at="dot", do="twice", share=0.005),
    Fault(at="dot", do="trickle", share=0.02),
    Fault(at="dot", do="late", share=0.01),
    Fault(at="rcpt", do="reply", share=0.01, text="550 5.1.1 nobody of that name"),
    Fault(at="dot", do="reply", share=0.005, text="554 5.7.1 not wanted"),
)
"""Faults that cost no waiting: connections lost at every stage, replies lost, refusals for good."""
FLAKY = (
    *LOSSY,
    Fault(at="greeting", do="drop", share=0.05),
    Fault(at="greeting", do="late", share=0.05),
    Fault(at="mail", do="reply", share=0.005, text="nonsense"),
    Fault(at="mail", do="reply", share=0.005, text="451 4.2.0 come back"),
    Fault(at="rcpt", do="reply", share=0.01, text="450 4.2.1 greylisted"),
    Fault(at="data", do="reply", share=0.005, text="451 4.2.0 not now"),
    Fault(at="dot", do="reply", share=0.01, text="451 4.2.0 cannot keep it"),
    Fault(at="dot", do="reply", share=0.003, text="421 4.2.0 restarting"),
    Fault(at="rcpt", do="late", share=0.01),
)
"""The same, and everything that has its delay: temporary refusals, a server that restarts, late replies."""
KINDS = {"calm": CALM, "lossy": LOSSY, "flaky": FLAKY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """The server as a test sees it."""

    port: int
    log: Path

    def events(self) -> list[dict[str, Any]]:
        """Return what the log says so far; a line that is still being written is left out."""
        return events_of(self.log)

    def count(self) -> int:
        """Return how many messages were accepted so far."""
        return self.log.read_bytes().count(b'{"what": "accepted"')

    def wait_for(self, count: int, *, seconds: float = 30.0) -> None:
        """Wait until at least `count` messages were accepted."""
        limit = time.monotonic() + seconds
        while self.count() < count:
            assert time.monotonic() < limit, f"only {self.count()} of {count} messages arrived in {seconds} s"
            time.sleep(0.005)


def events_of(log: Path) -> list[dict[str, Any]]:
    """Return the events of a log."""
    whole = log.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


@contextlib.contextmanager
def serving_chaos(
    log: Path, *, faults: str = "calm", seed: int = 0, delay: float = 0.0, most: int = 1
) -> Iterator[Chaos]:
    """Run the server in a process of its own.

    Parameters
    ----------
    faults
        One of `KINDS`.
    delay
        Seconds between the final dot and each reply to it.
    most
        How many faults one recipient meets at most.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.servers.chaos_process", str(log), "--faults", faults]
    words += ["--seed", str(seed), "--delay", str(delay), "--most", str(most)]
    with ended_after(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)) as process:
        yield Chaos(port=int(next_line(process)), log=log)


class _Log:
    """Lines that are on disk when `add` returns; those of one turn of the loop share a sync."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lines: list[bytes] = []
        self._written: asyncio.Future[None] | None = None

    async def add(self, **event: object) -> None:
        self._lines.append(json.dumps({**event, "at": time.time()}).encode() + b"\n")
        if self._written is None:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            loop.call_soon(self._flush)
        await self._written

    def _flush(self) -> None:
        lines, written = b"".join(self._lines), self._written
        self._lines, self._written = [], None
        os.write(self._file, lines)
        os.fdatasync(self._file)
        assert written is not None
        written.set_result(None)


class _Gone(Exception):
    """The conversation is over."""


class _Server:
    def __init__(self, log: _Log, faults: tuple[Fault, ...], seed: int, delay: float, most: int) -> None:
        self.log = log
        self.delay = delay
        self._faults = faults
        self._seed = seed
        self._most = most
        self._seen: Counter[tuple[int, str]] = Counter()
        self._met: Counter[str] = Counter()
        self.connections = 0

    def fault(self, at: str, who: str) -> Fault | None:
        """Return what goes wrong now for `who`, if anything."""
        for number, fault in enumerate(self._faults):
            if fault.at != at:
                continue
            self._seen[number, who] += 1
            drawn = random.Random(f"{self._seed}/{number}/{who}/{self._seen[number, who]}").random()
            if drawn < fault.share and self._met[who] < self._most:
                self._met[who] += 1
                return fault
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        conversation = _Conversation(self, reader, writer, self.connections)
        with contextlib.suppress(_Gone, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await conversation.run()
        writer.close()


class _Conversation:
    def __init__(
        self, server: _Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.number = number
        self.letters = 0
        self.open = False  # between MAIL and the dot
        self.to = ""

    async def run(self) -> None:
        await self.answer("greeting", f"connection {self.number}", "220 chaos ESMTP")
        while True:
            line = (await self.reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
            verb = line[:4].upper()
            if verb in ("EHLO", "HELO"):
                self.say("250-chaos\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 100000000")
            elif verb == "MAIL":
                self.letters += 1
                self.to = ""
                self.open = await self.answer("mail", f"letter {self.number}.{self.letters}", "250 2.1.0 ok")
            elif verb == "RCPT":
                await self.recipient(line[line.index("<") + 1 : line.rindex(">")])
            elif verb == "DATA":
                await self.data()
            elif verb == "RSET":
                self.open, self.to = False, ""
                self.say("250 2.0.0 forgotten")
            elif verb == "QUIT":
                self.say("221 2.0.0 goodbye")
                raise _Gone
            else:
                self.say("500 5.5.1 what?")

    async def recipient(self, to: str) -> None:
        if not self.open:
            self.say("503 5.5.1 MAIL first")
        elif await self.answer("rcpt", to, "250 2.1.5 ok"):
            self.to = to

    async def data(self) -> None:
        if not self.to:
            self.say("503 5.5.1 RCPT first")
            return
        to = self.to
        if not await self.answer("data", to, "354 go on"):
            self.open = False
            return
        fault = self.server.fault("content", to)
        if fault is not None:
            await self.reader.read(200)
            await self.server.log.add(what="unanswered", to=to, connection=self.number)
            self.end(fault)
        content = await self.content()
        self.open, self.to = False, ""
        await self.dot(to, content)

    async def content(self) -> bytes:
        lines = []
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    async def dot(self, to: str, content: bytes) -> None:
        fault = self.server.fault("dot", to)
        if fault is not None and fault.do == "reply":
            await self.refuse(fault, "dot", to)
            return
        lost = fault is not None and fault.do == "lost"
        await self.server.log.add(
            what="accepted",
            to=to,
            id=_message_id(content),
            digest=hashlib.sha256(content).hexdigest(),
            connection=self.number,
            reply="lost" if lost else "said",
        )
        if self.server.delay:
            await asyncio.sleep(self.server.delay)
        await self.act(fault, "250 2.0.0 kept")

    async def answer(self, at: str, who: str, normal: str) -> bool:
        """Say the normal reply, or do what goes wrong; tells whether the reply was the normal one."""
        fault = self.server.fault(at, who)
        if fault is not None and fault.do == "reply":
            await self.refuse(fault, at, who)
            return False
        await self.act(fault, normal)
        return True

    async def refuse(self, fault: Fault, at: str, who: str) -> None:
        await self.server.log.add(what="refused", to=who, stage=at, reply=fault.text)
        self.say(fault.text)
        if fault.text.startswith("421"):
            raise _Gone

    async def act(self, fault: Fault | None, normal: str) -> None:
        do = "" if fault is None else fault.do
        if fault is not None and do in ("drop", "reset", "lost"):
            self.end(fault)
        if do == "late":
            await asyncio.sleep(0.5)
        if do == "trickle":
            for character in f"{normal}\r\n":
                self.writer.write(character.encode())
                await asyncio.sleep(0)
            return
        # In one write, or nobody could tell a hasty reply from a true one.
        self.say({"twice": f"{normal}\r\n{normal}", "hasty": f"{normal}\r\n250 2.0.0 kept, surely"}.get(do, normal))
        if do == "hasty":
            raise _Gone

    def end(self, fault: Fault) -> None:
        if fault.do == "reset":
            sock: socket.socket = self.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        raise _Gone

    def say(self, text: str) -> None:
        self.writer.write(text.encode() + b"\r\n")


def _message_id(content: bytes) -> str:
    for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line[:11].lower() == b"message-id:":
            return line[11:].decode("ascii", "replace").strip()
    return ""


async def _serve(options: argparse.Namespace) -> None:
    server = _Server(_Log(options.log), KINDS[options.faults], options.seed, options.delay, options.most)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", options.port, backlog=500, limit=2**24)
    print(listening.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    listening.close()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="A faulty SMTP server that keeps a log of what it accepted.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--faults", choices=sorted(KINDS), default="calm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--most", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
