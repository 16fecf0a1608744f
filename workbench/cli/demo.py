"""``workbench demo``: a sample practice whose reminders go to the catcher; then its first notebook, in JupyterLab."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.lab import open_lab
from workbench.cli.output import is_terminal, say
from workbench.cli.report import say_findings
from workbench.cli.sending import INTERRUPTED, run_and_report
from workbench.cli.session import Session
from workbench.language import _, n_
from workbench.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from workbench.practice import Practice
    from workbench.practice.mailing import Mailing

REMINDER = "Rendez-vous/Rappel de rendez-vous"

NOTEBOOK = "notebooks/scheduled/rappels_de_demain.ipynb"
"""The same reminders as a job of the sample practice runs them, switched off."""


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(
        "demo",
        help=_(
            "A sample practice: tomorrow's reminders are prepared, sent to the built-in mail catcher and reported; "
            "then JupyterLab opens on the day."
        ),
    )(demo)


def demo(
    ctx: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help=_("Where the sample practice is made."), show_default=True)
    ] = Path("demo"),
    no_lab: Annotated[bool, typer.Option("--no-lab", help=_("Stay on the command line."))] = False,
) -> None:
    """Make the sample practice if need be, send tomorrow's reminders to the catcher, and show what became of them.

    Somebody who sits in front of it then gets the first notebook; a script goes on.
    """
    from workbench.wiring import init_workspace, open_practice

    session: Session = ctx.obj
    directory = session.workspace or directory
    fresh = not (directory / SETTINGS_FILE).is_file()
    if fresh:
        say(_("Making a sample practice in {path} …").format(path=directory))
        init_workspace(directory, demo=True, user=session.user)
    with open_practice(directory, user=session.user) as practice:
        status = _send_the_reminders(practice, fresh=fresh)
        workspace = practice.path
    if status == INTERRUPTED:
        raise typer.Exit(status)
    if not no_lab and is_terminal(sys.stdin) and is_terminal(sys.stdout):
        open_lab(workspace, user=session.user)
    elif not no_lab:
        say(_("Nobody sits at a terminal here: JupyterLab was not opened."))
    raise typer.Exit(status)


def _send_the_reminders(practice: Practice, *, fresh: bool) -> int:
    from workbench.wiring import CATCHER_ACCOUNT

    if not practice.settings.sample:
        say(_("{path} is a real practice's workspace, not a sample: nothing was done.").format(path=practice.path))
        raise typer.Exit(1)
    appointments = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    say(
        n_(
            "Tomorrow the practice expects {count} appointment.",
            "Tomorrow the practice expects {count} appointments.",
            len(appointments),
        ).format(count=len(appointments))
    )
    # Whatever accounts were made since: a demonstration writes to its catcher and to nobody else.
    mailing = practice.mailing(appointments, REMINDER, account=CATCHER_ACCOUNT)
    if fresh:
        _keep_as_job(practice, mailing)
    say_findings(mailing.check(), mailing, only_warnings=True)
    status = run_and_report(practice, mailing, fresh=True, every_row=True)
    if mailing.id is not None:
        _say_where_things_are(practice, mailing.id)
    return status


def _keep_as_job(practice: Practice, mailing: Mailing) -> None:
    """Have the same mailing done by itself, as a notebook, once somebody switches it on."""
    notebook = mailing.to_notebook(NOTEBOOK)
    path = notebook.relative_to(practice.path).as_posix()
    practice.jobs.add(_("Tomorrow's reminders"), notebook=path, every="open_days", time="17:00", active=False)


def _say_where_things_are(practice: Practice, mailing_id: int) -> None:
    say(_("Nobody real was written to: the messages are in {path}").format(path=practice.path / "caught"))
    say(_("The same command again sends nothing twice. Try next:"))
    called = shlex.join([*_command(), "-w", str(practice.path)])
    for words in (
        "lab",
        f"results {mailing_id}",
        "search appointments --set start=tomorrow --set end=J+7",
        f'preview --search appointments --set start=tomorrow --template "{REMINDER}"',
        "template list",
        "job list",
    ):
        say(f"  {called} {words}")


def _command() -> list[str]:
    """Return how this person calls the workbench: by its name alone only where that finds it."""
    called = sys.argv[0]
    if called.endswith("__main__.py"):
        return [sys.executable, "-m", "workbench"]
    if shutil.which("workbench") or Path(called).name != "workbench":
        return ["workbench"]
    return [called]
