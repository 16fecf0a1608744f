"""The mail accounts of a practice: kept, tested, and their passwords found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from workbench.addresses import address_problem
from workbench.domain.accounts import OAUTH_PROVIDERS, Account, AccountKind, Auth, Security, is_loopback
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
        signer: Callable[..., str],
    ) -> None:
        self._practice = practice
        self._passwords = passwords
        self._tester = tester
        self._signer = signer

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
        letters_per_connection: int | None = None,
        dsn: bool | None = None,
        auth: str | Auth | None = None,
        oauth: str | None = None,
        client_id: str | None = None,
        tenant: str | None = None,
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
        connections, letters_per_connection, timeout
            How many connections at once, how many messages each carries before the next one is opened, and how many
            seconds an answer may take.
        dsn
            Whether the servers on the way are asked to tell of failures and delays, where they can (RFC 3461).
        auth, oauth, client_id, tenant
            ``password``, or ``xoauth2`` for access tokens of ``google`` or ``microsoft``: then the client id that the
            practice registered there and, with Microsoft, its organisation. `login` does the rest. What was kept for
            another way to log in is forgotten.
        per_minute, per_hour, per_day
            How many messages may leave in any such time, all mailings and computers together; 0 is no limit. What is
            not said is what the provider publishes.
        hours
            When its messages may leave, as ``08:00-20:00 mon-fri``, in place of the practice's sending hours.

        Raises
        ------
        AccountError
            When the address is malformed, the host is missing, a number or the way to log in is none, or a connection
            in the clear would leave this machine.
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
            "letters_per_connection": letters_per_connection, "dsn": dsn, "oauth": oauth, "client_id": client_id,
            "tenant": tenant, "auth": None if auth is None else Auth(auth),
            "kind": None if kind is None else AccountKind(kind),
            "security": None if security is None else Security(security),
        }  # fmt: skip
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if old is None:
            changes.setdefault("email", self._practice.email)
            changes.setdefault("display_name", self._practice.name)
        account = replace(old, **changes) if old else Account(name=name, **changes)
        _check_account(account)
        if account.auth is Auth.XOAUTH2 and (password is not None or password_env is not None):
            raise AccountError(
                _("Account « {name} » logs in with access tokens; a password is for --auth password.").format(name=name)
            )
        if old and _way_in(old) != _way_in(account):
            # What lets one in there must not be shown to another server.
            self._passwords.forget(name, old.password_from)
            account = replace(account, password_from="")
        if password_env is not None:
            account = replace(account, password_from=f"env:{password_env}")
        elif password is not None:
            account = replace(account, password_from=self._passwords.keep(name, password))
        self._practice.ledger.library.save_account(account, by=self._practice.user, now=self._practice.now())
        return account

    def login(self, name: str, *, client_secret: str = "", show: Callable[[str], object] = print) -> Account:
        """Let a person sign in with the provider of an account's access tokens, in a browser of this computer.

        Parameters
        ----------
        client_secret
            What Google gives beside the client id.
        show
            Called with the address to open.

        Raises
        ------
        AccountError
            When the account does not log in this way.
        LoginRefused
            When nobody agreed in time, or the provider refused.
        NetworkDown
            When the provider cannot be reached.
        """
        account = self[name]
        if account.auth is not Auth.XOAUTH2:
            raise AccountError(
                _(
                    "Account « {name} » logs in with a password. For access tokens: workbench account set {name}"
                    " --auth xoauth2 --oauth google or microsoft --client-id …"
                ).format(name=name)
            )
        kept = self._signer(account, client_secret, show=show)
        account = replace(account, password_from=self._passwords.keep(name, kept))
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
        """Return the account's password or kept sign-in, nothing when it has none; ``NoPassword`` when it is lost."""
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
    texts = (account.display_name, account.name, account.user, account.client_id, account.tenant)
    if any(ord(character) < 32 for text in texts for character in text):
        raise AccountError(_("Account « {name} »: no line break or control character here.").format(name=account.name))
    written = (*texts, account.host, account.reply_to, account.folder)
    if any("\ud800" <= character <= "\udfff" for text in written for character in text or ""):
        raise AccountError(
            _("Account « {name} »: a text holds half a character, as a bad copy leaves it; write it again.").format(
                name=account.name
            )
        )
    if account.connections < 1 or account.letters_per_connection < 1 or account.timeout <= 0:
        raise AccountError(
            _("Account « {name} »: connections, messages per connection and the time-out are numbers above 0.").format(
                name=account.name
            )
        )
    if account.auth is Auth.XOAUTH2 and (account.oauth not in OAUTH_PROVIDERS or not account.client_id):
        raise AccountError(
            _(
                "Account « {name} »: say whose sign-in it uses and the client id that the practice got there:"
                " --oauth google or microsoft, and --client-id."
            ).format(name=account.name)
        )
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


def _way_in(account: Account) -> tuple[str, ...]:
    """Return what a kept password or sign-in belongs to, but for the server itself."""
    oauth = (account.oauth, account.client_id, account.tenant) if account.auth is Auth.XOAUTH2 else ()
    return (account.auth, *oauth)


TransportFactory = Callable[[Account, str | None, int | None], AbstractContextManager[Any]]
