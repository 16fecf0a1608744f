"""The mail accounts of a practice: kept, tested, and their passwords found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.addresses import address_problem
from workbench.domain.accounts import Account, AccountKind, Auth, Security, Stage, is_loopback
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.limits import WINDOWS
from workbench.domain.options import Options, effective_options
from workbench.domain.presets import (
    Preset,
    SignInGuide,
    UserForm,
    Verdict,
    advice_on,
    domain_of,
    fitted,
    preset_called,
    preset_of,
    preset_of_server,
    presets,
    sign_in_guides,
)
from workbench.domain.signatures import NO_SIGNATURE
from workbench.errors import AccountError, NoPassword, UsageError
from workbench.language import _
from workbench.practice.account_rules import check_account, check_address, moved, way_in, with_login
from workbench.practice.account_trial import mail_to_self as mail_to_self_of
from workbench.practice.account_trial import report_of, secrets_of, without_secrets

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


_TESTED = "account_tested"
"""What the journal says of a trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTest:
    """When an account was last tried, and the stage at which that failed; ``""`` when it passed."""

    at: datetime
    failed: str


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

    def place(self) -> str:
        """Return where one would be kept now: ``keyring`` or ``file``."""
        ...


class Accounts(Mapping[str, Account]):
    """The mail accounts by name."""

    def __init__(
        self,
        practice: Practice,
        passwords: PasswordKeeper,
        tester: Callable[..., list[Stage]],
        signer: Callable[..., str],
        transport_of: TransportFactory,
    ) -> None:
        self._practice = practice
        self._passwords = passwords
        self._tester = tester
        self._signer = signer
        self._transport_of = transport_of

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
        preset: str | None = None,
        signature: str | None = None,
        confirm: bool | None = None,
        read_receipt: bool | None = None,
        keep_messages: bool | None = None,
        keep_attachments: bool | None = None,
        default: bool = False,
    ) -> Account:
        """Make an account or change the values given; what is not given stays as it was.

        Parameters
        ----------
        name
            What the practice calls it; only the practice sees it (F2).
        email, display_name, reply_to
            Whom its messages come from, and where answers go; the practice's own address and name by default.
        kind
            ``smtp``, ``folder`` (messages become files) or ``catcher`` (the built-in test mailbox).
        host, port, security
            The server; ``tls``, ``starttls`` or, to this computer alone, ``none``; changed without a port, it is the
            usual one of that. Without a host, a new account takes the preset of the address's domain (`advice` says
            so), and whatever else is given comes before it.
        user, password, password_env
            The login: by default what the provider wants, the address or what stands before its @. A password goes to
            the keyring or a private file, never to the ledger; `password_env` names the environment variable that
            holds it instead.
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
        preset
            The provider, where the address does not tell it (``ovh``, for a practice's own domain); see `presets`.
        signature
            The signature of its messages where neither the email type nor the mailing says one; ``-`` for none.
        confirm, read_receipt, keep_messages, keep_attachments
            Its options (`Options`), which an email type or a mailing may say otherwise.
        default
            Whether it is the one used where nobody names any.

        Raises
        ------
        AccountError
            When the address is malformed or its mailboxes are closed, nobody knows the server, a number or the way to
            log in is none, or a connection in the clear would leave this machine.
        UnknownSignature
            When no signature is called so.
        UsageError
            When the test mailbox is to be the default while there is another account; nothing was changed.
        BadValue
            When the hours cannot be read.

        Examples
        --------
        >>> account = practice.accounts.set(
        ...     "cabinet", email="rdv@cabinet.example", host="smtp.cabinet.example", password_env="SMTP_PASSWORD"
        ... )
        >>> str(account.security), account.password_from
        ('tls', 'env:SMTP_PASSWORD')
        >>> account = practice.accounts.set("orange", email="cabinet@orange.fr", password_env="ORANGE_PASSWORD")
        >>> account.host, account.effective_port, account.user
        ('smtp.orange.fr', 465, 'cabinet@orange.fr')
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
            "signature": None if signature is None else self._signature(signature),
        }  # fmt: skip
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        options = Options(
            confirm=confirm,
            read_receipt=read_receipt,
            keep_messages=keep_messages,
            keep_attachments=keep_attachments,
        ).to_dict()
        if options:
            changes["options"] = replace(old.options if old else Options(), **options)
        if old is None:
            changes.setdefault("email", self._practice.email)
            changes.setdefault("display_name", self._practice.name)
        account = replace(old, **changes) if old else Account(name=name, **changes)
        if old and account.security != old.security and "port" not in changes:
            account = replace(account, port=0)
        if default and account.kind is AccountKind.CATCHER and not self._only_catchers():
            raise UsageError(
                _(
                    "« {name} » is the test mailbox: nothing that goes there reaches anybody, and it is not what "
                    "mailings leave from by default while there is another account. For one mailing: --account {name}"
                ).format(name=name)
            )
        check_address(account)
        account = self._with_preset(account, old, changes, preset)
        if not account.user and (password is not None or password_env is not None) and not is_loopback(account.host):
            # A password without a login is never used: nearly every provider takes the address for one.
            known = preset_of_server(account.host)
            account = replace(account, user=(known.user if known else UserForm.ADDRESS).of(account.email))
        check_account(account)
        if account.auth is Auth.XOAUTH2 and (password is not None or password_env is not None):
            raise AccountError(
                _("Account « {name} » logs in with access tokens; a password is for --auth password.").format(name=name)
            )
        if old and way_in(old) != way_in(account):
            # What lets one in there must not be shown to another server.
            self._passwords.forget(name, old.password_from)
            account = replace(account, password_from="")
        if password_env is not None:
            account = replace(account, password_from=f"env:{password_env}")
        elif password is not None:
            account = replace(account, password_from=self._passwords.keep(name, password))
        if old and old.password_from != account.password_from:
            self._passwords.forget(name, old.password_from)  # it is kept in one place alone
        practice = self._practice
        practice.ledger.library.save_account(account, by=practice.user, now=practice.now(), default=default)
        return account

    def _only_catchers(self) -> bool:
        return all(one.kind is AccountKind.CATCHER for one in self.values())

    def _signature(self, name: str) -> str:
        """Return the signature as it is called, or nothing where none is wanted."""
        if name in ("", NO_SIGNATURE):
            return ""
        return self._practice.signatures[name].label

    def _with_preset(
        self, account: Account, old: Account | None, given: Mapping[str, Any], named: str | None
    ) -> Account:
        """Return an account with the server and the login of its provider, where nobody gave others (F3).

        Raises
        ------
        AccountError
            When the preset named is none, or says no server; when the mailboxes of the address are closed; when
            nobody gave a server and the domain tells none.
        """
        if account.kind is not AccountKind.SMTP:
            return account
        today, own = self._practice.today, preset_of(account.email)
        if own is not None and own.verdict is Verdict.DEAD:
            raise AccountError(own.sentence(today))
        if named is not None:
            own = self._called(named)
        elif account.host and ("host" in given or not moved(old, account)):
            return with_login(account, old, given)
        if own is None:
            raise AccountError(
                _(
                    "Account « {name} »: the server is missing (--host), and nobody knows the one of {domain}. When the"
                    " mailbox is at OVH, Microsoft 365, Google …, say so: --preset ovh. Else ask the provider for its"
                    " SMTP server. What is known: workbench account presets"
                ).format(name=account.name, domain=domain_of(account.email) or "…")
            )
        if not own.usable:
            raise AccountError(own.sentence(today))
        return fitted(account, own, given=given)

    @staticmethod
    def problem_with(email: str) -> str:
        """Return, as a sentence, why an address cannot be one to send from; ``""`` when it can.

        Examples
        --------
        >>> practice.accounts.problem_with("rdv@cabinet.example")
        ''
        """
        problem = address_problem(email)
        return sentence_of_reason(problem) if problem else ""

    def preset(self, name: str) -> Preset:
        """Return what is known of a provider (F25–F50): by its name, a domain, an address or an account.

        Raises
        ------
        AccountError
            When nothing is known of it; the sentence names those there are.

        Examples
        --------
        >>> preset = practice.accounts.preset("laposte.net")
        >>> preset.host, preset.port, str(preset.user), str(preset.verdict)
        ('smtp.laposte.net', 465, 'local', 'confirmed')
        """
        account = self.get(name)
        known = None if account is None else preset_of_server(account.host) or preset_of(account.email)
        return known or self._called(name)

    @staticmethod
    def _called(name: str) -> Preset:
        found = preset_called(name)
        if found is None:
            raise AccountError(
                _("No provider called « {name} » is known. There is: {names}.").format(
                    name=name, names=", ".join(presets())
                )
            )
        return found

    def presets(self) -> pd.DataFrame:
        """Return what is known of providers' servers, one row a provider.

        Returns
        -------
        DataFrame
            Columns ``preset name domains host port security user ways verdict source dated stale``: ``dated``
            (``datetime64[us]``) is when the source last changed and ``stale`` whether that is long ago; a row without
            ``host`` has no server that anybody confirms. ``user`` is ``address`` or ``local``; the rest is text, but
            for ``port`` (``Int64``).

        Examples
        --------
        >>> known = practice.accounts.presets().set_index("preset")
        >>> known.loc["tiscali", "verdict"]
        'dead'
        """
        today = self._practice.today
        rows = [
            {
                "preset": one.key,
                "name": one.name,
                "domains": ", ".join(one.domains),
                "host": one.host,
                "port": one.port or None,
                "security": str(one.security) if one.usable else "",
                "user": str(one.user) if one.usable else "",
                "ways": ", ".join(one.ways),
                "verdict": str(one.verdict),
                "source": one.source,
                "dated": one.dated,
                "stale": one.is_stale(today),
            }
            for one in presets().values()
        ]
        frame = pd.DataFrame(rows)
        texts = [name for name in frame.columns if name not in ("port", "dated", "stale", "verdict")]
        kinds = {**dict.fromkeys(texts, "string"), "port": "Int64", "dated": "datetime64[us]", "verdict": "category"}
        return frame.astype(kinds)

    def guide(self, name: str) -> SignInGuide:
        """Return how to let the workbench into a mailbox, step by step: of an account, a provider or an address.

        Raises
        ------
        AccountError
            When nothing is known of it.

        Examples
        --------
        >>> guide = practice.accounts.guide("cabinet@gmail.com")
        >>> guide.lines(account="cabinet", address="cabinet@gmail.com")[4]
        '5. Try it: workbench account test cabinet'
        """
        try:
            return sign_in_guides()[self.preset(name).help]
        except AccountError:
            if name not in self:
                raise
            return sign_in_guides()["operator"]  # what holds of most mailboxes

    def settings(self, name: str) -> pd.DataFrame:
        """Return every setting of an account as it counts, and who says so.

        Returns
        -------
        DataFrame
            Columns ``name value said_by``, one row a setting: ``said_by`` is ``account``, ``preset`` (the account has
            what the provider's preset says), ``provider`` (a limit it publishes), ``practice`` or ``usual``. Values
            are plain ones; nothing is a password.

        Examples
        --------
        >>> account = practice.accounts.set("orange", email="a@orange.fr", password_env="P", read_receipt=True)
        >>> told = practice.accounts.settings("orange").set_index("name")
        >>> told.loc["host", "said_by"], told.loc["read_receipt", "said_by"], told.loc["keep_messages", "said_by"]
        ('preset', 'account', 'usual')
        """
        account = self[name]
        return pd.DataFrame(self._said(account), columns=["name", "value", "said_by"], dtype=object)

    def _said(self, account: Account) -> Iterator[tuple[str, Any, str]]:
        usual, plain = Account(name="", email=""), account.kind is AccountKind.SMTP
        known = preset_of_server(account.host) if plain else None
        preset = fitted(account, known) if known else None
        shown = ["name", "email", "display_name", "reply_to", "kind"]
        shown += ["host", "port", "security", "user", "auth", "oauth", "client_id", "tenant", "password_from"]
        shown += ["timeout", "connections", "letters_per_connection", "dsn", "folder", "signature"]
        for one in shown:
            value = getattr(account, one)
            if one == "port":
                value = account.effective_port if plain else None
            if one == "security" and not plain:
                value = None
            by = "usual" if value == getattr(usual, one) else "account"
            if preset and one in ("host", "port", "security", "user") and value and value == getattr(preset, one):
                by = "preset"
            yield one, value, by
        limits = account.limits
        for one in WINDOWS:
            value, own = getattr(limits, one), getattr(account, one)
            yield one, value or None, "account" if own is not None else "provider" if value else "usual"
        hours = self._practice.sending_hours(account)
        yield "hours", hours, "account" if account.hours else "practice" if hours else "usual"
        for option in effective_options(("account", account.options)).values():
            yield option.name, option.value, option.said_by
        by = "practice" if self._practice.settings.account == account.name else "account"
        yield "default", account.name == self.default_name, by

    def advice(self, name: str) -> list[str]:
        """Return what a person should know of an account's settings: their source, the login, the password.

        Examples
        --------
        >>> account = practice.accounts.set("free", email="cabinet@free.fr", password_env="FREE_PASSWORD")
        >>> practice.accounts.advice("free")[1]
        'The login is « cabinet »: Free wants what stands before the @.'
        """
        return advice_on(self[name], self._practice.today)

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
        before = account.password_from
        account = replace(account, password_from=self._passwords.keep(name, kept))
        if before != account.password_from:
            self._passwords.forget(name, before)
        self._practice.ledger.library.save_account(account, by=self._practice.user, now=self._practice.now())
        return account

    def remove(self, name: str) -> None:
        """Remove an account and its kept password; what it sent stays in the results."""
        account = self[name]
        self._passwords.forget(name, account.password_from)
        self._practice.ledger.library.remove_account(name, by=self._practice.user, now=self._practice.now())

    def test(
        self, name: str, *, mail_to_self: bool = False, tell: Callable[[Stage], object] | None = None
    ) -> list[Stage]:
        """Try an account step by step (F17); each step has ``name``, ``ok`` and ``detail``, a sentence without secrets.

        Parameters
        ----------
        mail_to_self
            Whether a small message is sent in the end, to the account's own address and no other.
        tell
            Called with each step as it ends, without secrets too.

        Raises
        ------
        NoPassword
            When its password is not where it is said to be kept.
        NotArmed
            When a message is wanted from a workspace that was restored or copied.

        Examples
        --------
        >>> [stage.name for stage in practice.accounts.test("catcher") if stage.ok]
        ['dns', 'tcp', 'greeting', 'login']
        """
        account = self[name]
        password = self.password(account)

        def told(stage: Stage) -> None:
            if tell is not None:
                tell(*without_secrets([stage], self._hidden(account, password)))

        stages = self._tester(account, password, told)
        if mail_to_self and all(stage.ok for stage in stages):
            now = self._practice.now()
            self._practice.ledger.guard.check(by=self._practice.user, now=now)
            mailed = mail_to_self_of(account, password, self._transport_of, now=now)
            told(mailed)
            stages = [*stages, mailed]
        self._record_trial(account, stages)
        return without_secrets(stages, self._hidden(account, password))

    def _record_trial(self, account: Account, stages: Sequence[Stage]) -> None:
        """Write into the journal how far a trial came, so that a person sees later whether it ever worked."""
        failed = next((stage.name for stage in stages if not stage.ok), "")
        practice = self._practice
        practice.ledger.acts.record(
            _TESTED, f"account:{account.name}", details={"failed": failed}, by=practice.user, now=practice.now()
        )

    def last_test(self, name: str) -> LastTest | None:
        """Return when an account was last tried since it was changed, and where that failed; nothing without a trial.

        Examples
        --------
        >>> stages = practice.accounts.test("catcher")
        >>> practice.accounts.last_test("catcher").failed
        ''
        """
        acts = self._practice.ledger.acts.acts(f"account:{self[name].name}")
        if acts.empty or acts["what"].iloc[-1] != _TESTED:
            return None
        last = acts.iloc[-1]
        return LastTest(at=last["at"].to_pydatetime(), failed=str(last["details"].get("failed", "")))

    @property
    def keeps_passwords_in(self) -> str:
        """Where a password that is given now would be kept: ``keyring``, or ``file`` where the system has none."""
        return self._passwords.place()

    def used_by(self, name: str) -> list[str]:
        """Return which email types, jobs and settings name an account, as sentences name them.

        Examples
        --------
        >>> practice.accounts.used_by("catcher")
        []
        """
        account = self[name]
        templates = [one.path for one in self._practice.ledger.library.templates() if one.account == account.name]
        told = [_("the email type « {path} »").format(path=path) for path in templates]
        jobs = sorted(one.title for one in self._practice.ledger.jobs.all().values() if one.account == account.name)
        told += [_("the job « {title} »").format(title=title) for title in jobs]
        if self._practice.settings.account == account.name:
            told.append(_("the settings of the workspace (workbench.toml)"))
        return told

    def report(self, name: str, stages: Iterable[Stage]) -> str:
        """Return what support needs to know of a trial, as text to be copied; it holds no password and no token (F24).

        Examples
        --------
        >>> stages = practice.accounts.test("catcher")
        >>> practice.accounts.report("catcher", stages).splitlines()[0]
        'Account: catcher (catcher)'
        """
        account = self[name]
        try:
            password = self.password(account)
        except NoPassword:
            password = None
        return report_of(account, stages, now=self._practice.now(), hidden=self._hidden(account, password))

    def _hidden(self, account: Account, password: str | None) -> Collection[str]:
        """Return what is kept for an account, before and after a trial, which may have renewed its tokens."""
        with suppress(NoPassword):
            return secrets_of(password, self.password(self[account.name]))
        return secrets_of(password)

    def password(self, account: Account) -> str | None:
        """Return the account's password or kept sign-in, nothing when it has none; ``NoPassword`` when it is lost."""
        return self._passwords.read(account.name, account.password_from)

    def default(self) -> Account:
        """Return the account used when nobody names one: the settings', the default, the only real one, the catcher.

        Raises
        ------
        AccountError
            When there is none, or several and none was named.
        """
        named = self._practice.settings.account
        if named:
            return self[named]
        made_so = self._practice.ledger.library.default_account()
        if made_so is not None and made_so.kind is not AccountKind.CATCHER:
            return made_so
        accounts = list(self.values())
        real = [account for account in accounts if account.kind is not AccountKind.CATCHER]
        chosen = real or accounts
        if len(chosen) == 1:
            return chosen[0]
        if not chosen:
            raise AccountError(_("There is no mail account yet. Make one with: workbench account set NAME"))
        raise AccountError(
            _(
                "Several accounts exist: {names}. Say which one with --account NAME, or for always with: workbench"
                " account set NAME --default"
            ).format(names=", ".join(account.name for account in chosen))
        )

    @property
    def default_name(self) -> str:
        """The name of the account used when nobody names one; ``""`` when somebody must."""
        try:
            return self.default().name
        except AccountError:
            return ""


TransportFactory = Callable[[Account, str | None, int | None], AbstractContextManager[Any]]
