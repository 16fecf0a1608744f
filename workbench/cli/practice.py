"""``workbench practice``: what the practice says of itself in its messages, shown and changed."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import say, show_record
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of, refuse_names, settings_of
from workbench.displays.words import heading
from workbench.errors import UsageError
from workbench.language import _

group = Commands(help=_("The practice itself: its name, address and telephone; show, set."), no_args_is_help=True)

_FIRST_SHOWN = (
    "name", "address_line_1", "address_line_2", "postcode", "city", "country", "phone", "email", "website",
    "booking_url", "emergency_phone", "emergency_text", "opening_hours",
)  # fmt: skip


@group.command("show", help=_("Show what the practice says of itself."))
def show_practice(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show the practice's card, a line a value; a practice without a name is shown without one."""
    practice = practice_of(ctx)
    card = practice.card() | {"name": practice.name or None}
    first = [name for name in _FIRST_SHOWN if name in card]
    show_record({name: card[name] for name in [*first, *sorted(card)]}, format=format, output=output)


@group.command("set", help=_('Say who the practice is: workbench practice set name="Cabinet des Tilleuls" phone=…'))
def set_practice(
    ctx: typer.Context,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="COLUMN=VALUE", help=_("What to change; « phone= » empties it."))
    ] = None,
) -> None:
    """Change one or several values; the change is journalled."""
    wanted: dict[str, str | None] = {}
    for pair in changes or ():
        wanted |= {column: value or None for column, value in settings_of([pair]).items()}
    if not wanted:
        raise UsageError(_('Say what to change, for instance name="Cabinet des Tilleuls".'))
    refuse_names(wanted, frozenset({"self"}))
    practice_of(ctx).set_card(**wanted)
    for column in wanted:
        say(_("Practice: « {column} » is set.").format(column=heading(column)))
