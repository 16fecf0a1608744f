"""An account is tried step by step, and the first failure is told in plain words."""

from __future__ import annotations

import socket

import pytest
import trustme

from tests.servers.chaos_smtp import ChaosServer, Fault
from tests.transports.conftest import account, server_context
from workbench.domain.accounts import Account, Security
from workbench.transports.account_test import Stage, try_account


def names(stages: list[Stage]) -> list[str]:
    assert all(stage.ok for stage in stages[:-1])
    assert all(stage.detail for stage in stages)
    return [stage.name for stage in stages]


@pytest.mark.usefixtures("trusted")
def test_a_good_account_passes_every_step_in_the_order_they_happen(authority: trustme.CA) -> None:
    login = {"users": {"practice": "secret"}, "mechanisms": ("PLAIN",)}
    with ChaosServer(implicit_tls=server_context(authority), **login) as server:
        stages = try_account(account(server.port, security=Security.TLS, user="practice"), "secret")
    assert names(stages) == ["dns", "tcp", "tls", "greeting", "login"]
    assert stages[-1].ok
    with ChaosServer(starttls=server_context(authority), **login) as server:
        stages = try_account(account(server.port, security=Security.STARTTLS, user="practice"), "secret")
    assert names(stages) == ["dns", "tcp", "greeting", "tls", "login"]
    assert stages[-1].ok
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_an_account_without_user_is_tried_too() -> None:
    with ChaosServer() as server:
        stages = try_account(account(server.port), None)
    assert names(stages) == ["dns", "tcp", "greeting", "login"]
    assert stages[-1].ok


def failing(stages: list[Stage]) -> tuple[str, str]:
    assert not stages[-1].ok
    names(stages)
    return stages[-1].name, stages[-1].detail


def test_an_unknown_name_fails_at_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    step, detail = failing(try_account(account(465, host="smpt.example", security=Security.TLS), "x"))
    assert step == "dns"
    assert "smpt.example" in detail


def test_a_closed_port_fails_at_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    step, detail = failing(try_account(account(port), None))
    assert step == "tcp"
    assert str(port) in detail


def test_an_untrusted_certificate_fails_at_tls(authority: trustme.CA) -> None:
    with ChaosServer(implicit_tls=server_context(authority)) as server:
        step, detail = failing(try_account(account(server.port, security=Security.TLS), None))
    assert step == "tls"
    assert "certificate" in detail


def test_a_missing_starttls_fails_at_tls() -> None:
    with ChaosServer() as server:
        step, detail = failing(try_account(account(server.port, security=Security.STARTTLS), None))
    assert step == "tls"
    assert "STARTTLS" in detail


@pytest.mark.parametrize("deed", ["reply", "drop"])
def test_a_refused_or_dropped_greeting_fails_at_greeting(deed: str) -> None:
    with ChaosServer(faults=[Fault(at="greeting", do=deed, text="554 go away")]) as server:
        step, _detail = failing(try_account(account(server.port), None))
    assert step == "greeting"


def test_a_silent_server_fails_at_greeting_within_the_time_given() -> None:
    with ChaosServer(faults=[Fault(at="connect", do="hang")]) as server:
        step, detail = failing(try_account(account(server.port), None, timeout=0.2))
    assert step == "greeting"
    assert "465" in detail


def test_a_wrong_password_fails_at_login_and_is_never_shown() -> None:
    with ChaosServer(users={"practice": "secret"}, mechanisms=("PLAIN",)) as server:
        stages = try_account(account(server.port, user="practice"), "hunter2")
    step, detail = failing(stages)
    assert step == "login"
    assert "535" in detail
    assert "hunter2" not in repr(stages)


@pytest.mark.parametrize(
    ("host", "words"),
    [("smtp.gmail.com", "application password"), ("smtp.free.fr", "before the @"), ("smtp.practice.example", "")],
)
def test_a_refused_login_comes_with_the_providers_own_advice(
    host: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChaosServer(users={"practice": "secret"}, mechanisms=("PLAIN",)) as server:
        found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)
        monkeypatch.setattr("workbench.transports.smtp_connection.is_loopback", lambda _host: True)
        to: Account = account(server.port, host=host, user="practice")
        step, detail = failing(try_account(to, "wrong"))
    assert step == "login"
    assert words in detail
    assert ("application password" in detail) is (host == "smtp.gmail.com")
