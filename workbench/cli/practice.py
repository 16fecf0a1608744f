"""``workbench practice``: what the practice says of itself in its messages, shown and changed."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import say, show, show_record
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of, refuse_names, settings_of
from workbench.displays.words import heading
from workbench.domain.departures import undo_window
from workbench.domain.sending_hours import SendingHours
from workbench.errors import BadValue, UsageError
from workbench.language import _, n_

group = Commands(
    help=_("The practice itself: its name, address, telephone and closed days."),
    no_args_is_help=True,
)

_FIRST_SHOWN = (
    "name", "address_line_1", "address_line_2", "postcode", "city", "country", "phone", "email", "website",
    "booking_url", "emergency_phone", "emergency_text", "opening_hours", "undo_minutes", "sending_hours",
)  # fmt: skip
_DEPARTURES = ("undo_minutes", "sending_hours")
"""When leaves what a person confirms: settings of the workspace, not of the practice's card."""


@group.command("show", help=_("Show what the practice says of itself."))
def show_practice(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show the practice's card, a line a value; a practice without a name is shown without one."""
    practice = practice_of(ctx)
    card = practice.card() | {"name": practice.name or None}
    card |= {name: getattr(practice.settings, name) or None for name in _DEPARTURES}
    first = [name for name in _FIRST_SHOWN if name in card]
    show_record({name: card[name] for name in [*first, *sorted(card)]}, format=format, output=output)


@group.command("set", help=_('Say who the practice is: workbench practice set name="Cabinet des Tilleuls" phone=…'))
def set_practice(
    ctx: typer.Context,
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COLUMN=VALUE",
            help=_(
                "What to change; « phone= » empties it. undo_minutes=10 lets what is confirmed be taken back so long."
            ),
        ),
    ] = None,
) -> None:
    """Change one or several values; the change is journalled."""
    wanted: dict[str, str | None] = {}
    for pair in changes or ():
        wanted |= {column: value or None for column, value in settings_of([pair]).items()}
    if not wanted:
        raise UsageError(_('Say what to change, for instance name="Cabinet des Tilleuls".'))
    refuse_names(wanted, frozenset({"self"}))
    practice = practice_of(ctx)
    card = {column: value for column, value in wanted.items() if column not in _DEPARTURES}
    minutes = _minutes(wanted["undo_minutes"]) if "undo_minutes" in wanted else None
    hours = (wanted["sending_hours"] or "") if "sending_hours" in wanted else None
    undo_window(minutes or 0)
    SendingHours.parse(hours or "")  # all of it can be used, or nothing is changed
    if card:
        practice.set_card(**card)
    if len(card) < len(wanted):
        practice.set_departures(undo_minutes=minutes, sending_hours=hours)
    for column in wanted:
        say(_("Practice: « {column} » is set.").format(column=heading(column)))


def _minutes(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isdecimal():
        raise BadValue(_("« {text} » is no number of minutes: write undo_minutes=10.").format(text=text))
    return int(text)


FirstDay = Annotated[str, typer.Argument(metavar="FIRST", help=_("The first day: 2026-12-24, 24/12/2026 or J+7."))]
LastDay = Annotated[str | None, typer.Argument(metavar="LAST", help=_("The last day, included; one day without it."))]
SiteOption = Annotated[str, typer.Option("--site", metavar="SITE", help=_("One site alone, by its key."))]


@group.command("closures", help=_("List closures, leaves and public holidays: practice closures J J+90"))
def closures(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="FIRST", help=_("The first day; today by default."))] = "today",
    last: Annotated[str, typer.Argument(metavar="LAST", help=_("The last day; in a year by default."))] = "J+365",
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show when the practice, a site or a practitioner does not work."""
    show(practice_of(ctx).closures.show(first, last), format=format, output=output)


@group.command("close", help=_("Declare days closed: practice close 24/12/2026 02/01/2027 --reason …"))
def close(
    ctx: typer.Context,
    first: FirstDay,
    last: LastDay = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("What patients may be told."))] = "",
    site: SiteOption = "",
) -> None:
    """Declare days closed; reminders and relative dates follow at once."""
    done = practice_of(ctx).closures.close(first, last, reason=reason, site=site)
    say(n_("{n} more day is closed.", "{n} more days are closed.", done).format(n=done))


@group.command("reopen", help=_("Take a declared closure back."))
def reopen(ctx: typer.Context, first: FirstDay, last: LastDay = None, site: SiteOption = "") -> None:
    """Open days again that were declared closed."""
    done = practice_of(ctx).closures.reopen(first, last, site=site)
    say(n_("{n} day is open again.", "{n} days are open again.", done).format(n=done))


@group.command("leave", help=_("Write down a practitioner's leave: practice leave MM 01/08/2027 15/08/2027"))
def leave(
    ctx: typer.Context,
    practitioner: Annotated[str, typer.Argument(metavar="PRACTITIONER", help=_("By code or name."))],
    first: FirstDay,
    last: LastDay = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Why."))] = "",
    replacement: Annotated[str, typer.Option("--replacement", metavar="NAME", help=_("Who replaces."))] = "",
    phone: Annotated[str, typer.Option("--phone", metavar="NUMBER", help=_("The replacement's telephone."))] = "",
) -> None:
    """Write down when a practitioner is away, and who replaces him."""
    practice_of(ctx).closures.leave(
        practitioner, first, last, reason=reason, replacement=replacement, replacement_phone=phone
    )
    say(_("Recorded: the leave of {practitioner}.").format(practitioner=practitioner))
