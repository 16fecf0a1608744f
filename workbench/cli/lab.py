"""``workbench lab`` and ``workbench app``: JupyterLab on the workspace, or its screens alone, at this computer."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import say
from workbench.cli.session import Session
from workbench.displays.cells import harmless
from workbench.language import _, use_language


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("lab", help=_("Open JupyterLab on the workspace, on the day."))(lab)
    app.command("app", help=_("Open the screens of the workspace as a page without code."))(app_page)


PortOption = Annotated[
    int | None, typer.Option("--port", metavar="N", min=0, max=65535, help=_("The port; else the first free one."))
]
SchedulerOption = Annotated[
    bool, typer.Option("--scheduler/--no-scheduler", help=_("Do what is due by itself while this is open."))
]
NoBrowserOption = Annotated[bool, typer.Option("--no-browser", help=_("Open no browser; say the address only."))]


def app_page(
    ctx: typer.Context,
    port: PortOption = None,
    no_browser: NoBrowserOption = False,
    scheduler: SchedulerOption = True,
) -> None:
    """Open the screens of the workspace as a page without code, and stay until Ctrl-C."""
    from workbench.lab.app import serve_app
    from workbench.settings import Settings, find_workspace

    session: Session = ctx.obj
    workspace = find_workspace(session.workspace)
    _speak(Settings.read(workspace).language)
    say(_("The page is starting …"))
    with _attended(workspace, session.user, scheduler):
        serve_app(
            workspace,
            announce=_announce_page,
            port=port,
            browser=not no_browser and _has_screen(),
            variables=_variables(session.user),
        )
    say(_("The page has stopped, and its kernels with it."))


def lab(
    ctx: typer.Context,
    port: PortOption = None,
    no_browser: NoBrowserOption = False,
    scheduler: SchedulerOption = True,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- WORDS]", help=_("The few options of JupyterLab itself that may be changed.")),
    ] = None,
) -> None:
    """Open JupyterLab on the workspace and stay until Ctrl-C."""
    from workbench.settings import find_workspace

    session: Session = ctx.obj
    open_lab(
        find_workspace(session.workspace),
        user=session.user,
        port=port,
        browser=not no_browser,
        scheduler=scheduler,
        arguments=arguments or (),
    )


def open_lab(
    workspace: Path,
    *,
    user: str | None,
    port: int | None = None,
    browser: bool = True,
    scheduler: bool = True,
    arguments: list[str] | tuple[str, ...] = (),
) -> None:
    """Open JupyterLab on a workspace with the first notebook, and stay until Ctrl-C."""
    from workbench.lab.configuration import STATE_FOLDER
    from workbench.lab.notebooks import Placing, place_notebooks
    from workbench.lab.server import serve
    from workbench.settings import Settings, private_folder

    _speak(Settings.read(workspace).language)
    for notebook in place_notebooks(workspace, private_folder(workspace / STATE_FOLDER)):
        if notebook.how is Placing.BESIDE:
            say(
                _(
                    "The workbench brings a newer notebook; yours was changed and stays. The newer one is {path}."
                ).format(path=notebook.file)
            )
    say(_("JupyterLab is starting …"))
    with _attended(workspace, user, scheduler):
        serve(
            workspace,
            announce=_announce,
            port=port,
            browser=browser and _has_screen(),
            arguments=arguments,
            variables=_variables(user),
        )
    say(_("JupyterLab has stopped, and its kernels with it."))


def _variables(user: str | None) -> dict[str, str] | None:
    return {"WORKBENCH_USER": user} if user else None


def _attended(workspace: Path, user: str | None, scheduler: bool) -> AbstractContextManager[None]:
    """Return what has a scheduler run beside the server, unless it was declined."""
    from workbench.lab.scheduler_beside import scheduler_beside

    return scheduler_beside(workspace, _variables(user)) if scheduler else nullcontext()


def _speak(chosen: str | None) -> None:
    """Speak the practice's language, unless this person chose one."""
    if chosen is not None and "WORKBENCH_LANGUAGE" not in os.environ:
        use_language(chosen)


def _has_screen() -> bool:
    """Tell whether a browser has somewhere to open: without a screen some would take the terminal itself."""
    if os.name != "posix" or sys.platform == "darwin":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _announce(address: str) -> None:
    # To the person alone: who has this address has the practice.
    print(harmless(address), flush=True)
    say(_("JupyterLab is open at the address above, on this computer only. Ctrl-C stops it."))


def _announce_page(address: str) -> None:
    print(harmless(address), flush=True)
    say(_("The page is open at the address above, on this computer only. Ctrl-C stops it."))
