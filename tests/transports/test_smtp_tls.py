"""Encryption and login: verified or not at all, and never a password in clear (P8)."""

from __future__ import annotations

import socket
import ssl

import pytest
import trustme

from tests.fakes import ListQueue, RecordingJournal, a_letter
from tests.servers.chaos_smtp import ChaosServer, Fault
from tests.transports.conftest import account, server_context
from workbench.domain.accounts import Account, Security
from workbench.errors import LoginRefused, NetworkDown, TlsRefused
from workbench.transports.smtp import SmtpTransport
from workbench.transports.smtp_connection import Patience, tls_context

QUICK = Patience(data=1.0, block=1.0, after_dot=1.0, network=0.5, goodbye=0.3)


def deliver(
    to: Account, password: str | None = None, *, count: int = 5, connections: int = 2, content: bytes | None = None
) -> RecordingJournal:
    journal = RecordingJournal()
    more = {"content": content} if content else {}
    letters = [a_letter(number, **more) for number in range(1, count + 1)]
    SmtpTransport(to, password, connections=connections, patience=QUICK).deliver(ListQueue(letters), journal)
    return journal


@pytest.mark.usefixtures("trusted")
class TestWithATrustedCertificate:
    def test_letters_leave_over_implicit_tls(self, authority: trustme.CA) -> None:
        with ChaosServer(implicit_tls=server_context(authority)) as server:
            journal = deliver(account(server.port, security=Security.TLS), count=40)
        assert set(journal.statuses().values()) == {"sent"}
        assert len(server.kept) == 40

    def test_letters_leave_over_starttls_and_the_greeting_is_said_again(self, authority: trustme.CA) -> None:
        with ChaosServer(starttls=server_context(authority)) as server:
            journal = deliver(account(server.port, security=Security.STARTTLS), connections=1)
        assert set(journal.statuses().values()) == {"sent"}
        assert [command.split()[0] for command in server.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]

    def test_a_large_letter_passes_unchanged(self, authority: trustme.CA) -> None:
        content = b"Subject: big\r\n\r\n" + b"".join(b"%070d\r\n" % line for line in range(40000))
        with ChaosServer(implicit_tls=server_context(authority)) as server:
            journal = deliver(account(server.port, security=Security.TLS), count=4, content=content)
        assert set(journal.statuses().values()) == {"sent"}
        assert all(message.content == content for message in server.kept)

    @pytest.mark.parametrize("deed", ["drop", "reset"])
    def test_a_reply_lost_under_tls_is_a_doubt(self, authority: trustme.CA, deed: str) -> None:
        fault = Fault(at="dot", do=deed, keep=True, after=1)
        with ChaosServer(implicit_tls=server_context(authority), faults=[fault], pipelining=False) as server:
            journal = deliver(account(server.port, security=Security.TLS), count=3, connections=1)
        assert journal.statuses() == {1: "sent", 2: "in_doubt", 3: "sent"}

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_a_certificate_for_another_name_stops_the_mailing(self, authority: trustme.CA, security: Security) -> None:
        context = server_context(authority, "other.example")
        sides = {"implicit_tls": context} if security is Security.TLS else {"starttls": context}
        with (
            ChaosServer(**sides, users={"practice": "secret"}, mechanisms=("PLAIN",)) as server,
            pytest.raises(TlsRefused, match="certificate"),
        ):
            deliver(account(server.port, security=security, user="practice"), "secret")
        assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_a_tls_older_than_1_2_stops_the_mailing(self, authority: trustme.CA, security: Security) -> None:
        context = server_context(authority, newest=ssl.TLSVersion.TLSv1_1)
        sides = {"implicit_tls": context} if security is Security.TLS else {"starttls": context}
        with ChaosServer(**sides) as server, pytest.raises(TlsRefused):
            deliver(account(server.port, security=security))
        assert not any(command.startswith("MAIL") for command in server.commands)

    def test_bytes_slipped_in_before_the_handshake_stop_the_mailing(self, authority: trustme.CA) -> None:
        with (
            ChaosServer(starttls=server_context(authority), injected=b"250 AUTH PLAIN\r\n") as server,
            pytest.raises(TlsRefused),
        ):
            deliver(account(server.port, security=Security.STARTTLS))
        assert not any(command.startswith("MAIL") for command in server.commands)

    def test_half_a_line_slipped_in_before_the_handshake_stops_the_mailing(self, authority: trustme.CA) -> None:
        with ChaosServer(starttls=server_context(authority), injected=b"25") as server, pytest.raises(TlsRefused):
            deliver(account(server.port, security=Security.STARTTLS))

    def test_starttls_taken_out_of_the_offer_stops_the_mailing(self) -> None:
        with (
            ChaosServer(users={"practice": "secret"}, mechanisms=("PLAIN",)) as server,
            pytest.raises(TlsRefused, match="STARTTLS"),
        ):
            deliver(account(server.port, security=Security.STARTTLS, user="practice"), "secret")
        assert [command.split()[0] for command in server.commands] == ["EHLO"]

    @pytest.mark.parametrize("text", ["454 4.7.0 not available", "502 no"])
    def test_starttls_refused_stops_the_mailing(self, authority: trustme.CA, text: str) -> None:
        refused = Fault(at="starttls", do="reply", text=text)
        with ChaosServer(starttls=server_context(authority), faults=[refused]) as server, pytest.raises(TlsRefused):
            deliver(account(server.port, security=Security.STARTTLS))

    def test_a_server_in_clear_where_tls_was_asked_for_stops_the_mailing(self) -> None:
        with ChaosServer() as server, pytest.raises(TlsRefused):
            deliver(account(server.port, security=Security.TLS))

    @pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("CRAM-MD5", "LOGIN", "PLAIN")])
    def test_the_user_logs_in_under_tls(self, authority: trustme.CA, mechanisms: tuple[str, ...]) -> None:
        with ChaosServer(
            implicit_tls=server_context(authority), users={"practice@é": "sécret"}, mechanisms=mechanisms
        ) as server:
            journal = deliver(account(server.port, security=Security.TLS, user="practice@é"), "sécret")
        assert set(journal.statuses().values()) == {"sent"}

    def test_a_host_given_as_an_address_is_verified_too(self, authority: trustme.CA) -> None:
        with ChaosServer(implicit_tls=server_context(authority, "127.0.0.1")) as server:
            journal = deliver(account(server.port, security=Security.TLS, host="127.0.0.1"))
        assert set(journal.statuses().values()) == {"sent"}


def test_a_certificate_nobody_vouches_for_stops_the_mailing(authority: trustme.CA) -> None:
    with ChaosServer(implicit_tls=server_context(authority)) as server, pytest.raises(TlsRefused, match="certificate"):
        deliver(account(server.port, security=Security.TLS))


def test_our_side_of_tls_verifies_and_is_new_enough() -> None:
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_connection_closed_during_the_handshake_is_a_network_fault() -> None:
    with ChaosServer(faults=[Fault(at="connect", do="drop", times=-1)]) as server, pytest.raises(NetworkDown):
        deliver(account(server.port, security=Security.TLS))


@pytest.mark.parametrize("text", ["535 5.7.8 bad", "530 5.7.0 no", "534 5.7.9 weak", "538 5.7.11 encrypt"])
def test_a_refused_login_stops_the_mailing_after_one_try_and_shows_no_secret(text: str) -> None:
    refused = Fault(at="auth", do="reply", text=text, times=-1)
    with (
        ChaosServer(faults=[refused], users={"practice": "secret"}, mechanisms=("PLAIN", "LOGIN")) as server,
        pytest.raises(LoginRefused) as caught,
    ):
        deliver(account(server.port, user="practice"), "hunter2", connections=8, count=50)
    assert text[:3] in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(caught.value)
    assert sum(command.startswith("AUTH") for command in server.commands) == 1


def test_a_login_refused_for_now_is_tried_again() -> None:
    later = Fault(at="auth", do="reply", text="454 4.7.0 try later")
    with ChaosServer(faults=[later], users={"practice": "secret"}, mechanisms=("PLAIN",)) as server:
        journal = deliver(account(server.port, user="practice"), "secret")
    assert set(journal.statuses().values()) == {"sent"}


@pytest.mark.parametrize("mechanisms", [(), ("CRAM-MD5", "XOAUTH2")])
def test_without_a_way_to_log_in_nothing_is_sent(mechanisms: tuple[str, ...]) -> None:
    with ChaosServer(mechanisms=mechanisms) as server, pytest.raises(LoginRefused):
        deliver(account(server.port, user="practice"), "secret")
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_a_user_without_a_password_is_refused_before_connecting() -> None:
    with ChaosServer() as server, pytest.raises(LoginRefused):
        deliver(account(server.port, user="practice"), None)
    assert server.connections == 0


def test_a_password_never_leaves_in_clear_for_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a « localhost » that the resolver sends elsewhere is not this machine."""
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_a, **_k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 25))]
    )
    with pytest.raises(TlsRefused):
        deliver(account(25, user="practice"), "secret")


def test_the_transport_does_not_show_its_password() -> None:
    assert "secret" not in repr(SmtpTransport(account(25, user="practice"), "secret"))
