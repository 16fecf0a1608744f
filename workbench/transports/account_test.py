"""Try an account step by step, from its name to its password, and say in plain words where it fails (F17, F23, F24)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workbench.domain.accounts import Account, Auth, Security, Stage
from workbench.domain.presets import (
    UserForm,
    old_server_sentence,
    preset_of,
    preset_of_server,
    preset_that_was,
    presets,
    sign_in_guides,
)
from workbench.errors import LoginRefused, SendingStopped, TlsRefused
from workbench.language import _
from workbench.ports import AccessTokens
from workbench.transports.smtp_connection import (
    CHUNK,
    SocketAddress,
    addresses_of,
    hello_name,
    tls_context,
    tls_refused,
)
from workbench.transports.smtp_opening import Phase
from workbench.transports.smtp_session import Session


def try_account(
    account: Account,
    password: str | AccessTokens | None,
    *,
    timeout: float | None = None,
    tell: Callable[[Stage], object] | None = None,
) -> list[Stage]:
    """Connect to the account's server and log in, sending nothing; return the steps up to the first that fails.

    Parameters
    ----------
    account
        The account; nothing of it is changed.
    password
        Its password, or where its access tokens come from; neither is ever part of a sentence.
    timeout
        Seconds for each step; the account's own by default.
    tell
        Called with each step as it ends, so that somebody can watch.
    """
    return _Trial(account, password or "", timeout or account.timeout, tell).stages()


def try_folder(folder: Path) -> list[Stage]:
    """See whether messages can be written to a folder, which is made when there is none; nothing stays in it."""
    told = {"folder": folder}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        sentence = _("The folder {folder} cannot be written ({why}). Choose another one.")
        return [Stage(name="folder", ok=False, detail=sentence.format(why=error.strerror or error, **told))]
    sentence = _("Messages become files in the folder {folder}; nothing leaves this computer.")
    return [Stage(name="folder", ok=True, detail=sentence.format(**told))]


class _Failed(Exception):
    """The step under way failed, with its sentence."""


class _Trial:
    def __init__(
        self,
        account: Account,
        password: str | AccessTokens,
        timeout: float,
        tell: Callable[[Stage], object] | None,
    ) -> None:
        self._account = account
        self._password = password
        self._timeout = timeout
        self._tell = tell
        self._stages: list[Stage] = []
        self._step = "dns"
        self._sock: socket.socket | None = None  # the one connection, encrypted or not; closed at the end

    def stages(self) -> list[Stage]:
        """Walk the steps."""
        try:
            self._connect(self._addresses())
            self._talk()
        except _Failed as failed:
            self._ended(Stage(name=self._step, ok=False, detail=str(failed)))
        finally:
            if self._sock is not None:
                self._sock.close()
        return self._stages

    def _passed(self, detail: str) -> None:
        self._ended(Stage(name=self._step, ok=True, detail=detail))

    def _ended(self, stage: Stage) -> None:
        self._stages.append(stage)
        if self._tell is not None:
            self._tell(stage)

    def _addresses(self) -> list[SocketAddress]:
        account = self._account
        try:
            addresses = addresses_of(account)
        except TlsRefused as error:
            raise _Failed(str(error)) from error
        except OSError as error:
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise _Failed(
                    _(
                        "Nobody can be asked where {host} is: this computer is not on the network, or its network"
                        " does not answer. Open a web page to see, then try again."
                    ).format(host=account.host)
                ) from error
            raise _Failed(
                self._with_hint(
                    _(
                        "The name {host} is not known. Check the server's name, and that this machine is on the"
                        " network."
                    ).format(host=account.host)
                )
            ) from error
        self._passed(_("The name {host} is known.").format(host=account.host))
        return addresses

    def _connect(self, addresses: list[SocketAddress]) -> None:
        self._step = "tcp"
        told = {"host": self._account.host, "port": self._account.effective_port, "seconds": self._timeout}
        why = _("{host} does not answer on port {port}.").format(**told)
        for family, address in addresses:
            self._sock = sock = socket.socket(family, socket.SOCK_STREAM)
            sock.settimeout(self._timeout)
            try:
                sock.connect(address)
            except ConnectionRefusedError:
                why = _("{host} is there, but refuses connections on port {port}.").format(**told)
                sock.close()
                continue
            except TimeoutError:
                why = _("{host} does not answer on port {port} within {seconds:g} s.").format(**told)
                sock.close()
                continue
            except OSError:
                sock.close()
                continue
            self._passed(
                _("{host} answers on port {port}.").format(host=self._account.host, port=self._account.effective_port)
            )
            return
        blame = _(
            "The port may be wrong (465 for tls, 587 for starttls), or the network of the practice blocks it:"
            " ask whoever looks after it."
        )
        raise _Failed(self._with_hint(f"{why} {blame}"))

    def _encrypt(self, sock: socket.socket) -> ssl.SSLSocket:
        self._step = "tls"
        try:
            self._sock = encrypted = tls_context().wrap_socket(
                sock, server_hostname=self._account.host.strip("[]").rstrip(".")
            )
        except ssl.SSLError as error:
            raise _Failed(str(tls_refused(self._account, error))) from error
        except OSError as error:
            raise _Failed(_("The server ended the connection instead of encrypting it.")) from error
        self._passed(
            _("The connection is encrypted ({version}), the certificate is valid.").format(version=encrypted.version())
        )
        return encrypted

    def _talk(self) -> None:
        account, sock = self._account, self._sock
        assert sock is not None  # noqa: S101 - only called once connected
        if account.security is Security.TLS:
            sock = self._encrypt(sock)
        self._step = "greeting"
        session = Session(account, self._secret(), hello=hello_name(str(sock.getsockname()[0])), letters=1)
        greeted = False
        until = time.monotonic() + self._timeout
        while session.phase is not Phase.READY:
            self._hear(sock, session, until)
            if session.phase > Phase.GREETING and not greeted and session.phase is not Phase.CLOSED:
                greeted = True
                self._passed(_("The server greets."))
                self._step = "tls" if account.security is Security.STARTTLS else "login"
            if session.phase is Phase.HANDSHAKE:
                sock = self._encrypt(sock)
                self._step = "login"
                session.secured()
            if session.phase is Phase.CLOSED:
                raise _Failed(self._diagnosis(session))
            until = time.monotonic() + self._timeout
        self._step = "login"
        if account.login:
            self._passed(_("The server accepts the user and the password."))
        else:
            self._passed(_("No user is set, so nobody logged in."))
        session.quit()
        with contextlib.suppress(OSError):
            sock.sendall(session.spoken())

    def _secret(self) -> str:
        if isinstance(self._password, str):
            return self._password
        step, self._step = self._step, "login"
        try:
            secret = self._password.token()
        except SendingStopped as stop:
            raise _Failed(str(stop)) from stop
        self._step = step
        return secret

    def _hear(self, sock: socket.socket, session: Session, until: float) -> None:
        """Say what is to be said, then take what the server says next."""
        try:
            sock.settimeout(max(0.01, until - time.monotonic()))
            sock.sendall(session.spoken())
            data = sock.recv(CHUNK)
        except TimeoutError as error:
            if session.phase is Phase.GREETING and self._account.security is not Security.TLS:
                raise _Failed(
                    _(
                        "The server says nothing. On port 465 it waits for an encrypted connection:"
                        " choose --security tls."
                    )
                ) from error
            raise _Failed(
                _("The server does not answer within {seconds:g} s.").format(seconds=self._timeout)
            ) from error
        except OSError as error:
            raise _Failed(_("The server ended the connection.")) from error
        if not data:
            raise _Failed(_("The server ended the connection."))
        session.receive(data)

    def _diagnosis(self, session: Session) -> str:
        stop: SendingStopped | None = session.stop
        said = (
            str(stop)
            if stop is not None
            else _("The server ended the conversation: {fault}").format(fault=session.fault)
        )
        if isinstance(stop, LoginRefused) and self._account.auth is Auth.PASSWORD:
            advice = self._advice(said)
            return f"{said} {advice}" if advice else said
        return said

    def _with_hint(self, sentence: str) -> str:
        """Add what is known of the provider where an account has the server of an old guide, or not its provider's."""
        account = self._account
        old, own = preset_that_was(account.host, account.effective_port), preset_of(account.email)
        if old is not None and (old.host, old.port) != (account.host, account.effective_port):
            return f"{sentence} {old_server_sentence(old, account)}"
        if own is not None and own.usable and own.host != account.host.rstrip(".").lower():
            hint = _(
                "For addresses of {name} the server is {host}, port {port}: workbench account set {account}"
                " --preset {preset}"
            )
            told = {"name": own.brand, "host": own.host, "port": own.port, "preset": own.key, "account": account.name}
            return f"{sentence} {hint.format(**told)}"
        return sentence

    def _advice(self, refusal: str) -> str:
        """Say what a provider wants where it refused a password, recognised by its server or by its words (F51)."""
        account = self._account
        known = preset_of_server(account.host)
        if known is None:
            known = next((one for one in presets().values() if sign_in_guides()[one.help].explains(refusal)), None)
        if known is None:
            return ""
        told = {
            "name": known.brand,
            "account": account.name,
            "help": known.key,
            "user": account.login,
            "oauth": known.oauth,
        }
        if "password" not in known.ways and known.takes_passwords:
            advice = _(
                "{name} wants an application password: turn on the two-step verification of the mailbox,"
                " make an application password there, and give it here instead of the usual one."
            )
        elif not known.takes_passwords:
            advice = _(
                "{name} no longer accepts a password from other programs: let the workbench sign in instead, with"
                " workbench account set {account} --auth xoauth2 --oauth {oauth} --client-id …"
            )
        elif account.login != known.user.of(account.email):
            told["login"] = known.user.of(account.email)
            advice = _(
                "With {name} the login of this address is « {login} », not « {user} »: workbench account set {account}"
                " --user {login}"
            )
        elif known.user is UserForm.LOCAL:
            told["login"] = account.email
            advice = _(
                "With {name} the login is only what stands before the @ of the address; should that be refused with"
                " the right password, try the whole one: workbench account set {account} --user {login}"
            )
        else:
            advice = ""
        step_by_step = _("Step by step: workbench account help {help}")
        return f"{advice} {step_by_step}".strip().format(**told)
