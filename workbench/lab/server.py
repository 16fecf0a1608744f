"""Run JupyterLab on a workspace, for the person at this computer alone, until they stop it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import UsageError, WorkspaceError
from workbench.lab.configuration import LOOPBACK, OPENING_PAGE, LabFolders, environment, traits
from workbench.language import _
from workbench.settings import private_folder

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

FIRST_PORT = 8888
_PORTS_TRIED = 50

_CHANGEABLE = (
    "ServerApp.browser",
    "ZMQChannelsWebsocketConnection.iopub_data_rate_limit",
    "ZMQChannelsWebsocketConnection.iopub_msg_rate_limit",
    "LabApp.expose_app_in_browser",
)
"""What further words may change: nothing that tells who gets in, what is shown, or what is kept and where."""

_HARMLESS = re.compile(rf"--(?:{'|'.join(map(re.escape, _CHANGEABLE))})=.*", re.DOTALL)


def serve(
    workspace: Path,
    *,
    announce: Callable[[str], None],
    port: int | None = None,
    browser: bool = True,
    arguments: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run JupyterLab until Ctrl-C or SIGTERM; its kernels end with it.

    Parameters
    ----------
    announce
        Told the address, with the token that opens it, once the server answers there.
    port
        The port to listen on; the first free one by default.
    arguments
        Further words for JupyterLab itself.
    variables
        Further environment variables of the kernels.

    Raises
    ------
    UsageError
        When an argument is none of the few that may be changed.
    WorkspaceError
        When the port is taken.
    """
    _refuse_all_but_harmless(arguments)
    with closed_surroundings(workspace, variables) as folders:
        folders.make()
        server = _closed_server(folders, free_port(port), arguments)
        _until_told_to_stop(server, announce, browser=browser)


@contextmanager
def closed_surroundings(
    workspace: Path, variables: Mapping[str, str] | None = None, *, jupyter: Sequence[Path] = ()
) -> Iterator[LabFolders]:
    """Let a server run in this process with its owner's files alone, and leave nothing behind.

    Parameters
    ----------
    variables
        Further environment variables of the server and its kernels.
    jupyter
        Folders of Jupyter data (templates of pages) beside the workspace's own.
    """
    runtime = Path(tempfile.mkdtemp(prefix="workbench-"))
    before = os.umask(0o077)
    try:
        folders = LabFolders(workspace=workspace, runtime=private_folder(runtime))
        os.environ.update(environment(folders, {**os.environ, **(variables or {})}))
        for name in set(os.environ) - set(environment(folders, os.environ)):
            del os.environ[name]
        os.environ["JUPYTER_PATH"] = os.pathsep.join([os.environ["JUPYTER_PATH"], *map(str, jupyter)])
        yield folders
    finally:
        os.umask(before)
        shutil.rmtree(runtime, ignore_errors=True)
        _leave_no_empty_configuration()


def _closed_server(folders: LabFolders, port: int, arguments: Sequence[str]) -> ServerApp:
    from jupyterlab.labapp import LabApp
    from traitlets.config import Config

    configuration = Config(traits(folders, token=secrets.token_hex(24), port=port))
    server: ServerApp = LabApp.make_serverapp(
        jpserver_extensions={LabApp.get_extension_package(): True}, config=configuration
    )
    server.initialize(argv=list(arguments), starter_extension=LabApp.name, find_extensions=False)
    return server


def _refuse_all_but_harmless(arguments: Sequence[str]) -> None:
    # Told by a list of what is harmless, since ways to open JupyterLab come and go with its versions.
    refused = [word.partition("=")[0] for word in arguments if not _HARMLESS.fullmatch(word)]
    if refused:
        # A word that is no option may be the value of one: a password is not said again.
        options = [word for word in refused if word.startswith("-")]
        raise UsageError(
            _(
                "« {names} » cannot be given to JupyterLab: it stays on this computer, behind its token, in this "
                "workspace. After -- may stand: {allowed}."
            ).format(
                names=" », « ".join(dict.fromkeys(options or refused[:1])),
                allowed=", ".join(f"--{name}=…" for name in _CHANGEABLE),
            )
        )


def _until_told_to_stop(server: ServerApp, announce: Callable[[str], None], *, browser: bool) -> None:
    def welcome() -> None:
        announce(f"http://{LOOPBACK}:{server.port}{server.default_url}?token={server.identity_provider.token}")
        if browser:
            server.launch_browser()

    with stopping(lambda: server.stop(from_signal=True)):
        server.open_browser = False  # it is opened once the server answers
        # Some browsers may read neither hidden folders nor those of temporary files.
        server.browser_open_file = str(Path(server.root_dir) / OPENING_PAGE)
        server.start_app()
        server.io_loop.add_callback(welcome)
        server.start_ioloop()


@contextmanager
def stopping(stop: Callable[[], object]) -> Iterator[None]:
    """Have Ctrl-C, SIGTERM and a closed terminal ask a server to stop; asked a second time, it ends at once."""
    told: list[int] = []

    def hear(number: int, _frame: object) -> None:
        if told:  # the kernels see that their server is gone
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        told.append(number)
        stop()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # not under nohup
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port(asked: int | None, *, first: int = FIRST_PORT) -> int:
    """Return the port that was asked for, or the first free one from `first` on.

    Raises
    ------
    WorkspaceError
        When the port that was asked for is taken.
    """
    for port in [asked] if asked is not None else range(first, first + _PORTS_TRIED):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as trial:
            if os.name == "posix":  # as the server does: a port that was left a moment ago is free
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    if asked is None:
        return 0
    raise WorkspaceError(
        _("The port {port} is not free. Choose another one with --port, or leave --port away.").format(port=asked)
    )


def _leave_no_empty_configuration() -> None:
    # Told to read no configuration, Jupyter makes an empty folder for it and leaves it behind.
    from jupyter_core.paths import jupyter_config_dir

    if os.environ.get("JUPYTER_NO_CONFIG"):
        shutil.rmtree(jupyter_config_dir(), ignore_errors=True)
