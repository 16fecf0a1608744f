"""A real JupyterLab on a sample practice, and a notebook in it as a person has it on the screen."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.beside import next_line

PATIENCE = 90.0
"""Seconds: a kernel that starts on a busy machine takes its time."""

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A JupyterLab that runs on a workspace."""

    workspace: Path
    url: str
    token: str
    log: Path
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        """The page's address, with the token that opens it."""
        return f"{self.url}/lab?token={self.token}"

    def write(
        self,
        name: str,
        *cells: str,
        metadata: Mapping[str, Any] | None = None,
        tags: Mapping[int, Sequence[str]] | None = None,
    ) -> Path:
        """Write a notebook into the workspace's ``notebooks`` folder; a cell that begins with ``%%md`` is text."""
        notebook = notebook_of(cells, metadata)
        for number, words in (tags or {}).items():
            notebook["cells"][number]["metadata"]["tags"] = list(words)
        file = self.workspace / "notebooks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(notebook), encoding="utf-8")
        return file

    def open(self, page: Page, name: str = "", *, alone: bool = False, ready: bool = True) -> Notebook:
        """Open a notebook of the ``notebooks`` folder in the page; `alone` without the tabs and side bars.

        It returns when the notebook's kernel is there, unless not `ready`.
        """
        page.goto(f"{self.url}/{'doc' if alone else 'lab'}/tree/notebooks/{name}?reset&token={self.token}")
        notebook = Notebook(page, self.workspace / "notebooks" / name)
        if ready:
            notebook.wait_for_kernel()
        return notebook

    def ask(self, path: str, content: object = None, *, method: str = "GET", token: str | None = None) -> Any:
        """Ask the server's API with its token (or another one), and return the JSON it answers with."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={"Authorization": f"token {self.token if token is None else token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook open in the page; cells are counted from 0."""

    page: Page
    file: Path

    @property
    def panel(self) -> Locator:
        """The notebook's part of the page."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def cell(self, number: int) -> Locator:
        """Return a cell."""
        return self.panel.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')

    def output(self, number: int) -> Locator:
        """Return what a cell has put under itself."""
        return self.cell(number).locator(".jp-OutputArea-output")

    def text(self, number: int) -> str:
        """Return the text of a cell's output, or nothing when it has none."""
        return "\n".join(self.output(number).all_inner_texts()).strip()

    def wait_for_kernel(self) -> None:
        """Wait until the notebook is shown and its kernel is idle."""
        expect(self.panel.locator(".jp-Cell").first).to_be_visible(timeout=PATIENCE * 1000)
        self.wait_until_idle()

    def wait_until_idle(self, seconds: float = PATIENCE) -> None:
        """Wait until no cell is running or waiting to be run."""
        self.page.wait_for_function(
            """() => {
              const kernel = window.jupyterapp.shell.currentWidget?.context?.sessionContext?.session?.kernel;
              const waiting = document.querySelectorAll('.jp-InputPrompt');
              return kernel?.status === 'idle' && ![...waiting].some((prompt) => prompt.textContent.includes('*'));
            }""",
            timeout=seconds * 1000,
        )

    def wait_for_subshell(self) -> None:
        """Wait until what widgets say goes beside the cells that run; what was said before waits for their end.

        JupyterLab asks the kernel for this second line (a subshell) once the first widget is there.
        """
        self.page.wait_for_function(
            """async () => {
              const { kernel } = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
              const answer = await kernel.requestListSubshell({}).done;
              return answer.content.subshell_id.length > 0;
            }""",
            timeout=PATIENCE * 1000,
        )

    def run_all(self, *, wait: bool = True, seconds: float = PATIENCE) -> None:
        """Run every cell, as « Run All Cells » of the menu does."""
        self.do("notebook:run-all-cells", wait=wait)
        if wait:
            self.wait_until_idle(seconds)

    def run(self, number: int, *, wait: bool = True, seconds: float = PATIENCE) -> None:
        """Run one cell."""
        self.page.evaluate(
            "(number) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = number; }", number
        )
        self.do("notebook:run-cell", wait=wait)
        if wait:
            self.wait_until_idle(seconds)

    def execute(self, source: str) -> None:
        """Run some code in the notebook's kernel, without a cell."""
        asked(
            self.page,
            "async (code) => { const { session } = window.jupyterapp.shell.currentWidget.context.sessionContext;"
            " await session.kernel.requestExecute({ code }).done; }",
            source,
        )

    def restart(self) -> None:
        """Restart the kernel; what the cells have shown stays."""
        asked(self.page, "() => window.jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()")
        self.wait_until_idle()

    def do(self, command: str, *, wait: bool = True, **arguments: Any) -> None:
        """Run a command of JupyterLab by its name."""
        asked(
            self.page,
            "async ([command, given, wait]) => { const done = window.jupyterapp.commands.execute(command, given);"
            " if (wait) await done; else done.catch(() => undefined); }",
            [command, arguments, wait],
        )

    def interrupt(self) -> None:
        """Interrupt what the kernel is doing, as the square of the tool bar does."""
        asked(
            self.page,
            "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.interrupt()",
        )

    def content(self) -> dict[str, Any]:
        """Return the notebook as the page holds it, before anything of it is left out on saving."""
        return self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.toJSON()")

    def saved(self) -> dict[str, Any]:
        """Save the notebook and return what the file holds, which is less than `content`."""
        self.do("docmanager:save")
        return nbformat.read(self.file, as_version=4)


def asked(page: Page, script: str, given: object = None) -> Any:
    """Call a function in the page and return what it promises; by itself Playwright would wait for it for ever."""
    return page.evaluate(
        f"async ([given, limit]) => await Promise.race([({script})(given), new Promise((_, fail) =>"
        " setTimeout(() => fail(new Error('no answer within ' + limit + ' ms')), limit))])",
        [given, PATIENCE * 1000],
    )


def settled(page: Page, *, quiet: int = 300, most: int = 1_500) -> None:
    """Wait until nothing has changed in the page for a while, at most as long as `most` (both in milliseconds)."""
    asked(
        page,
        """([quiet, most]) => new Promise((done) => {
          const end = () => { changes.disconnect(); done(); };
          let calm = setTimeout(end, quiet);
          const changes = new MutationObserver(() => { clearTimeout(calm); calm = setTimeout(end, quiet); });
          changes.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
          setTimeout(end, most);
        })""",
        [quiet, most],
    )


def notebook_of(cells: Sequence[str], metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a notebook in its file format; a cell that begins with ``%%md`` is a text."""
    made: list[dict[str, Any]] = []
    for number, source in enumerate(cells):
        cell: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}, "source": source.removeprefix("%%md\n")}
        if source.startswith("%%md\n"):
            made.append({"cell_type": "markdown", **cell})
        else:
            made.append({"cell_type": "code", "execution_count": None, "outputs": [], **cell})
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    return {"cells": made, "metadata": {**kernel, **(metadata or {})}, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def jupyterlab(workspace: Path, home: Path, **environment: str) -> Iterator[Lab]:
    """Run ``workbench lab`` on a workspace for somebody whose home folder is `home`."""
    # Without the scheduler beside it: what a test watches is done by nobody else.
    quiet = ("lab", "--no-browser", "--no-scheduler")
    words = (*quiet, "--port", str(free_port()), "--", "--LabApp.expose_app_in_browser=True")
    with served(workspace, home, words, **environment) as running:
        yield running


@contextmanager
def served(workspace: Path, home: Path, words: Sequence[str], **environment: str) -> Iterator[Lab]:
    """Run a command of the workbench that serves a workspace, until the block ends."""
    log = home / f"{words[0]}.log"
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    with log.open("wb") as lines:
        server = subprocess.Popen(
            [sys.executable, "-m", "workbench", "-w", str(workspace), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=lines,
            text=True,
            cwd=home,
            env={
                **kept,
                "HOME": str(home),
                "WORKBENCH_LANGUAGE": "fr",
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                **environment,
            },
        )
    try:
        # The address is said once the server answers there; when it cannot start, the output ends without it.
        address = urlsplit(next_line(server).strip())
        if not address.netloc:
            raise AssertionError("the server did not start:\n" + log.read_text(encoding="utf-8", errors="replace"))
        yield Lab(
            workspace=workspace,
            url=f"http://{address.netloc}",
            token=parse_qs(address.query)["token"][0],
            log=log,
            process=server,
        )
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if server.stdout is not None:
            server.stdout.close()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
