"""The command line's door: the global options, the commands, and what an error becomes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import (
    accounts,
    demo,
    exports,
    fields,
    foreign,
    history,
    imports,
    jobs,
    lab,
    letters,
    mailings,
    patients,
    practice,
    rearm,
    running,
    scheduler,
    searches,
    sending,
    signatures,
    templates,
    workspace,
)
from workbench.cli.commands import Commands
from workbench.cli.output import say
from workbench.cli.session import Session
from workbench.errors import WorkbenchError
from workbench.language import _

app = Commands(
    name="workbench",
    help=_("The mail-merge workbench of a medical or dental practice: search, merge, check, send once, report."),
    epilog=_("-w and --user may stand before or after the command. A command's own help: workbench COMMAND --help"),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        print(metadata.version("publipostage-workbench"))
        raise typer.Exit


@app.callback()
def choose_workspace(
    ctx: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "-w",
            "--workspace",
            metavar="DIR",
            help=_("The workspace; else WORKBENCH_WORKSPACE, else the nearest parent folder with workbench.toml."),
        ),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user", metavar="NAME", help=_("Who acts; else WORKBENCH_USER, else the name of the system's account.")
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=_("Show the version."))
    ] = False,
) -> None:
    """Keep the global options for the command that follows."""
    if ctx.obj is None:
        ctx.obj = Session(workspace=workspace, user=user or os.environ.get("WORKBENCH_USER") or None)


demo.add_to(app)
lab.add_to(app)
workspace.add_to(app)
imports.add_to(app)
exports.add_to(app)
searches.add_to(app)
foreign.add_to(templates.group)
app.add_typer(templates.group, name="template")
app.add_typer(signatures.group, name="signature")
app.add_typer(accounts.group, name="account")
app.add_typer(fields.group, name="field")
letters.add_to(patients.group)
app.add_typer(patients.group, name="patient")
app.add_typer(practice.group, name="practice")
sending.add_to(app)
app.add_typer(mailings.group, name="mailings")
mailings.add_to(app)
history.add_to(app)
running.add_to(app)
app.add_typer(jobs.group, name="job")
scheduler.add_to(app)
rearm.add_to(app)

_WORKSPACE = ("-w", "--workspace")
_USER = ("--user",)


def globals_first(arguments: Sequence[str]) -> list[str]:
    """Move ``-w``, ``--workspace`` and ``--user`` before the command, wherever a person wrote them.

    After ``account``, ``--user`` is the account's login on its server and stays where it is.
    """
    moved: list[str] = []
    kept: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        if word == "--":
            kept += [word, *waiting]
            break
        command = next((known for known in kept if not known.startswith("-")), "")
        names = _WORKSPACE if command == "account" else (*_WORKSPACE, *_USER)
        name, equals, _value = word.partition("=")
        if word in names:
            moved.append(word)
            moved.extend(value for value in [next(waiting, None)] if value is not None)
        elif word.startswith("-w") or (equals and name in names and name.startswith("--")):  # « -wDIR », « --user=me »
            moved.append(word)
        else:
            kept.append(word)
    return moved + kept


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status; a person sees sentences, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream that is not a text file is left as it is
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    status = 1
    try:
        app(args=globals_first(sys.argv[1:] if arguments is None else arguments), prog_name="workbench")
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except WorkbenchError as error:
        if os.environ.get("WORKBENCH_DEBUG"):
            raise
        say(error.sentence)
        status = error.exit_status
    except BrokenPipeError:
        status = 1
    except Exception as error:
        if os.environ.get("WORKBENCH_DEBUG"):
            raise
        say(_sentence_of(error))
    _flush()
    sys.exit(status)


def _sentence_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return _("« {path} » cannot be used: {problem}.").format(path=error.filename, problem=error.strerror)
    if isinstance(error, UnicodeEncodeError):
        return _("A text holds half a character, as a bad copy leaves it: write it again. Nothing was kept of it.")
    # Only the kind of error is named: its text could hold a patient's data (P12).
    return _("Something unforeseen went wrong ({kind}). The same command with WORKBENCH_DEBUG=1 shows where.").format(
        kind=type(error).__name__
    )


def _flush() -> None:
    """Empty the buffers now: whoever read our output may have left (``workbench search … | head``)."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, and must find somebody there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
