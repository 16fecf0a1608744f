from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from workbench.domain.accounts import DEFAULT_PORTS, Account, AccountKind, Security, is_loopback
from workbench.domain.limits import PUBLISHED_LIMITS, Limits, published_limits


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


def test_an_account_has_the_limits_that_its_provider_publishes_until_somebody_says_others():
    outlook = Account(name="a", email="a@cabinet.test", host="SMTP.office365.com.")
    assert outlook.limits == Limits(per_minute=30, per_day=10_000)
    assert replace(outlook, per_minute=10, per_day=0).limits == Limits(per_minute=10)
    assert not Account(name="a", email="a@cabinet.test", host="smtp.cabinet.test").limits


def test_the_sender_s_domain_tells_which_of_a_provider_s_rules_counts():
    assert published_limits("smtp.gmail.com", "cabinet@gmail.com").per_day == 500
    assert published_limits("smtp.gmail.com", "rdv@cabinet.test").per_day == 2000


def test_each_published_limit_says_where_and_when_it_was_read():
    for known in PUBLISHED_LIMITS:
        assert known.limits
        assert known.source.startswith("https://")
        assert known.read_on <= date(2026, 11, 22)


def test_the_test_box_has_no_limit_of_a_provider():
    assert not Account(name="a", email="a@cabinet.test", kind=AccountKind.CATCHER, host="smtp.gmail.com").limits
