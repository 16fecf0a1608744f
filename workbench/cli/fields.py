"""``workbench field``: the merge fields that a practice makes itself; ``workbench fields`` looks for any field."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.errors import BadValue
from workbench.language import _

if TYPE_CHECKING:
    from workbench.domain.custom_fields import CustomField

group = Commands(help=_("The practice's own merge fields: list, add, edit, show, usage, remove."), no_args_is_help=True)


class Grid(StrEnum):
    """What a field made on the command line is about."""

    PATIENT = "patient"
    CORRESPONDENT = "correspondent"


CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help=_("The field, as PART_01, or one of its names."))]
TextOption = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="COLUMN=TEXT",
        help=_(
            "A text of the row, once for each column. A patient's: girl woman boy man neutral. A correspondent's: "
            "male_friend female_friend male_colleague female_colleague neutral."
        ),
    ),
]
FamiliarOption = Annotated[
    list[str] | None,
    typer.Option("--tu", metavar="COLUMN=TEXT", help=_("Another text for a correspondent to whom one says « tu ».")),
]
LabelOption = Annotated[
    str | None, typer.Option("--label", metavar="LABEL", help=_("What it is called in lists; its texts, else."))
]
NameOption = Annotated[
    list[str] | None,
    typer.Option("--name", metavar="NAME", help=_("Another name for it, as NAISSANCE; may be given several times.")),
]


@group.command("list", help=_("List the practice's own fields with their texts."))
def list_fields(
    ctx: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help=_("Those that were removed instead."))] = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show one row a text."""
    frame = practice_of(ctx).fields.to_frame(archived=archived)
    if frame.empty and format is Format.TABLE and output is None:
        say(_("The practice has none yet. To make one: workbench field add --help") if not archived else _("None."))
        return
    show(frame, format=format, output=output, columns=["code", "label", "column", "text", "familiar", "names"])


@group.command("add", help=_("Make a field with a text for each kind of person; it gets the next number."))
def add_field(
    ctx: typer.Context,
    kind: Annotated[
        Grid,
        typer.Argument(metavar="KIND", help=_("patient: by sex and age (@PART_01). correspondent: by relation and sex "
                                              "(@LIBRE01).")),
    ],
    text: TextOption = None,
    familiar: FamiliarOption = None,
    label: LabelOption = None,
    name: NameOption = None,
    code: Annotated[
        str, typer.Option("--code", metavar="CODE", help=_("A number of its own, as old texts may have it: PART_07."))
    ] = "",
) -> None:  # fmt: skip
    """Make one field and say its code."""
    field = practice_of(ctx).fields.add(
        kind.value, texts_of(text), familiar=texts_of(familiar), label=label or "", names=name or (), code=code
    )
    say(_("Write {codes} in an email type.").format(codes=_written(field)))


@group.command("edit", help=_("Change what is given of a field; what is queued already stays as it is."))
def edit_field(
    ctx: typer.Context,
    code: CodeArgument,
    text: TextOption = None,
    familiar: FamiliarOption = None,
    label: LabelOption = None,
    name: NameOption = None,
    no_names: Annotated[bool, typer.Option("--no-names", help=_("Take all its names away."))] = False,
) -> None:
    """Change one field."""
    if no_names and name:
        raise BadValue(_("Give --name or --no-names, not both."))
    if not (text or familiar or name or no_names) and label is None:
        raise BadValue(_("Nothing is to be changed: give --text, --tu, --label or --name."))
    field = practice_of(ctx).fields.edit(
        code,
        texts_of(text) or None,
        familiar=texts_of(familiar) or None,
        label=label,
        names=() if no_names else name,
    )
    say(_("{codes} is changed; new messages say so.").format(codes=_written(field)))


@group.command("show", help=_("Show the texts of one field."))
def show_field(
    ctx: typer.Context, code: CodeArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show one row a text of one field."""
    fields = practice_of(ctx).fields
    own = fields.find(code)
    frame = fields.to_frame()
    show(frame[frame["code"] == own.code], format=format, output=output)


@group.command("usage", help=_("Show which email types, signatures and waiting mailings use a field."))
def show_usage(
    ctx: typer.Context, code: CodeArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show one row a use."""
    used = practice_of(ctx).fields.usage(code)
    if used.empty and format is Format.TABLE and output is None:
        say(_("Nothing uses it."))
        return
    show(used, format=format, output=output)


@group.command("remove", help=_("Take a field out of the lists, unless it is used."))
def remove_field(
    ctx: typer.Context,
    code: CodeArgument,
    archive: Annotated[
        bool,
        typer.Option("--archive", help=_("Even where it is used; what is queued still leaves as it was confirmed.")),
    ] = False,
) -> None:
    """Archive one field; its number is not given again."""
    field = practice_of(ctx).fields.remove(code, archive=archive)
    say(_("@{code} is removed. To bring it back: workbench field restore {code}").format(code=field.code))


@group.command("restore", help=_("Bring a removed field back as it was."))
def restore_field(ctx: typer.Context, code: CodeArgument) -> None:
    """Bring one field back."""
    field = practice_of(ctx).fields.restore(code)
    say(_("{codes} is back.").format(codes=_written(field)))


def texts_of(pairs: Iterable[str] | None) -> dict[str, str]:
    """Read ``COLUMN=text`` pairs.

    Raises
    ------
    BadValue
        When a pair has no ``=``, or a column comes twice.
    """
    texts: dict[str, str] = {}
    for pair in pairs or ():
        column, equals, text = pair.partition("=")
        if not equals:
            raise BadValue(_("« {pair} » is no text of the row: write COLUMN=TEXT.").format(pair=pair[:60]))
        if column in texts:
            raise BadValue(_("The column « {column} » is given twice.").format(column=column))
        texts[column] = text
    return texts


def _written(field: CustomField) -> str:
    return ", ".join(f"@{code}" for code in field.written)
