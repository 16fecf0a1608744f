from __future__ import annotations

import pytest

from workbench.domain.accounts import DEFAULT_PORTS, Account, Security, is_loopback


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_this_machine_is_recognised(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "128.0.0.1", "::2", "mail.test", "0.0.0.0"],
)
def test_another_machine_is_not_taken_for_this_one(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("security", list(Security))
def test_the_usual_port_of_a_security_is_used_when_none_is_given(security):
    account = Account(name="a", email="a@cabinet.test", host="mail.test", security=security)
    assert account.effective_port == DEFAULT_PORTS[security]


def test_a_port_that_was_given_is_kept():
    assert Account(name="a", email="a@cabinet.test", host="mail.test", port=2525).effective_port == 2525


def test_an_account_is_protected_unless_somebody_says_otherwise():
    assert Account(name="a", email="a@cabinet.test").security is Security.TLS
