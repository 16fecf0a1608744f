"""A notebook finds its workspace though the tool that executes it works in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.journeys.running import environment
from workbench.practice import Practice

# What a server starts in its own folder, and a kernel begins in another one, whose parent it knows.
SERVER = (
    "import subprocess, sys, os; subprocess.run([sys.executable, '-c', sys.argv[1]], cwd=sys.argv[2], "
    "env={**os.environ, 'JPY_PARENT_PID': str(os.getpid())}, check=True)"
)
KERNEL = "import workbench as wb; print(wb.open().path)"


def opened(server: Path, kernel: Path) -> subprocess.CompletedProcess[str]:
    kernel.mkdir(parents=True)
    return subprocess.run(
        [sys.executable, "-c", SERVER, KERNEL, str(kernel)], env=environment(kernel), cwd=server, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_scheduler_s_copy_finds_the_workspace_in_which_its_server_works(practice: Practice, tmp_path: Path):
    practice.close()
    staged = opened(practice.path / "notebooks", tmp_path / "data" / "scheduler_staging_area" / "7f")
    assert staged.stdout.strip() == str(practice.path), staged.stderr
    elsewhere = opened(practice.path / "notebooks", tmp_path / "elsewhere" / "7f")
    assert elsewhere.returncode != 0
    assert "No workspace here" in elsewhere.stderr
