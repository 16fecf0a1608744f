"""An SMTP server in threads that can be told to fail, lie or dawdle at any stage, and remembers what it accepted."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What goes wrong: `at` which stage, `do` what, how many times after how many good ones.

    Stages: connect greeting ehlo starttls auth mail rcpt data content dot rset quit. Deeds: ``reply`` (say `text`
    instead), ``drop``, ``reset``, ``hang``, ``trickle``, ``twice`` (the right reply two times), ``early`` (at content:
    reply `text` before reading it). At the dot, `keep` says whether the message was accepted all the same.
    """

    at: str
    do: str
    text: str = ""
    times: int = 1
    after: int = 0
    keep: bool = False
    recipient: str = ""


@dataclass
class Kept:
    """A message the server took responsibility for."""

    sender: str
    recipient: str
    content: bytes
    connection: int


class _Gone(Exception):
    pass


@dataclass
class ChaosServer:
    """Listens on 127.0.0.1; use it as a context manager."""

    faults: Sequence[Fault] = ()
    pipelining: bool = True
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "SIZE 10485760")
    implicit_tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    injected: bytes = b""
    mechanisms: tuple[str, ...] = ()
    users: dict[str, str] = field(default_factory=dict)
    most_connections: int = 0
    ehlo: bool = True
    kept: list[Kept] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    live: int = 0
    most_live: int = 0
    tokens: Sequence[str] = ()

    def __enter__(self) -> ChaosServer:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._seen = [0 for _fault in self.faults]
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in self._open:
            sock.close()

    @property
    def recipients(self) -> list[str]:
        """Who got something, in order."""
        return [message.recipient for message in self.kept]

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def fault(self, at: str, recipient: str = "") -> Fault | None:
        """Return what must go wrong now, if anything."""
        with self._lock:
            for number, fault in enumerate(self.faults):
                if fault.at != at or (fault.recipient and fault.recipient not in recipient):
                    continue
                self._seen[number] += 1
                if self._seen[number] > fault.after and (
                    fault.times < 0 or self._seen[number] <= fault.after + fault.times
                ):
                    return fault
        return None

    def _serve(self, sock: socket.socket, number: int) -> None:
        with self._lock:
            self.live += 1
            self.most_live = max(self.most_live, self.live)
        conversation = _Conversation(self, sock, number)
        try:
            conversation.run()
        except (_Gone, OSError):
            pass
        finally:
            with self._lock:
                self.live -= 1
            with contextlib.suppress(OSError):
                conversation.sock.close()


class _Conversation:
    def __init__(self, server: ChaosServer, sock: socket.socket, number: int) -> None:
        self.server = server
        self.sock = sock
        self.number = number
        self.buffer = b""
        self.secure = server.implicit_tls is not None
        self.allowed = not server.users and not any("OAUTH" in name for name in server.mechanisms)
        self.sender = self.recipient = ""

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise _Gone
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)
        with self.server._lock:
            self.server._open.append(self.sock)

    def say(self, text: str) -> None:
        self.sock.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")

    def act(self, at: str, normal: str) -> bool:
        """Say the normal reply, or do what the script says; tells whether the reply was the normal one."""
        fault = self.server.fault(at, self.recipient)
        if fault is None:
            self.say(normal)
            return True
        if fault.do == "reply":
            self.say(fault.text)
            if fault.text.startswith("421"):
                raise _Gone
            return False
        if fault.do == "trickle":
            for character in normal + "\r\n":
                self.sock.sendall(character.encode())
                self.server._ended.wait(0.001)
            return True
        if fault.do == "twice":
            self.say(normal)
            self.say(normal)
            return True
        if fault.do == "hang":
            self.server._ended.wait(30)
            raise _Gone
        if fault.do == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()
        raise _Gone

    def run(self) -> None:
        server = self.server
        fault = server.fault("connect")
        if fault is not None:
            if fault.do == "hang":
                server._ended.wait(30)
            return
        if server.implicit_tls is not None:
            self.encrypt(server.implicit_tls)
        if server.most_connections and server.live > server.most_connections:
            self.say("421 4.7.0 too many connections")
            return
        if not self.act("greeting", "220 chaos ESMTP"):
            return
        while True:
            line = self.line()
            words = line.decode("utf-8", "replace")
            with server._lock:
                server.commands.append(words)
            verb = words.split(" ")[0].upper()
            getattr(self, f"on_{verb.lower()}", self.on_unknown)(words)

    def on_unknown(self, _words: str) -> None:
        self.say("500 what?")

    def on_ehlo(self, _words: str) -> None:
        server = self.server
        if not server.ehlo:
            self.say("502 no such thing")
            return
        offered = ["chaos", *server.extensions]
        if server.pipelining:
            offered.append("PIPELINING")
        if server.starttls is not None and not self.secure:
            offered.append("STARTTLS")
        if server.mechanisms:
            offered.append("AUTH " + " ".join(server.mechanisms))
        lines = [f"250-{word}" for word in offered[:-1]] + [f"250 {offered[-1]}"]
        self.act("ehlo", "\n".join(lines))

    def on_helo(self, _words: str) -> None:
        self.say("250 chaos")

    def on_starttls(self, _words: str) -> None:
        fault = self.server.fault("starttls")
        if fault is not None:
            self.say(fault.text)
            return
        self.sock.sendall(b"220 go on\r\n" + self.server.injected)
        assert self.server.starttls is not None
        self.encrypt(self.server.starttls)
        self.buffer = b""
        self.secure = True

    def on_auth(self, words: str) -> None:
        parts = words.split(" ")
        fault = self.server.fault("auth")
        if fault is not None:
            self.say(fault.text)
            return
        if parts[1] in ("XOAUTH2", "OAUTHBEARER"):
            self.take_token(parts)
            return
        if parts[1] == "PLAIN":
            if len(parts) == 2:
                self.say("334 ")
                parts.append(self.line().decode())
            _nothing, user, password = base64.b64decode(parts[2]).decode().split("\0")
        else:
            self.say("334 VXNlcm5hbWU6")
            user = base64.b64decode(self.line()).decode()
            self.say("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.line()).decode()
        if self.server.users.get(user) == password:
            self.allowed = True
            self.say("235 welcome")
        else:
            self.say("535 5.7.8 bad credentials")

    def take_token(self, parts: list[str]) -> None:
        if len(parts) == 2:
            self.say("334 ")
            parts.append(self.line().decode())
        token = base64.b64decode(parts[2]).decode().partition("auth=Bearer ")[2].split("\1")[0]
        if token in self.server.tokens:
            self.allowed = True
            self.say("235 welcome")
            return
        self.say("334 " + base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode())
        last = self.line()
        assert last == (b"" if parts[1] == "XOAUTH2" else b"AQ=="), last
        self.say("535 5.7.8 token refused")

    def on_mail(self, words: str) -> None:
        self.recipient = ""
        if not self.allowed:
            self.say("530 5.7.0 authentication required")
            return
        if self.act("mail", "250 2.1.0 sender ok"):
            self.sender = words[words.index("<") + 1 : words.index(">")]

    def on_rcpt(self, words: str) -> None:
        recipient = words[words.index("<") + 1 : words.index(">")]
        self.recipient = recipient
        if not self.sender:
            self.say("503 5.5.1 MAIL first")
            self.recipient = ""
        elif not self.act("rcpt", "250 2.1.5 recipient ok"):
            self.recipient = ""

    def on_data(self, _words: str) -> None:
        if not self.recipient:
            fault = self.server.fault("data-anyway")
            if fault is None:
                self.say("503 5.5.1 RCPT first")
                return
            self.say("354 as you like")
            self.read_content()
            self.say("554 5.5.1 no valid recipients")
            self.sender = ""
            return
        if not self.act("data", "354 go ahead"):
            return
        fault = self.server.fault("content", self.recipient)
        if fault is not None:
            if fault.do == "early":
                self.sock.recv(1000)
                self.say(fault.text)
                self.server._ended.wait(0.3)
            elif fault.do == "hang":
                self.server._ended.wait(30)
            raise _Gone
        content = self.read_content()
        keeping = Kept(self.sender, self.recipient, content, self.number)
        fault = self.server.fault("dot", self.recipient)
        self.sender = ""
        if fault is None or fault.keep or fault.do in ("trickle", "twice"):
            with self.server._lock:
                self.server.kept.append(keeping)
        if fault is None:
            self.say("250 2.0.0 kept as 42")
        elif fault.do == "reply":
            self.say(fault.text)
            if fault.text.startswith("421"):
                raise _Gone
        elif fault.do == "hang":
            self.server._ended.wait(30)
            raise _Gone
        elif fault.do == "trickle":
            for character in "250-2.0.0 kept\r\n250 2.0.0 kept as 42\r\n":
                self.sock.sendall(character.encode())
                self.server._ended.wait(0.001)
        else:
            if fault.do == "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _Gone

    def read_content(self) -> bytes:
        lines = []
        while (line := self.line()) != b".":
            lines.append(line.removeprefix(b".") if line.startswith(b".") else line)
        return b"".join(line + b"\r\n" for line in lines)

    def on_rset(self, _words: str) -> None:
        self.sender = self.recipient = ""
        self.act("rset", "250 2.0.0 forgotten")

    def on_quit(self, _words: str) -> None:
        self.act("quit", "221 2.0.0 goodbye")
        raise _Gone
