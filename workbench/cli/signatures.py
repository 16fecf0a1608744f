"""``workbench signature``: what stands before and after the text of a message."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import as_frame, save_bytes, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.cells import harmless
from workbench.language import _

group = Commands(help=_("The signatures: list, show, check, import, export, archive."), no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help=_("The signature's name."))]


@group.command("list", help=_("List the signatures, and what asks for them."))
def list_signatures(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row a signature."""
    signatures = practice_of(ctx).signatures
    rows = [
        {"label": label, "pictures": len(signature.pictures), "used_by": ", ".join(signatures.used_by(label))}
        for label, signature in signatures.items()
    ]
    show(as_frame(rows, ["label", "pictures", "used_by"]), format=format, output=output)


@group.command("show", help=_("Show a signature as its file would be, or as it looks."))
def show_signature(
    ctx: typer.Context,
    name: NameArgument,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", dir_okay=False, help=_("Write here how it looks, with examples.")),
    ] = None,
) -> None:
    """Print the file of one signature, or write how it looks."""
    signatures = practice_of(ctx).signatures
    if html is not None:
        save_bytes(signatures.shown(name).encode(), html)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = signatures.export_file(name, Path(folder) / "signature.html")
        print(harmless(file.read_text(encoding="utf-8"), keep_lines=True), end="")


@group.command("check", help=_("Look for a missing marker, unknown fields, links and images that will not be seen."))
def check_signature(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("The signature's name, or a file."))],
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show the findings on one signature."""
    signatures = practice_of(ctx).signatures
    is_file = name not in signatures and Path(name).is_file()
    findings = signatures.check_file(Path(name)) if is_file else signatures.check(name)
    if findings.empty and format is Format.TABLE and output is None:
        say(_("« {path} » is in order.").format(path=name))
        return
    show(findings, format=format, output=output, columns=["severity", "code", "message", "line"])


@group.command("import", help=_("Take signatures from files, with the images beside them; a known name is replaced."))
def import_signatures(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", exists=True, dir_okay=False, help=_("Files with a label and HTML.")),
    ],
) -> None:
    """Import signatures, and say what is doubtful in them."""
    signatures = practice_of(ctx).signatures
    for file in files:
        signature = signatures.import_file(file)
        say(_("The signature « {name} » is in.").format(name=signature.label))
        for message in dict.fromkeys(signatures.check(signature)["message"]):
            say(message)


@group.command("export", help=_("Write a signature to a file, with its images beside it."))
def export_signature(
    ctx: typer.Context,
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help=_("The file to write."))],
) -> None:
    """Export one signature."""
    say(_("Written to {path}.").format(path=practice_of(ctx).signatures.export_file(name, file)))


@group.command("archive", help=_("Take a signature out of the lists."))
def archive_signature(ctx: typer.Context, name: NameArgument) -> None:
    """Archive one signature."""
    practice_of(ctx).signatures.archive(name)
    say(_("The signature « {name} » is archived.").format(name=name))
