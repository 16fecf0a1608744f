"""The mail accounts of a practice: kept, tested, and their passwords found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from workbench.addresses import address_problem
from workbench.domain.accounts import Account, AccountKind, Security, is_loopback
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.limits import WINDOWS
from workbench.domain.sending_hours import SendingHours
from workbench.errors import AccountError
from workbench.language import _

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class PasswordKeeper(Protocol):
    """Keeps the passwords of accounts outside the ledger."""

    def keep(self, name: str, password: str) -> str:
        """Keep it and return where."""
        ...

    def read(self, name: str, kept_in: str) -> str | None:
        """Return it, or raise ``NoPassword``."""
        ...

    def forget(self, name: str, kept_in: str) -> None:
        """Remove it."""
        ...


class Stage(Protocol):
    """One stage of an account's test."""

    @property
    def name(self) -> str:
        """What was tried."""
        ...

    @property
    def ok(self) -> bool:
        """Whether it went well."""
        ...

    @property
    def detail(self) -> str:
        """What was seen, in a sentence."""
        ...


class Accounts(Mapping[str, Account]):
    """The mail accounts by name."""

    def __init__(
        self,
        practice: Practice,
        passwords: PasswordKeeper,
        tester: Callable[[Account, str | None], list[Any]],
    ) -> None:
        self._practice = practice
        self._passwords = passwords
        self._tester = tester

    def __getitem__(self, name: str) -> Account:
        return self._practice.ledger.library.account(name)

    def __iter__(self) -> Iterator[str]:
        return iter([account.name for account in self._practice.ledger.library.accounts()])

    def __len__(self) -> int:
        return len(self._practice.ledger.library.accounts())

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def set(
        self,
        name: str,
        *,
        email: str | None = None,
        display_name: str | None = None,
        kind: str | AccountKind | None = None,
        host: str | None = None,
        port: int | None = None,
        security: str | Security | None = None,
        user: str | None = None,
        password: str | None = None,
        password_env: str | None = None,
        reply_to: str | None = None,
        folder: str | None = None,
        connections: int | None = None,
        timeout: float | None = None,
        per_minute: int | None = None,
        per_hour: int | None = None,
        per_day: int | None = None,
        hours: str | None = None,
    ) -> Account:
        """Make an account or change the values given; what is not given stays as it was.

        Parameters
        ----------
        name
            What the practice calls it.
        email, display_name, reply_to
            Whom its messages come from, and where answers go; the practice's own address and name by default.
        kind
            ``smtp``, ``folder`` (messages become files) or ``catcher`` (the built-in test mailbox).
        host, port, security
            The server; ``tls``, ``starttls`` or, to this computer alone, ``none``.
        user, password, password_env
            The login. A password goes to the keyring or a private file, never to the ledger; `password_env` names
            the environment variable that holds it instead.
        folder
            Where a ``folder`` account puts its messages.
        connections, timeout
            How many connections at once, and how many seconds an answer may take.
        per_minute, per_hour, per_day
            How many messages may leave in any such time, all mailings and computers together; 0 is no limit. What is
            not said is what the provider publishes.
        hours
            When its messages may leave, as ``08:00-20:00 mon-fri``, in place of the practice's sending hours.

        Raises
        ------
        AccountError
            When the address is malformed, the host is missing, a limit is negative, or a connection in the clear would
            leave this machine.
        BadValue
            When the hours cannot be read.

        Examples
        --------
        >>> account = practice.accounts.set(
        ...     "cabinet", email="rdv@cabinet.example", host="smtp.cabinet.example", password_env="SMTP_PASSWORD"
        ... )
        >>> str(account.security), account.password_from
        ('tls', 'env:SMTP_PASSWORD')
        """
        old = self.get(name)
        given = {
            "email": email, "display_name": display_name, "host": host, "port": port, "user": user,
            "reply_to": reply_to, "folder": folder, "connections": connections, "timeout": timeout,
            "per_minute": per_minute, "per_hour": per_hour, "per_day": per_day, "hours": hours,
            "kind": None if kind is None else AccountKind(kind),
            "security": None if security is None else Security(security),
        }  # fmt: skip
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if old is None:
            changes.setdefault("email", self._practice.email)
            changes.setdefault("display_name", self._practice.name)
        account = replace(old, **changes) if old else Account(name=name, **changes)
        _check_account(account)
        if password_env is not None:
            account = replace(account, password_from=f"env:{password_env}")
        elif password is not None:
            account = replace(account, password_from=self._passwords.keep(name, password))
        self._practice.ledger.library.save_account(account, by=self._practice.user, now=self._practice.now())
        return account

    def remove(self, name: str) -> None:
        """Remove an account and its kept password; what it sent stays in the results."""
        account = self[name]
        self._passwords.forget(name, account.password_from)
        self._practice.ledger.library.remove_account(name, by=self._practice.user, now=self._practice.now())

    def test(self, name: str) -> list[Any]:
        """Try an account stage by stage (F17); each stage has ``name``, ``ok`` and ``detail``."""
        account = self[name]
        return self._tester(account, self.password(account))

    def password(self, account: Account) -> str | None:
        """Return the account's password, or nothing when it has none; raises ``NoPassword`` when it is lost."""
        return self._passwords.read(account.name, account.password_from)

    def default(self) -> Account:
        """Return the account used when nobody names one: the settings', the only real one, else the mail catcher.

        Raises
        ------
        AccountError
            When there is none, or several and none was named.
        """
        named = self._practice.settings.account
        if named:
            return self[named]
        accounts = list(self.values())
        real = [account for account in accounts if account.kind is not AccountKind.CATCHER]
        chosen = real or accounts
        if len(chosen) == 1:
            return chosen[0]
        if not chosen:
            raise AccountError(_("There is no mail account yet. Make one with: workbench account set NAME"))
        raise AccountError(
            _("Several accounts exist: {names}. Say which one with --account NAME.").format(
                names=", ".join(account.name for account in chosen)
            )
        )


def _check_account(account: Account) -> None:
    problem = address_problem(account.email)
    if problem:
        raise AccountError(
            _("Account « {name} »: {problem} ({email})").format(
                name=account.name, email=account.email, problem=sentence_of_reason(problem)
            )
        )
    if any(ord(character) < 32 for character in account.display_name + account.name + account.user):
        raise AccountError(_("Account « {name} »: no line break or control character here.").format(name=account.name))
    if any(most < 0 for name in WINDOWS if (most := getattr(account, name)) is not None):
        raise AccountError(
            _("Account « {name} »: a limit is a number of messages, 0 or more.").format(name=account.name)
        )
    SendingHours.parse(account.hours)
    if account.kind is not AccountKind.SMTP:
        return
    if not account.host:
        raise AccountError(_("Account « {name} »: the server is missing (--host).").format(name=account.name))
    if account.security is Security.NONE and not is_loopback(account.host):
        raise AccountError(
            _(
                "Account « {name} »: without TLS a password and patients' messages would travel in the clear. "
                "Choose --security tls or starttls; none is for this computer's own addresses only."
            ).format(name=account.name)
        )


TransportFactory = Callable[[Account, str | None, int | None], AbstractContextManager[Any]]
