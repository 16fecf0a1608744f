"""What a practice keeps and looks up by name: email types, accounts, patients' files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.addresses import address_problem
from workbench.domain.accounts import Account, AccountKind, Security, is_loopback
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.people import Correction, Role
from workbench.domain.templates import Template
from workbench.errors import AccountError, BadValue, TemplateRefused, UnknownPatient
from workbench.language import _
from workbench.merging.addressees import is_minor
from workbench.merging.preflight import findings_frame, render_file_values
from workbench.merging.render import compile_template
from workbench.merging.template_file import template_from_file, template_to_text

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class Templates(Mapping[str, Template]):
    """The email types by path (``Folder/Label``).

    Examples
    --------
    >>> practice.templates["Rendez-vous/Rappel de rendez-vous"].folder
    'Rendez-vous'
    """

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def __getitem__(self, path: str) -> Template:
        return self._practice.ledger.library.template(path)

    def __iter__(self) -> Iterator[str]:
        return iter([template.path for template in self._practice.ledger.library.templates()])

    def __len__(self) -> int:
        return len(self._practice.ledger.library.templates())

    def __contains__(self, path: object) -> bool:
        return path in list(self)

    def import_file(self, file: str | Path) -> Template:
        """Read a template `file` (front matter and HTML) into the ledger; the same path makes a revision.

        Attached files are taken from beside the template file and kept by their SHA-256.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled; the line is named.

        Examples
        --------
        >>> from pathlib import Path
        >>> file = practice.templates.export_file("Rendez-vous/Rappel de rendez-vous", Path("rappel.html"))
        >>> practice.templates.import_file(file).revision
        1
        """
        return self._import(read_template(Path(file)), beside=Path(file).parent)

    def import_text(self, text: str, *, path: str, beside: Path) -> Template:
        """Keep the `text` of a template file as the email type called `path`; the same path makes a revision.

        Its own lines may name it too, but only alike. Attached files are taken from the folder `beside`.

        Raises
        ------
        TemplateRefused
            When it cannot be read or compiled, or calls itself otherwise; nothing was kept.

        Examples
        --------
        >>> practice.templates.import_text("<p>Bonjour @DAPPEL</p>", path="Essais/Bonjour", beside=practice.path).path
        'Essais/Bonjour'
        """
        folder, _slash, label = path.rpartition("/")
        template = template_from_file(text, name=label, folder=folder)
        if template.path != path:
            raise TemplateRefused(
                _("The email type is called « {path} » and « {own} » at once: keep one of the two.").format(
                    path=path, own=template.path
                )
            )
        return self._import(template, beside=beside)

    def _import(self, template: Template, *, beside: Path) -> Template:
        compile_template(template, self._practice.catalogue, columns=None)
        for name in template.attachments:
            # A template file comes from anywhere: it may not carry off another file of this computer.
            if Path(name).name != name or name in (".", "..") or (beside / name).is_symlink():
                raise TemplateRefused(
                    _("The attachment « {name} » must be a file beside the email type's own, named alone.").format(
                        name=name
                    )
                )
        kept = tuple(self._practice.attachments.keep(beside / name) for name in template.attachments)
        saved = self._practice.ledger.library.save_template(
            replace(template, attachments=kept), by=self._practice.user, now=self._practice.now()
        )
        self._practice.changes += 1
        return saved

    def export_file(self, path: str, file: str | Path) -> Path:
        """Write an email type as a template file, with its attachments beside it."""
        template = self[path]
        target = Path(file)
        names: list[str] = []
        for kept in template.attachments:
            attachment = self._practice.attachments.read(kept)
            if attachment is None:
                raise TemplateRefused(
                    _("The attachment « {name} » of « {path} » is gone.").format(
                        name=kept.rpartition("/")[2], path=path
                    )
                )
            beside = target.parent / attachment.name
            if beside.exists() and beside.read_bytes() != attachment.data:
                raise TemplateRefused(
                    _("« {file} » exists already and is another file; nothing was exported.").format(file=beside)
                )
            beside.write_bytes(attachment.data)
            names.append(attachment.name)
        target.write_text(template_to_text(replace(template, attachments=tuple(names))), encoding="utf-8")
        return target

    def check(self, path: str | Template) -> pd.DataFrame:
        """Return what is wrong or doubtful in the email type at `path`; columns ``recipient severity code message``.

        Examples
        --------
        >>> len(practice.templates.check("Rendez-vous/Rappel de rendez-vous"))
        0
        """
        template = self[path] if isinstance(path, str) else path
        return findings_frame(compile_template(template, self._practice.catalogue, columns=None).findings)

    def render_file(self, file: str | Path, values: Mapping[str, Any]) -> tuple[Rendered, list[Finding]]:
        """Render one template file with plain values, in the same sandbox as a mailing."""
        return render_template_file(file, values, self._practice.catalogue)


def read_template(file: Path) -> Template:
    """Read a template file."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TemplateRefused(
            _("The file « {file} » cannot be read: {problem}.").format(file=file, problem=error.strerror or error)
        ) from error
    except UnicodeDecodeError as error:
        raise TemplateRefused(_("The file « {file} » is not UTF-8 text.").format(file=file)) from error
    return template_from_file(text, name=file.stem)


def render_template_file(
    file: str | Path, values: Mapping[str, Any], catalogue: Catalogue
) -> tuple[Rendered, list[Finding]]:
    """Render one template file with plain values; needs no workspace."""
    return render_file_values(read_template(Path(file)), values, catalogue)


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

        Raises
        ------
        AccountError
            When the address is malformed, the host is missing, or a connection in the clear would leave this machine.

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


class Patients:
    """The patients' files, read and corrected by hand."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def show(self, patient_id: str) -> dict[str, Any]:
        """Return the file of `patient_id` as plain values; ``guardians`` and ``payers`` are lists of them, best first.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.
        """
        store = self._practice.store
        row = store.columns(
            "patient", [self.known(patient_id)], sorted(store.column_names("patient")), today=self._practice.today
        )
        values = row.astype(object).where(row.notna(), None).iloc[0]
        people = store.responsible(patient_id)
        responsible = [
            {str(name): value for name, value in person.items() if value is not None}
            for person in people.astype(object).where(people.notna(), None).to_dict(orient="records")
        ]
        return (
            {"patient_id": patient_id}
            | {str(name): value for name, value in values.items()}
            | {
                key: [
                    {name: value for name, value in person.items() if name != "role"}
                    for person in responsible
                    if person["role"] == role
                ]
                for key, role in (("guardians", Role.GUARDIAN), ("payers", Role.PAYER))
            }
        )

    def is_minor(self, patient_id: str) -> bool:
        """Tell whether messages about a patient go to a guardian, because the patient is under age today."""
        people = self._practice.store.people([self.known(patient_id)])
        row = people.astype(object).where(people.notna(), None).iloc[0]
        return is_minor(
            {str(name): value for name, value in row.items()}, self._practice.today, self._practice.settings.adult_age
        )

    def known(self, patient_id: str) -> str:
        """Return `patient_id` when the store knows it; raises ``UnknownPatient``."""
        if self._practice.store.people([patient_id]).empty:
            raise UnknownPatient(_("No patient has the file number {number}.").format(number=patient_id))
        return patient_id

    def correct(self, patient_id: str, *, guardian: str | int | None = None, **values: str | None) -> list[Correction]:
        """Correct `values` of the file `patient_id` by hand; each is journalled, and listed to be copied back.

        With `guardian` (1 for the first guardian, or a person's key) they are the values of that person, whoever
        else she answers for.

        Returns
        -------
        list of Correction
            One a value, with ``column old new at by``.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        UnknownName, BadValue, AccountError
            For a column that a file does not have, or a value that does not fit it.

        Examples
        --------
        >>> number = practice.tables.patients()["patient_id"].iloc[0]
        >>> [correction.new for correction in practice.patients.correct(number, email="claire@mail.example")]
        ['claire@mail.example']
        >>> practice.patients.show(number)["email"]
        'claire@mail.example'
        """
        practice = self._practice
        self.known(patient_id)
        email = values.get("email")
        if email and address_problem(email):
            raise AccountError(sentence_of_reason(address_problem(email)))
        corrections = []
        for column, value in values.items():
            made = practice.store.correct(
                patient_id, column, value, by=practice.user, now=practice.now(), guardian=guardian
            )
            practice.ledger.acts.record(
                "patient.corrected",
                f"patient:{patient_id}",
                details={"column": made.column},
                by=practice.user,
                now=practice.now(),
            )
            corrections.append(made)
            practice.changes += 1
        return corrections

    def correct_address(self, patient_id: str, addressee_key: str, address: str | None) -> None:
        """Correct the address that a message about a patient goes to, where it is kept: the patient's, a guardian's.

        Parameters
        ----------
        addressee_key
            Who receives, as recipients name them: ``patient:NUMBER``, ``guardian:KEY`` or ``payer:KEY``.

        Raises
        ------
        BadValue
            When the address is malformed, or the addressee is nobody whose address is kept with this patient.
        """
        role, _colon, key = addressee_key.partition(":")
        if role in (Role.GUARDIAN, Role.PAYER):
            self.correct(patient_id, guardian=key, email=address)
        elif role != Role.PATIENT:
            raise BadValue(_("This address is not kept in the patient's file: correct it where it comes from."))
        elif self.is_minor(patient_id):
            raise BadValue(
                _("A child is written to through a person responsible, and the file names nobody: add one first.")
            )
        else:
            self.correct(patient_id, email=address)


TransportFactory = Callable[[Account, str | None, int | None], AbstractContextManager[Any]]
