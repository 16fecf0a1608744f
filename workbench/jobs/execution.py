"""Execute the cells of a notebook in a process of their own, which never outlives the run.

The work is done in a thread with its own event loop, so that it runs inside a notebook as well as on the command
line. The first interrupt (Ctrl-C, a request to end) is handed to the notebook's process, where what is being sent
ends and is recorded; the second one ends that process at once. Should we be killed, that process ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from workbench.domain.runs import RunProgress, RunStatus
from workbench.jobs.error_marks import failed_cell, is_peaceful_exit, unmark

STARTING = 120
"""Seconds that a kernel may take to start."""

GRACE = 60.0
"""Seconds that a cell may take to end after its time was up, before its process is ended."""

_SOCKET_PATH = 90
"""The longest path that a Unix socket takes everywhere, with room for its number."""

_LOG = logging.getLogger("workbench.jobs.execution")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False  # what nbclient tells may quote a cell's error, and so a patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an execution ended: the class and the text of the error that stopped it, as the notebook raised it."""

    status: RunStatus
    error: str = ""
    text: str = ""


TIME_IS_UP = "TimeIsUp"
KERNEL_DIED = "KernelDied"
NO_KERNEL = "NoKernel"
UNKNOWN_KERNEL = "UnknownKernel"


def execute(
    notebook: Any,
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout: float | None = None,
    progress: Callable[[RunProgress], None] | None = None,
) -> Ended:
    """Execute every code cell of `notebook`, whose outputs are then its own, and stop at the first error.

    Parameters
    ----------
    folder
        The folder that the notebook works in.
    environment
        What its process finds in its environment besides our own.
    timeout
        Seconds that one cell may take.
    progress
        Called from the calling thread.
    """
    clear(notebook)
    work = _Work(notebook, folder, environment, timeout)
    thread = threading.Thread(target=work.run, name="workbench-run", daemon=True)
    told: RunProgress | None = None
    with _interrupts_go_to(work.interrupt):
        thread.start()
        while thread.is_alive():
            thread.join(0.1)
            if progress is not None and work.progress != told:
                told = work.progress
                progress(told)
    if work.trouble is not None:
        raise work.trouble
    return work.ended


def clear(notebook: Any) -> None:
    """Take out what an earlier execution left: it would be taken for this one's."""
    unmark(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


@contextlib.contextmanager
def _interrupts_go_to(interrupt: Callable[[], None]) -> Iterator[None]:
    """Hand interrupts to `interrupt`, in the main thread, where they arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def asked(_number: int, _frame: FrameType | None) -> None:
        interrupt()

    # A request to end that nobody answers is left to the system.
    answered = [number for number, handler in before.items() if callable(handler)]
    for number in answered:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number in answered:
            signal.signal(number, before[number])


class _OurPython(KernelSpecManager):
    """Whichever of this computer's kernels a notebook names, it runs in the Python that holds the workbench."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        del kernel_name
        return KernelSpec(resource_dir="", **get_kernel_dict())


class _Work:
    """One execution, in its thread."""

    def __init__(self, notebook: Any, folder: Path, environment: Mapping[str, str], timeout: float | None) -> None:
        self._notebook = notebook
        self._folder = folder
        self._environment = environment
        self._timeout = timeout
        self._cells = [index for index, cell in enumerate(notebook.cells) if _runs(cell)]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._manager: AsyncKernelManager | None = None
        self._interrupts = 0
        self._out_of_time = False
        self._pending: set[asyncio.Task[None]] = set()
        self.progress = RunProgress(done=0, cells=len(self._cells))
        self.ended = Ended(status=RunStatus.FAILED, error=NO_KERNEL)
        self.trouble: BaseException | None = None

    def run(self) -> None:
        """Execute; whatever happens, leave no process behind."""
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self.trouble = error

    def interrupt(self) -> None:
        """Ask the notebook to end what it is doing; asked again, end its process."""
        self._interrupts += 1
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._later, self._interrupts > 1)

    def _asked_to_end(self) -> bool:
        return self._interrupts > 0

    def _later(self, at_once: bool) -> None:
        task = asyncio.ensure_future(self._end_cell(at_once=at_once))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _end_cell(self, *, at_once: bool = False) -> None:
        manager = self._manager
        with contextlib.suppress(RuntimeError):  # it has ended meanwhile
            if manager is not None and at_once:
                await manager.signal_kernel(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            elif manager is not None:
                await manager.interrupt_kernel()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        with tempfile.TemporaryDirectory(prefix="wb-") as private:
            manager = _manager(Path(private))
            client = NotebookClient(
                self._notebook, km=manager, timeout=None, startup_timeout=STARTING, store_widget_state=False,
                record_timing=False, coalesce_streams=True, log=_LOG,
            )  # fmt: skip
            try:
                try:
                    await client.async_start_new_kernel(
                        env={**os.environ, **self._environment},
                        cwd=str(self._folder),
                        # Whatever a cell's children write past the notebook would land in a log.
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                    self._manager = manager
                    await client.async_start_new_kernel_client()
                except (RuntimeError, OSError):
                    return
                self.ended = await self._execute(client)
            finally:
                await _put_away(client, manager)

    async def _execute(self, client: NotebookClient) -> Ended:
        for number, index in enumerate(self._cells):
            if self._asked_to_end():
                break
            timer = self._start_timer()
            try:
                await client.async_execute_cell(self._notebook.cells[index], index)
            except CellExecutionError as error:
                if self._asked_to_end():
                    break
                if self._out_of_time:
                    return Ended(status=RunStatus.FAILED, error=TIME_IS_UP)
                if not is_peaceful_exit(error.ename, error.evalue):
                    return Ended(status=RunStatus.FAILED, error=str(error.ename), text=str(error.evalue))
                break
            except DeadKernelError:
                if self._asked_to_end():
                    break
                return Ended(status=RunStatus.FAILED, error=TIME_IS_UP if self._out_of_time else KERNEL_DIED)
            finally:
                if timer is not None:
                    timer.cancel()
            self.progress = RunProgress(done=number + 1, cells=len(self._cells))
            if self._out_of_time:  # the cell took no notice, and ended late all the same
                return Ended(status=RunStatus.FAILED, error=TIME_IS_UP)
        if self._asked_to_end():
            return Ended(status=RunStatus.INTERRUPTED)
        # A cell tagged « raises-exception » stops nothing, and the run has failed all the same.
        found = failed_cell(self._notebook)
        return Ended(status=RunStatus.FAILED, error=found[1], text=found[2]) if found else Ended(status=RunStatus.DONE)

    def _start_timer(self) -> asyncio.Task[None] | None:
        if self._timeout is None:
            return None
        return asyncio.ensure_future(self._end_in_time(self._timeout))

    async def _end_in_time(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._out_of_time = True
        await self._end_cell()
        await asyncio.sleep(GRACE)
        await self._end_cell(at_once=True)


def is_known_kernel(name: str) -> bool:
    """Tell whether a notebook's kernel is one of this computer's; one that names none is run with ours."""
    return not name or name in KernelSpecManager().find_kernel_specs() or name == "python3"


def _runs(cell: Any) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _manager(private: Path) -> AsyncKernelManager:
    """Return what starts the notebook's process and speaks to it, over sockets of the file system where they fit."""
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_OurPython())
    manager.connection_file = str(private / "kernel.json")
    sockets = private / "kernel-ipc"
    if os.name == "posix" and len(str(sockets)) <= _SOCKET_PATH:
        manager.transport = "ipc"
        manager.ip = str(sockets)
    return manager


async def _put_away(client: NotebookClient, manager: AsyncKernelManager) -> None:
    if client.kc is not None:
        client.kc.stop_channels()
    if manager.has_kernel:
        # It is asked first, so that it closes its databases; the manager ends it when it does not.
        await manager.shutdown_kernel(now=False)
    await ensure_async(manager.cleanup_resources())
