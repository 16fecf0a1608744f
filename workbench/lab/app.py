"""Serve the desk as a page without code (Voilà), for the person at this computer alone, until they stop it."""

from __future__ import annotations

import html
import json
import secrets
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from workbench.lab.configuration import (
    APP_OPENING_PAGE,
    LOOPBACK,
    PAGE_POLICY,
    LabFolders,
    kernel_traits,
    private_log,
)
from workbench.lab.server import closed_surroundings, free_port, stopping
from workbench.language import _, language
from workbench.settings import private_folder, write_private

if TYPE_CHECKING:
    from tornado.web import Application, RequestHandler

FIRST_PORT = 8866

_PAGES = Path(__file__).parent / "pages"
"""A folder of Jupyter data of our own: it holds the page's template."""

_TEMPLATE = "publipostage"

_PING = 30_000
"""Milliseconds between two words that keep the line to a kernel open."""

_EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8")
"""What widgets need of JupyterLab; whatever else is installed is not loaded."""

_SOURCE = "import workbench as wb\n\nwb.open().desk()"


def serve_app(
    workspace: Path,
    *,
    announce: Callable[[str], None],
    port: int | None = None,
    browser: bool = True,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Serve the desk of a practice until Ctrl-C or SIGTERM; its kernels end with it.

    Each page has a kernel of its own, which runs what this module writes and takes nothing but the gestures of its
    widgets: no code comes from a page. Of the workspace's files none is served.

    Parameters
    ----------
    announce
        Told the address, with the token that opens it, once the server answers there.
    port
        The port to listen on; the first free one by default.
    variables
        Further environment variables of the kernels.

    Raises
    ------
    WorkspaceError
        When the port is taken.
    """
    from tornado.httpserver import HTTPServer
    from tornado.ioloop import IOLoop

    listening = free_port(port, first=FIRST_PORT)
    with closed_surroundings(workspace, variables, jupyter=[_PAGES]) as folders:
        folders.make_kernel()
        log = folders.state / "app.log"
        write_private(log, b"")
        token = secrets.token_hex(24)
        page = private_folder(folders.runtime / "page") / "app.ipynb"
        write_private(page, json.dumps(_notebook(), ensure_ascii=False).encode())
        kernels, application = _application(folders, page, log, token)
        server = HTTPServer(application)
        server.listen(listening, LOOPBACK)
        loop = IOLoop.current()
        address = f"http://{LOOPBACK}:{listening}/?token={token}"
        opening = workspace / APP_OPENING_PAGE

        def welcome() -> None:
            announce(address)
            if browser:
                _open(address, opening)

        try:
            with stopping(lambda: loop.add_callback_from_signal(loop.stop)):
                loop.add_callback(welcome)
                loop.start()
                server.stop()
                loop.run_sync(kernels.shutdown_all)
        finally:
            opening.unlink(missing_ok=True)
            loop.close()


def _application(folders: LabFolders, page: Path, log: Path, token: str) -> tuple[Any, Application]:
    """Return the kernels and the web application: the page, what it is made of, and its kernels."""
    from traitlets.config import Config
    from voila.app import Voila  # type: ignore[import-untyped]

    shown = Voila(
        config=Config(
            {
                **kernel_traits(folders),
                "Voila": {
                    "config_file_paths": [],
                    "token": token,
                    "root_dir": str(page.parent),
                    "notebook_path": str(page),
                    "connection_dir_root": str(folders.runtime),
                    "logging_config": private_log(log, "Voila"),
                    "log_level": "WARN",
                },
                "PasswordIdentityProvider": {"allow_password_change": False},
                "VoilaConfiguration": {
                    "template": _TEMPLATE,
                    "allow_template_override": "NO",
                    "allow_theme_override": "NO",
                    "extension_allowlist": list(_EXTENSIONS),
                    "file_allowlist": [],
                    "multi_kernel_manager_class": "workbench.lab.kernels.PageKernels",
                    "strip_sources": True,
                },
                "VoilaExporter": {"language_code": language()},
            }
        )
    )
    shown.initialize([])
    shown.connection_dir = str(folders.runtime)
    settings = shown.init_settings()
    # A kernel ends with its page, and never while it sends: no page ends one by itself.
    ends = {"shutdown_request", "interrupt_request"}
    shown.kernel_manager.allowed_message_types = [
        kind for kind in shown.kernel_manager.allowed_message_types if kind not in ends
    ]
    settings |= {
        # Only this computer's own names: a page from elsewhere cannot pass for this one.
        "allow_remote_access": False,
        "allow_unauthenticated_access": False,
        "headers": {"Content-Security-Policy": PAGE_POLICY},
        "log_function": _log_nothing,
        "ws_ping_timeout": _PING,
        "ws_ping_interval": _PING,
    }
    return shown.kernel_manager, _with_routes(shown, settings)


def _with_routes(shown: Any, settings: dict[str, Any]) -> Application:
    """Return the application with the few addresses that the page needs; what Voilà has besides is left out."""
    from tornado.web import Application

    from workbench.lab.routes import routes

    application = Application(**settings)
    application.add_handlers(".*$", routes(shown))
    return application


def _log_nothing(_handler: RequestHandler) -> None:
    # An address with its token belongs in no log.
    return


def _notebook() -> dict[str, Any]:
    """Return what the page runs."""
    words = {
        "opening": _("The practice is being opened …"),
        "theme": _("Theme"),
        "system": _("As the computer"),
        "light": _("Light"),
        "dark": _("Dark"),
    }
    return {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "desk",
                "metadata": {},
                "outputs": [],
                "source": _SOURCE,
            }
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "title": _("Mail merge"),
            "words": words,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _open(address: str, page: Path) -> None:
    """Open the browser on a page that leads to the address: the token stands in no command line."""
    leading = (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={html.escape(address)}">'
    )
    write_private(page, leading.encode())
    Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
