"""The kernels of the workspace: what they write outside their cells stays off the person's terminal."""

from __future__ import annotations

import subprocess
from typing import Any

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager


class QuietKernelManager(ServerKernelManager):
    """Starts kernels that speak through their notebook alone; a program run in a cell could name a patient."""

    async def start_kernel(self, *words: Any, **settings: Any) -> Any:  # type: ignore[override]  # typed as if it waited
        """Start the kernel, its standard streams led nowhere."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **settings}
        return await super().start_kernel(*words, **quiet)
