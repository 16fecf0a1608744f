"""``workbench export``: the rows of a search as a file for a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import say
from workbench.cli.session import SetOption, found, practice_of
from workbench.domain.deliveries import sentence_of_reason
from workbench.language import _, n_


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("export", help=_("Write the rows of a search as a file: CSV or Excel (.xlsx)."))(export)


def export(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SEARCH", help=_("The search: patients, appointments, unpaid …"))],
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help=_("The file, .csv or .xlsx."))],
    settings: SetOption = None,
    consent: Annotated[
        str | None,
        typer.Option(
            "--consent",
            metavar="CHANNEL",
            help=_("Leave out who wants no messages by email, letter or sms, the deceased and archived files."),
        ),
    ] = None,
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="TEXT", help=_("What the file is for; the journal keeps it."))
    ] = "",
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B,C", help=_("Only these columns, in this order."))
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help=_("Head the columns with words instead of their codes."))
    ] = False,
    bom: Annotated[
        bool, typer.Option("--bom", help=_("Begin a CSV with the mark by which Excel knows UTF-8."))
    ] = False,
) -> None:
    """Write what a search finds as a file that only its owner can read; the journal keeps who, when and how many."""
    practice = practice_of(ctx)
    report = practice.export(
        found(practice, name, settings),
        file,
        columns=[one.strip() for one in columns.split(",") if one.strip()] if columns is not None else None,
        consent=consent,
        purpose=purpose,
        labels=labels,
        bom=bom,
    )
    say(
        n_("{count} row written to {path}.", "{count} rows written to {path}.", report.rows).format(
            count=report.rows, path=file
        )
    )
    for reason, count in report.left_out.items():
        say(
            n_("{count} row left out: {reason}", "{count} rows left out: {reason}", count).format(
                count=count, reason=sentence_of_reason(reason)
            )
        )
