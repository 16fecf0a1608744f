"""A TCP relay with the delay of a distant server: ``python relay.py TARGET_PORT ROUND_TRIP_MS`` prints its port.

Each direction keeps what it got for half the round trip, in order and without limiting the rate; a new connection
first costs one round trip, as TCP's handshake does. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading


class Side(asyncio.Protocol):
    """One end of a relayed connection; what it hears leaves by the other end, later."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None
        self.early: list[bytes] = []  # heard before the other end stood
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self.early.append(data)
        else:
            self.loop.call_later(self.delay, self.other.say, data)

    def say(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.loop.call_later(self.delay, self.other.transport.close)

    def joined(self, other: Side) -> None:
        self.other = other
        for data in self.early:
            self.loop.call_later(self.delay, other.say, data)
        self.early.clear()


class Arrival(Side):
    """The client's end: it fetches the server's end one round trip after it stood."""

    def __init__(self, delay: float, port: int) -> None:
        super().__init__(delay)
        self.port = port
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.task = self.loop.create_task(self.connect())

    async def connect(self) -> None:
        await asyncio.sleep(2 * self.delay)
        _transport, server = await self.loop.create_connection(lambda: Side(self.delay), "127.0.0.1", self.port)
        server.joined(self)
        self.joined(server)


async def relay(port: int, milliseconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Arrival(milliseconds / 2000, port), "127.0.0.1", 0, backlog=200)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(relay(int(sys.argv[1]), float(sys.argv[2])))
