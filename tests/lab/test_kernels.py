"""The kernels of pages without code, with real kernels."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.beside import until
from workbench.lab.kernels import SENDING, PageKernels

SENDS = (
    "import threading\nstop = threading.Event()\n"
    "threading.Thread(target=stop.wait, args=(60,), name='workbench-dispatcher', daemon=True).start()"
)


async def run(kernels: PageKernels, kernel_id: str, code: str) -> None:
    client: Any = kernels.get_kernel(kernel_id).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        answer = await client.execute_interactive(code, timeout=60)
        assert answer["content"]["status"] == "ok"
    finally:
        client.stop_channels()


@pytest.mark.parametrize("name", ["sender", "dispatcher", "job", "job-run", "job-approve", "trial", "notebook-form"])
def test_nothing_that_prepares_or_sends_is_cut_short(name: str) -> None:
    ended = threading.Event()
    working = threading.Thread(target=ended.wait, args=(60,), name=f"workbench-{name}", daemon=True)
    until(lambda: not eval(SENDING))  # what a test before left at work
    working.start()
    try:
        assert eval(SENDING)
    finally:
        ended.set()
        working.join(60)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_kernel_ends_once_its_page_has_gone_but_not_while_it_sends() -> None:
    async def scene() -> None:
        kernels = PageKernels(cull_idle_timeout=0)
        at_rest = await kernels.start_kernel(kernel_name="python3")
        at_work = await kernels.start_kernel(kernel_name="python3")
        try:
            await run(kernels, at_rest, "1 + 1")
            await run(kernels, at_work, SENDS)
            for one in (at_rest, at_work):
                kernels.notify_connect(one)
            await kernels.cull_kernels()
            assert kernels.list_kernel_ids() == [at_rest, at_work]
            for one in (at_rest, at_work):
                kernels.notify_disconnect(one)
            await kernels.cull_kernels()
            assert kernels.list_kernel_ids() == [at_work]
            await run(kernels, at_work, "stop.set()")
            await asyncio.sleep(0.2)
            await kernels.cull_kernels()
            assert kernels.list_kernel_ids() == []
        finally:
            await kernels.shutdown_all(now=True)

    asyncio.run(scene())


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_kernel_waits_for_the_page_that_is_being_opened() -> None:
    async def scene() -> None:
        kernels = PageKernels(cull_idle_timeout=0)
        kernel_id = await kernels.start_kernel(kernel_name="python3")
        try:
            await kernels.cull_kernels()
            assert kernels.list_kernel_ids() == [kernel_id]
        finally:
            await kernels.shutdown_all(now=True)

    asyncio.run(scene())
