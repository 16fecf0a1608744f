"""A password is kept outside the workspace and never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from workbench.errors import NoPassword
from workbench.passwords import Passwords


class SystemKeyring(KeyringBackend):
    """Stands for a desktop's keyring."""

    priority = -2  # type: ignore[assignment]  # never taken by itself: to be defined is enough to be offered

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def the_keyring_of_before() -> Iterator[None]:
    """Give other tests the keyring that they would have without these."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring() -> None:
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_a_password_goes_to_a_private_file(tmp_path: Path) -> None:
    passwords = Passwords("w1", folder=tmp_path / "secrets")
    assert passwords.keep("Secrétariat/1", "s3cret") == "file"
    [file] = (tmp_path / "secrets").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert passwords.read("Secrétariat/1", "file") == "s3cret"
    with pytest.raises(NoPassword):
        Passwords("w2", folder=tmp_path / "secrets").read("Secrétariat/1", "file")
    passwords.forget("Secrétariat/1", "file")
    with pytest.raises(NoPassword, match="Secrétariat/1"):
        passwords.read("Secrétariat/1", "file")
    assert "s3cret" not in repr(passwords)


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize(
    ("one", "other"), [("a" * 60 + "1", "a" * 60 + "2"), ("cabinet/1", "cabinet_1"), ("é", "è"), ("Cabinet", "cabinet")]
)
def test_names_that_look_alike_keep_their_own_passwords(tmp_path: Path, one: str, other: str) -> None:
    passwords = Passwords("w1", folder=tmp_path / "secrets")
    passwords.keep(one, "first")
    passwords.keep(other, "second")
    assert (passwords.read(one, "file"), passwords.read(other, "file")) == ("first", "second")
    passwords.forget(other, "file")
    assert passwords.read(one, "file") == "first"


def test_a_desktops_keyring_is_used_when_there_is_one(tmp_path: Path) -> None:
    backend = SystemKeyring()
    backend.priority = 5  # type: ignore[misc]
    keyring.set_keyring(backend)
    passwords = Passwords("w1", folder=tmp_path / "secrets")
    assert passwords.keep("a", "s3cret") == "keyring"
    assert passwords.read("a", "keyring") == "s3cret"
    assert not (tmp_path / "secrets").exists()
    passwords.forget("a", "keyring")
    assert backend.kept == {}


def test_the_environment_is_named_when_it_lacks_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords("w1", folder=tmp_path)
    with pytest.raises(NoPassword, match="CABINET_MAIL"):
        passwords.read("a", "env:CABINET_MAIL")
    monkeypatch.setenv("CABINET_MAIL", "s3cret")
    assert passwords.read("a", "env:CABINET_MAIL") == "s3cret"
    assert passwords.read("a", "") is None


@pytest.mark.usefixtures("no_keyring")
def test_where_a_password_would_go_is_known_before_it_is_given(tmp_path: Path) -> None:
    assert Passwords("w1", folder=tmp_path).place() == "file"
