"""``workbench search`` and ``workbench fields``: who can be found, and what can be said to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.output import as_frame, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, SetOption, found, parameters_of, practice_of
from workbench.displays.freshness import freshness_sentence
from workbench.errors import BadValue
from workbench.language import _, n_

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice import Practice

_NARROW = {
    95: ("date", "time", "patient", "file_number", "nature", "practitioner", "state"),
    125: ("date", "time", "patient", "file_number", "nature", "practitioner", "state", "email"),
}
"""Of appointments, what a terminal of so many columns has room for; CSV and JSON always hold everything."""

_LAST = ("state", "email", "address_status", "address_shared_by", "last_message_at")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("search", help=_("Find appointments or patients; without a name, list the searches."))(search)
    app.command("fields", help=_("The merge fields an email type may use."))(fields)


def search(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help=_("The search: appointments, missed …, or a saved one."))
    ] = None,
    settings: SetOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help=_("Show each condition, and how many rows it leaves."))
    ] = False,
    save: Annotated[
        str | None, typer.Option("--save", metavar="NAME", help=_("Save this search under a name of your own."))
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help=_("Forget the saved search of this name."))] = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Run a search and show what it found; or explain it, save it, forget it."""
    practice = practice_of(ctx)
    if sum((explain, save is not None, forget)) > 1 or (name is None and (explain or save is not None or forget)):
        raise BadValue(_("Give the name of a search, and one of --explain, --save and --forget at most."))
    if name is None:
        _show_searches(practice, format, output)
    elif forget:
        practice.forget_search(name)
        say(_("« {name} » is forgotten.").format(name=name))
    elif explain:
        told = practice.explain(name, **parameters_of(settings))
        show(told, format=format, output=output, columns=["parameter", "condition", "alone", "left"])
    elif save is not None:
        saved = practice.save_search(save, name, **parameters_of(settings))
        say(_('Saved. Find it again with: workbench search "{name}"').format(name=saved.name))
    else:
        _show_found(found(practice, name, settings), format, output)


def _show_found(frame: pd.DataFrame, format: Format, output: Path | None) -> None:
    from workbench.displays.search_columns import columns_shown

    chosen = [column.name for column in columns_shown(frame) if column.name not in _LAST and not column.hidden]
    if "date" in frame:
        chosen = ["date", *(name for name in chosen if name != "date"), "chair"]
    narrow = _NARROW if "time" in frame else None
    shared = "address_status" in frame and (frame["address_status"] == "shared").any()
    last = [name for name in _LAST if name != "address_shared_by" or shared]
    show(frame, format=format, output=output, columns=[*chosen, *last], narrow=narrow)
    say(_summary(frame))
    fresh = freshness_sentence(frame.attrs.get("workbench") or {})
    if fresh:
        say(f"{fresh}.")


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
    saved = practice.saved_searches()
    for name, search, parameters in zip(saved["name"], saved["search"], saved["parameters"], strict=True):
        asked = ", ".join(f"{key}={value}" for key, value in parameters.items())
        label = _("Saved: {search}").format(search=" ".join(filter(None, (search, asked))))
        rows.append({"search": name, "parameter": "", "label": label})
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
