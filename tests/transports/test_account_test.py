"""An account is tried step by step, and the first failure is told in plain words."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.servers.chaos_smtp import ChaosServer, Fault
from tests.transports.conftest import account, server_context
from workbench.domain.accounts import Account, Security, Stage
from workbench.language import use_language
from workbench.transports.account_test import try_account, try_folder


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language(None)


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


@pytest.mark.parametrize("host", ["smtp..example", ".example", "a" * 64 + ".example", "é" * 60 + ".example"])
def test_a_name_that_no_server_can_have_is_told_as_an_unknown_one(host: str) -> None:
    stages = try_account(account(465, host=host, security=Security.TLS), None)

    assert names(stages) == ["dns"]
    assert host in stages[-1].detail


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
    assert f"refuses connections on port {port}" in detail


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


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_refusal_over_tls_closes_the_connection(authority: trustme.CA, security: Security) -> None:
    tls = server_context(authority)
    served = {"implicit_tls": tls} if security is Security.TLS else {"starttls": tls}
    with ChaosServer(users={"practice": "secret"}, mechanisms=("PLAIN",), **served) as server:
        step, _detail = failing(try_account(account(server.port, security=security, user="practice"), "wrong"))
    assert step == "login"
    gc.collect()  # a connection left open is found here, and fails the test


def test_somebody_who_hears_no_further_closes_the_connection() -> None:
    def hear(stage: Stage) -> None:
        if stage.name == "tcp":
            raise LookupError(stage.name)

    with ChaosServer() as server, pytest.raises(LookupError):
        try_account(account(server.port), None, tell=hear)
    gc.collect()


def test_a_wrong_password_fails_at_login_and_is_never_shown() -> None:
    with ChaosServer(users={"practice": "secret"}, mechanisms=("PLAIN",)) as server:
        stages = try_account(account(server.port, user="practice"), "hunter2")
    step, detail = failing(stages)
    assert step == "login"
    assert "535" in detail
    assert "hunter2" not in repr(stages)


def refused_by(host: str, monkeypatch: pytest.MonkeyPatch, reply: str = "", **values: object) -> str:
    """Return what is said of a password that a server called so refuses."""
    faults = [Fault(at="auth", do="reply", text=reply, times=-1)] if reply else []
    with ChaosServer(users={"practice": "secret"}, mechanisms=("PLAIN",), faults=faults) as server:
        found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: found)
        monkeypatch.setattr("workbench.transports.smtp_connection.is_loopback", lambda _host: True)
        to: Account = account(server.port, host=host, **({"user": "practice"} | values))
        step, detail = failing(try_account(to, "wrong"))
    assert step == "login"
    assert "wrong" not in detail
    return detail


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("smtp.gmail.com", "application password"),
        ("smtp.mail.me.com", "application password"),
        ("smtp.mail.yahoo.com", "workbench account help yahoo"),
        ("smtp-mail.outlook.com", "--oauth microsoft"),
        ("smtp.office365.com", "workbench account help microsoft365"),
        ("smtp.orange.fr", "the login of this address is « practice@cabinet.example »"),
    ],
)
def test_a_refused_login_comes_with_the_providers_own_advice(
    host: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words in refused_by(host, monkeypatch)


def test_a_short_login_is_advised_and_then_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refused_by("smtp.free.fr", monkeypatch, email="practice@free.fr")
    assert "before the @" in told
    assert "--user practice@free.fr" in told


def test_a_server_nobody_knows_is_given_no_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "workbench account help" not in refused_by("smtp.practice.example", monkeypatch)


@pytest.mark.parametrize(
    ("reply", "help_with"),
    [
        ("535 5.7.8 Username and Password not accepted. Learn more at ?p=BadCredentials - gsmtp", "gmail"),
        ("534 5.7.9 Application-specific password required", "gmail"),
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "outlook"),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant",
            "microsoft365",
        ),
        ("535 5.7.0 (#AUTH005) Too many bad auth attempts.", "yahoo"),
    ],
)
def test_a_provider_is_recognised_by_the_words_of_its_refusal(
    reply: str, help_with: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"workbench account help {help_with}" in refused_by("relay.practice.example", monkeypatch, reply)


def test_the_server_of_an_old_guide_is_told_with_the_one_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    old = account(587, host="smtp.live.com", security=Security.STARTTLS)
    assert "--preset outlook" in failing(try_account(old, "x"))[1]
    wrong = account(465, host="smtp.ornage.fr", security=Security.TLS, email="a@orange.fr")
    assert "smtp.orange.fr" in failing(try_account(wrong, "x"))[1]


def test_without_a_network_the_name_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    step, detail = failing(try_account(account(465, host="smtp.example", security=Security.TLS), "x"))
    assert step == "dns"
    assert "not on the network" in detail


def test_a_certificate_for_another_name_says_so(authority: trustme.CA, trusted: None) -> None:
    with ChaosServer(implicit_tls=server_context(authority, "other.example")) as server:
        step, detail = failing(try_account(account(server.port, security=Security.TLS), None))
    assert step == "tls"
    assert "another name" in detail


def test_a_folder_is_tried_by_writing_to_it(tmp_path: Path) -> None:
    [stage] = try_folder(tmp_path / "out")
    assert (stage.name, stage.ok) == ("folder", True)
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "file").write_text("x")
    [stage] = try_folder(tmp_path / "file")
    assert (stage.name, stage.ok) == ("folder", False)
