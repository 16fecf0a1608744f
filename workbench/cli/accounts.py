"""``workbench account``: the mail accounts of the practice; a password is named, never shown."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import as_frame, format_for, is_terminal, save_bytes, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.cells import friendly, harmless
from workbench.displays.words import heading
from workbench.domain.accounts import AccountKind, Auth, Security
from workbench.domain.options import OPTION_NAMES
from workbench.domain.presets import UserForm
from workbench.errors import AccountError, UsageError
from workbench.language import _, marked

group = Commands(
    help=_("The mail accounts: list, set, test, remove; what is known of providers."), no_args_is_help=True
)

_WORDS: dict[tuple[str, object], str] = {
    ("kind", AccountKind.CATCHER): marked("test mailbox"),
    ("kind", AccountKind.FOLDER): marked("folder"),
    ("auth", Auth.PASSWORD): marked("password"),
    ("auth", Auth.XOAUTH2): marked("access tokens"),
    ("form", UserForm.ADDRESS): marked("whole address"),
    ("form", UserForm.LOCAL): marked("before the @"),
}
"""What a table says in the place of a word of the code."""

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help=_("What the practice calls the account; no patient sees it."))
]


@group.command("list", help=_("List the accounts."))
def list_accounts(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row an account."""
    accounts = practice_of(ctx).accounts
    default = accounts.default_name
    rows = [
        {
            **asdict(account),
            **asdict(account.limits),
            **asdict(account.options),
            "default": account.name == default,
            "kind": str(account.kind),
            "security": str(account.security),
            "auth": str(account.auth),
            # Only a server has a port that is known now: the catcher's is chosen while it sends.
            "port": account.effective_port if account.kind is AccountKind.SMTP else None,
        }
        for _name, account in sorted(accounts.items())
    ]
    columns = [
        "name", "email", "display_name", "kind", "host", "port", "security", "user", "password_from", "reply_to",
        "connections", "letters_per_connection", "timeout", "dsn", "auth", "oauth", "client_id", "tenant",
        "per_minute", "per_hour", "per_day", "hours", "signature", *OPTION_NAMES, "default",
    ]  # fmt: skip
    shown = ["name", "email", "display_name", "kind", "host", "port", "security", "user", "password_from"]
    # Only where some account has any: a table is for a screen.
    optional = ("per_minute", "per_hour", "per_day", "hours", "signature", *OPTION_NAMES)
    shown += [name for name in optional if any(row[name] not in (None, 0, "") or row[name] is False for row in rows)]
    shown += ["default"] if len(rows) > 1 else []
    if format is Format.TABLE:
        for row in rows:  # no limit is not a limit of none
            row.update({name: row[name] or None for name in ("per_minute", "per_hour", "per_day")})
    show(as_frame(rows, columns), format=format, output=output, columns=shown)


@group.command("show", help=_("Show every setting of an account as it counts, and who says so."))
def show_account(
    ctx: typer.Context, name: NameArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show one row a setting, and beside the table what a person should know of them."""
    accounts = practice_of(ctx).accounts
    settings = accounts.settings(name)
    if format_for(format, output) is Format.TABLE:
        for sentence in accounts.advice(name):
            say(sentence)
        settings["value"] = [_value(*pair) for pair in zip(settings["name"], settings["value"], strict=True)]
        settings["name"] = settings["name"].map(heading)
        settings = settings[settings["value"] != ""]
    show(settings, format=format, output=output)


def _value(name: str, value: object) -> str:
    if (name, value) in _WORDS:
        return _(_WORDS[name, value])
    if isinstance(value, float) and value.is_integer():  # « 30 », not « 30,00 »
        value = int(value)
    return "" if value is None else friendly(value)


@group.command("presets", help=_("List what is known of providers' servers, with its source and date."))
def list_presets(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row a provider."""
    known = practice_of(ctx).accounts.presets()
    columns = ["preset", "name", "host", "port", "security", "user", "verdict", "dated"]
    if format_for(format, output) is Format.TABLE:
        words = {one: _WORDS["form", one] for one in UserForm}
        known["user"] = known["user"].replace({str(one): _(word) for one, word in words.items()})
    show(known, format=format, output=output, columns=columns)


@group.command("help", help=_("Say step by step how a provider lets the workbench send."))
def help_with(
    ctx: typer.Context,
    provider: Annotated[
        str,
        typer.Argument(metavar="PROVIDER|ADDRESS|NAME", help=_("A provider, an address, or an account of yours.")),
    ],
) -> None:
    """Print the steps, numbered."""
    practice = practice_of(ctx)
    accounts = practice.accounts
    account, guide = accounts.get(provider), accounts.guide(provider)
    address = account.email if account is not None else provider if "@" in provider else _("ADDRESS")
    print(harmless(guide.title))
    print(harmless(guide.why))
    print()
    for line in guide.lines(account=account.name if account is not None else _("NAME"), address=address):
        print(harmless(line))
    with suppress(AccountError):  # an account at a provider of which nothing is known
        print()
        print(harmless(accounts.preset(provider).sentence(practice.today)))


@group.command("set", help=_("Add an account, or change what is given of the one of this name."))
def set_account(
    ctx: typer.Context,
    name: NameArgument,
    email: Annotated[
        str | None,
        typer.Option(
            "--email",
            metavar="ADDRESS",
            help=_("The sender's address, the practice's own by default; it tells the server."),
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="PROVIDER",
            help=_("Whose mailbox it is, where the address does not tell: ovh, microsoft365, gmail … See: presets"),
        ),
    ] = None,
    display_name: Annotated[
        str | None, typer.Option("--display-name", metavar="NAME", help=_("The sender's name as patients read it."))
    ] = None,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="HOST", help=_("The SMTP server, when not the provider's known one.")),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=1, max=65535, help=_("Its port, when not the usual one."))
    ] = None,
    security: Annotated[
        Security | None,
        typer.Option(
            "--security", help=_("tls (the default) and starttls verify the server; none: this computer only.")
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="LOGIN",
            help=_("The login on the server; by default the address, or what stands before its @ (Free, La Poste)."),
        ),
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option(
            "--password-env",
            metavar="VAR",
            help=_("The environment variable that holds the password; it is kept nowhere else."),
        ),
    ] = None,
    per_minute: Annotated[
        int | None,
        typer.Option(
            "--per-minute", metavar="N", min=0, help=_("At most so many messages in any minute; 0: no limit.")
        ),
    ] = None,
    per_hour: Annotated[
        int | None,
        typer.Option("--per-hour", metavar="N", min=0, help=_("At most so many messages in any hour; 0: no limit.")),
    ] = None,
    per_day: Annotated[
        int | None,
        typer.Option("--per-day", metavar="N", min=0, help=_("At most so many messages in any 24 hours; 0: no limit.")),
    ] = None,
    hours: Annotated[
        str | None,
        typer.Option(
            "--hours",
            metavar="HOURS",
            help=_("When its messages may leave, as « 08:00-20:00 mon-fri »; an empty text: as the practice's."),
        ),
    ] = None,
    connections: Annotated[
        int | None, typer.Option("--connections", metavar="N", min=1, help=_("How many connections at once."))
    ] = None,
    letters_per_connection: Annotated[
        int | None,
        typer.Option(
            "--per-connection",
            metavar="N",
            min=1,
            help=_("How many messages a connection carries before another is opened."),
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", min=1, help=_("How many seconds an answer of the server may take.")
        ),
    ] = None,
    dsn: Annotated[
        bool | None,
        typer.Option("--dsn/--no-dsn", help=_("Ask the servers on the way to tell of failures and delays.")),
    ] = None,
    auth: Annotated[
        Auth | None,
        typer.Option("--auth", help=_("How to log in: password (the default), or xoauth2 for access tokens.")),
    ] = None,
    oauth: Annotated[
        str | None, typer.Option("--oauth", metavar="PROVIDER", help=_("Whose access tokens: google or microsoft."))
    ] = None,
    client_id: Annotated[
        str | None,
        typer.Option("--client-id", metavar="ID", help=_("The client id that the practice registered there.")),
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="ID", help=_("With Microsoft, the practice's organisation there."))
    ] = None,
    signature: Annotated[
        str | None,
        typer.Option("--signature", metavar="LABEL", help=_("The signature of its messages; « - » for none.")),
    ] = None,
    confirm: Annotated[
        bool | None,
        typer.Option(
            "--confirm/--no-confirm", help=_("Ask before anything leaves, where somebody is at the terminal.")
        ),
    ] = None,
    read_receipt: Annotated[
        bool | None,
        typer.Option(
            "--read-receipt/--no-read-receipt",
            help=_("Ask to be told when a message is read: many programs never tell, and nobody has to."),
        ),
    ] = None,
    keep_messages: Annotated[
        bool | None,
        typer.Option("--keep-messages/--no-keep-messages", help=_("Keep what was sent in the patient's history.")),
    ] = None,
    keep_attachments: Annotated[
        bool | None,
        typer.Option(
            "--keep-attachments/--no-keep-attachments", help=_("Keep the attached files too, not only their names.")
        ),
    ] = None,
    default: Annotated[bool, typer.Option("--default", help=_("Use it wherever nobody names an account."))] = False,
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help=_(
                "Read the password from the input and keep it in this computer's keyring, else in a file of its own"
                " that only you can read, outside the workspace."
            ),
        ),
    ] = False,
) -> None:
    """Add or change an account."""
    if password_env is not None and password_stdin:
        raise UsageError(_("Either --password-env or --password-stdin, not both."))
    password = _password_from_input() if password_stdin else None
    accounts = practice_of(ctx).accounts
    account = accounts.set(
        name,
        preset=preset,
        email=email,
        display_name=display_name,
        host=host,
        port=port,
        security=security,
        user=user,
        password_env=password_env,
        password=password,
        per_minute=per_minute,
        per_hour=per_hour,
        per_day=per_day,
        hours=hours,
        connections=connections,
        letters_per_connection=letters_per_connection,
        timeout=timeout,
        dsn=dsn,
        auth=auth,
        oauth=oauth,
        client_id=client_id,
        tenant=tenant,
        signature=signature,
        confirm=confirm,
        read_receipt=read_receipt,
        keep_messages=keep_messages,
        keep_attachments=keep_attachments,
        default=default,
    )
    for sentence in accounts.advice(name):
        say(sentence)
    if accounts.default_name == account.name:
        say(_("What names no account leaves from « {default} ».").format(default=account.name))
    elif accounts.default_name and account.kind is not AccountKind.CATCHER:
        say(
            _(
                "What names no account leaves from « {default} ». To change that: workbench account set {name}"
                " --default"
            ).format(default=accounts.default_name, name=shlex.quote(account.name))
        )
    if account.auth is Auth.XOAUTH2 and not account.password_from:
        say(
            _("Account « {name} » is set. Sign in with: workbench account login {quoted}").format(
                name=account.name, quoted=shlex.quote(account.name)
            )
        )
    else:
        say(
            _("Account « {name} » is set. Try it with: workbench account test {quoted}").format(
                name=account.name, quoted=shlex.quote(account.name)
            )
        )


def _password_from_input() -> str:
    if is_terminal(sys.stdin):
        import getpass

        return getpass.getpass(_("Password: "))
    password = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not password:
        raise UsageError(_("No password came from the input; nothing was changed."))
    return password


@group.command("login", help=_("Sign in with Google or Microsoft, in a browser of this computer."))
def sign_in(
    ctx: typer.Context,
    name: NameArgument,
    secret_env: Annotated[
        str | None,
        typer.Option(
            "--client-secret-env",
            metavar="VAR",
            help=_("The environment variable that holds what Google gives beside the client id."),
        ),
    ] = None,
) -> None:
    """Show the address where a person agrees, and keep what comes of it."""
    if not is_terminal(sys.stdin):
        raise AccountError(_("Signing in needs a person at a terminal; nothing was changed."))
    if secret_env is not None and not os.environ.get(secret_env):
        raise UsageError(_("The environment variable {variable} is not set.").format(variable=secret_env))
    practice = practice_of(ctx)

    def show(address: str) -> None:
        say(_("Open this address in a browser of this computer, and agree there:"))
        say(address)

    account = practice.accounts.login(name, client_secret=os.environ.get(secret_env or "", ""), show=show)
    say(
        _("Account « {name} » is signed in. Try it with: workbench account test {quoted}").format(
            name=account.name, quoted=shlex.quote(account.name)
        )
    )


@group.command("test", help=_("Go through every stage of a connection; nothing is sent unless you ask for it."))
def try_account(
    ctx: typer.Context,
    name: NameArgument,
    mail_to_self: Annotated[
        bool,
        typer.Option("--mail-to-self", help=_("In the end, send a small message to the account's own address alone.")),
    ] = False,
    copy: Annotated[
        bool,
        typer.Option(
            "--copy",
            help=_("Show the report that support asks for, to be copied; it holds no password. With --output, a file."),
        ),
    ] = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show each stage, and leave with 1 when one failed."""
    accounts = practice_of(ctx).accounts
    stages = accounts.test(name, mail_to_self=mail_to_self)
    if copy:
        report = accounts.report(name, stages)
        if output is None:
            print(harmless(report, keep_lines=True), end="")
        else:
            save_bytes(report.encode(), output)
    else:
        rows = [
            {"check": stage.name, "status": "ok" if stage.ok else "not_ok", "detail": stage.detail} for stage in stages
        ]
        show(as_frame(rows, ["check", "status", "detail"]), format=format, output=output)
    if not all(stage.ok for stage in stages):
        if not copy:
            say(
                _("For support, copy what this shows: workbench account test {name} --copy").format(
                    name=shlex.quote(name)
                )
            )
        raise typer.Exit(1)


@group.command("remove", help=_("Remove an account and its kept password."))
def remove_account(ctx: typer.Context, name: NameArgument) -> None:
    """Remove an account."""
    practice_of(ctx).accounts.remove(name)
    say(_("Account « {name} » is removed.").format(name=name))
