"""``workbench search`` and ``workbench fields``: who can be found, and what can be said to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.output import as_frame, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, SetOption, found, practice_of
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice

_COLUMNS_FOR_THE_EYE = (
    "date", "time", "patient", "file_number", "nature", "chair", "practitioner", "state", "email", "address_status",
)  # fmt: skip

_NARROW = {
    95: ("date", "time", "patient", "file_number", "nature", "practitioner", "state"),
    125: ("date", "time", "patient", "file_number", "nature", "practitioner", "state", "email"),
}
"""What a terminal of so many columns has room for; CSV and JSON always hold everything."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("search", help=_("Find appointments or patients; without a name, list the searches."))(search)
    app.command("fields", help=_("The merge fields an email type may use."))(fields)


def search(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help=_("The search: appointments, missed …"))] = None,
    settings: SetOption = None,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Run a search and show what it found."""
    practice = practice_of(ctx)
    if name is None:
        _show_searches(practice, format, output)
        return
    frame = found(practice, name, settings)
    show(frame, format=format, output=output, columns=_COLUMNS_FOR_THE_EYE, narrow=_NARROW)
    say(_summary(frame))


def _show_searches(practice: Practice, format: Format, output: OutputOption) -> None:
    columns = ["search", "parameter", "label", "choices", "default"]
    rows: list[dict[str, object]] = []
    for known in practice.searches().values():
        rows.append({"search": known.name, "parameter": "", "label": _(known.label)})
        rows += [
            {
                "search": known.name,
                "parameter": parameter.name,
                "label": _(parameter.label),
                "choices": ", ".join(parameter.choices),
                "default": parameter.default or "",
            }
            for parameter in known.parameters
        ]
    show(as_frame(rows, columns), format=format, output=output)


def _summary(frame: pd.DataFrame) -> str:
    """Return the counters under a search (F130): rows, days, patients, distinct addresses."""
    parts = [n_("{count} row", "{count} rows", len(frame)).format(count=len(frame))]
    parts += [
        _counter(column, int(frame[column].replace("", None).nunique()))
        for column in ("date", "patient_id", "email")
        if column in frame
    ]
    return ", ".join(parts) + "."


def _counter(column: str, count: int) -> str:
    if column == "date":
        words = n_("{count} day", "{count} days", count)
    elif column == "patient_id":
        words = n_("{count} patient", "{count} patients", count)
    else:
        words = n_("{count} distinct address", "{count} distinct addresses", count)
    return words.format(count=count)


def fields(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help=_("Words to look for, without regard to accents."))
    ] = None,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show the field catalogue, or the fields that hold every word."""
    catalogue = practice_of(ctx).fields
    rows = [
        {
            "code": f"@{field.code}",
            "label": field.label,
            "category": field.category,
            "data_class": str(field.data_class),
            "example": field.example,
            "asked": field.asked,
            "aliases": ", ".join(f"@{alias}" for alias in field.aliases),
        }
        for field in catalogue.search(" ".join(words or []))
    ]
    columns = ["category", "code", "label", "example", "data_class", "aliases", "asked"]
    show(as_frame(rows, columns), format=format, output=output, columns=columns[:5])
    if not rows:
        say(_("No field holds these words. workbench fields shows them all."))
