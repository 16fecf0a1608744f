"""``workbench mailings`` and ``results``: what was sent, what is open, and what a person decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import format_for, say, show
from workbench.cli.report import (
    cancelled_sentence,
    say_what_is_cut_off,
    say_what_is_open,
    say_what_is_replaced,
    show_counts,
    show_left_out,
)
from workbench.cli.sending import ConnectionsOption, JsonOption, ResultsOption, run_and_report
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.stages import stage_words
from workbench.errors import MailingError, UsageError
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice

group = Commands(help=_("The mailings: list, show, resume, cancel, retry, settle."), invoke_without_command=True)

MailingArgument = Annotated[int, typer.Argument(metavar="MAILING", help=_("The mailing's number."))]

_MAILING_COLUMNS = (
    "mailing_id", "status", "template", "account", "search", "opened_at", "sent", "failed", "in_doubt", "skipped",
    "pending", "cancelled",
)  # fmt: skip
_NARROW = {
    100: ("mailing_id", "status", "template", "sent", "failed", "in_doubt", "pending"),
    160: ("mailing_id", "status", "template", "opened_at", "sent", "failed", "in_doubt", "skipped", "pending"),
}
_RESULT_COLUMNS = (
    "delivery_id", "recipient", "address", "patient_id", "role", "status", "reason", "attempts", "smtp_code",
    "decided_at",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file that stand alone."""
    app.command("results", help=_("Who got it and who did not: every row of a mailing, the latest by default."))(
        results
    )


@group.callback()
def mailings(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """List the mailings when no other verb follows."""
    if ctx.invoked_subcommand is None:
        _list(practice_of(ctx), format, output)


@group.command("list", help=_("List the mailings, the latest first."))
def list_mailings(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row a mailing."""
    _list(practice_of(ctx), format, output)


def _list(practice: Practice, format: Format, output: OutputOption) -> None:
    _show_mailings(practice, practice.mailings(), format, output)


def _show_mailings(practice: Practice, frame: pd.DataFrame, format: Format, output: OutputOption) -> None:
    if format_for(format, output) is Format.TABLE:
        from workbench.practice.alerting import FOLDER  # what computes with frames is loaded late

        # A status alone would say « sending » of what waits, or of what nobody sends.
        frame = frame.assign(
            status=[stage_words(practice.stage(number)) for number in frame["mailing_id"]],
            template=frame["template"].where(~frame["template"].str.startswith(f"{FOLDER}/"), _("Alert")),
        )
    _show(practice, frame, format, output, _MAILING_COLUMNS, narrow=_NARROW)


def _show(
    practice: Practice,
    frame: pd.DataFrame,
    format: Format,
    output: OutputOption,
    columns: Sequence[str],
    *,
    narrow: Mapping[int, Sequence[str]] | None = None,
) -> None:
    show(frame, format=format, output=output, columns=columns, narrow=narrow, zone=practice.calendar.zone)


@group.command("show", help=_("Show where one mailing stands."))
def show_mailing(
    ctx: typer.Context, mailing: MailingArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show a mailing's numbers and who was left out; in CSV and JSON, its row of the list."""
    practice = practice_of(ctx)
    found = practice.mailing_by_id(mailing)
    listed = practice.mailings()
    _show_mailings(practice, listed[listed["mailing_id"] == mailing], format, output)
    if format is Format.TABLE and output is None:
        show_counts(found.counts, title=_("Mailing {mailing}").format(mailing=mailing))
        tally = practice.tally(mailing)
        show_left_out(tally)
        say_what_is_replaced(tally)
        if cancelled := cancelled_sentence(practice, mailing):
            say(cancelled)
        if not say_what_is_cut_off(practice, mailing, found.counts):
            say_what_is_open(mailing, found.counts, practice.next_departure(mailing))


@group.command("resume", help=_("Go on with a mailing that was stopped or interrupted, as it was confirmed."))
def resume(
    ctx: typer.Context,
    mailing: MailingArgument,
    connections: ConnectionsOption = None,
    results: ResultsOption = None,
    json: JsonOption = False,
) -> None:
    """Send what is still open."""
    practice = practice_of(ctx)
    asked = practice.mailing_by_id(mailing)
    if cancelled := cancelled_sentence(practice, mailing):
        raise MailingError(cancelled)
    raise typer.Exit(run_and_report(practice, asked, connections=connections, results=results, json=json))


@group.command("cancel", help=_("Cancel what has not left yet, or of it some messages alone."))
def cancel(
    ctx: typer.Context,
    mailing: MailingArgument,
    delivery: Annotated[
        list[int] | None,
        typer.Option(
            "--delivery", metavar="N", help=_("Only the message of this number (delivery_id in the results).")
        ),
    ] = None,
) -> None:
    """Cancel the open rows of a mailing."""
    practice = practice_of(ctx)
    count = practice.cancel(mailing, deliveries=delivery or None)
    if delivery and not count:
        raise MailingError(
            _(
                "None of these messages waits in mailing {mailing}: they have left, are leaving, were cancelled or "
                "left out, or belong to another mailing. workbench results {mailing} tells which."
            ).format(mailing=mailing)
        )
    say(
        n_(
            "{count} waiting message of mailing {mailing} is cancelled; what had left stays in the results.",
            "{count} waiting messages of mailing {mailing} are cancelled; what had left stays in the results.",
            count,
        ).format(count=count, mailing=mailing)
    )


@group.command("retry", help=_("Try the failed ones again, on purpose."))
def retry(
    ctx: typer.Context, mailing: MailingArgument, connections: ConnectionsOption = None, json: JsonOption = False
) -> None:
    """Put the failed rows back and send them."""
    practice = practice_of(ctx)
    count = practice.retry(mailing)
    say(
        n_("{count} failed message is tried again.", "{count} failed messages are tried again.", count).format(
            count=count
        )
    )
    raise typer.Exit(run_and_report(practice, practice.mailing_by_id(mailing), connections=connections, json=json))


@group.command("settle", help=_("Decide the uncertain ones: count them as sent, or send them again."))
def settle(
    ctx: typer.Context,
    mailing: MailingArgument,
    as_sent: Annotated[bool, typer.Option("--as-sent", help=_("They arrived: count them as sent."))] = False,
    resend: Annotated[bool, typer.Option("--resend", help=_("They did not arrive: send them again."))] = False,
    json: JsonOption = False,
) -> None:
    """Decide every uncertain row of a mailing."""
    practice = practice_of(ctx)
    practice.mailing_by_id(mailing)  # an unknown number is said first
    if as_sent == resend:
        raise UsageError(_("Decide: --as-sent or --resend."))
    count = practice.settle(mailing, as_sent=as_sent)
    say(
        n_("{count} uncertain message is decided.", "{count} uncertain messages are decided.", count).format(
            count=count
        )
    )
    if resend:
        raise typer.Exit(run_and_report(practice, practice.mailing_by_id(mailing), json=json))


def results(
    ctx: typer.Context,
    mailing: Annotated[int | None, typer.Argument(metavar="MAILING", help=_("The mailing's number."))] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help=_("Everything since this day, of every mailing."))
    ] = None,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show the results frame, every row of it."""
    practice = practice_of(ctx)
    frame = practice.results(mailing, since=since, identities=True)
    _show(practice, frame, format, output, _RESULT_COLUMNS)
    if frame.empty:
        say(_("There is nothing to show: no message was prepared."))
