"""``workbench lab``: JupyterLab on the workspace, for the person at this computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import say
from workbench.cli.session import Session
from workbench.displays.cells import harmless
from workbench.language import _, use_language


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("lab", help=_("Open JupyterLab on the workspace, with the first notebook."))(lab)


def lab(
    ctx: typer.Context,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=0, max=65535, help=_("The port; else the first free one."))
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help=_("Open no browser; say the address only."))] = False,
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
        arguments=arguments or (),
    )


def open_lab(
    workspace: Path,
    *,
    user: str | None,
    port: int | None = None,
    browser: bool = True,
    arguments: list[str] | tuple[str, ...] = (),
) -> None:
    """Open JupyterLab on a workspace with the first notebook, and stay until Ctrl-C."""
    from workbench.lab.configuration import STATE_FOLDER
    from workbench.lab.notebooks import Placing, place_notebooks
    from workbench.lab.server import serve
    from workbench.settings import Settings, private_folder

    settings = Settings.read(workspace)
    if settings.language is not None and "WORKBENCH_LANGUAGE" not in os.environ:
        use_language(settings.language)
    for notebook in place_notebooks(workspace, private_folder(workspace / STATE_FOLDER)):
        if notebook.how is Placing.BESIDE:
            say(
                _(
                    "The workbench brings a newer notebook; yours was changed and stays. The newer one is {path}."
                ).format(path=notebook.file)
            )
    say(_("JupyterLab is starting …"))
    serve(
        workspace,
        announce=_announce,
        port=port,
        browser=browser and _has_screen(),
        arguments=arguments,
        variables={"WORKBENCH_USER": user} if user else None,
    )
    say(_("JupyterLab has stopped, and its kernels with it."))


def _has_screen() -> bool:
    """Tell whether a browser has somewhere to open: without a screen some would take the terminal itself."""
    if os.name != "posix" or sys.platform == "darwin":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _announce(address: str) -> None:
    # To the person alone: who has this address has the practice.
    print(harmless(address), flush=True)
    say(_("JupyterLab is open at the address above, on this computer only. Ctrl-C stops it."))
