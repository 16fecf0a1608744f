"""Accounts on test servers, and certificates made for the occasion."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from workbench.domain.accounts import Account, Security


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test authority is the one this machine trusts, through SSL_CERT_FILE as a practice would do it."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def server_context(authority: trustme.CA, *names: str, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if newest is not None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
    authority.issue_cert(*(names or ("localhost",))).configure_cert(context)
    return context


def account(port: int, **changes: object) -> Account:
    """An account on a server of this machine."""
    plain = Account(
        name="reception",
        email="practice@cabinet.example",
        host="localhost",
        port=port,
        security=Security.NONE,
        timeout=3.0,
    )
    return replace(plain, **changes)
