"""``workbench run``: execute a notebook on the practice, with papermill's conventions and a truthful exit status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import as_frame, print_json, say, show
from workbench.cli.progress import running_progress
from workbench.cli.report import json_counts, say_what_is_open, show_counts, show_left_out
from workbench.cli.sending import INTERRUPTED, JsonOption, interruptible
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.domain.mailings import Counts
from workbench.domain.runs import RunStatus
from workbench.errors import UsageError
from workbench.language import _, n_

if TYPE_CHECKING:
    from workbench.jobs.running import RunOutcome
    from workbench.practice import Practice

_RUN_COLUMNS = ("run_id", "status", "parameters", "error")
_RESULT_COLUMNS = ("delivery_id", "recipient", "address", "role", "status", "reason", "run_id")

NotebookArgument = Annotated[
    Path,
    typer.Argument(
        metavar="NOTEBOOK",
        exists=True,
        dir_okay=False,
        readable=True,
        help=_("The notebook, such as Mailing.to_notebook wrote."),
    ),
]
CopyArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="OUTPUT",
        dir_okay=False,
        help=_("Where the executed copy is written; else in the folder « runs » of the workspace."),
    ),
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameters", metavar="NAME VALUE", help=_("A parameter; may be given several times.")),
]
RawOption = Annotated[
    list[str] | None,
    typer.Option("-r", "--parameters_raw", metavar="NAME VALUE", help=_("A parameter, its value as a text.")),
]
FileOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-f", "--parameters_file", metavar="FILE", exists=True, dir_okay=False, readable=True,
        help=_("Parameters from a YAML or JSON file."),
    ),
]  # fmt: skip
YamlOption = Annotated[
    list[str] | None, typer.Option("-y", "--parameters_yaml", metavar="YAML", help=_("Parameters as YAML."))
]
GridOption = Annotated[
    Path | None,
    typer.Option(
        "--grid", metavar="FILE", exists=True, dir_okay=False, readable=True,
        help=_("Run once for each combination: a YAML file that gives some parameters a list of values."),
    ),
]  # fmt: skip


def add_to(app: Commands) -> None:
    """Add the command of this file."""
    app.command(
        "run",
        pairs=("-p", "--parameters", "-r", "--parameters_raw"),
        help=_("Execute a notebook: parameters checked, each recipient once, an executed copy kept."),
    )(run)


def run(
    ctx: typer.Context,
    notebook: NotebookArgument,
    copy: CopyArgument = None,
    parameters: ParameterOption = None,
    raw: RawOption = None,
    files: FileOption = None,
    yaml: YamlOption = None,
    grid: GridOption = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            dir_okay=False,
            help=_("Write a report that opens offline: a page (.html) or a PDF (.pdf)."),
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", "--execution-timeout", metavar="SECONDS", min=1, help=_("How long one cell may take.")
        ),
    ] = None,
    cwd: Annotated[
        Path | None,
        typer.Option(
            "--cwd", metavar="DIR", exists=True, file_okay=False, help=_("The folder it works in; else its own.")
        ),
    ] = None,
    kernel: Annotated[
        str | None,
        typer.Option("-k", "--kernel", metavar="NAME", help=_("The kernel it names, in place of its own.")),
    ] = None,
    keep_output: Annotated[
        bool,
        typer.Option("--keep-output", help=_("Keep every output in the copy, patients' data included.")),
    ] = False,
    help_notebook: Annotated[
        bool, typer.Option("--help-notebook", help=_("Show the notebook's parameters, and execute nothing."))
    ] = False,
    json: JsonOption = False,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Execute, report, and leave with the status that the ledger tells."""
    from workbench.jobs.running import read_notebook, run_notebook

    read = read_notebook(notebook)
    if help_notebook:
        defaults = read.defaults()
        rows = [
            {"name": one.name, "kind": one.kind, "default": str(defaults[one.name]), "help": one.comment}
            for one in read.parameters.values()
        ]
        show(as_frame(rows, ["name", "kind", "default", "help"]), format=format, output=output)
        return
    values = _values(parameters, raw, files, yaml)
    practice = practice_of(ctx)
    if grid is not None:
        if copy is not None or report is not None:
            raise UsageError(_("With --grid, each run keeps its own copy: OUTPUT and --report are for a single run."))
        options = {"timeout": timeout, "cwd": cwd, "keep_output": keep_output, "kernel": kernel}
        _run_grid(practice, notebook, values, grid, options, json=json, format=format, output=output)
    with _told_when_interrupted(), interruptible(), running_progress() as progress:
        outcome = run_notebook(
            practice, read, parameters=values, output=copy, report=report, timeout=timeout, cwd=cwd,
            keep_output=keep_output, progress=progress, kernel=kernel,
        )  # fmt: skip
    _tell(practice, outcome, json=json)
    if json:
        print_json(_json(outcome))
    raise typer.Exit(outcome.exit_status)


@contextmanager
def _told_when_interrupted() -> Iterator[None]:
    """Leave as shells have it when nothing more than that can be told: before a run has begun, or within a grid."""
    try:
        yield
    except KeyboardInterrupt:
        say(_("Interrupted; what was in flight is finished and recorded."))
        raise typer.Exit(INTERRUPTED) from None


def _values(
    parameters: list[str] | None,
    raw: list[str] | None,
    files: list[Path] | None,
    yaml: list[str] | None,
) -> dict[str, object]:
    """Return the parameters in the order of papermill: files, then YAML, then single ones."""
    from workbench.jobs.parameters import as_typed, read_yaml

    values: dict[str, object] = {}
    for file in files or ():
        values.update(read_yaml(_text_of(file), where=file.name))
    for text in yaml or ():
        values.update(read_yaml(text, where="--parameters_yaml"))
    for pairs, typed in ((parameters, as_typed), (raw, str)):
        for pair in pairs or ():
            name, equals, value = pair.partition("=")
            if not equals or not name:
                raise UsageError(_("« {word} »: a parameter is written as -p NAME VALUE.").format(word=pair))
            values[name] = typed(value)
    return values


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(_("The file {file} is not UTF-8.").format(file=file.name)) from error


def _run_grid(
    practice: Practice,
    notebook: Path,
    values: Mapping[str, object],
    grid: Path,
    options: Mapping[str, Any],
    *,
    json: bool,
    format: Format,
    output: Path | None,
) -> None:
    from workbench.jobs.grid import grid_status, run_grid
    from workbench.jobs.parameters import read_yaml

    lists: Any = read_yaml(_text_of(grid), where=grid.name)
    with _told_when_interrupted(), interruptible(), running_progress() as progress:
        frame = run_grid(
            practice, notebook, parameters=values, grid=lists, identities=True, progress=progress, **options
        )
    runs = frame.attrs["runs"]
    asked = [name if name in frame.columns else f"parameter_{name}" for name in lists]
    if not json or output is not None:
        show(frame, format=format, output=output, columns=(*asked, *_RESULT_COLUMNS))
    if not json and format is Format.TABLE:
        told = [{**run, "parameters": ", ".join(f"{k}={run['parameters'][k]}" for k in lists)} for run in runs]
        show(as_frame(told, _RUN_COLUMNS), title=_("Runs"))
    for warning in [warning for run in runs for warning in run["warnings"]]:
        say(warning)
    failed = sum(run["status"] != RunStatus.DONE for run in runs)
    say(
        n_("{count} run, {failed} of them failed.", "{count} runs, {failed} of them failed.", len(runs)).format(
            count=len(runs), failed=failed
        )
    )
    if json:
        mailings = sorted({number for run in runs for number in run["mailings"]})
        print_json(_json_of({number: practice.ledger.mailings.counts(number) for number in mailings}))
    raise typer.Exit(grid_status(runs))


def _tell(practice: Practice, outcome: RunOutcome, *, json: bool) -> None:
    record = outcome.record
    for number, counts in outcome.counts.items():
        if not json:
            show_counts(counts, title=_("Mailing {mailing}").format(mailing=number))
            show_left_out(practice.tally(number))
        say_what_is_open(number, counts, practice.next_departure(number))
    if not outcome.counts:
        say(_("The notebook confirmed no mailing on this workspace."))
    if record.status is RunStatus.FAILED:
        say(_("The notebook stopped before its end: {error}").format(error=record.error))
    elif record.status is RunStatus.INTERRUPTED:
        say(_("Interrupted; what was in flight is finished and recorded."))
    if outcome.dropped:
        say(
            n_(
                "{count} output is not in the executed copy: it could hold patients' data. --keep-output keeps it.",
                "{count} outputs are not in the executed copy: they could hold patients' data. --keep-output keeps "
                "them.",
                outcome.dropped,
            ).format(count=outcome.dropped)
        )
    if outcome.copy is not None:
        say(_("The executed copy is {path}").format(path=outcome.copy))
    if outcome.report is not None:
        say(_("The report is {path}").format(path=outcome.report))
    for warning in outcome.warnings:
        say(warning)


def _json(outcome: RunOutcome) -> dict[str, Any]:
    return _json_of(outcome.counts)


def _json_of(counts: Mapping[int, Counts]) -> dict[str, Any]:
    """Return what ``--json`` prints: of several mailings the last one's number, all of them, and their sums."""
    from workbench.jobs.running import summed

    told: dict[str, Any] = json_counts(max(counts, default=None), summed(counts.values()))
    return {**told, "mailings": sorted(counts)} if len(counts) > 1 else told
