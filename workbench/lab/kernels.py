"""The kernels of the workspace: what they write outside their cells stays off the person's terminal."""

from __future__ import annotations

import subprocess
import time
from queue import Empty
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets import default

_WORKING = tuple(f"workbench-{name}" for name in ("sender", "dispatcher", "job", "trial", "notebook-form"))
"""How the names of threads begin that prepare or send messages, or run a notebook."""

SENDING = f"any(t.name.startswith({_WORKING}) for t in __import__('threading').enumerate())"
"""What a kernel is asked, to learn whether something is under way in it that a page left alone may not cut short."""

_TO_COME = 300.0
"""Seconds more in which a page that is being opened may come to its kernel."""

ANSWER_WITHIN = 5.0
"""Seconds in which a kernel that is not at work answers."""


class QuietKernelManager(ServerKernelManager):
    """Starts kernels that speak through their notebook alone; a program run in a cell could name a patient."""

    async def start_kernel(self, *words: Any, **settings: Any) -> Any:  # type: ignore[override]  # typed as if it waited
        """Start the kernel, its standard streams led nowhere."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **settings}
        # A page without code is asked for with its token, which no program that the kernel starts shall learn.
        if "env" in quiet:
            quiet["env"] = {name: value for name, value in quiet["env"].items() if name != "QUERY_STRING"}
        return await super().start_kernel(*words, **quiet)


class PageKernels(AsyncMappingKernelManager):
    """The kernels of pages without code, one a page: each ends with its page, but never while it sends.

    A kernel whose page was left while it sends goes on until it is done; it is looked at again from time to time.
    """

    @default("kernel_manager_class")
    def _quiet(self) -> str:
        return "workbench.lab.kernels.QuietKernelManager"

    @default("cull_idle_timeout")
    def _forgotten(self) -> int:
        # Seconds without a page; one that was lost for a moment finds its kernel again.
        return 30

    @default("cull_interval")
    def _looked_at(self) -> int:
        return 10

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)  # type: ignore[no-untyped-call]
        self._alone_since: dict[str, float] = {}

    def notify_disconnect(self, kernel_id: str) -> None:
        """Hear that a page has gone."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        self._alone_since[kernel_id] = time.monotonic()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel whose page has gone, unless it sends; one that no page ever had is given some minutes more."""
        if self._kernel_connections.get(kernel_id, 0):
            return
        now = time.monotonic()
        since = self._alone_since.setdefault(kernel_id, now + _TO_COME)
        if now - since >= self.cull_idle_timeout and not await self._is_at_work(kernel_id):
            self._alone_since.pop(kernel_id, None)
            await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]

    async def _is_at_work(self, kernel_id: str) -> bool:
        """Ask a kernel whether it sends; one that does not answer in time is at work."""
        kernel: Any = self.get_kernel(kernel_id)  # typed as if it did not wait
        if not await kernel.is_alive():
            return False
        client: Any = kernel.client()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            asked = client.execute("", silent=True, store_history=False, user_expressions={"sending": SENDING})
            while True:
                answer = await client.get_shell_msg(timeout=ANSWER_WITHIN)
                if answer["parent_header"].get("msg_id") == asked:
                    told = answer["content"].get("user_expressions", {}).get("sending", {})
                    return bool(told.get("data", {}).get("text/plain") != "False")
        except Empty:
            return True
        finally:
            client.stop_channels()
