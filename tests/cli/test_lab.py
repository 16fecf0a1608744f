"""``workbench lab`` as its own process: who can reach it, what it leaves alone, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.beside import schedulers
from tests.browser.jupyter import Lab, free_port, jupyterlab, served
from tests.journeys.running import environment, run_workbench
from workbench.wiring import init_workspace

HOSTILE = (
    "open({file!r}, 'a').write('read')\nc = get_config()\nc.ServerApp.ip = '0.0.0.0'\nc.IdentityProvider.token = ''\n"
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init_workspace(tmp_path_factory.mktemp("practice") / "cabinet")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody whose own Jupyter is set up in a dangerous way."""
    folder = tmp_path_factory.mktemp("home")
    hostile = HOSTILE.format(file=str(folder / "was-read"))
    for place in (".jupyter", ".local/etc/jupyter", "."):
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config", "jupyter_notebook_config"):
            file = folder / place / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(hostile, encoding="utf-8")
    for kernel in ("python3", "mine"):
        spec = folder / ".local/share/jupyter/kernels" / kernel / "kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(
            json.dumps({"argv": ["/bin/false"], "display_name": "Not ours", "language": "python"}), encoding="utf-8"
        )
    startup = folder / ".ipython/profile_default/startup/00.py"
    startup.parent.mkdir(parents=True)
    startup.write_text(hostile, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lab(workspace: Path, home: Path) -> Iterator[Lab]:
    own = home / ".local/share/jupyter"
    hostile = {
        "JUPYTER_TOKEN": "",
        "JUPYTER_PATH": str(own),
        "JUPYTER_CONFIG_PATH": str(home / ".jupyter"),
        "JUPYTER_SERVER_ALLOW_UNAUTHENTICATED_ACCESS": "yes",
    }
    with jupyterlab(workspace, home, **hostile) as running:
        yield running


def start_kernel(lab: Lab) -> str:
    return lab.ask("kernels", {"name": "python3"}, method="POST")["name"]


def below(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


def test_only_who_has_the_token_gets_in(lab):
    assert lab.ask("contents")["type"] == "directory"
    stay = urllib.request.build_opener(NoRedirect)
    for path in ("api/contents", "lab", "files/workbench.toml", "lab/api/settings"):
        assert refusal(lambda path=path: stay.open(f"{lab.url}/{path}", timeout=20)) in {302, 403}
    assert refusal(lambda: lab.ask("contents", token="")) == 403


def refusal(ask: Callable[[], object]) -> int:
    """Return the status with which the server refuses a request."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask()
    with refused.value as answer:
        return answer.code


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given):
        return None


def test_nobody_elsewhere_can_reach_it_nor_its_kernels(lab):
    start_kernel(lab)
    server = psutil.Process(lab.process.pid)
    listening = [
        one.laddr.ip
        for process in (server, *below(server))
        for one in process.net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    ]
    # One door: what a kernel says travels in the file system.
    assert listening == ["127.0.0.1"]
    # It was asked for no scheduler: one would have begun its log at once.
    assert not (lab.workspace / ".lab/scheduler.log").exists()


def test_the_kernel_is_this_python_and_the_persons_own_jupyter_is_neither_read_nor_touched(lab, home):
    specs = lab.ask("kernelspecs")["kernelspecs"]
    assert list(specs) == ["python3"]
    assert specs["python3"]["spec"]["argv"][0] == sys.executable
    assert not (home / "was-read").exists()
    kept = {file.relative_to(home).parts[0] for file in home.rglob("*") if file.is_file()}
    assert {name for name in kept if not name.startswith("jupyter_")} <= {".jupyter", ".local", ".ipython", "lab.log"}
    assert sorted(file.name for file in (home / ".local/share/jupyter").iterdir()) == ["kernels"]
    assert [file.name for file in (home / ".ipython/profile_default").iterdir()] == ["startup"]


def test_the_databases_are_not_among_the_files_and_nothing_private_is_served(lab):
    assert {one["name"] for one in lab.ask("contents")["content"]} == {
        "attachments", "caught", "documents", "notebooks", "runs", "workbench.toml",
    }  # fmt: skip
    for path in ("contents/.lab", "contents/.lab/notebooks.json"):
        assert refusal(lambda path=path: lab.ask(path)) == 404


def test_the_page_may_ask_nobody_but_this_server(lab):
    with urllib.request.urlopen(f"{lab.url}/lab?token={lab.token}", timeout=20) as page:
        assert "default-src 'self' data: blob:;" in page.headers["Content-Security-Policy"]


def test_what_jupyterlab_keeps_is_its_owners_alone(lab, workspace):
    assert (workspace / ".lab/page/page_config.json").is_file()
    for file in (workspace / ".lab", *(workspace / ".lab").iterdir(), workspace / ".lab/page/page_config.json"):
        assert file.stat().st_mode & 0o077 == 0, file
    told = {file for file in workspace.rglob("*") if file.is_file() and lab.token.encode() in file.read_bytes()}
    assert told == {workspace / "jupyterlab-open.html"}
    assert (workspace / "jupyterlab-open.html").stat().st_mode & 0o077 == 0


DEEP = ("a folder with a long name",) * 8 + ("été",)


@pytest.mark.parametrize(("number", "place"), [(signal.SIGINT, ("W",)), (signal.SIGHUP, DEEP)], ids=["here", "deep"])
def test_it_stops_at_once_without_a_question_and_its_kernels_with_it_however_deep(tmp_path, number, place):
    workspace = tmp_path.joinpath(*place)
    workspace.parent.mkdir(parents=True, exist_ok=True)
    with jupyterlab(init_workspace(workspace), tmp_path) as lab:
        assert start_kernel(lab) == "python3"
        kernels = below(psutil.Process(lab.process.pid))
        runtime = next(Path(word).parent for kernel in kernels for word in kernel.cmdline() if word.endswith(".json"))
        assert runtime.is_dir()
        lab.process.send_signal(number)
        assert lab.process.wait(timeout=30) == 0
    told = lab.log.read_text(encoding="utf-8")
    assert "Traceback" not in told
    assert "JupyterLab s’est arrêté" in told
    assert not [kernel for kernel in kernels if kernel.is_running() and kernel.status() != psutil.STATUS_ZOMBIE]
    assert not runtime.exists()
    assert not (workspace / "jupyterlab-open.html").exists()


def test_what_is_due_by_itself_is_looked_after_as_long_as_it_is_open(tmp_path):
    words = ("lab", "--no-browser", "--port", str(free_port()))
    with served(init_workspace(tmp_path / "W"), tmp_path, words) as lab:
        server = psutil.Process(lab.process.pid)
        last = time.monotonic() + 60
        while not (found := schedulers(server.pid)) and time.monotonic() < last:
            time.sleep(0.2)
        (scheduler,) = found
        kernel = lab.ask("kernels", {"name": "python3"}, method="POST")["id"]
        lab.ask(f"kernels/{kernel}/restart", method="POST")
        assert schedulers(server.pid) == [scheduler]
        lab.process.send_signal(signal.SIGINT)
        assert lab.process.wait(timeout=30) == 0
    assert not scheduler.is_running()
    assert "Traceback" not in lab.log.read_text(encoding="utf-8")


OPENING = (
    "--ip=0.0.0.0",
    "--no-browser",
    "--debug",
    "--help",
    "-y",
    "--config=/evil.py",
    "--allow-root",
    "--ServerApp.root_dir=/",
    "--IdentityProvider.token=",
    "--ServerApp.allow_remote_access=True",
    "--ServerApp.contents_manager_class=a.B",
    "--KernelManager.transport=tcp",
    "--KernelManager.ip=0.0.0.0",
    "--WorkspaceContents.root_dir=/",
    "--FileContentsManager.root_dir=/",
    "--PasswordIdentityProvider.hashed_password=",
    "--ContentsManager.hide_globs=[]",
    "--ContentsManager.pre_save_hook=os.getcwd",
    "--FileContentsManager.post_save_hook=os.getcwd",
    "--WorkspaceCheckpoints.checkpoint_dir=/",
    "--ServerApp.terminals_enabled=True",
    "--LabApp.expose_app_in_browser",
    "--LabApp.expose_app_in_browser_=True",
    "--ServerAppXbrowser=a",
)


def test_every_word_but_a_harmless_one_is_refused_by_its_name(workspace, tmp_path):
    words = (*OPENING, "--LabApp.expose_app_in_browser=True")
    done = run_workbench("lab", "--no-browser", "--", *words, workspace=workspace, home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "http://" not in done.stdout
    named, _cannot, may = done.stderr.partition(" cannot be given to JupyterLab")
    refused = named[named.index("« ") + 2 : named.rindex(" »")].split(" », « ")
    assert refused == [word.partition("=")[0] for word in OPENING]
    assert "--LabApp.expose_app_in_browser=…" in may


@pytest.mark.parametrize("words", [["list"], ["password"], ["stop", "8888"], ["workspaces", "export"], ["/"], ["help"]])
def test_another_command_of_jupyter_is_refused_with_a_sentence(workspace, tmp_path, words):
    done = run_workbench("lab", "--no-browser", "--", *words, workspace=workspace, home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert f"« {words[0]} » cannot be given to JupyterLab" in done.stderr


def test_a_password_among_the_words_is_not_said_again(workspace, tmp_path):
    words = ("--ServerApp.password", "sha1:s3cret", "--ServerApp.password=sha1:s3cret")
    done = run_workbench("lab", "--no-browser", "--", *words, workspace=workspace, home=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "« --ServerApp.password » cannot" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_a_port_that_is_taken_is_said(workspace, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_workbench("lab", "--no-browser", "--port", port, workspace=workspace, home=tmp_path)
    assert done.returncode == 1
    assert f"The port {port} is not free." in done.stderr


def test_a_folder_that_is_no_workspace_is_left_as_it_is(tmp_path):
    (tmp_path / "other").mkdir()
    done = run_workbench("lab", "--no-browser", workspace=tmp_path / "other", home=tmp_path)
    assert done.returncode == 1
    assert "is not a workspace" in done.stderr
    assert list((tmp_path / "other").iterdir()) == []


@pytest.fixture
def browser(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody whose browser notes the page it was given."""
    program = tmp_path / "browser"
    program.write_text(
        f'#!/bin/sh\ncp "${{1#file://}}" "{tmp_path}/page.html.part"\n'
        f'mv "{tmp_path}/page.html.part" "{tmp_path}/page.html"\n',
        encoding="utf-8",
    )
    program.chmod(0o700)
    return {"BROWSER": str(program)}


def test_the_demo_opens_its_first_notebook_for_who_sits_in_front_of_it(tmp_path, browser):
    mine, theirs = pty.openpty()
    demo = subprocess.Popen(
        [sys.executable, "-m", "workbench", "demo", str(tmp_path / "demo")],
        stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env=environment(tmp_path, **browser), start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        page = tmp_path / "page.html"
        last = time.monotonic() + 120
        os.set_blocking(mine, False)
        while not page.exists() and demo.poll() is None and time.monotonic() < last:
            try:
                os.read(mine, 65536)  # a terminal that nobody reads would hold the demo up
            except BlockingIOError:
                time.sleep(0.1)
        assert page.exists() or demo.poll() is None, demo.communicate(timeout=30)[1]
        assert "/lab/tree/notebooks/00_ma_journee.ipynb?token=" in page.read_text(encoding="utf-8")
        demo.send_signal(signal.SIGINT)
        _out, told = demo.communicate(timeout=30)
        assert demo.returncode == 0, told
        assert "Nobody real was written to" in told
        assert "JupyterLab has stopped" in told
        assert (tmp_path / "demo/notebooks/00_ma_journee.ipynb").is_file()
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()
        os.close(mine)


def test_the_demo_of_a_script_goes_on_and_says_how_to_open_the_notebook(tmp_path):
    done = run_workbench("demo", tmp_path / "demo", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Nobody sits at a terminal here" in done.stderr
    assert f"-w {tmp_path / 'demo'} lab" in done.stderr
    assert not (tmp_path / "demo/.lab").exists()
