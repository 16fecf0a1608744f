"""One non-blocking socket under one SMTP conversation: connecting, TLS, reading, writing, time limits."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import selectors
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.domain.accounts import Account, Security, is_loopback
from workbench.errors import TlsRefused
from workbench.language import _
from workbench.transports.smtp_opening import Phase, no_tls
from workbench.transports.smtp_session import Session, Step

CHUNK = 65536
TLS_CHUNK = 16384
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

SocketAddress = tuple[socket.AddressFamily, Any]
"""A family and what `socket.connect` takes for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds; the account's own time-out bounds each command before DATA.

    `data` for the 354, `block` between two pieces of content, `after_dot` for the reply to the final dot
    (RFC 5321 4.5.3.2), `network` without any connection before giving up, `goodbye` for the answer to QUIT.
    """

    data: float = 120.0
    block: float = 180.0
    after_dot: float = 600.0
    network: float = 120.0
    goodbye: float = 2.0


def tls_context() -> ssl.SSLContext:
    """Return the only TLS this workbench speaks: certificate and host name verified, 1.2 or newer (P8)."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def addresses_of(account: Account) -> list[SocketAddress]:
    """Return every address of the account's host, in the resolver's order.

    Raises
    ------
    OSError
        When the name is not known, or the resolver cannot be asked.
    TlsRefused
        When plain SMTP would leave this machine.
    """
    host = account.host.strip("[]").rstrip(".")
    if account.security is Security.NONE and not is_loopback(host):
        raise plain_refused(account)
    try:
        found = socket.getaddrinfo(host, account.effective_port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # « smtp..orange.fr », or a part that no name may have: nobody can be asked
        raise socket.gaierror(socket.EAI_NONAME, "no host name") from error
    addresses: list[SocketAddress] = []
    for family, _kind, _protocol, _name, address in found:
        if (family, address) not in addresses:
            addresses.append((family, address))
    if account.security is Security.NONE and not all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for _family, address in addresses
    ):
        raise plain_refused(account)
    return addresses


def plain_refused(account: Account) -> TlsRefused:
    """Return the refusal to write in clear to another machine."""
    return TlsRefused(
        _(
            "The account « {account} » has no encryption, which is only allowed to this machine itself."
            " Choose --security tls or starttls."
        ).format(account=account.name)
    )


def tls_refused(account: Account, error: ssl.SSLError) -> TlsRefused:
    """Return the refusal to go on without a verified TLS, with what was wrong and what to do about it."""
    known = _of_certificate(account) if isinstance(error, ssl.SSLCertVerificationError) else _of_protocol()
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else error.reason
    if code in known:
        return no_tls(account, *known[code])
    if isinstance(error, ssl.SSLCertVerificationError):
        return no_tls(
            account, _("its certificate is not accepted ({why})").format(why=error.verify_message.rstrip("."))
        )
    return no_tls(account, (error.reason or "TLS").lower().replace("_", " "))


def _of_certificate(account: Account) -> dict[object, tuple[str, str]]:
    """Return what is wrong with a certificate and what to do, by OpenSSL's numbers (X509_V_ERR_…)."""
    period = _("its certificate is out of date or not valid yet")
    clock = _("Check this computer's date; when it is right, only the provider can renew the certificate.")
    stranger = _("nobody that this computer trusts vouches for its certificate")
    authority = _(
        "When the server is the practice's own, name the file of its authority in SSL_CERT_FILE; otherwise go no"
        " further and ask the provider."
    )
    other = _("its certificate is for another name than {host}").format(host=account.host)
    name = _("Give the server's name as the provider writes it: workbench account set {account} --host …").format(
        account=account.name
    )
    return {
        **dict.fromkeys((9, 10), (period, clock)),
        **dict.fromkeys((2, 18, 19, 20, 21), (stranger, authority)),
        **dict.fromkeys((62, 64), (other, name)),
    }


def _of_protocol() -> dict[object, tuple[str, str]]:
    """Return what is wrong with an encryption and what to do, by OpenSSL's words."""
    old = (_("it knows only TLS older than 1.2, which is not safe"), _("Ask the provider for its newer server."))
    plain = (
        _("it does not encrypt on this port"),
        _("The port may be wrong: 465 goes with --security tls, 587 with --security starttls."),
    )
    return {
        **dict.fromkeys(("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW"), old),
        **dict.fromkeys(("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"), plain),
    }


def hello_name(own_address: str) -> str:
    """Return this machine's name for EHLO: its full name if it has one, else its address in brackets."""
    name = socket.gethostname()
    if "." in name.strip(".") and name.isascii() and all(c.isalnum() or c in "-." for c in name):
        return name
    return f"[IPv6:{own_address}]" if ":" in own_address else f"[{own_address}]"


class Stage(Enum):
    """What the socket is doing."""

    CONNECTING = 1
    HANDSHAKE = 2
    OPEN = 3
    DEAD = 4


class Connection:
    """One socket and the conversation on it; every method returns at once."""

    __slots__ = (
        "_account", "_addresses", "_context", "_fd", "_gathers", "_last_error", "_letters", "_mark", "_patience",
        "_selector", "_want", "_watched", "deadline", "secret", "session", "sock", "stage",
    )  # fmt: skip

    def __init__(
        self,
        account: Account,
        password: str,
        addresses: Sequence[SocketAddress],
        context: ssl.SSLContext | None,
        patience: Patience,
        selector: selectors.BaseSelector,
        *,
        letters: int,
    ) -> None:
        self._account = account
        self.secret = password
        self._addresses = list(addresses)
        self._context = context
        self._patience = patience
        self._letters = letters
        self._last_error = ""
        self._selector = selector
        self._fd = -1
        self._watched = 0
        self._want = 0
        self._mark = -1
        self._gathers = False
        self.session = Session(account, password, hello="localhost", letters=letters)
        self.sock: socket.socket | None = None
        self.stage = Stage.CONNECTING
        self.deadline = 0.0

    # --- connecting ------------------------------------------------------------------------------------

    def connect(self, now: float) -> None:
        """Begin to connect to the next address; with none left, the conversation is lost."""
        self.close()
        while self._addresses:
            family, address = self._addresses.pop(0)
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as error:
                self._last_error = _reason(error)
                continue
            self.sock = sock
            self.stage = Stage.CONNECTING
            self._want = WRITE
            self.deadline = now + self._account.timeout
            try:
                sock.setblocking(False)
                # Nagle's delay would cost 40 ms a message with some servers.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.connect(address)
            except BlockingIOError:
                return
            except OSError as error:
                self._last_error = _reason(error)
                self.close()
                continue
            return
        self._die(self._last_error or _("no address"))

    def _connected(self, now: float) -> None:
        assert self.sock is not None  # noqa: S101 - only called on a socket that became writable
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._last_error = _reason(OSError(number, ""))
            self.connect(now)
            return
        self.session = Session(
            self._account,
            self.secret,
            hello=hello_name(str(self.sock.getsockname()[0])),
            letters=self._letters,
        )
        self.deadline = now + self._account.timeout
        if self._account.security is Security.TLS:
            self._begin_handshake()
        else:
            self.stage, self._want = Stage.OPEN, READ
            self._gathers = hasattr(self.sock, "sendmsg")

    def _begin_handshake(self) -> None:
        assert self.sock is not None and self._context is not None  # noqa: S101, PT018 - TLS accounts always have one
        self.stage = Stage.HANDSHAKE
        self._gathers = False  # TLS takes one piece at a time
        name = self._account.host.strip("[]").rstrip(".")
        try:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=name, do_handshake_on_connect=False)
        except OSError as error:  # gone meanwhile
            self._die(_reason(error))
        else:
            self._handshake()

    def _handshake(self) -> None:
        assert isinstance(self.sock, ssl.SSLSocket)  # noqa: S101 - wrapped by _begin_handshake
        try:
            self.sock.do_handshake()
        except ssl.SSLWantReadError:
            self._want = READ
        except ssl.SSLWantWriteError:
            self._want = WRITE
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, ConnectionError) as error:
            self._die(_reason(error))
        except ssl.SSLError as error:
            self.session.stop = tls_refused(self._account, error)
            self._die(str(self.session.stop))
        except OSError as error:
            self._die(_reason(error))
        else:
            self.stage, self._want = Stage.OPEN, READ
            if self.session.phase is Phase.HANDSHAKE:
                self.session.secured()

    # --- talking ---------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Tell the selector what this socket waits for."""
        wanted = READ | WRITE if self.session.out and self.stage is Stage.OPEN else self._want
        if wanted == self._watched or self.sock is None:
            return
        if self._watched:
            self._selector.modify(self._fd, wanted, self)
        else:
            self._fd = self.sock.fileno()
            self._selector.register(self._fd, wanted, self)
        self._watched = wanted

    def attend(self, events: int, now: float) -> None:
        """Do what the socket is ready for."""
        stage = self.stage
        if stage is Stage.OPEN:
            if events & READ:
                self._read()
        elif stage is Stage.CONNECTING:
            self._connected(now)
        elif stage is Stage.HANDSHAKE:
            self._handshake()

    def _read(self) -> None:
        sock, session = self.sock, self.session
        while sock is not None and self.stage is Stage.OPEN:
            try:
                data = sock.recv(CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self._die(_reason(error))
                return
            if not data:
                self._die(_("the server closed the connection"))
                return
            session.receive(data)
            if session.phase is Phase.HANDSHAKE:
                self._begin_handshake()
            elif session.phase is Phase.CLOSED:
                self._die(session.fault)
            # Decrypted bytes do not wake the selector: read until there are none.
            if not isinstance(sock, ssl.SSLSocket) or not sock.pending():
                return

    def flush(self, now: float) -> None:
        """Write as much as the socket takes."""
        sock, session = self.sock, self.session
        if self.stage is not Stage.OPEN or sock is None:
            return
        try:
            while session.out:
                session.took(sock.sendmsg(session.out) if self._gathers else self._write_piece(sock))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            # What the kernel took before it failed is counted; the rest never got that far.
            self._read_last_words()
            self._die(_reason(error))
            return
        self._note_progress(now)

    def _write_piece(self, sock: socket.socket) -> int:
        """Write a part of what there is, where a socket takes one buffer at a time."""
        out = self.session.out
        if len(out) > 1:
            out[:] = [memoryview(b"".join(out))]
        with memoryview(out[0]) as whole, whole[:TLS_CHUNK] as part:
            try:
                return sock.send(part)
            except OSError:
                # A TLS record may have left in part: its bytes then count as gone.
                if isinstance(sock, ssl.SSLSocket):
                    self.session.at_risk = self.session.handed + len(part)
                raise

    def _read_last_words(self) -> None:
        """Read what the server said before it closed: a 421 or a refusal is truer than « connection lost »."""
        if self.stage is Stage.OPEN and self.session.phase is not Phase.HANDSHAKE:
            self._read()

    def _note_progress(self, now: float) -> None:
        session = self.session
        mark = session.replies + session.handed  # neither ever becomes less
        if mark != self._mark and self.stage is Stage.OPEN:
            self._mark = mark
            self.deadline = now + self._limit()

    def _limit(self) -> float:
        """Seconds the server has for what comes next (RFC 5321 4.5.3.2)."""
        session = self.session
        awaited = session.awaited
        if session.phase is Phase.QUITTING:
            return self._patience.goodbye
        if awaited is Step.DOT:
            return self._patience.after_dot if not session.out else max(self._account.timeout, self._patience.block)
        if awaited is Step.DATA:
            return max(self._account.timeout, self._patience.data)
        return self._account.timeout

    @property
    def waits(self) -> bool:
        """Whether the server owes us something, so that `deadline` counts."""
        return self.stage is not Stage.OPEN or self.session.phase is not Phase.READY or self.session.awaited is not None

    def check_time(self, now: float) -> None:
        """Give up what has lasted too long."""
        self._note_progress(now)
        if self.stage is Stage.DEAD or not self.waits or now < self.deadline:
            return
        self._last_error = _("no answer in time")
        if self.stage is Stage.CONNECTING:
            self.connect(now)
        else:
            self._die(self._last_error)

    # --- the end ---------------------------------------------------------------------------------------

    def _die(self, fault: str) -> None:
        self.session.lost(fault)
        self.close()
        self.stage = Stage.DEAD
        self.deadline = float("-inf")

    def close(self) -> None:
        """Close the socket, whatever it was doing."""
        if self._watched:
            self._selector.unregister(self._fd)
            self._watched = 0
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.close()
            self.sock = None
            self._want = 0


def _reason(error: OSError) -> str:
    """Return the system's words for an error, without any address of ours."""
    return os.strerror(error.errno) if error.errno and not isinstance(error, ssl.SSLError) else type(error).__name__
