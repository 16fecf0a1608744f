"""``workbench init`` and ``workbench doctor``: make a workspace, and see whether all is well with one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import as_frame, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, Session, practice_of
from workbench.language import _


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init", help=_("Make a workspace: the folder that holds a practice's databases and files."))(init)
    app.command("doctor", help=_("Look whether everything the workbench needs is in order."))(doctor)


def init(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help=_("The folder to make."))],
    demo: Annotated[bool, typer.Option("--demo", help=_("Fill it with the sample practice; nothing is sent."))] = False,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="URL", help=_("The patient store, when it is not the embedded one.")),
    ] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", metavar="URL", help=_("The ledger, when it is not the embedded one."))
    ] = None,
) -> None:
    """Make a workspace."""
    from workbench.wiring import init_workspace

    session: Session = ctx.obj
    made = init_workspace(directory, demo=demo, store=store, ledger=ledger, user=session.user)
    say(_("The workspace {path} is ready.").format(path=made))
    say(_("Next: workbench -w {path} doctor").format(path=made))


def doctor(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show every check with what it found."""
    checks = practice_of(ctx).doctor()
    rows = [{"check": check.name, "status": "ok" if check.ok else "not_ok", "detail": check.detail} for check in checks]
    show(as_frame(rows, ["check", "status", "detail"]), format=format, output=output)
    if not all(check.ok for check in checks):
        say(_("Something needs to be looked at; the details say what to do."))
