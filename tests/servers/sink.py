"""A fast SMTP server that throws everything away: ``python sink.py`` prints its port and ends with its standard input.

It answers whole batches of pipelined commands at once; with a number as its argument each answer waits so many
milliseconds, like a distant server's.
"""

from __future__ import annotations

import asyncio
import sys
import threading

ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000\r\n",
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink(asyncio.Protocol):
    """One connection."""

    delay = 0.0
    messages = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""
        self.in_content = False
        self.say(b"220 sink\r\n")

    def say(self, answer: bytes) -> None:
        if not answer or self.transport.is_closing():
            return
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
        else:
            self.transport.write(answer)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers = []
        while True:
            if self.in_content:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    self.buffer = self.buffer[-4:]
                    break
                self.buffer = self.buffer[end + 5 :]
                self.in_content = False
                Sink.messages += 1
                answers.append(b"250 ok\r\n")
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                break
            self.buffer = rest
            verb = line[:4].upper()
            answers.append(ANSWERS.get(verb, b"250 ok\r\n"))
            self.in_content = verb == b"DATA"
        self.say(b"".join(answers))


async def main() -> None:
    Sink.delay = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0, backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait_for_parent() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    await ended.wait()
    print(Sink.messages, flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
