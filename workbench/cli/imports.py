"""``workbench import``: take patients, appointments and the others from the practice's own files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.output import as_frame, say, show
from workbench.cli.progress import importing_progress
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.words import heading
from workbench.errors import BadValue
from workbench.language import _

_FINDING = ("row", "column", "code", "message")


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("import", help=_("Take patients, appointments … from a file of the practice's own software."))(
        import_file
    )


def import_file(
    ctx: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help=_("patients, appointments, guardians, correspondents or opt-outs.")),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=_("The file, as CSV."))],
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            metavar="M.toml",
            exists=True,
            dir_okay=False,
            help=_("Which of your columns and values are ours; the README shows how."),
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Read and check everything, write nothing."))] = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Import one file, all or nothing, and report line by line what could not be taken as it stood."""
    read = None if mapping is None else _mapping_of(mapping)
    practice = practice_of(ctx)
    with importing_progress() as progress:
        report = practice.import_file(kind, file, mapping=read, dry_run=dry_run, progress=progress)
    findings = as_frame([{name: getattr(found, name) for name in _FINDING} for found in report.findings], _FINDING)
    if not findings.empty or output is not None or format is not Format.TABLE:
        if format is Format.TABLE and output is None:
            findings = findings.assign(column=[heading(column) for column in findings["column"]])
        show(findings, format=format, output=output, columns=("row", "column", "message"))
    numbers = _(
        "{rows} rows read: {created} new, {updated} changed, {unchanged} as before, {skipped} left out."
    ).format(
        rows=report.rows,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        skipped=report.skipped,
    )
    say(numbers)
    if report.encoding != "utf-8":
        say(
            _(
                "The file is not UTF-8 and was read as {encoding}. Should its accents look wrong, say another encoding "
                "in a mapping."
            ).format(encoding=report.encoding)
        )
    if dry_run:
        say(_("This was a trial: nothing was written."))


def _mapping_of(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadValue(_("{path} is not TOML: {problem}").format(path=file, problem=error)) from error
