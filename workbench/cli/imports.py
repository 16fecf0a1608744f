"""``workbench import``: take patients, appointments and the others from the practice's own files."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.output import agreed, is_terminal, save_csv, say, show
from workbench.cli.progress import importing_progress
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.words import heading
from workbench.errors import BadValue
from workbench.language import _, n_

if TYPE_CHECKING:
    from workbench.practice import Practice


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("import", help=_("Take patients, appointments … from a file of the practice's own software."))(
        import_file
    )


def import_file(
    ctx: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help=_(
                "patients, appointments, guardians, correspondents, opt-outs, invoices … (the README has them all)."
            ),
        ),
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=_("The file: CSV, or Excel (.xlsx)."))
    ],
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            metavar="M.toml",
            exists=True,
            dir_okay=False,
            help=_("Which of your columns and values are ours; it is kept for the next such file."),
        ),
    ] = None,
    forget_mapping: Annotated[
        bool, typer.Option("--forget-mapping", help=_("Forget the mapping that was kept for such files."))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Read and check everything, write nothing."))] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("At a terminal: write without asking, once everything is checked."))
    ] = False,
    findings: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.csv", dir_okay=False, help=_("Save what was found, line by line.")),
    ] = None,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Import one file, all or nothing, and report line by line what could not be taken as it stood."""
    if mapping is not None and forget_mapping:
        raise BadValue(_("Say either --mapping or --forget-mapping."))
    options = {"mapping": None if mapping is None else _mapping_of(mapping), "forget_mapping": forget_mapping}
    practice = practice_of(ctx)
    asking = is_terminal(sys.stdin) and not (dry_run or yes)
    report = _imported(practice, kind, file, dry_run=dry_run or asking, **options)
    _tell(report, findings, format, output)
    if dry_run:
        say(_("This was a trial: nothing was written."))
    elif asking and not agreed(_("Write this into the patient store?")):
        say(_("Nothing was written."))
    elif asking:
        done = _imported(practice, kind, file, dry_run=False, **options)
        say(_numbers(done))
        if (done.findings, done.rows) != (report.findings, report.rows):
            # Somebody changed the store, or the file, between the question and the answer.
            _tell(done, findings, format, output)


def _imported(practice: Practice, kind: str, file: Path, **options: Any) -> Any:
    with importing_progress() as progress:
        return practice.import_file(kind, file, progress=progress, **options)


def _tell(report: Any, save_to: Path | None, format: Format, output: Path | None) -> None:
    found = report.to_frame()
    if save_to is not None:
        save_csv([found], save_to)
        say(_("Written to {path}.").format(path=save_to))
    if not found.empty or output is not None or format is not Format.TABLE:
        if format is Format.TABLE and output is None:
            found = found.assign(column=[heading(column) for column in found["column"]])
        show(found, format=format, output=output, columns=("row", "column", "message"))
    say(_numbers(report))
    if report.mapping_of:
        say(
            _(
                "The mapping of {day} was used again for these headings. Another one: --mapping; none: "
                "--forget-mapping."
            ).format(day=report.mapping_of[:10])
        )
    if report.encoding != "utf-8":
        say(
            _(
                "The file is not UTF-8 and was read as {encoding}. Should its accents look wrong, say another encoding "
                "in a mapping."
            ).format(encoding=report.encoding)
        )


def _numbers(report: Any) -> str:
    return n_(
        "{rows} row read: {created} new, {updated} changed, {unchanged} as before, {skipped} left out.",
        "{rows} rows read: {created} new, {updated} changed, {unchanged} as before, {skipped} left out.",
        report.rows,
    ).format(
        rows=report.rows,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        skipped=report.skipped,
    )


def _mapping_of(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadValue(_("{path} is not TOML: {problem}").format(path=file, problem=error)) from error
