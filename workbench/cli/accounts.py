"""``workbench account``: the mail accounts of the practice; a password is named, never shown."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import as_frame, is_terminal, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.domain.accounts import AccountKind, Auth, Security
from workbench.errors import AccountError, UsageError
from workbench.language import _

group = Commands(help=_("The mail accounts: list, set, test, remove."), no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=_("The account's name."))]


@group.command("list", help=_("List the accounts."))
def list_accounts(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row an account."""
    rows = [
        {
            **asdict(account),
            **asdict(account.limits),
            "kind": str(account.kind),
            "security": str(account.security),
            "auth": str(account.auth),
            # Only a server has a port that is known now: the catcher's is chosen while it sends.
            "port": account.effective_port if account.kind is AccountKind.SMTP else None,
        }
        for _name, account in sorted(practice_of(ctx).accounts.items())
    ]
    columns = [
        "name", "email", "display_name", "kind", "host", "port", "security", "user", "password_from", "reply_to",
        "connections", "letters_per_connection", "timeout", "dsn", "auth", "oauth", "client_id", "tenant",
        "per_minute", "per_hour", "per_day", "hours",
    ]  # fmt: skip
    shown = ["name", "email", "display_name", "kind", "host", "port", "security", "user", "password_from"]
    # Only where some account has any: a table is for a screen.
    shown += [name for name in ("per_minute", "per_hour", "per_day", "hours") if any(row[name] for row in rows)]
    if format is Format.TABLE:
        for row in rows:  # no limit is not a limit of none
            row.update({name: row[name] or None for name in ("per_minute", "per_hour", "per_day")})
    show(as_frame(rows, columns), format=format, output=output, columns=shown)


@group.command("set", help=_("Add an account, or change what is given of the one of this name."))
def set_account(
    ctx: typer.Context,
    name: NameArgument,
    email: Annotated[
        str | None,
        typer.Option("--email", metavar="ADDRESS", help=_("The sender's address; the practice's own, else.")),
    ] = None,
    display_name: Annotated[
        str | None, typer.Option("--display-name", metavar="NAME", help=_("The sender's name as patients read it."))
    ] = None,
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help=_("The SMTP server."))] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=1, max=65535, help=_("Its port, when not the usual one."))
    ] = None,
    security: Annotated[
        Security | None,
        typer.Option(
            "--security", help=_("tls (the default) and starttls verify the server; none: this computer only.")
        ),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="LOGIN", help=_("The login on the server."))] = None,
    password_env: Annotated[
        str | None,
        typer.Option("--password-env", metavar="VAR", help=_("The environment variable that holds the password.")),
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
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help=_("Read the password from the input and keep it safely."))
    ] = False,
) -> None:
    """Add or change an account."""
    if password_env is not None and password_stdin:
        raise UsageError(_("Either --password-env or --password-stdin, not both."))
    password = _password_from_input() if password_stdin else None
    account = practice_of(ctx).accounts.set(
        name,
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
    )
    if account.auth is Auth.XOAUTH2 and not account.password_from:
        say(_("Account « {name} » is set. Sign in with: workbench account login {name}").format(name=account.name))
    else:
        say(_("Account « {name} » is set. Try it with: workbench account test {name}").format(name=account.name))


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
    say(_("Account « {name} » is signed in. Try it with: workbench account test {name}").format(name=account.name))


@group.command("test", help=_("Go through every stage of a connection, without sending anything."))
def try_account(
    ctx: typer.Context, name: NameArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show each stage, and leave with 1 when one failed."""
    stages = practice_of(ctx).accounts.test(name)
    rows = [{"check": stage.name, "status": "ok" if stage.ok else "not_ok", "detail": stage.detail} for stage in stages]
    show(as_frame(rows, ["check", "status", "detail"]), format=format, output=output)
    if not all(stage.ok for stage in stages):
        raise typer.Exit(1)


@group.command("remove", help=_("Remove an account and its kept password."))
def remove_account(ctx: typer.Context, name: NameArgument) -> None:
    """Remove an account."""
    practice_of(ctx).accounts.remove(name)
    say(_("Account « {name} » is removed.").format(name=name))
