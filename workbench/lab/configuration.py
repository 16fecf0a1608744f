"""What JupyterLab is told on a workspace: private folders, nothing of the person's own Jupyter, nothing outside."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.lab.notebooks import START_NOTEBOOK, running_notebooks
from workbench.language import _, language
from workbench.settings import private_folder, write_private

LOOPBACK = "127.0.0.1"
STATE_FOLDER = ".lab"

OPENING_PAGE = "jupyterlab-open.html"
"""The page a browser is given, so that the token stands in no command line; it is there as long as the server."""

APP_OPENING_PAGE = "publipostage-open.html"
"""The same, of the page without code."""

_LONGEST_SOCKET = 100
"""The path of a socket in the file system is limited, to 104 bytes where it is least."""

_SOCKET_NAME = "/kernel-01234567-89ab-cdef-0123-456789abcdef-ipc-5"

_EXTENSION = Path(__file__).parents[1] / "widgets" / "static" / "labextension"

# What asks the outside for something, or has no server behind it here.
_LEFT_OUT = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/notebook-extension:language-server",
    # The page without code is opened by `workbench app`.
    "@voila-dashboards/jupyterlab-preview",
)

_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # A view that is out of sight keeps what it shows.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}

# The page may ask this server and nobody else, whatever an output or a message says.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self' data: blob:",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
        "style-src 'self' 'unsafe-inline' data: blob:",
        f"connect-src 'self' ws://{LOOPBACK}:* ws://localhost:* data: blob:",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabFolders:
    """The workspace of a JupyterLab, with what is kept there from day to day, and what lives as long as it runs."""

    workspace: Path
    runtime: Path

    @property
    def state(self) -> Path:
        """The hidden folder of the workspace that is JupyterLab's own."""
        return self.workspace / STATE_FOLDER

    @property
    def log(self) -> Path:
        """The file that tells what went wrong in the server since it was started."""
        return self.state / "jupyterlab.log"

    def make_kernel(self) -> None:
        """Make what every server needs: the description of the one kernel there is, this Python."""
        private_folder(self.state)
        for name in ("data", "ipython"):
            private_folder(self.state / name)
        kernel = private_folder(private_folder(self.state / "data" / "kernels") / "python3")
        _write(kernel / "kernel.json", _own_kernel())

    def make(self) -> None:
        """Make what is missing, and write what JupyterLab reads at its start."""
        self.make_kernel()
        for name in ("checkpoints", "page", "settings", "layout"):
            private_folder(self.state / name)
        write_private(self.log, b"")
        _write(self.state / "page" / "page_config.json", _page())
        _write(self.state / "page" / "overrides.json", _SETTINGS | _menus())


def _menus() -> dict[str, dict[str, str]]:
    """Return the setting that has JupyterLab's own menus and questions speak the practice's language."""
    locale = {"fr": "fr_FR"}.get(language(), "en")
    return {"@jupyterlab/translation-extension:plugin": {"locale": locale}}


def environment(folders: LabFolders, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the server and its kernels: nothing of the person's own Jupyter is left in it."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    return {
        **kept,
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_DATA_DIR": str(folders.state / "data"),
        "JUPYTER_PATH": str(folders.state / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_RUNTIME_DIR": str(folders.runtime),
        # What is typed in a cell may name a patient: its history stays in the workspace too.
        "IPYTHONDIR": str(folders.state / "ipython"),
        "WORKBENCH_WORKSPACE": str(folders.workspace),
    }


def traits(folders: LabFolders, *, token: str, port: int) -> dict[str, dict[str, Any]]:
    """Return JupyterLab's configuration, by class and trait."""
    log = {"logging_config": private_log(folders.log, "ServerApp", "LabApp"), "log_level": "WARN"}
    return {
        "ServerApp": {
            **log,
            "ip": LOOPBACK,
            "port": port,
            "port_retries": 0,
            "root_dir": str(folders.workspace),
            "allow_root": True,
            "allow_unauthenticated_access": False,
            "contents_manager_class": "workbench.lab.contents.WorkspaceContents",
            "tornado_settings": {"headers": {"Content-Security-Policy": PAGE_POLICY}},
            "terminals_enabled": False,
        },
        "IdentityProvider": {"token": token},
        "PasswordIdentityProvider": {"allow_password_change": False},
        **kernel_traits(folders),
        "ContentsManager": {
            "hide_globs": ["*.sqlite*", OPENING_PAGE, APP_OPENING_PAGE, "locks", "backups", "__pycache__", "*.pyc"]
        },
        "WorkspaceCheckpoints": {"checkpoint_dir": str(folders.state / "checkpoints")},
        "ExtensionApp": log,
        "LabApp": {
            "default_url": f"/lab/tree/{START_NOTEBOOK}",
            "app_settings_dir": str(folders.state / "page"),
            "user_settings_dir": str(folders.state / "settings"),
            "workspaces_dir": str(folders.state / "layout"),
            "extra_labextensions_path": [str(_EXTENSION)],
            "extension_manager": "readonly",
            "news_url": None,
        },
    }


def kernel_traits(folders: LabFolders) -> dict[str, dict[str, Any]]:
    """Return the configuration of the kernels of a server, by class and trait."""
    return {
        "KernelSpecManager": {"allowed_kernelspecs": {"python3"}, "ensure_native_kernel": False},
        "MappingKernelManager": {"kernel_manager_class": "workbench.lab.kernels.QuietKernelManager"},
        # What a kernel shows is patients' data: it travels in the file system, not over the network's loopback.
        "KernelManager": {
            "transport": "ipc" if _sockets_fit(folders.runtime) else "tcp",
            # Seconds: a kernel that sends ends what is in flight first; another one ends at once.
            "shutdown_wait_time": 30.0,
        },
    }


def _own_kernel() -> dict[str, Any]:
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",  # as notebooks call it, or each would be changed on opening
        "language": "python",
        "metadata": {"debugger": False},
    }


def _page() -> dict[str, Any]:
    setting = {
        "notebook": START_NOTEBOOK,
        "notebooks": running_notebooks(),
        "words": {
            "tile": _("Mail merge"),
            "category": _("Practice"),
            "inbox": _("Test mailbox"),
            "sending": _("Something is still running in this notebook: it was left as it is, nothing was run again."),
            "changed": _("This notebook is not the one that came with the workbench: it does not run by itself."),
            "run": _("Run"),
            "restarted": _("The kernel was restarted: what this page shows does not answer any more."),
            "run_again": _("Run again"),
            "returning": _("The screens come back…"),
        },
    }
    # Of an object the page would be told the names alone.
    return {
        "disabledExtensions": dict.fromkeys(_LEFT_OUT, True),
        "publipostage": json.dumps(setting, ensure_ascii=False),
    }


def private_log(file: Path, *loggers: str) -> dict[str, Any]:
    """Return the logging of a server: into a file of its owner alone; the terminal stays the person's.

    It names notebooks and faults of the server, never what a cell holds.
    """
    handler = {
        "class": "logging.FileHandler", "filename": str(file), "delay": True, "formatter": "console", "level": "WARNING"
    }  # fmt: skip
    return {"handlers": {"file": handler}, "loggers": {name: {"handlers": ["file"]} for name in loggers}}


def _sockets_fit(runtime: Path) -> bool:
    return os.name == "posix" and len(os.fsencode(f"{runtime}{_SOCKET_NAME}")) <= _LONGEST_SOCKET


def _write(file: Path, values: Mapping[str, Any]) -> None:
    write_private(file, json.dumps(values, ensure_ascii=False, indent=1).encode())
