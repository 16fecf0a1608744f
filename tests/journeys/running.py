"""Run the real ``workbench`` command as a person does: another process, a clean environment, English sentences."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.journeys import preloaded

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment that holds nothing of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    # Nothing is kept in the keyring of the person who runs the tests.
    return {
        **kept,
        "HOME": str(home),
        "WORKBENCH_LANGUAGE": "en",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **more,
    }


def command_of(*words: object, workspace: Path | None = None) -> list[str]:
    """Return the words of a command line; the command is the one installed beside this Python."""
    return [
        sys.executable,
        "-m",
        "workbench",
        *([] if workspace is None else ["-w", str(workspace)]),
        *(str(word) for word in words),
    ]


def run_workbench(
    *words: object,
    workspace: Path | None = None,
    home: Path,
    input: str | None = None,  # noqa: A002 - as subprocess.run calls it
    timeout: float = 120.0,
    cwd: Path | None = None,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `more` are further environment variables.

    Without `input` the command's stdin is empty and no terminal, so it never waits for an answer.
    """
    _python, _m, _workbench, *rest = command_of(*words, workspace=workspace)
    return preloaded.run(rest, text=input or "", timeout=timeout, env=environment(home, **more), cwd=cwd or home)


def start_workbench(*words: object, workspace: Path | None = None, home: Path, **more: str) -> subprocess.Popen[str]:
    """Start one command and return at once, for whoever means to kill it; it leads a process group of its own."""
    return subprocess.Popen(
        command_of(*words, workspace=workspace),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, **more),
        cwd=home,
        start_new_session=True,
    )


def last_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON object on the last line of a command's output."""
    assert done.stdout.strip(), f"nothing on stdout; stderr said: {done.stderr}"
    told = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(told, dict)
    return told


def written(file: Path, rows: list[dict[str, str]]) -> Path:
    """Write rows as a CSV file that is imported, and return where it stands."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file
