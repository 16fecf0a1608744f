"""A server without good TLS gets no password and no message, and the sentence says what to do, in either language."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.servers.chaos_smtp import ChaosServer, Fault
from tests.transports.conftest import account, server_context
from workbench.domain.accounts import Security
from workbench.errors import LoginRefused, SendingStopped, TlsRefused
from workbench.language import use_language
from workbench.transports.account_test import try_account
from workbench.transports.smtp import SmtpTransport
from workbench.transports.smtp_connection import Patience

SECRET = "hunter2-of-the-practice"


class Tap:
    """Passes bytes on to a server, and keeps those that our side wrote."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.seen = b""

    def __enter__(self) -> Tap:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _address = self._listener.accept()
                theirs = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [ours, theirs]
                threading.Thread(target=self._pass, args=(ours, theirs, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(theirs, ours, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, keep: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if keep:
                    self.seen += data
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def expired(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC)).configure_cert(context)
    return context


def stranger(_authority: trustme.CA) -> ssl.SSLContext:
    return server_context(trustme.CA())


def for_another_name(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority, "other.example")


def too_old(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority, newest=ssl.TLSVersion.TLSv1_1)


BAD = [
    (expired, "date", "périmé"),
    (stranger, "SSL_CERT_FILE", "SSL_CERT_FILE"),
    (for_another_name, "localhost", "autre nom"),
    (too_old, "1.2", "1.2"),
]


@pytest.fixture(params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    use_language(request.param)
    return request.param


def refused(port: int, security: Security) -> SendingStopped:
    """Try to send with a password, and return why nothing left."""
    journal = RecordingJournal()
    to = account(port, security=security, user="practice")
    transport = SmtpTransport(to, SECRET, connections=2, patience=Patience(network=0.5, goodbye=0.3))
    with pytest.raises(SendingStopped) as caught:
        transport.deliver(ListQueue([a_letter(number) for number in range(1, 5)]), journal)
    assert journal.turns == []  # the rows stay pending
    assert SECRET not in str(caught.value)
    return caught.value


def nothing_told(server: ChaosServer, tap: Tap) -> None:
    plain = base64.b64encode(f"\0practice\0{SECRET}".encode())
    for secret in (SECRET.encode(), plain, base64.b64encode(SECRET.encode()), b"patient", b"MAIL", b"Good morning"):
        assert secret not in tap.seen
    assert not any(command.startswith(("AUTH", "MAIL", "RCPT", "DATA")) for command in server.commands)
    assert server.kept == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(("made", "english", "french"), BAD)
def test_no_password_and_no_message_go_to_a_server_without_good_tls(
    authority: trustme.CA,
    made: Callable[[trustme.CA], ssl.SSLContext],
    english: str,
    french: str,
    security: Security,
    language: str,
) -> None:
    sides = {"implicit_tls" if security is Security.TLS else "starttls": made(authority)}
    login = {"users": {"practice": SECRET}, "mechanisms": ("PLAIN", "LOGIN")}
    with ChaosServer(**sides, **login) as server, Tap(server.port) as tap:
        stop = refused(tap.port, security)
        nothing_told(server, tap)
        [*_before, last] = try_account(account(tap.port, security=security, user="practice"), SECRET)
        nothing_told(server, tap)
    assert isinstance(stop, TlsRefused)
    assert (french if language == "fr" else english) in str(stop)
    assert (last.name, last.ok, last.detail) == ("tls", False, str(stop))


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_vouches_for_itself_is_a_strangers(authority: trustme.CA, tmp_path: Path) -> None:
    own = trustme.CA()
    file = tmp_path / "own.pem"
    file.write_bytes(own.private_key_pem.bytes() + own.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with ChaosServer(implicit_tls=context) as server, Tap(server.port) as tap:
        assert "SSL_CERT_FILE" in str(refused(tap.port, Security.TLS))
        nothing_told(server, tap)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("injected", [b"235 welcome\r\n250 ok\r\n", b"2", b"250 AUTH PLAIN\r\n"])
def test_bytes_before_the_handshake_stop_everything(authority: trustme.CA, injected: bytes, language: str) -> None:
    login = {"users": {"practice": SECRET}, "mechanisms": ("PLAIN",)}
    with (
        ChaosServer(starttls=server_context(authority), injected=injected, **login) as server,
        Tap(server.port) as tap,
    ):
        stop = refused(tap.port, Security.STARTTLS)
        nothing_told(server, tap)
    assert isinstance(stop, TlsRefused)
    assert "465" in str(stop)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_server_in_the_clear_is_told_nothing(security: Security, language: str) -> None:
    with (
        ChaosServer(users={"practice": SECRET}, mechanisms=("PLAIN", "LOGIN")) as server,
        Tap(server.port) as tap,
    ):
        stop = refused(tap.port, security)
        nothing_told(server, tap)
    assert isinstance(stop, TlsRefused)
    assert "465" in str(stop)


@pytest.mark.usefixtures("trusted")
def test_a_login_offered_only_before_the_handshake_is_no_offer(authority: trustme.CA) -> None:
    """What was said in the clear is forgotten, the ways to log in among it (RFC 3207 4.2)."""

    class Forgetful(ChaosServer):
        def fault(self, at: str, recipient: str = "") -> Fault | None:
            if at == "ehlo" and self.commands.count("STARTTLS"):
                return Fault(at="ehlo", do="reply", text="250-chaos\n250 PIPELINING")
            return super().fault(at, recipient)

    with (
        Forgetful(starttls=server_context(authority), users={"practice": SECRET}, mechanisms=("PLAIN",)) as server,
        Tap(server.port) as tap,
    ):
        assert isinstance(refused(tap.port, Security.STARTTLS), LoginRefused)
        nothing_told(server, tap)
